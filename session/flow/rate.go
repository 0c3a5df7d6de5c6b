package flow

import "time"

// rate is the most that was delivered of late, in bytes a second.
type rate struct {
	samples []struct {
		at    time.Duration
		value int
	} // falling
}

// sample takes one in. One of a sender that had little to send never takes the
// place of a higher one, however old.
func (r *rate) sample(value int, limited bool, now time.Duration) {
	if limited && value <= r.most() {
		return
	}
	for len(r.samples) > 0 && now-r.samples[0].at > rateWindow {
		r.samples = r.samples[1:]
	}
	for n := len(r.samples); n > 0 && r.samples[n-1].value <= value; n-- {
		r.samples = r.samples[:n-1]
	}
	r.samples = append(r.samples, struct {
		at    time.Duration
		value int
	}{now, value})
}

// set forgets what was before.
func (r *rate) set(value int, now time.Duration) {
	r.samples = r.samples[:0]
	r.sample(value, false, now)
}

func (r *rate) known() bool { return len(r.samples) > 0 }

func (r *rate) most() int {
	if len(r.samples) == 0 {
		return 0
	}
	return r.samples[0].value
}
