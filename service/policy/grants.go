package policy

import (
	"fmt"
	"strings"
	"time"
)

// Probes are the hosts and ports that may be asked whether they are well: those
// of the site policy in force, and none while it is refused, or while the
// vendor has switched probing off (defaults.md).
func (e *Effective) Probes() []Probe {
	if site := e.inForce(); site != nil && e.Decide(Probing).Effect >= Limited {
		return site.Probes
	}
	return nil
}

// Quiet are the site's quiet hours, nil when the technician sets their own. A
// refused policy keeps nothing quiet.
func (e *Effective) Quiet() *Quiet {
	if site := e.inForce(); site != nil {
		return site.Quiet
	}
	return nil
}

// Escalate is how long an alarm of a severity ("high", "medium", "low") waits
// for somebody until it is escalated; ok is false where the product's own time
// holds. What the last good policy asked for holds while the next is refused.
func (e *Effective) Escalate(severity string) (after time.Duration, ok bool) {
	if e.layers.Site == nil {
		return 0, false
	}
	after, ok = e.layers.Site.Escalate[severity]
	return after, ok
}

// Endpoints are the host names that the site adds to those of the region, to be
// dialled on port 443 only (B14); none while the policy is refused.
func (e *Effective) Endpoints() []string {
	if site := e.inForce(); site != nil {
		return site.Endpoints
	}
	return nil
}

// VerifiedPublisherAs: the signed policy lists this publisher of local
// notifications and, where it says which account it runs as, that is the
// account. Any other is shown as "local, not verified". named says that the
// policy names an account.
func (e *Effective) VerifiedPublisherAs(name, account string) (verified, named bool) {
	site := e.inForce()
	if site == nil {
		return false, false
	}
	for _, p := range site.Publishers {
		listed, as, has := strings.Cut(p, "=")
		if listed == name {
			return !has || account != "" && strings.EqualFold(as, account), has
		}
	}
	return false, false
}

// lists is what the site policy says to a row that has no entry under
// [capabilities], but a list of its own.
func (s *Site) lists(c Capability) (says string, widens bool) {
	switch {
	case c == Probing && len(s.Probes) > 0:
		var all []string
		for _, p := range s.Probes {
			all = append(all, fmt.Sprintf("%s %s %s:%d every %s", p.Name, p.Kind, p.Host, p.Port, p.Every))
		}
		return "names " + strings.Join(all, ", "), true
	case c == Publishers && len(s.Publishers) > 0:
		return "lists " + strings.Join(s.Publishers, ", "), false
	}
	return "", false
}
