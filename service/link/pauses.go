package link

import (
	"math/rand/v2"
	"time"
)

// Pauses gives the pauses that a link with these bounds makes between
// connections that fail, one after the other. For who stands in for a fleet of
// links and has to come back as they do.
func Pauses(first, most time.Duration) func() time.Duration {
	b := backoff{first: first, most: most}
	return func() time.Duration { return b.next(rand.Float64()) }
}
