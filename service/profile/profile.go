package profile

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"beckmanconnect/internal/condition"
	"beckmanconnect/internal/logtext"
)

// Severity of a notification, by the word in the file.
type Severity string

// The severities, lowest first.
const (
	Info   Severity = "info"
	Low    Severity = "low"
	Medium Severity = "medium"
	High   Severity = "high"
)

// Run is what is known of the instrument's run, by the words of Status. Unknown
// counts as running (defaults.md).
type Run string

const (
	RunUnknown Run = "unknown"
	RunIdle    Run = "idle"
	RunRunning Run = "running"
)

// Profile is what is known of an instrument family. It never changes; another
// one takes its place.
type Profile struct {
	Name     string
	Title    string
	Revision int
	Sample   bool   // made without a real or vendor-documented log
	Source   string // what documents the log, of one that is no sample
	Digest   string // SHA-256 of the file, hex
	// PatientData: no line of its log is ever sent, whatever a policy says. It
	// only tightens; without it the site's policy decides (P25).
	PatientData bool
	// Logs are the files that are read. The first one is the log that the
	// installation names; every other is the file of this name beside it.
	// Without any there is the first one, read as Log{} says.
	Logs  []Log
	Rules []Rule
	Disk  *DiskRule
	Masks []Mask
	Scrub *Scrubber
	run   runSignal
}

// Label is name and revision, as an engineer reads them.
func (p *Profile) Label() string { return p.Name + " " + strconv.Itoa(p.Revision) }

// FirstLog is the name of the log that the installation names, "" for a profile
// that says nothing of logs.
func (p *Profile) FirstLog() string {
	if len(p.Logs) == 0 {
		return ""
	}
	return p.Logs[0].Name
}

// Log is how one log is written.
type Log struct {
	Name     string
	Encoding logtext.Encoding
	Format   Format
}

// Format takes the fields out of a line. Without patterns the whole line is
// its text.
type Format struct {
	Line   *regexp.Regexp // groups time, level, code, module, text; nil: none
	Starts *regexp.Regexp // a line that does not match goes on with the record before; nil: every line is one
	Time   string         // layout of the group time, as Go writes it; empty: the common ones are tried
}

// Text is title and advice in one language.
type Text struct {
	Language string
	Title    string
	Advice   string
}

// Rule turns lines of the log into a notification.
type Rule struct {
	Code     string
	Severity Severity
	Texts    []Text
	Log      string // the only log it is about; empty: all
	Rate     Rate

	match, clear         *pattern
	when, clearWhen      *condition.Condition
	subjects             []string
	matchNames, endNames []string // of the groups
}

// Ends: the log says when it is over. Otherwise a person ends it.
func (r *Rule) Ends() bool { return r.clear != nil || r.clearWhen != nil }

// Rate is how often a line must come within a time before it is told.
type Rate struct {
	Count  int // 0 or 1: at once
	Within time.Duration
}

func (r Rate) String() string {
	if r.Count < 2 {
		return "at once"
	}
	return fmt.Sprintf("%d in %s", r.Count, r.Within)
}

// DiskRule watches the file system of the instrument's folder.
type DiskRule struct {
	Code     string
	Severity Severity
	Texts    []Text
	Raise    float64 // percent used from which on it is raised
	Clear    float64 // percent used below which it is over
}

type runSignal struct{ started, ended, idle *pattern }

// read: what starts a run wins over what ends one in the same line, since the
// safe side is a run in progress.
func (s runSignal) read(line, folded string) Run {
	on := func(p *pattern) bool { return p != nil && p.might(folded) && p.MatchString(line) }
	switch {
	case on(s.started):
		return RunRunning
	case on(s.ended), on(s.idle):
		return RunIdle
	default:
		return ""
	}
}
