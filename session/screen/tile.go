package screen

import (
	"encoding/binary"
	"image"
)

// colour drops the byte of a pixel that does not count.
const colour = 0x00ffffff

// work is what the encoder knows of the rectangle it is at.
type work struct {
	now, was []uint32 // its pixels, and those shown
	changed  []uint32 // those of now that differ
	runs     []byte   // where they are, as in the format
	runCount int
	all      palette   // of now
	some     palette   // of changed
	places   [256]byte // of all's colours in the table of text's
}

func newWork() work {
	return work{now: make([]uint32, 0, Tile*Tile), was: make([]uint32, 0, Tile*Tile), changed: make([]uint32, 0, Tile*Tile)}
}

func load(dst []uint32, pix []byte, stride int, r image.Rectangle) []uint32 {
	dst = dst[:r.Dx()*r.Dy()]
	w := r.Dx()
	for y := range r.Dy() {
		row := pix[(r.Min.Y+y)*stride+4*r.Min.X:][:4*w]
		out := dst[y*w:][:w]
		for i := range out {
			out[i] = binary.LittleEndian.Uint32(row[4*i:]) & colour
		}
	}
	return dst
}

// Rough sizes, in bytes after packing: what decides between kinds.
const (
	costHead   = 5
	costRepeat = costHead + 2
	costNever  = 1 << 30
	// Smaller ones are cheaper sent than looked up.
	keepFrom = 48 // pixels
	// What was there before is kept when it may well come back: menus, windows.
	keepOldFrom = 512 // pixels
)

// rect encodes r as the cheapest kind and notes that it is shown. Known says
// that the other end shows what we think it does, wild that it changes so much
// that it will hardly come back.
func (e *Encoder) rect(f Frame, r image.Rectangle, known, wild bool) {
	k := &e.work
	k.now = load(k.now, f.Pix, f.Stride, r)
	k.was = load(k.was, e.shown, 4*e.width, r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(e.shown[4*(y*e.width+r.Min.X):][:4*r.Dx()], f.Pix[y*f.Stride+4*r.Min.X:])
	}
	var sum uint64
	small := len(k.now) < keepFrom
	if !small {
		sum = hashPixels(k.now, r.Dx())
		if id, ok := e.index.find(sum); ok && e.isCached(id, k.now, r.Dx()) {
			e.head(opRepeat, r)
			e.body = binary.AppendUvarint(e.body, e.cache.count-1-id)
			return
		}
	}
	kind, cost := e.choose(r, known)
	if !wild && !small && cost > costRepeat+2 {
		if known && len(k.now) >= keepOldFrom && !uniform(k.was) {
			old := hashPixels(k.was, r.Dx())
			if id, ok := e.index.find(old); !ok || !e.isCached(id, k.was, r.Dx()) {
				kind |= opKeepOld
				e.keep(k.was, r, old)
			}
		}
		kind |= opKeep
		e.keep(k.now, r, sum)
	}
	e.head(kind, r)
	switch kind & opKind {
	case opSolid:
		c := k.now[0]
		e.body = append(e.body, byte(c>>16), byte(c>>8), byte(c))
	case opPalette:
		e.body = e.colours.append(e.body, k.all.colours)
		for i := 0; i < len(k.now); i += r.Dx() {
			e.body = k.all.pack(e.body, k.now[i:i+r.Dx()])
		}
	case opText:
		e.body = e.appendText(e.body, r.Dx())
	case opSparse:
		e.body = e.colours.append(e.body, k.some.colours)
		e.body = binary.AppendUvarint(e.body, uint64(k.runCount))
		e.body = append(e.body, k.runs...)
		if len(k.some.colours) > 1 {
			e.body = k.some.pack(e.body, k.changed)
		}
	case opRaw:
		for _, c := range k.now {
			e.body = append(e.body, byte(c>>16), byte(c>>8), byte(c))
		}
	case opSmooth:
		e.body = appendSmooth(e.body, k.now, r.Dx())
	}
}

// textFrom is the most colours for which a palette's shorter indices are better.
const textFrom = 16

// textCost is what the rectangle would cost as text: most letters were there
// before.
func (e *Encoder) textCost(breaks int) int {
	return 3*e.texts.places(e.work.all.colours, &e.work.places) + breaks/3
}

func uniform(p []uint32) bool {
	for _, c := range p {
		if c != p[0] {
			return false
		}
	}
	return true
}

func (e *Encoder) isCached(id uint64, pixels []uint32, w int) bool {
	have, cw, _, ok := e.cache.get(id)
	if !ok || cw != w || len(have) != len(pixels) {
		return false
	}
	for i, c := range have {
		if c != pixels[i] {
			return false
		}
	}
	return true
}

func (e *Encoder) keep(pixels []uint32, r image.Rectangle, sum uint64) {
	copy(e.cache.add(r.Dx(), r.Dy()), pixels)
	e.index.put(sum, e.cache.count-1)
}

// choose looks at the rectangle and gives the kind that is likely smallest.
func (e *Encoder) choose(r image.Rectangle, known bool) (kind byte, cost int) {
	k := &e.work
	k.all.clear()
	breaks := 0
	w := r.Dx()
	for _, c := range k.now {
		if c != k.all.last {
			breaks++
			k.all.add(c)
		}
		k.all.last = c
	}
	if len(k.all.colours) == 1 {
		return opSolid, costHead + 3
	}
	kind, cost = opRaw, costHead+3*len(k.now)
	if k.all.over {
		if c := costHead + smoothCost(k.now, w); c < cost*7/8 {
			kind, cost = opSmooth, c
		}
	} else {
		n := len(k.all.colours)
		if c := costHead + e.textCost(breaks); n > textFrom && c < cost {
			kind, cost = opText, c
		}
		// Long runs of one colour pack well.
		if c := costHead + e.colourCost(k.all.colours) + min(packedSize(w, n)*r.Dy(), breaks); c < cost {
			kind, cost = opPalette, c
		}
	}
	if known {
		if c := e.sparseCost(); c < cost {
			kind, cost = opSparse, c
		}
	}
	return kind, cost
}

func (e *Encoder) colourCost(colours []uint32) int {
	n := 1 + len(colours)/8
	for _, c := range colours {
		n++
		if e.colours[colourPlace(c)] != c {
			n += 2
		}
	}
	return n
}

// sparseCost collects what changed, and gives what it would cost to send that
// alone.
func (e *Encoder) sparseCost() int {
	k := &e.work
	k.changed, k.runs, k.runCount = k.changed[:0], k.runs[:0], 0
	k.some.clear()
	skipped, run, breaks := 0, 0, 0
	for i, c := range k.now {
		if c == k.was[i] {
			if run > 0 {
				k.runs = binary.AppendUvarint(k.runs, uint64(run))
				run, skipped = 0, 0
			}
			skipped++
			continue
		}
		if run == 0 {
			k.runs = binary.AppendUvarint(k.runs, uint64(skipped))
			k.runCount++
		}
		run++
		if c != k.some.last {
			breaks++
			k.some.add(c)
		}
		k.some.last = c
		k.changed = append(k.changed, c)
	}
	if run > 0 {
		k.runs = binary.AppendUvarint(k.runs, uint64(run))
	}
	if k.some.over || len(k.changed) == 0 {
		return costNever
	}
	n := len(k.some.colours)
	cost := costHead + 1 + e.colourCost(k.some.colours) + len(k.runs)*4/5
	if n > 1 {
		cost += min(packedSize(len(k.changed), n), breaks)
	}
	return cost
}

// predict gives what a pixel is likely to be, channel by channel, from its
// neighbours to the left, above, and above left: the one of left and above
// that is nearer to left + above − corner, or that value if it is between.
// Outside the rectangle, left is the pixel above and above the pixel to the
// left; the first pixel's neighbours are black.
func predict(left, above, corner uint32) uint32 {
	return med(left>>16&255, above>>16&255, corner>>16&255)<<16 |
		med(left>>8&255, above>>8&255, corner>>8&255)<<8 | med(left&255, above&255, corner&255)
}

func med(a, b, c uint32) uint32 {
	lo, hi := min(a, b), max(a, b)
	switch {
	case c >= hi:
		return lo
	case c <= lo:
		return hi
	}
	return a + b - c
}

// neighbours of pixel i, where x is its column.
func neighbours(p []uint32, i, x, w int) (left, above, corner uint32) {
	switch {
	case i == 0:
		return 0, 0, 0
	case i < w:
		return p[i-1], p[i-1], p[i-1]
	case x == 0:
		return p[i-w], p[i-w], p[i-w]
	}
	return p[i-1], p[i-w], p[i-w-1]
}

func appendSmooth(dst []byte, p []uint32, w int) []byte {
	x := 0
	for i, c := range p {
		q := predict(neighbours(p, i, x, w))
		dst = append(dst, byte(c>>16)-byte(q>>16), byte(c>>8)-byte(q>>8), byte(c)-byte(q))
		if x++; x == w {
			x = 0
		}
	}
	return dst
}

// smoothCost looks at some of the pixels.
func smoothCost(p []uint32, w int) int {
	cost, seen := 0, 0
	for i := w + 1; i < len(p); i += 5 {
		if i%w == 0 {
			continue
		}
		c, q := p[i], predict(p[i-1], p[i-w], p[i-w-1])
		for s := 0; s < 24; s += 8 {
			switch d := int8(c>>s) - int8(q>>s); {
			case d == 0:
				cost++
			case d > -8 && d < 8:
				cost += 4
			default:
				cost += 8
			}
		}
		seen++
	}
	if seen == 0 {
		return costNever
	}
	return cost * len(p) / (8 * seen)
}
