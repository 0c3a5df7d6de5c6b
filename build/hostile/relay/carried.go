package relay

import (
	"bytes"
	"time"
)

// carried are classes in which the relay changes what it carries in a session
// where control and view are given: what there is to win is there.
var carried = []class{
	{"a byte flipped", 14, func(w *walk) error { return w.mangled(w.flip()) }},
	{"bytes dropped", 6, func(w *walk) error { return w.mangled(func(int, []byte) (on, back [][]byte) { return nil, nil }) }},
	{"bytes twice", 7, func(w *walk) error {
		return w.mangled(func(_ int, b []byte) (on, back [][]byte) { return [][]byte{b, b}, nil })
	}},
	{"bytes in another order", 6, (*walk).reordered},
	{"bytes cut short", 5, func(w *walk) error {
		return w.mangled(func(_ int, b []byte) (on, back [][]byte) { return [][]byte{b[:w.r.IntN(len(b))]}, nil })
	}},
	{"foreign bytes put in", 6, func(w *walk) error {
		return w.mangled(func(_ int, b []byte) (on, back [][]byte) {
			at := w.r.IntN(len(b) + 1)
			return [][]byte{b[:at], noise(w.r, 1+w.r.IntN(200)), b[at:]}, nil
		})
	}},
	{"sent back to where it came from", 6, func(w *walk) error {
		return w.mangled(func(_ int, b []byte) (on, back [][]byte) {
			if w.r.IntN(2) == 0 {
				return [][]byte{b}, [][]byte{b}
			}
			return nil, [][]byte{b}
		})
	}},
	{"recorded bytes played again", 8, (*walk).replayed},
	{"bytes held back", 3, (*walk).heldBack},
	{"bytes in other pieces", 2, func(w *walk) error {
		return w.mangled(func(_ int, b []byte) (on, back [][]byte) {
			for len(b) > 0 {
				n := 1 + w.r.IntN(len(b))
				on, b = append(on, b[:n]), b[n:]
			}
			return on, nil
		})
	}},
}

// flip changes one byte.
func (w *walk) flip() mangler {
	return func(_ int, b []byte) (on, back [][]byte) {
		if len(b) == 0 {
			return [][]byte{b}, nil
		}
		c := bytes.Clone(b)
		c[w.r.IntN(len(c))] ^= byte(1 + w.r.IntN(255))
		return [][]byte{c}, nil
	}
}

// once has a mangler change one message, some way on, and no other.
func (w *walk) once(m mangler) mangler {
	left := w.r.IntN(3)
	return func(n int, b []byte) (on, back [][]byte) {
		if left--; left == -1 {
			return m(n, b)
		}
		return [][]byte{b}, nil
	}
}

// mangled has one message of a session changed, in one direction, and lets the
// session go on as it can.
func (w *walk) mangled(m mangler) error {
	if err := w.session(w.site); err != nil {
		return err
	}
	if w.r.IntN(2) == 0 {
		w.pair.mangle(w.once(m), nil)
	} else {
		w.pair.mangle(nil, w.once(m))
	}
	w.shake(w.site, 6)
	w.keep()
	w.part()
	return nil
}

// keep records what went over the present channel.
func (w *walk) keep() {
	for way := range w.old {
		w.old[way] = append(w.old[way], w.pair.record(way))
		w.old[way] = w.old[way][max(0, len(w.old[way])-8):]
	}
}

func (w *walk) reordered() error {
	var held []byte
	return w.mangledFrom(func(_ int, b []byte) (on, back [][]byte) {
		if held == nil {
			held = b
			return nil, nil
		}
		on = [][]byte{b, held}
		held = nil
		return on, nil
	})
}

// mangledFrom changes every message from some on.
func (w *walk) mangledFrom(m mangler) error {
	if err := w.session(w.site); err != nil {
		return err
	}
	if w.r.IntN(2) == 0 {
		w.pair.mangle(m, nil)
	} else {
		w.pair.mangle(nil, m)
	}
	w.shake(w.site, 6)
	w.keep()
	w.part()
	return nil
}

// replayed plays bytes again that the same end sent over this channel, over an
// earlier one, or that the other end sent.
func (w *walk) replayed() error {
	if err := w.session(w.site); err != nil {
		return err
	}
	w.shake(w.site, 1) // so that there is something of this channel
	way := w.r.IntN(2)
	from := way
	if w.r.IntN(4) == 0 {
		from = 1 - way
	}
	source := w.pair.record(from)
	if len(w.old[from]) > 0 && w.r.IntN(2) == 0 {
		source = w.old[from][w.r.IntN(len(w.old[from]))]
	}
	m := w.once(func(_ int, b []byte) (on, back [][]byte) {
		on = [][]byte{b}
		for range 1 + w.r.IntN(3) {
			if len(source) > 0 {
				on = append(on, source[w.r.IntN(len(source))])
			}
		}
		return on, nil
	})
	if way == 0 {
		w.pair.mangle(m, nil)
	} else {
		w.pair.mangle(nil, m)
	}
	w.shake(w.site, 5)
	w.keep()
	w.part()
	return nil
}

// heldBack delivers late what was sent: a right that ended meanwhile covers
// nothing of it.
func (w *walk) heldBack() error {
	if err := w.session(w.site); err != nil {
		return err
	}
	release := make(chan struct{})
	w.pair.mangle(func(_ int, b []byte) (on, back [][]byte) {
		<-release
		return [][]byte{b}, nil
	}, nil)
	if _, err := w.traffic(w.site); err != nil {
		close(release)
		return err
	}
	switch w.r.IntN(3) {
	case 0:
		_ = w.pc.Revoke(capabilities["control"]) // it may be over
	case 1:
		_ = w.pc.End("kill-key")
	case 2:
		w.pc.Pass(time.Duration(w.r.IntN(20)) * time.Second)
	}
	close(release)
	w.shake(w.site, 2)
	w.keep()
	w.part()
	return nil
}
