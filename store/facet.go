package store

import "slices"

// The places of a facet, as migration 3 has them. A source that is not one of
// ours has none.
var (
	facetStates  = []State{Raised, Acknowledged, Shelved, Cleared}
	facetSources = []string{"", "machine", "instrument-log", "local", "probe", "cloud", "self"}
)

func (n *Notification) facet() int {
	facet := int(n.Severity)*64 + max(0, slices.Index(facetStates, n.State))*16 + max(0, slices.Index(facetSources, n.Source))*2
	if n.Group > 0 {
		facet++
	}
	return facet
}

// lets says whether rows of this facet can pass.
func (f *NotificationFilter) lets(facet int) bool {
	severity, state, source, member := Severity(facet/64), facetStates[facet/16%4], facetSources[min(facet/2%8, len(facetSources)-1)], facet%2 == 1
	switch {
	case len(f.Severities) > 0 && !slices.Contains(f.Severities, severity),
		len(f.States) > 0 && !slices.Contains(f.States, state),
		len(f.Sources) > 0 && !slices.Contains(f.Sources, source),
		f.OpenOnly && state == Cleared:
		return false
	}
	return f.Group > 0 || f.Text != "" || !member
}
