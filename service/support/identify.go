package support

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What Decision.Identify asks for.
const (
	IdentifyNone     = "none"
	IdentifyInitials = "initials"
	IdentifyPIN      = "pin"
)

// Why a PIN is needed, as the prompt says it.
const (
	pinSitePolicy   = "site-policy"
	pinControlGiven = "control-given"
)

const pinMissing = "pin-missing"

// maxInitials is how many letters and digits initials have.
const maxInitials = 8

// Initials makes what somebody typed as initials comparable: letters and
// digits in upper case, at most eight. Anything else is nobody's: "".
func Initials(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	text := strings.ToUpper(norm.NFC.String(strings.TrimSpace(typed)))
	n := 0
	for _, r := range text {
		if n++; n > maxInitials || (!unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return ""
		}
	}
	return text
}

// needs is what an Allow must bring along besides the click.
type needs struct {
	initials, pin bool
	why           string
}

// needs: on a site whose log-on is shared, who it was; and a PIN as soon as
// control was given in this session, because a program the engineer started
// meanwhile could click Allow by itself, but does not know a PIN (B3). A word
// this version does not know asks for everything.
func (w *work) needs(d Decision) needs {
	switch d.Identify {
	case "", IdentifyNone, IdentifyInitials:
		if w.st.ses.steered {
			return needs{initials: true, pin: true, why: pinControlGiven}
		}
		return needs{initials: d.Identify == IdentifyInitials}
	}
	return needs{initials: true, pin: true, why: pinSitePolicy}
}

// require puts on the question what must go with its answer. It never takes
// away what it said before.
func (p *prompt) require(n needs, tries int) {
	p.NeedsInitials = p.NeedsInitials || n.initials
	if n.pin && !p.NeedsPIN {
		p.NeedsPIN, p.PINWhy, p.PINTriesLeft = true, n.why, tries
	}
}

// WantsPIN says whether a PIN that came with this answer is to be looked at:
// the answer would count if it is right. All else Do refuses without one, so
// that a stale or an early answer costs nobody a try.
func (m *Machine) WantsPIN(now Moment, e Answer) bool {
	s := m.st.ses
	if s == nil || s.prompt == nil {
		return false
	}
	p := s.prompt
	return e.Allow && e.Technician == s.technician && p.NeedsPIN && p.matches(e) && !now.reached(p.expires) && now.Mono-p.shown.Mono >= m.cfg.ArmedAfter
}

// WrongPIN is an answer whose PIN did not prove the initials. The question
// stays, with one try less; with the last one it is denied.
type WrongPIN struct{ Answer Answer }

func (e WrongPIN) apply(w *work) error {
	p, err := w.meant(e.Answer)
	if err != nil {
		return err
	}
	p.PINTriesLeft, w.changed = p.PINTriesLeft-1, true
	err = w.void(e.Answer, "pin-wrong", "the PIN is wrong")
	if p.PINTriesLeft <= 0 {
		w.closePrompt("denied", actorService, w.engineerAnd("technician", e.Answer.Technician, "initials", Clean(e.Answer.Initials, maxName)))
	}
	return err
}
