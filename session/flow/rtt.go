package flow

import "time"

// rtt is the least round trip of the last windows. The least of one alone may
// have been measured in a stall, and would hold as long as a queue stands.
type rtt struct {
	of    [rttWindows]time.Duration // 0: nothing measured
	began time.Duration             // of the newest window, of[0]
}

// sample says true when the window is over: the caller has to let everything
// drain, since a queue that stands hides the round trip.
func (r *rtt) sample(trip, now time.Duration) (expired bool) {
	switch {
	case !r.known():
		r.began = now
	case now-r.began > rttWindow:
		copy(r.of[1:], r.of[:])
		r.of[0], r.began = 0, now
		expired = true
	}
	if r.of[0] == 0 || trip < r.of[0] {
		r.of[0] = trip
	}
	return expired
}

func (r *rtt) known() bool { return r.least() > 0 }

func (r *rtt) least() time.Duration {
	least := time.Duration(0)
	for _, t := range r.of {
		if t > 0 && (least == 0 || t < least) {
			least = t
		}
	}
	return least
}
