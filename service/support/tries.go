package support

import "time"

// Tries counts wrong codes over all codes, engineers and restarts. Serial
// grows with every change, so that of two copies the newer is known even when
// one comes out of a restored database (scenario 22).
type Tries struct {
	Serial uint64 `json:"serial"`
	Row    int    `json:"row"` // in a row, since the last right code
}

// Newer gives whichever of the two was written later.
func (t Tries) Newer(other Tries) Tries {
	if other.Serial > t.Serial {
		return other
	}
	return t
}

// longestWait stays below a code's ten minutes: whatever an attacker did, the
// technician's next code can still be used after the wait (scenario 24).
const longestWait = 512 * time.Second

// waitAfter is what the n-th wrong code in a row costs: 1 s, 2 s, 4 s, …
func waitAfter(row int) time.Duration {
	if row <= 0 {
		return 0
	}
	if row > 10 {
		return longestWait
	}
	return min(time.Second<<(row-1), longestWait)
}
