package model

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// HandoverState is what the page for the next shift knows.
type HandoverState struct {
	Got    *hostpb.Handover // nil: on its way
	Stale  bool
	Draft  string // what is being written; it outlives its page
	Edited bool   // Draft differs from what was saved last
	Busy   bool
	Saved  bool // the last save worked, and nothing was written since
}

// WriteDraft takes in what was typed.
func (h *HandoverState) WriteDraft(s string) {
	if s != h.Draft {
		h.Draft, h.Edited, h.Saved = s, true, false
	}
}

// Took notes that the service has a note.
func (h *HandoverState) Took(got *hostpb.Handover, sent string) {
	h.Got, h.Busy = got, false
	if h.Draft == sent {
		h.Draft, h.Edited, h.Saved = "", false, true
	}
}

// OffendersState is what the monthly list knows.
type OffendersState struct {
	Year, Month int // that is asked for; 0: the present month
	Got         *hostpb.Offenders
	Stale       bool
}

// HandoverView is what the next shift needs to know.
type HandoverView struct {
	Loading bool
	Note    string // of the shift before, in paragraphs; "": none
	NoteBy  string // who wrote it when
	Since   string // how many were raised and cleared
	Open    []AlarmRow
	Shelved []AlarmRow
	Left    string // how much may still be written
	TooLong bool
	CanSave bool
	Busy    bool
	Saved   string // "" unless it was just saved
	Unsaved string // "" unless something was typed and not saved
	Sign    Signing
}

// HandoverView makes the view model.
func (s *State) HandoverView(c *text.Catalogue, now time.Time) HandoverView {
	h, got := s.Alarms.Handover, s.Alarms.Handover.Got
	v := HandoverView{Loading: got == nil, Busy: h.Busy, Sign: s.signing(), Note: CleanText(got.GetNote(), HandoverNoteLimit)}
	if ms := got.GetUnixMs(); ms > 0 {
		when := c.Within(at(ms, now), now)
		v.NoteBy = c.T("handover.written", "when", when)
		if by := cleanName(got.GetBy()); by != "" {
			v.NoteBy = c.T("handover.written-by", "when", when, "name", by)
		}
	}
	v.Since = Joined(c.T("handover.raised", "n", got.GetRaised()), c.T("handover.cleared", "n", got.GetCleared()))
	for _, n := range got.GetOpen() {
		v.Open = append(v.Open, s.alarmRow(c, n, now))
	}
	for _, n := range got.GetShelved() {
		v.Shelved = append(v.Shelved, s.alarmRow(c, n, now))
	}
	left := HandoverNoteLimit - utf8.RuneCountInString(h.Draft)
	v.TooLong = left < 0
	v.Left = c.T("handover.left", "n", max(left, 0))
	if v.TooLong {
		v.Left = c.T("handover.too-long", "n", -left)
	}
	v.CanSave = s.Connected && !h.Busy && !v.TooLong && strings.TrimSpace(h.Draft) != ""
	if h.Saved {
		v.Saved = c.T("handover.saved")
	}
	if h.Edited && strings.TrimSpace(h.Draft) != "" {
		v.Unsaved = c.T("handover.unsaved")
	}
	return v
}

// OffendersView is what bothered most in a month.
type OffendersView struct {
	Loading bool
	Month   string
	Later   bool // there is a later month to go to
	Rows    []OffenderRow
}

// OffenderRow is one kind of notification in a month.
type OffenderRow struct {
	Rank     string
	Severity Mark
	Title    string
	About    string
	Often    string
	Repeats  string
	Long     string
}

// Months is the month that is shown, and the present one, as counted from year
// 0.
func (o OffendersState) months(now time.Time) (shown, present int) {
	present = now.Year()*12 + int(now.Month()) - 1
	if o.Year == 0 {
		return present, present
	}
	return o.Year*12 + o.Month - 1, present
}

// Go moves by so many months, never past the present one.
func (o *OffendersState) Go(by int, now time.Time) {
	shown, present := o.months(now)
	shown = min(shown+by, present)
	o.Year, o.Month, o.Stale, o.Got = shown/12, shown%12+1, true, nil
}

// Take takes in a list, unless another month is shown by now.
func (o *OffendersState) Take(got *hostpb.Offenders, year, month int) {
	if o.Year == year && o.Month == month {
		o.Got = got
	}
}

// OffendersView makes the view model.
func (s *State) OffendersView(c *text.Catalogue, now time.Time) OffendersView {
	o := s.Alarms.Offenders
	shown, present := o.months(now)
	month := []string{
		"month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10", "month.11", "month.12",
	}[shown%12]
	v := OffendersView{Loading: o.Got == nil, Later: shown < present, Month: c.T("offenders.month", "month", c.T(month), "year", shown/12)}
	for i, r := range o.Got.GetRows() {
		row := OffenderRow{Rank: c.T("offenders.rank", "n", i+1), Severity: severity(c, r.GetSeverity()), Title: Clean(Pick(c.Lang(), r.GetTexts()).GetTitle(), 120)}
		if row.Title == "" {
			row.Title = Clean(r.GetCode(), nameLimit)
		}
		row.About = Clean(r.GetSubject(), 120)
		row.Often = c.T("offenders.raised", "n", r.GetRaised())
		if extra := r.GetRepeats(); extra > uint64(r.GetRaised()) {
			row.Repeats = c.T("offenders.repeats", "n", extra)
		}
		row.Long = Joined(c.T("offenders.open", "long", c.Lasting(time.Duration(r.GetOpenMs())*time.Millisecond)),
			c.T("offenders.unacknowledged", "long", c.Lasting(time.Duration(r.GetUnacknowledgedMs())*time.Millisecond)))
		v.Rows = append(v.Rows, row)
	}
	return v
}

// CleanText is Clean for a text of several lines, which it keeps.
func CleanText(s string, limit int) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	var out []string
	for _, line := range lines {
		line = strings.TrimRightFunc(Clean(line, limit), unicode.IsSpace)
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
		if limit -= utf8.RuneCountInString(line); limit <= 0 {
			break
		}
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}
