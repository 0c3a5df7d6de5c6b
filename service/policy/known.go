package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Known is what this installation could do when it was made, and what later
// versions brought. A later version's capability, or a wider reach of an older
// one, is off until the signed site policy authorises it by name (P25,
// scenario 40). The zero Known knows nothing: then all is off.
type Known struct {
	Version string                `json:"version"` // that was started first
	Most    map[Capability]Reach  `json:"most"`    // what it could be made of
	Grown   map[Capability]Growth `json:"grown,omitempty"`
}

// KnownMemory keeps Known.
type KnownMemory interface {
	// Known gives what was kept; ok is false before the first start.
	Known(ctx context.Context) (known Known, ok bool, err error)
	// Keep is durable and in the log when it returns. news is what has to be
	// authorised from now on.
	Keep(ctx context.Context, known Known, news []Capability) error
}

// meet puts on record what this version brings, once a start. Where that fails
// nothing is known, and all is off until it succeeds.
func (k *Keeper) meet(ctx context.Context) error {
	if k.met {
		return nil
	}
	known, ok, err := k.config.Memory.Known(ctx)
	if err != nil {
		return fmt.Errorf("policy: what was installed here: %w", err)
	}
	accepted, _, err := k.config.Memory.Accepted(ctx)
	if err != nil {
		return fmt.Errorf("policy: what was accepted before: %w", err)
	}
	var news []Capability
	if !ok {
		known = Installed(k.config.Table, k.config.Version)
	} else {
		known, news = known.Meet(k.config.Table, k.config.Version, accepted)
	}
	if !ok || len(news) > 0 {
		if err := k.config.Memory.Keep(ctx, known, news); err != nil {
			return fmt.Errorf("policy: keep what is installed here: %w", err)
		}
	}
	k.met = true
	k.mu.Lock()
	k.layers.Known = known
	k.mu.Unlock()
	return nil
}

// Reach is the most a table lets a site policy make of a capability.
type Reach struct {
	General     Effect `json:"general"`
	PatientData Effect `json:"patient-data"`
}

// Growth is what a later version brought.
type Growth struct {
	Version string `json:"version"` // that brought it
	// After is the number of the site policy that was accepted last when the
	// version was first started: only a later one can authorise.
	After uint64 `json:"after"`
	Reach
}

func (r Row) reach() Reach { return Reach{General: r.General.Most, PatientData: r.PatientData.Most} }

func (a Reach) exceeds(b Reach) bool { return a.General > b.General || a.PatientData > b.PatientData }

func (a Reach) class(c Class) Effect {
	if c == General {
		return a.General
	}
	return a.PatientData
}

// Installed is what a new installation of this version knows.
func Installed(table Table, version string) Known {
	k := Known{Version: version, Most: map[Capability]Reach{}}
	for _, r := range table {
		k.Most[r.Capability] = r.reach()
	}
	return k
}

// Meet adds what a version brings. accepted is the number of the site policy
// accepted last. news names what has to be authorised now; nothing of Known
// changes without.
func (k Known) Meet(table Table, version string, accepted uint64) (met Known, news []Capability) {
	met = Known{Version: k.Version, Most: k.Most, Grown: maps.Clone(k.Grown)}
	for _, r := range table {
		most, was := k.Most[r.Capability]
		if was && !r.reach().exceeds(most) {
			continue
		}
		grown, before := k.Grown[r.Capability]
		if before && !r.reach().exceeds(grown.Reach) {
			continue
		}
		if met.Grown == nil {
			met.Grown = map[Capability]Growth{}
		}
		met.Grown[r.Capability] = Growth{Version: version, After: accepted, Reach: r.reach()}
		news = append(news, r.Capability)
	}
	return met, news
}

// authorisation is whether a row may be more than off in a class, and why. site
// is the policy in force, nil without one.
func (k Known) authorisation(r Row, class Class, site *Site) (allowed bool, says string) {
	most, was := k.Most[r.Capability]
	if was && r.For(class).Most <= most.class(class) {
		return true, "here since installation"
	}
	grown, met := k.Grown[r.Capability]
	if !met || r.For(class).Most > grown.class(class) {
		return false, "not authorised: it is not on record since which version it is here"
	}
	switch named := site != nil && site.authorises(r.Capability); {
	case named && site.Number > grown.After:
		return true, fmt.Sprintf("authorised by the signed site policy (number %d)", site.Number)
	case named:
		return false, fmt.Sprintf("not authorised: version %s brought it after site policy number %d; sign it again with a higher number", grown.Version, site.Number)
	default:
		return false, fmt.Sprintf("not authorised: version %s brought it, and no signed site policy authorises it", grown.Version)
	}
}

func (s *Site) authorises(c Capability) bool { return slices.Contains(s.Authorise, c) }
