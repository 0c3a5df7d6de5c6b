package relay

import (
	"time"

	"beckmanconnect/ipc/hostpb"
)

// spliced are classes with two sessions, or one twice.
var spliced = []class{
	{"two sessions crossed", 6, (*walk).crossed},
	{"bytes of another session put in", 4, (*walk).foreign},
	{"a whole session played again", 7, (*walk).playedAgain},
	{"one socket held, another opened", 5, (*walk).held},
}

// second is another device with another engineer, at the same relay.
func (w *walk) second() (*site, error) {
	if w.other == nil {
		other, err := newSite(w.b, w.line)
		if err != nil {
			return nil, err
		}
		w.other = other
	}
	return w.other, nil
}

// crossed joins each engineer with the other one's PC, before the join or when
// both come back.
func (w *walk) crossed() error {
	other, err := w.second()
	if err != nil {
		return err
	}
	for _, s := range []*site{w.site, other} {
		if w.r.IntN(2) == 0 {
			err = w.session(s)
		} else {
			err = w.call(s)
		}
		if err != nil {
			return err
		}
		if err := s.pc.NoResumes(w.ctx); err != nil {
			return err
		}
		s.wrong = true
	}
	h1, e1, err := w.ends(w.site)
	if err != nil {
		return err
	}
	h2, e2, err := w.ends(other)
	if err != nil {
		return err
	}
	one, two := join(h1, e2, nil, nil), join(h2, e1, nil, nil)
	w.settle(h1, h2, e1, e2)
	one.close()
	two.close()
	return nil
}

// foreign puts bytes of another running session into this one.
func (w *walk) foreign() error {
	other, err := w.second()
	if err != nil {
		return err
	}
	for _, s := range []*site{other, w.site} {
		if err := w.session(s); err != nil {
			return err
		}
	}
	w.shake(other, 1)
	if other.pair == nil {
		return nil
	}
	way := w.r.IntN(2)
	source := other.pair.record(way)
	m := w.once(func(_ int, b []byte) (on, back [][]byte) {
		return [][]byte{source[w.r.IntN(len(source))], b}, nil
	})
	if len(source) == 0 {
		return nil
	}
	if way == 0 {
		w.pair.mangle(m, nil)
	} else {
		w.pair.mangle(nil, m)
	}
	w.shake(w.site, 4)
	w.keep()
	w.part()
	return nil
}

// playedAgain gives the host all that an engineer once sent, or the engineer
// all that a host once sent, over new sockets.
func (w *walk) playedAgain() error {
	if w.r.IntN(2) == 0 {
		if err := w.session(w.site); err != nil {
			return err
		}
	} else if err := w.call(w.site); err != nil {
		return err
	}
	if w.pair != nil {
		w.keep()
	}
	if len(w.old[0]) == 0 {
		return nil
	}
	if err := w.pc.NoResumes(w.ctx); err != nil {
		return err
	}
	w.wrong = true
	h, e, err := w.ends(w.site)
	if err != nil {
		return err
	}
	defer h.Close()
	defer e.Close()
	for way, to := range []*end{h, e} {
		channels := w.old[way]
		for _, b := range channels[w.r.IntN(len(channels))] {
			if _, err := to.Write(b); err != nil {
				break
			}
		}
	}
	w.settle(h, e)
	return nil
}

// held keeps the sockets of a session that is coming back and lets it come
// back over others; then what was held goes on.
func (w *walk) held() error {
	if err := w.session(w.site); err != nil {
		return err
	}
	w.pc.Ledger().Resumes(anna.Account)
	h, e, err := w.ends(w.site)
	if err != nil {
		return err
	}
	// As far as the engineer's first flights, and no further.
	left := 1 + w.r.IntN(4)
	stop := make(chan struct{})
	hold := func(_ int, b []byte) (on, back [][]byte) {
		if left--; left < 0 {
			<-stop
		}
		return [][]byte{b}, nil
	}
	first := join(h, e, hold, nil)
	w.settle(h)
	e.Close() // the engineer tries again, the host still holds on
	if w.r.IntN(2) == 0 {
		h.Close()
	}
	late := time.Now().Add(2 * time.Second)
	for w.pc.State().Phase != hostpb.SupportPhase_SUPPORT_PHASE_LOST && time.Now().Before(late) && !h.over() {
		w.settle(h)
	}
	close(stop)
	first.close()
	return w.session(w.site)
}
