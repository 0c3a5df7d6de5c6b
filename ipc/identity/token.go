package identity

import "slices"

// Well-known Windows accounts and groups.
const (
	sidNetwork        = "S-1-5-2"
	sidInteractive    = "S-1-5-4"
	sidSystem         = "S-1-5-18"
	sidLocalService   = "S-1-5-19"
	sidNetworkService = "S-1-5-20"
	sidAdministrators = "S-1-5-32-544"

	integrityMedium = 0x2000
)

// tokenFacts is what a Windows access token says. The decision is here, where
// every system's tests reach it.
type tokenFacts struct {
	user      string
	groups    []string // enabled ones, without those that only deny
	integrity uint32   // mandatory level, 0: could not be read
	container bool     // app container
}

func (f tokenFacts) actor() Actor {
	interactive := slices.Contains(f.groups, sidInteractive)
	a := Actor{
		ID:            f.user,
		UID:           -1,
		Remote:        slices.Contains(f.groups, sidNetwork),
		LowIntegrity:  f.integrity < integrityMedium || f.container,
		Elevated:      f.user == sidSystem || slices.Contains(f.groups, sidAdministrators),
		SystemAccount: f.user == sidSystem || f.user == sidLocalService || f.user == sidNetworkService,
		Seat:          SeatNone,
	}
	if interactive {
		a.Seat = SeatLocal
	}
	return a
}
