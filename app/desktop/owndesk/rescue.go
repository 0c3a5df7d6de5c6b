package owndesk

import (
	"strings"
	"time"
)

// prefix begins the names of our desktops.
const prefix = "BeckmanConnect-"

// IsOurs says whether a desktop of that name is one with a question on it.
func IsOurs(name string) bool { return strings.HasPrefix(name, prefix) }

// emptyLimit is how long one of our desktops may show without a window: a
// question that was answered closes a moment before its desktop goes.
const emptyLimit = 3 * time.Second

// Rescue decides when somebody has to be brought back from one of our desktops
// although both programs that should do so are gone. The zero value is ready.
type Rescue struct {
	since time.Time // nothing is on it; zero: something is, or it does not show
}

// Look takes in whether one of our desktops shows and whether a window is on
// it, and says whether to show the shared one.
func (r *Rescue) Look(now time.Time, shows, window bool) bool {
	switch {
	case !shows || window:
		r.since = time.Time{}
		return false
	case r.since.IsZero():
		r.since = now
	}
	return now.Sub(r.since) >= emptyLimit
}
