package acts

import (
	"context"
	"slices"

	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// LooksAfter tells whether an administrator may see a person and act on them,
// who belongs to these regions: all of them are the administrator's, and they
// are not assigned to single sites, for people belong to whole regions (P16,
// P20). Who has no region looks after nobody.
func LooksAfter(who cloudapi.Staff, regions []string) bool {
	return len(who.Regions) > 0 && len(who.Sites) == 0 &&
		!slices.ContainsFunc(regions, func(r string) bool { return !slices.Contains(who.Regions, r) })
}

// mayDecide tells whether somebody may see and decide about an act.
func mayDecide(who cloudapi.Staff, region string, regions []string) bool {
	return (region == "" || slices.Contains(who.Regions, region)) && (regions == nil || LooksAfter(who, regions))
}

// Why somebody was refused, as it stands on record.
const (
	WhyRegion = "region" // it is about a region, or a person of regions, that are not all theirs
	WhyOwn    = "own"    // they proposed it themselves, or its session did
	// WhyProposer: whoever proposed it was removed since.
	WhyProposer = "proposer"
)

// Refusal is something that an administrator asked for and may not do.
type Refusal struct {
	Kind   string // of an act, or what else was asked for
	Act    string // its ID; "": there is none yet
	Why    string
	Person string // that it is about; or ""
	Device string // that it is about; or ""
}

// Event is the refusal of who, for the record.
func (r Refusal) Event(who cloudapi.Staff) events.Event {
	fields := map[string]string{"kind": r.Kind, "why": r.Why}
	for name, value := range map[string]string{"act": r.Act, "person": r.Person} {
		if value != "" {
			fields[name] = value
		}
	}
	return events.Event{Kind: events.ActRefused, Severity: events.Warning, Actor: who.Account, Device: r.Device, Fields: fields}
}

// refused puts a refusal on record. It stays one when that fails.
func (a *Acts) refused(ctx context.Context, who cloudapi.Staff, r Refusal) {
	if a.Events == nil {
		return
	}
	if err := a.Events.Emit(ctx, r.Event(who)); err != nil {
		a.Log.Error("a refused act is not on record", "kind", r.Kind, "error", err)
	}
}
