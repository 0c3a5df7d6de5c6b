package profile

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing that is wrong with a profile.
type Problem struct {
	Line  int    `json:"line"`            // of the file, from 1; 0: the file as a whole
	Where string `json:"where,omitempty"` // "rule disk-full: match"
	What  string `json:"what"`
}

func (p Problem) String() string {
	s := p.What
	if p.Where != "" {
		s = p.Where + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// Problems is everything that is wrong, in the order of lines. As an error it is
// one line, which names the first.
type Problems []Problem

func (p Problems) Error() string {
	switch len(p) {
	case 0:
		return "profile: nothing is wrong"
	case 1:
		return "profile: " + p[0].String()
	default:
		return fmt.Sprintf("profile: %s (and %d more)", p[0], len(p)-1)
	}
}

// faults collects while a profile is read.
type faults struct {
	at   places
	list Problems
}

// add notes a problem at a key; where is what people call the place.
func (f *faults) add(key, where, format string, args ...any) {
	f.list = append(f.list, Problem{Line: f.at.line(key), Where: where, What: fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return f.list
}
