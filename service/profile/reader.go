package profile

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/condition"
)

// Found is what a line says: a rule of the profile begins or ends.
type Found struct {
	Rule    *Rule
	Subject string // one of the rule's, or empty
	Over    bool
}

// Reader reads one log, line by line. It is not safe for concurrent use.
type Reader struct {
	profile *Profile
	log     Log
	now     func() time.Time
	state   State
}

// State is what a reader remembers from one line to the next, fit to be kept
// with how far the log was read.
type State struct {
	Head  Head               `json:"head"`
	Times map[string][]int64 `json:"times,omitempty"` // by rule and subject: when it matched last, ms
	Told  map[string]bool    `json:"told,omitempty"`  // rules that this record has told already
}

// Head is what a record's first line says for all of its lines.
type Head struct {
	Level  string `json:"level,omitempty"`
	Code   string `json:"code,omitempty"`
	Module string `json:"module,omitempty"`
	AtMS   int64  `json:"at,omitempty"`   // the last time that stood in a line
	ReadMS int64  `json:"read,omitempty"` // when that line was read
}

// NewReader reads the log of this name; a profile that names no logs reads every
// line as it is. now may be nil.
func NewReader(p *Profile, log string, now func() time.Time) *Reader {
	if now == nil {
		now = time.Now
	}
	r := &Reader{profile: p, now: now, log: Log{Name: log}}
	if i := slices.IndexFunc(p.Logs, func(l Log) bool { return l.Name == log }); i >= 0 {
		r.log = p.Logs[i]
	}
	return r
}

// State gives what to remember, and Restore goes on from there: a step that
// could not be committed never was.
func (r *Reader) State() State {
	s := r.state
	s.Times, s.Told = maps.Clone(s.Times), maps.Clone(s.Told)
	return s
}

// Restore goes on from a state.
func (r *Reader) Restore(s State) {
	r.state = s
	r.state.Times, r.state.Told = maps.Clone(s.Times), maps.Clone(s.Told)
}

// Read gives what a line says, and the run if the line changes it ("" when not).
func (r *Reader) Read(line string) (found []Found, run Run) { return r.read(line, nil) }

// ReadRest is Read for a line of which the beginning was read before it was
// whole: what that said already is neither told nor counted again.
func (r *Reader) ReadRest(early, line string) (found []Found, run Run) {
	glance := &Reader{profile: r.profile, log: r.log, now: r.now, state: r.State()}
	known := map[string]bool{}
	glance.each(early, func(rule *Rule, subject string, over bool) { known[key(rule, subject, over)] = true })
	return r.read(line, known)
}

func (r *Reader) read(line string, known map[string]bool) (found []Found, run Run) {
	folded := r.each(line, func(rule *Rule, subject string, over bool) {
		switch {
		case known[key(rule, subject, over)]:
		case over:
			delete(r.state.Times, key(rule, subject, false))
			found = append(found, Found{rule, subject, true})
		case r.first(rule, subject) && r.often(rule, subject):
			found = append(found, Found{rule, subject, false})
		}
	})
	return found, r.profile.run.read(line, folded)
}

// key names what a rule remembers of a subject.
func key(rule *Rule, subject string, over bool) string {
	k := rule.Code + "\x00" + subject
	if over {
		k += "\x00over"
	}
	return k
}

// each tells what of a line begins or ends, whatever was before it.
func (r *Reader) each(line string, told func(rule *Rule, subject string, over bool)) (folded string) {
	f, formatted := r.fields(line)
	folded = fold(line)
	for i := range r.profile.Rules {
		rule := &r.profile.Rules[i]
		if rule.Log != "" && rule.Log != r.log.Name {
			continue
		}
		if rule.Ends() {
			if subject, ok := rule.holds(rule.clear, rule.clearWhen, &f, formatted, folded); ok {
				told(rule, subject, true)
				continue // what reports the end is no new beginning
			}
		}
		if subject, ok := rule.holds(rule.match, rule.when, &f, formatted, folded); ok {
			told(rule, subject, false)
		}
	}
	return folded
}

// fields takes a line apart. A line that goes on with a record has what the
// record's first line said.
func (r *Reader) fields(line string) (f fields, formatted map[string]string) {
	format := r.log.Format
	starts := format.Starts == nil || format.Starts.MatchString(line)
	f = fields{Line: line, Log: r.log.Name, Text: line}
	if starts {
		r.state.Head, r.state.Told = Head{AtMS: r.state.Head.AtMS, ReadMS: r.state.Head.ReadMS}, nil
		if at, ok := r.log.TimeOf(line, r.now()); ok {
			r.state.Head.AtMS, r.state.Head.ReadMS = at.UnixMilli(), r.now().UnixMilli()
		}
	}
	if format.Line != nil {
		if m := format.Line.FindStringSubmatch(line); m != nil {
			formatted = named(format.Line, m)
			if text, ok := formatted["text"]; ok {
				f.Text = text
			}
			if starts {
				r.state.Head.Level, r.state.Head.Code, r.state.Head.Module = formatted["level"], formatted["code"], formatted["module"]
			}
		}
	}
	f.Level, f.Code, f.Module = r.state.Head.Level, r.state.Head.Code, r.state.Head.Module
	return f, formatted
}

// holds matches and gives the subject, but only one that the profile lists:
// nothing else of a line, which may hold patient data, ever leaves it.
func (rule *Rule) holds(pattern *pattern, when *condition.Condition, f *fields, formatted map[string]string, folded string) (subject string, ok bool) {
	if pattern == nil && when == nil {
		return "", false
	}
	f.Group = formatted
	if pattern != nil {
		if !pattern.might(folded) {
			return "", false
		}
		m := pattern.FindStringSubmatch(f.Line)
		if m == nil {
			return "", false
		}
		if i := pattern.SubexpIndex("subject"); i >= 0 {
			subject = rule.listed(m[i])
		}
		if when != nil && pattern.NumSubexp() > 0 {
			f.Group = named(pattern.Regexp, m)
			for name, value := range formatted {
				if _, taken := f.Group[name]; !taken {
					f.Group[name] = value
				}
			}
		}
	}
	if when == nil {
		return subject, true
	}
	ok, err := when.Holds(*f)
	return subject, ok && err == nil // compiled against these types: nothing can fail but its bounds
}

// listed gives the subject as the profile writes it, "" for any other.
func (rule *Rule) listed(text string) string {
	if i := slices.IndexFunc(rule.subjects, func(s string) bool { return strings.EqualFold(s, text) }); i >= 0 {
		return rule.subjects[i]
	}
	return ""
}

// often counts a match of a rule with a rate, by the time in the lines where
// there are any: a backlog that is read at once is no burst. A line without one
// came as long after the last that had one as it was read after it.
func (r *Reader) often(rule *Rule, subject string) bool {
	if rule.Rate.Count < 2 {
		return true
	}
	at := r.now().UnixMilli()
	if r.state.Head.AtMS != 0 {
		at += r.state.Head.AtMS - r.state.Head.ReadMS
	}
	k := key(rule, subject, false)
	span := rule.Rate.Within.Milliseconds()
	kept := r.state.Times[k][:0:0]
	for _, t := range r.state.Times[k] {
		if t > at-span && t < at+span { // a clock that was set begins anew
			kept = append(kept, t)
		}
	}
	kept = append(kept, at)
	if extra := len(kept) - rule.Rate.Count; extra > 0 {
		kept = kept[extra:]
	}
	if r.state.Times == nil {
		r.state.Times = map[string][]int64{}
	}
	r.state.Times[k] = kept
	return len(kept) >= rule.Rate.Count
}

// first: a record of several lines is one event to a rule.
func (r *Reader) first(rule *Rule, subject string) bool {
	if r.log.Format.Starts == nil {
		return true
	}
	k := key(rule, subject, false)
	if r.state.Told[k] {
		return false
	}
	if r.state.Told == nil {
		r.state.Told = map[string]bool{}
	}
	r.state.Told[k] = true
	return true
}

func named(p *regexp.Regexp, m []string) map[string]string {
	out := map[string]string{}
	for i, name := range p.SubexpNames() {
		if name != "" {
			out[name] = m[i]
		}
	}
	return out
}
