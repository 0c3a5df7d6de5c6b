package notify

import (
	"regexp"
	"slices"
	"time"

	"beckmanconnect/store"
)

// Run is what is known of the instrument's run, by the words of Status. Unknown
// counts as running (defaults.md).
type Run string

const (
	RunUnknown Run = "unknown"
	RunIdle    Run = "idle"
	RunRunning Run = "running"
)

// Observation is something a source saw.
type Observation struct {
	Code     string
	Severity store.Severity
	Source   string // SourceMachine, SourceLog, …
	Subject  string
	Texts    []store.Text
	Clear    bool // it is over
	// Condition: it holds until it is over, so that seeing it again while it
	// is open is no news and is not counted.
	Condition bool
	// Ends: the source will say when it is over. Without, a person ends it,
	// and seeing it again after that is a new notification.
	Ends     bool
	Verified bool
	// Publisher names who sent it, of SourceLocal.
	Publisher string
	// Sample: its rule stands in a profile made without a real log.
	Sample bool
	// Backlog: it happened while nobody was listening (the service was down,
	// the PC asleep). A backlog becomes one digest, not a storm (B9).
	Backlog bool
	// Ungrouped is never put into a group by a flood: a test, a message of the
	// vendor's, the group's own news.
	Ungrouped bool
	// Until: it is over by itself then; zero: never.
	Until time.Time
}

// Read gives what a line of the log says: observations, and the run state if
// the line changes it ("" when not).
func (p *Profile) Read(line string) (seen []Observation, run Run) {
	for _, r := range p.Rules {
		if r.clear != nil {
			if subject, ok := find(r.clear, line, r.subjects); ok {
				seen = append(seen, r.observation(subject, true))
				continue // what reports the end is no new beginning
			}
		}
		if subject, ok := find(r.match, line, r.subjects); ok {
			seen = append(seen, r.observation(subject, false))
		}
	}
	return seen, p.run.read(line)
}

func (r *Rule) observation(subject string, over bool) Observation {
	return Observation{
		Code: r.Code, Severity: r.Severity, Source: SourceLog, Subject: subject, Texts: r.Texts,
		Clear: over, Ends: r.clear != nil, Verified: true,
	}
}

// find matches and gives the subject, but only one that the profile lists:
// nothing else of a line, which may hold patient data, ever leaves it.
func find(pattern *regexp.Regexp, line string, subjects []string) (subject string, ok bool) {
	m := pattern.FindStringSubmatch(line)
	if m == nil {
		return "", false
	}
	i := pattern.SubexpIndex("subject")
	if i < 0 || !slices.Contains(subjects, m[i]) {
		return "", true
	}
	return m[i], true
}

// read: what starts a run wins over what ends one in the same line, since the
// safe side is a run in progress.
func (s runSignal) read(line string) Run {
	on := func(p *regexp.Regexp) bool { return p != nil && p.MatchString(line) }
	switch {
	case on(s.started):
		return RunRunning
	case on(s.ended), on(s.idle):
		return RunIdle
	default:
		return ""
	}
}
