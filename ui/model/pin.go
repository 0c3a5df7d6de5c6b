package model

import (
	"slices"
	"strings"

	"beckmanconnect/assets/text"
)

// PINView is where a technician sets a PIN of their own (P24, B3): some
// questions count a yes only with one.
type PINView struct {
	Have    string // whose PIN is set, in a sentence
	Holders []string
	Running bool   // a session runs: a PIN can be set after it
	Busy    bool   // the call is under way
	Saved   string // what the last call did
	Fault   PINFault
	Number  uint64 // of the last try that ended, so that a view sees it end
}

// PINFault is what is wrong with which field, in words; "" for nothing.
type PINFault struct{ Initials, Old, New, Repeat, General string }

// PINTry is what the last attempt to set a PIN came to.
type PINTry struct {
	Busy   bool
	Saved  string // the initials it was set for
	Code   string // why it failed
	Number uint64
}

// Done notes how an attempt ended.
func (t *PINTry) Done(initials, code string) {
	*t = PINTry{Number: t.Number + 1, Code: code}
	if code == "" {
		t.Saved = initials
	}
}

// PINView makes the view model.
func (s *State) PINView(c *text.Catalogue) PINView {
	v := PINView{Running: s.InSession(), Busy: s.PIN.Busy, Number: s.PIN.Number, Have: c.T("pin.none")}
	for _, name := range s.Status.GetPinInitials() {
		v.Holders = append(v.Holders, Initials(name))
	}
	if len(v.Holders) > 0 {
		v.Have = c.T("pin.have", "names", strings.Join(v.Holders, ", "))
	}
	if s.PIN.Saved != "" {
		v.Saved = c.T("pin.saved", "name", s.PIN.Saved)
	}
	if s.PIN.Code == "" {
		return v
	}
	words := Failure(c, s.PIN.Code)
	switch s.PIN.Code {
	case "pin-weak":
		v.Fault.New = words
	case "pin-wrong", "pin-locked", "pin-missing":
		v.Fault.Old = words
	case "initials-invalid", "initials-missing":
		v.Fault.Initials = words
	case "session-running":
		v.Fault.General = c.T("pin.session")
	default:
		v.Fault.General = words
	}
	return v
}

// NeedsOld says whether a person has a PIN already and must give it.
func (v PINView) NeedsOld(initials string) bool {
	return slices.Contains(v.Holders, Initials(initials))
}

// CheckPIN names what is wrong: a catalogue key for each field, "" for none.
// The service checks again; this is only so that nobody waits to be told.
func (v PINView) CheckPIN(initials, old, pin, repeat string) (f PINFault) {
	if !InitialsFit(initials) {
		f.Initials = "pin.error.initials"
	}
	if v.NeedsOld(initials) && old == "" {
		f.Old = "pin.error.old"
	}
	switch {
	case len(pin) < PINLeast || len(pin) > PINMost || Digits(pin) != pin:
		f.New = "pin.error.digits"
	case pin != repeat:
		f.Repeat = "pin.error.repeat"
	}
	return f
}
