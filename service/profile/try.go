package profile

import (
	"cmp"
	"slices"
	"time"

	"beckmanconnect/internal/logtext"
)

// Trial is what a log would raise.
type Trial struct {
	Lines    int        `json:"lines"`
	Scrubbed int        `json:"scrubbed"` // lines of which something would be taken out before they are sent
	Run      Run        `json:"run"`      // at the end
	Raised   []TrialRow `json:"raised"`   // worst first, then by the first line
}

// TrialRow is one notification: a code with its subject.
type TrialRow struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Subject  string   `json:"subject,omitempty"`
	Title    string   `json:"title"` // English
	Count    int      `json:"count"`
	First    int      `json:"first"` // numbers of lines, from 1
	Last     int      `json:"last"`
	Raised   int      `json:"raised"` // how often it would begin
	Open     bool     `json:"open"`   // at the end of the file
	Sample   bool     `json:"sample"` // of a profile made without a real log
}

// Try reads a whole log by a profile. log names which of the profile's logs it
// is; "" is the first one. It keeps no lines, so that a log of any size can be
// tried.
func Try(p *Profile, log string, lines *logtext.Scanner) (Trial, error) {
	if log == "" {
		log = p.FirstLog()
	}
	// A log of the past: the time in its lines is what rates go by.
	r := NewReader(p, log, time.Now)
	trial := Trial{Run: RunUnknown}
	rows := map[string]*TrialRow{}
	for lines.Scan() {
		trial.Lines++
		line := lines.Text()
		found, run := r.Read(line)
		if run != "" {
			trial.Run = run
		}
		if _, n := p.Scrub.Line(line); n > 0 {
			trial.Scrubbed++
		}
		for _, f := range found {
			trial.take(rows, f, p.Sample)
		}
	}
	for _, row := range rows {
		trial.Raised = append(trial.Raised, *row)
	}
	order := []Severity{High, Medium, Low, Info}
	slices.SortFunc(trial.Raised, func(a, b TrialRow) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity)), cmp.Compare(a.First, b.First), cmp.Compare(a.Code, b.Code))
	})
	return trial, lines.Err()
}

func (t *Trial) take(rows map[string]*TrialRow, f Found, sample bool) {
	key := f.Rule.Code + "\x00" + f.Subject
	row := rows[key]
	switch {
	case f.Over && row == nil:
		return // it was never seen to begin
	case f.Over:
		row.Open = false
		return
	case row == nil:
		row = &TrialRow{Code: f.Rule.Code, Severity: f.Rule.Severity, Subject: f.Subject, First: t.Lines, Sample: sample}
		for _, text := range f.Rule.Texts {
			if text.Language == "en" {
				row.Title = text.Title
			}
		}
		rows[key] = row
	}
	if !row.Open {
		row.Raised++
	}
	row.Count++
	row.Last, row.Open = t.Lines, true
}
