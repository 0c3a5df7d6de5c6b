package screen

import "encoding/binary"

// textColours is the table of the colours of smooth text. A letter that is
// written again in it is the same bytes again, which the deflate stream finds;
// the palette of a rectangle has its colours in another order each time.
type textColours struct {
	table [256]uint32
	next  byte // the place that the next new colour takes
}

// find gives the place of a colour.
func (t *textColours) find(c uint32) (byte, bool) {
	for i := range t.table {
		if t.table[i] == c {
			return byte(i), true
		}
	}
	return 0, false
}

// places finds a place for each of at most 256 colours, and says how many of
// them are new: those take places from next on, also from a colour that is
// used here and then is new itself.
func (t *textColours) places(colours []uint32, places *[256]byte) (fresh int) {
	var known [256]bool
	fresh = 0
	for i, c := range colours {
		if places[i], known[i] = t.find(c); !known[i] {
			fresh++
		}
	}
	for again := true; again; {
		again = false
		for i := range colours {
			if known[i] && int(places[i]-t.next) < fresh {
				known[i], again = false, true
				fresh++
			}
		}
	}
	at := t.next
	for i := range colours {
		if !known[i] {
			places[i] = at
			at++
		}
	}
	return fresh
}

// add gives a new colour its place.
func (t *textColours) add(c uint32) {
	t.table[t.next] = c
	t.next++
}

// appendText writes the rectangle now, of width w, whose colours k.all has.
func (e *Encoder) appendText(dst []byte, w int) []byte {
	k := &e.work
	n := e.texts.places(k.all.colours, &k.places)
	dst = binary.AppendUvarint(dst, uint64(n))
	first := e.texts.next
	for i, c := range k.all.colours {
		if int(k.places[i]-first) < n {
			e.texts.add(c)
			dst = append(dst, byte(c>>16), byte(c>>8), byte(c))
		}
	}
	k.all.last = ^uint32(0)
	for x := range w {
		for i := x; i < len(k.now); i += w {
			dst = append(dst, k.places[k.all.index(k.now[i])])
		}
	}
	return dst
}

// text reads a rectangle of text.
func (d *Decoder) text(r *reader, w, h int) []uint32 {
	for range r.uvarint(256) {
		if b := r.take(3); r.err == nil {
			d.texts.add(rgb(b))
		}
	}
	b := r.take(w * h)
	if r.err != nil {
		return nil
	}
	pixels := d.pixels[:w*h]
	for i, at := range b {
		pixels[i%h*w+i/h] = d.texts.table[at]
	}
	return pixels
}
