package logexport

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/logproof"
)

// session is what the log says of one session, gathered from its entries.
type session struct {
	id, request    string
	asked          *fact // for help, by the technician
	started, ended *fact // nil: it never was, or is still running
	summary        *fact
	first, last    int64 // numbers of its entries
	entries        int64
	decisions      list[decision]
	files          list[file]
	other          map[string]int64 // kinds that are only counted
	back           int64            // how often the clock went back in it
	wordsAgain     int64            // how often the words were compared again
}

// fact is one entry of the session that is kept whole.
type fact struct {
	index    int64
	at       time.Time
	actor    string
	fields   map[string]string
	personal map[string]string
	shown    map[string]bool // personal values that are values, not words for their absence
}

// decision is one question and what came of it.
type decision struct {
	first, last int64 // numbers of its entries
	at          time.Time
	prompt      string
	capability  string
	answer      string // "allowed", "denied", "timeout", "policy", …
	lease       string // of "allowed": "once", "15min", "session"
	why         string // of a refusal
	until       time.Time
	end         string // why the right ended
	file        string
}

// file is one transfer.
type file struct {
	first, last int64
	at          time.Time
	transfer    string
	direction   string
	name        string
	size        string
	sha256      string
	scanner     string
	state       string // "file.received", …
	why         string
}

// list keeps so many of a kind in memory and counts the rest.
type list[T any] struct {
	kept []T
	more int64
}

// keptEach is how many decisions and files are kept of a session. A page shows
// fewer.
const keptEach = 400

func (l *list[T]) add(v T) {
	if len(l.kept) < keptEach {
		l.kept = append(l.kept, v)
	} else {
		l.more++
	}
}

func newSession(id string) *session { return &session{id: id, first: -1, other: map[string]int64{}} }

// take looks at one entry of the log, in order.
func (s *session) take(r *Record, w words) error {
	e := &r.Entry
	help := e.Kind == "help.requested" && s.started == nil
	if e.Subject != s.id && !help {
		return nil
	}
	f, err := factOf(r, w)
	if err != nil {
		return err
	}
	if help {
		// There is one request at a time: the newest before the session is its own,
		// if it says so.
		s.asked, s.request = f, e.Subject
		return nil
	}
	if s.first < 0 {
		s.first = e.Index
	}
	s.last = e.Index
	s.entries++
	if r.Back {
		s.back++
	}
	s.event(e, f)
	return nil
}

func (s *session) event(e *logproof.Entry, f *fact) {
	switch kind := e.Kind; {
	case kind == "session.authenticated":
		s.started = f
		if s.asked != nil && f.fields["request"] != s.request {
			s.asked = nil
		}
		s.request = f.fields["request"]
	case kind == "session.ended":
		s.ended = f
	case kind == "session.summary":
		s.summary = f
	case kind == "session.resumed":
		s.wordsAgain++
		s.other[kind]++
	case kind == "prompt.shown", kind == "session.granted", kind == "prompt.answered", kind == "session.refused",
		kind == "session.lease-ended", kind == "session.revoked":
		s.decide(kind, f)
	case strings.HasPrefix(kind, "file."):
		s.move(kind, f)
	default:
		s.other[kind]++
	}
}

// decide puts an entry to the question it belongs to.
func (s *session) decide(kind string, f *fact) {
	prompt, capability := f.fields["prompt"], f.fields["capability"]
	switch kind {
	case "prompt.shown":
		if s.prompt(prompt) == nil {
			s.decisions.add(decision{first: f.index, last: f.index, at: f.at, prompt: prompt, capability: capability})
		}
		return
	case "session.refused":
		s.decisions.add(decision{first: f.index, last: f.index, at: f.at, capability: capability, answer: "policy", why: f.fields["why"]})
		return
	case "session.lease-ended", "session.revoked":
		if d := s.lease(capability); d != nil {
			d.last, d.until, d.end = f.index, f.at, f.fields["why"]
			if kind == "session.revoked" {
				d.end = "revoked"
			}
		}
		return
	}
	d := s.prompt(prompt)
	if d == nil {
		s.decisions.add(decision{first: f.index, at: f.at, prompt: prompt, capability: capability})
		if d = s.prompt(prompt); d == nil {
			return // counted, no longer kept
		}
	}
	d.last, d.answer, d.lease, d.why = f.index, f.fields["answer"], f.fields["duration"], f.fields["why"]
	d.file = f.personal["file"]
}

// prompt finds a question by its name, newest first.
func (s *session) prompt(id string) *decision {
	for i := len(s.decisions.kept) - 1; i >= 0 && id != ""; i-- {
		if s.decisions.kept[i].prompt == id {
			return &s.decisions.kept[i]
		}
	}
	return nil
}

// lease finds the right that is in force.
func (s *session) lease(capability string) *decision {
	for i := len(s.decisions.kept) - 1; i >= 0; i-- {
		if d := &s.decisions.kept[i]; d.capability == capability && d.answer == "allowed" && d.end == "" {
			return d
		}
	}
	return nil
}

// move puts an entry to the file it is about.
func (s *session) move(kind string, f *fact) {
	id := f.fields["transfer"]
	var t *file
	for i := len(s.files.kept) - 1; i >= 0 && t == nil; i-- {
		if s.files.kept[i].transfer == id {
			t = &s.files.kept[i]
		}
	}
	if t == nil {
		n := len(s.files.kept)
		s.files.add(file{first: f.index, at: f.at, transfer: id, direction: f.fields["direction"]})
		if len(s.files.kept) == n {
			return
		}
		t = &s.files.kept[n]
	}
	t.last, t.state, t.why = f.index, kind, f.fields["why"]
	for to, from := range map[*string]string{&t.name: f.personal["file"], &t.size: f.fields["size"], &t.sha256: f.fields["sha256"], &t.scanner: f.fields["scanner"]} {
		if from != "" {
			*to = from
		}
	}
}

func factOf(r *Record, w words) (*fact, error) {
	e := &r.Entry
	fields, err := logproof.DecodeFields(e.Fields)
	if err != nil {
		return nil, fmt.Errorf("entry %d: fields: %w", e.Index, err)
	}
	personal, err := w.known(r)
	if err != nil {
		return nil, err
	}
	f := &fact{index: e.Index, at: time.Unix(0, e.Wall), actor: e.Actor, fields: fields, personal: personal, shown: map[string]bool{}}
	for _, p := range r.Personal {
		f.shown[p.Name] = p.State == Shown
	}
	return f, nil
}

// lasted is how long the session was, by the clock that cannot be set.
func (s *session) lasted() (time.Duration, bool) {
	if s.ended == nil {
		return 0, false
	}
	n, err := strconv.Atoi(s.ended.fields["seconds"])
	return time.Duration(n) * time.Second, err == nil
}

// span are the numbers of entries, "17" or "17–19".
func span(first, last int64) string {
	if last <= first {
		return strconv.FormatInt(first, 10)
	}
	return strconv.FormatInt(first, 10) + "–" + strconv.FormatInt(last, 10)
}
