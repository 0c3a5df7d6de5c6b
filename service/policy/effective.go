package policy

import (
	"fmt"
	"slices"
	"time"
)

// Facts are what the rest of the service knows and the decision depends on.
type Facts struct {
	// TermsAccepted: IT requirements and terms were accepted in their current
	// version (P19).
	TermsAccepted bool
	// RegisteredType is what was typed at registration. It can only tighten.
	RegisteredType string
}

// Decision says what becomes of one capability, and why.
type Decision struct {
	Effect Effect
	Why    string // English, one line
}

// Allowed: the technician may be asked.
func (d Decision) Allowed() bool { return d.Effect == Ask }

// Effective is the policy in force. It never changes; a new one replaces it.
type Effective struct {
	Class    Class
	ClassWhy string
	Source   string // "signed", "none", "refused: <why>"
	Number   uint64 // of the signed policy in force, 0 without one
	Hash     string
	Site     string

	PromptTimeout time.Duration

	site  *Site // in force or, when refused is set, the last that was: it still tightens
	facts Facts
	// refused: what stands in the policy's place was refused.
	refused string
}

// Evaluate makes the effective policy. site may be nil. With a refused policy
// the last good one (site) can still tighten but no longer widens: the safe
// defaults of a patient-data instrument hold (scenario 28).
func Evaluate(site *Site, refused string, facts Facts) *Effective {
	e := &Effective{site: site, facts: facts, refused: refused, PromptTimeout: defaultPrompt, Source: "none"}
	var said Class
	types := []string{facts.RegisteredType}
	if site != nil {
		e.Number, e.Hash, e.Site = site.Number, site.Hash, site.Site
		e.PromptTimeout = site.PromptTimeout
		e.Source = "signed"
		said = site.Class
		types = append(types, site.InstrumentType)
	}
	if refused != "" {
		e.Source = "refused: " + refused
		e.Class, e.ClassWhy = PatientData, "the site policy was refused, and unknown counts as patient data"
		return e
	}
	e.Class, e.ClassWhy = classOf(said, types...)
	return e
}

// Decide says what becomes of a capability. One that the table does not know
// is never allowed.
func (e *Effective) Decide(c Capability) Decision {
	for _, r := range Table() {
		if r.Capability == c {
			return e.decide(r)
		}
	}
	return Decision{Never, "this version does not know it"}
}

func (e *Effective) decide(r Row) Decision {
	cell := r.For(e.Class)
	base := Decision{cell.Installed, cell.Why}
	if r.Capability == Support {
		if e.facts.TermsAccepted {
			return Decision{Ask, "the IT requirements and the terms were accepted"}
		}
		return base
	}
	if e.site == nil {
		return base
	}
	said, named := e.site.Capabilities[r.Capability]
	switch {
	case !named:
		return base
	case said < base.Effect:
		return Decision{said, fmt.Sprintf("the signed site policy (number %d) switches it off", e.site.Number)}
	case said > base.Effect && cell.Most > base.Effect && e.refused == "":
		return Decision{min(said, cell.Most), fmt.Sprintf("the signed site policy (number %d) allows it", e.site.Number)}
	default:
		return base
	}
}

// Durations are the leases a capability can be granted for; the first is the
// prompt's default.
func Durations(c Capability) []Duration {
	for _, r := range Table() {
		if r.Capability == c {
			return r.Durations
		}
	}
	return nil
}

// AllowsStaff holds an engineer's account and organisation, as certified,
// against the site's allowlist (P21). Without a policy anyone whom the staff
// certificate authority vouches for may be asked about; with one, nobody who
// is not in it.
func (e *Effective) AllowsStaff(account, organisation string) Decision {
	plain, ok := canonicalAccount(account)
	if !ok {
		return Decision{Never, "the certificate does not name an account"}
	}
	if e.site == nil {
		if e.refused != "" {
			return Decision{Never, "the site policy was refused, so nobody is on its list"}
		}
		return Decision{Ask, "no site policy limits the staff"}
	}
	if len(e.site.Organisations) > 0 && !slices.Contains(e.site.Organisations, organisation) {
		return Decision{Never, "the organisation is not on the site's list"}
	}
	if e.site.StaffAny || slices.Contains(e.site.Staff, plain) {
		return Decision{Ask, "on the site's list"}
	}
	return Decision{Never, "the account is not on the site's list"}
}

// VerifiedPublisher: the signed policy lists this publisher of local
// notifications; any other is shown as "local, not verified".
func (e *Effective) VerifiedPublisher(name string) bool {
	return e.refused == "" && e.site != nil && slices.Contains(e.site.Publishers, name)
}

// Line is one row of Explain.
type Line struct {
	Capability Capability
	Effect     Effect
	Why        string
	Prompt     string
}

// Explain gives the whole table as it holds here and now.
func (e *Effective) Explain() []Line {
	var lines []Line
	for _, r := range Table() {
		d := e.decide(r)
		line := Line{Capability: r.Capability, Effect: d.Effect, Why: d.Why}
		if d.Effect == Ask {
			line.Prompt = r.Prompt
		}
		lines = append(lines, line)
	}
	return lines
}

// SourceLine says in one line which policy is in force.
func (e *Effective) SourceLine() string {
	switch {
	case e.refused != "":
		return "refused: " + e.refused + "; the safe defaults of a patient-data instrument hold"
	case e.site != nil:
		return fmt.Sprintf("signed site policy number %d, SHA-256 %s", e.Number, e.Hash)
	default:
		return "no site policy; the safe defaults of a patient-data instrument hold"
	}
}
