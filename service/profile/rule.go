package profile

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"beckmanconnect/internal/condition"
	"beckmanconnect/internal/redact"
)

// fields is what a condition sees of a line.
type fields struct {
	Line   string            `expr:"line"`
	Log    string            `expr:"log"`
	Level  string            `expr:"level"`
	Code   string            `expr:"code"`
	Module string            `expr:"module"`
	Text   string            `expr:"text"`
	Group  map[string]string `expr:"group"` // named groups of the rule's pattern and of the log's format
}

func (b *builder) rules(p *Profile) {
	if len(b.file.Rule) > maxRules {
		b.add("rule[0]", "rule", "there are %d; at most %d are possible", len(b.file.Rule), maxRules)
		return
	}
	for i := range b.file.Rule {
		key := "rule[" + strconv.Itoa(i) + "]"
		r := b.rule(key, &b.file.Rule[i], p.Logs)
		if slices.ContainsFunc(p.Rules, func(other Rule) bool { return other.Code == r.Code }) {
			b.add(key+".code", "rule "+r.Code, "it stands twice")
		}
		p.Rules = append(p.Rules, r)
	}
}

func (b *builder) rule(key string, f *ruleFile, logs []Log) Rule {
	where := "rule " + f.Code
	r := Rule{Code: f.Code, Severity: Severity(f.Severity), Log: f.Log, subjects: f.Subjects}
	b.code(key, where, f.Code, f.Severity)
	if f.Match == "" && f.When == "" {
		b.add(key, where, "match or when is missing")
	}
	if f.Log != "" && !slices.ContainsFunc(logs, func(l Log) bool { return l.Name == f.Log }) {
		b.add(key+".log", where+": log", "there is no [[log]] of the name %q", f.Log)
	}
	r.match, r.clear = b.pattern(key+".match", where+": match", f.Match), b.pattern(key+".clear", where+": clear", f.Clear)
	formats := formatGroups(logs, f.Log)
	r.when = b.condition(key+".when", where+": when", f.When, append(names(r.match), formats...))
	r.clearWhen = b.condition(key+".clear_when", where+": clear_when", f.ClearWhen, append(names(r.clear), formats...))
	r.matchNames, r.endNames = names(r.match), names(r.clear)
	b.subjects(key, where, &r)
	r.Rate = b.rate(key+".rate", where+": rate", f.Rate)
	r.Texts = b.texts(key, where, f.said)
	return r
}

// subjects: what a pattern takes out of a line could be anything, also a name.
func (b *builder) subjects(key, where string, r *Rule) {
	takes := slices.Contains(r.matchNames, "subject") || slices.Contains(r.endNames, "subject")
	if takes && len(r.subjects) == 0 {
		b.add(key, where, "subjects must list what the group \"subject\" may be")
	}
	if !takes && len(r.subjects) > 0 {
		b.add(key+".subjects", where+": subjects", "no pattern has a group \"subject\"")
	}
	if len(r.subjects) > maxSubjects {
		b.add(key+".subjects", where+": subjects", "there are %d; at most %d are possible", len(r.subjects), maxSubjects)
	}
	for _, s := range r.subjects {
		if s == "" || redact.Line(s, maxShort) != s {
			b.add(key+".subjects", where+": subjects", "%q must be 1 to %d plain characters", s, maxShort)
		}
	}
}

func (b *builder) condition(key, where, text string, known []string) *condition.Condition {
	if text == "" {
		return nil
	}
	c, err := condition.Compile(text, fields{})
	if err != nil {
		b.add(key, where, "%v", err)
		return nil
	}
	for _, name := range c.Groups() {
		if !slices.Contains(known, name) {
			b.add(key, where, "group.%s: no pattern has a group of this name", name)
		}
	}
	return c
}

var rateForm = regexp.MustCompile(`^(\d{1,3}) in (\d{1,4}[smh])$`)

// Bounds of a rate.
const (
	maxRate   = 100
	maxWithin = 24 * time.Hour
)

func (b *builder) rate(key, where, text string) Rate {
	if text == "" {
		return Rate{}
	}
	m := rateForm.FindStringSubmatch(text)
	if m == nil {
		b.add(key, where, "%q is not of the form \"3 in 10m\"", text)
		return Rate{}
	}
	count, _ := strconv.Atoi(m[1])
	within, _ := time.ParseDuration(m[2]) // the form admits nothing else
	if count < 2 || count > maxRate || within <= 0 || within > maxWithin {
		b.add(key, where, "2 to %d times in 1s to 24h are possible", maxRate)
		return Rate{}
	}
	return Rate{count, within}
}

func names(p *pattern) []string {
	if p == nil {
		return nil
	}
	return groups(p.Regexp)
}

func groups(p *regexp.Regexp) []string {
	if p == nil {
		return nil
	}
	var all []string
	for _, name := range p.SubexpNames() {
		if name != "" {
			all = append(all, name)
		}
	}
	return all
}

// formatGroups are the groups of the formats of the logs a rule is about.
func formatGroups(logs []Log, only string) []string {
	var all []string
	for _, l := range logs {
		if only == "" || only == l.Name {
			all = append(all, groups(l.Format.Line)...)
		}
	}
	return all
}
