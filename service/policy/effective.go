package policy

import (
	"time"

	"beckmanconnect/internal/vendorpolicy"
)

// Facts are what the rest of the service knows and the decision depends on.
type Facts struct {
	// TermsAccepted: IT requirements and terms were accepted in their current
	// version (P19).
	TermsAccepted bool
	// RegisteredType is what was typed at registration. It can only tighten.
	RegisteredType string
	// Region is where this PC is: engineers are trained for it or stay out (P20).
	Region string
}

// Decision says what becomes of one capability, and why.
type Decision struct {
	Effect Effect
	Why    string // English, one line
}

// Allowed: the technician may be asked.
func (d Decision) Allowed() bool { return d.Effect == Ask }

// Layers are what the effective policy is the intersection of.
type Layers struct {
	Table Table
	Known Known
	// Site is nil without a signed policy. With Refused set, what stands in its
	// place was refused for that reason, and Site is the last good one, or nil.
	Site    *Site
	Refused string
	// Vendor is nil when the vendor narrows nothing. VendorLost says why it
	// cannot be told any more what the vendor narrowed.
	Vendor     *vendorpolicy.Policy
	VendorLost string
	Facts      Facts
}

// Effective is the policy in force. It never changes; a new one replaces it.
type Effective struct {
	Class    Class
	ClassWhy string
	Source   string // "signed", "none", "refused: <why>"
	Number   uint64 // of the signed policy in force, 0 without one
	Hash     string
	Site     string

	PromptTimeout time.Duration

	layers Layers
	lines  map[Capability]Line // Decide answers for every message of a session
}

// Evaluate makes the effective policy. With a refused policy the last good one
// can still tighten but no longer widens: the safe defaults of a patient-data
// instrument hold (scenario 28).
func Evaluate(l Layers) *Effective {
	e := &Effective{layers: l, PromptTimeout: defaultPrompt, Source: "none", lines: map[Capability]Line{}}
	var said Class
	types := []string{l.Facts.RegisteredType}
	if l.Site != nil {
		e.Number, e.Hash, e.Site = l.Site.Number, l.Site.Hash, l.Site.Site
		e.PromptTimeout = l.Site.PromptTimeout
		e.Source = "signed"
		said = l.Site.Class
		types = append(types, l.Site.InstrumentType)
	}
	if l.Refused != "" {
		e.Source = "refused: " + l.Refused
		e.Class, e.ClassWhy = PatientData, "the site policy was refused, and unknown counts as patient data"
	} else {
		e.Class, e.ClassWhy = classOf(said, types...)
	}
	for _, r := range l.Table {
		e.lines[r.Capability] = e.line(r)
	}
	return e
}

// Decide says what becomes of a capability. One that the table does not know
// is never allowed.
func (e *Effective) Decide(c Capability) Decision {
	if line, ok := e.lines[c]; ok {
		return Decision{line.Effect, line.Why}
	}
	return Decision{Never, "this version does not know it"}
}

// Identify says what goes with an answer on this site. A refused policy does
// not loosen what the last good one asked for.
func (e *Effective) Identify() Identify {
	if e.layers.Site == nil {
		return IdentifyNone
	}
	return e.layers.Site.Identify
}

// inForce is the site policy unless something else stands in its place: what
// widens has to come from here.
func (e *Effective) inForce() *Site {
	if e.layers.Refused != "" {
		return nil
	}
	return e.layers.Site
}
