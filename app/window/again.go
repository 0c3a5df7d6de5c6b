package window

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// PlaceVariable hands the technician's place in the windows from one version
// of the program to the next. Only programs of the same account can read it.
const PlaceVariable = "BECKMANCONNECT_PLACE"

// Again is Run's error when another version of the program is to take the
// windows over, where the technician is.
type Again struct{ Place string }

func (Again) Error() string { return "window: another version is current now" }

// place is where the technician is, and what they have typed and not sent.
// Versions before and after this one read it: names are added, never changed.
type place struct {
	Page   string           `json:"page,omitempty"`
	Part   model.AlarmPlace `json:"part,omitempty"`  // of the notifications page
	Alarm  uint64           `json:"alarm,omitempty"` // that is open
	Filter model.Filter     `json:"filter"`
	Year   int              `json:"year,omitempty"` // of the list of offenders
	Month  int              `json:"month,omitempty"`
	Note   string           `json:"note,omitempty"`   // for the next shift
	Reason string           `json:"reason,omitempty"` // of a request for help
	Width  float32          `json:"width,omitempty"`
	Height float32          `json:"height,omitempty"`
}

// The bounds of what is taken from outside.
const (
	maxPlace  = 32 << 10
	maxSide   = 10000
	reasonCap = 200
)

// readPlace reads what another version wrote. What does not make sense is left
// out: at worst the windows open on their first page.
func readPlace(text string) (place, bool) {
	var p place
	if text == "" || len(text) > maxPlace || json.Unmarshal([]byte(text), &p) != nil {
		return place{}, false
	}
	if !slices.Contains(view.Pages(), p.Page) {
		return place{}, false
	}
	if p.Part < model.PlaceList || p.Part > model.PlaceOffenders || p.Part == model.PlaceDetail && p.Alarm == 0 {
		p.Part = model.PlaceList
	}
	f := &p.Filter
	if f.Scope < model.ScopeOpen || f.Scope > model.ScopeAll || f.Span < model.SpanAny || f.Span > model.SpanMonth ||
		f.Source != "" && !slices.Contains(model.Sources(), f.Source) || len(f.Text) > reasonCap {
		p.Filter = model.Filter{}
	}
	if p.Month < 1 || p.Month > 12 || p.Year < 2000 || p.Year > 9999 {
		p.Year, p.Month = 0, 0
	}
	if utf8.RuneCountInString(p.Note) > 2*model.HandoverNoteLimit {
		p.Note = ""
	}
	if utf8.RuneCountInString(p.Reason) > reasonCap {
		p.Reason = ""
	}
	if !(p.Width > 0 && p.Width < maxSide && p.Height > 0 && p.Height < maxSide) {
		p.Width, p.Height = 0, 0
	}
	return p, true
}

// leave is the place as it is now.
func (p *program) leave() string {
	a, size := &p.state.Alarms, p.main.Canvas().Size()
	now := place{
		Page: p.content.Page(), Part: a.Place, Alarm: a.Detail.ID, Filter: a.List.Filter(), Year: a.Offenders.Year, Month: a.Offenders.Month,
		Reason: p.state.Help.Reason, Width: size.Width, Height: size.Height,
	}
	if a.Handover.Edited {
		now.Note = a.Handover.Draft
	}
	text, err := json.Marshal(now)
	if err != nil {
		p.log.Warn("the place in the windows is not kept", "error", err)
		return ""
	}
	return string(text)
}

// enter goes to a place. It is called before anything was drawn.
func (p *program) enter(to place) {
	p.chosen = true
	p.config.View = to.Page
	a := &p.state.Alarms
	a.List.SetFilter(to.Filter)
	a.Offenders.Year, a.Offenders.Month = to.Year, to.Month
	if to.Note != "" {
		a.Handover.WriteDraft(to.Note)
	}
	p.state.Help.Reason = to.Reason
	switch to.Part {
	case model.PlaceDetail:
		p.state.OpenAlarm(to.Alarm)
	default:
		p.state.ShowAlarmPlace(to.Part)
	}
}

// size is the main window's at its beginning.
func (to place) size() fyne.Size {
	if to.Width == 0 {
		return mainSize
	}
	return fyne.NewSize(to.Width, to.Height)
}

// otherVersion takes in which version the service is. When it is not this
// one's, and another version is current, that one takes the windows over: once
// nobody is in a session or has a question before them.
func (p *program) otherVersion(said string) {
	if said != "" && said != p.version {
		p.outdated = true
	}
	p.makeWay()
}

// refused takes in that the service does not speak this program's language.
func (p *program) refused(code string) {
	if code == protocol.CodeIncompatible {
		p.outdated = true
	}
	p.makeWay()
}

func (p *program) makeWay() {
	if !p.outdated || p.again != nil || p.busy() || p.successor == nil || p.successor() == "" {
		return
	}
	p.log.Info("another version is current and takes the windows over")
	p.again = &Again{Place: p.leave()}
	p.keepPlace()
	p.quit()
}
