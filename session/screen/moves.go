package screen

import (
	"bytes"
	"image"
)

// An area that moved is worth looking for from so many changed pixels on.
const (
	minMoved  = 4096
	maxCopies = 4  // of one update that are searched for
	maxHints  = 16 // of one frame that are looked at
)

// findMoves replaces what it can by copies: scrolled text, dragged windows. It
// changes only what is shown by what a copy makes of it; the tiles then correct
// whatever a copy got wrong, so a mistake here costs bytes, never a pixel.
func (e *Encoder) findMoves(f Frame) {
	whole := image.Rect(0, 0, e.width, e.height)
	for _, m := range f.Moves[:min(len(f.Moves), maxHints)] {
		by := m.From.Sub(m.To.Min)
		to := m.To.Intersect(whole).Intersect(whole.Sub(by))
		if by != (image.Point{}) && !to.Empty() && area(to) >= minMoved {
			e.copyMoved(f, to, by, minMoved/2)
		}
	}
	for range maxCopies {
		r, changed := e.foundBounds()
		if changed < minMoved || r.Dx() < 2*segment || r.Dy() < segment {
			return
		}
		// What moved once mostly goes on, but empty places fit any way of moving.
		if e.mover.last != (image.Point{}) && e.copyMoved(f, r, e.mover.last, max(changed/3, minMoved/2)) {
			continue
		}
		by, ok := e.search(f, r)
		if !ok || !e.copyMoved(f, r, by, minMoved/2) {
			return
		}
		e.mover.last = by
	}
}

// foundBounds gives where changes were found and how many pixels their crops
// have.
func (e *Encoder) foundBounds() (r image.Rectangle, changed int) {
	for i := range e.tiles {
		if t := &e.tiles[i]; t.state == found && !t.video {
			r = r.Union(t.crop)
			changed += area(t.crop)
		}
	}
	return r, changed
}

// block is the side in pixels of what is judged as moved or not.
const block = 16

// verdict on a block.
type verdict byte

const (
	outside verdict = iota // its source is not in the picture or not known
	wrong                  // a copy would make it wrong
	broken                 // the same, and it is right as it is
	right                  // a copy leaves it right, as it is
	gained                 // a copy makes it right
)

// copyMoved emits a copy inside r of what was moved by by, where it gains
// so many pixels.
func (e *Encoder) copyMoved(f Frame, r image.Rectangle, by image.Point, gain int) bool {
	r = r.Intersect(image.Rect(0, 0, e.width, e.height).Sub(by))
	if r.Empty() {
		return false
	}
	to := e.trim(f, r, by, gain)
	if to.Empty() {
		return false
	}
	to = e.widen(f, to, r, by)
	e.saveCovered(to, by)
	e.head(opCopy, to)
	e.body = appendVarint(e.body, by.X)
	e.body = appendVarint(e.body, by.Y)
	move(e.shown, 4*e.width, to, to.Min.Add(by))
	// A copy may carry a wrong neighbour along; look at all it touched.
	e.eachTile(to, func(t *tile) { t.state = dirty })
	e.scan(f)
	return true
}

// trim gives the part of r for which a copy is worth it, in whole blocks; none
// when there is no such part.
func (e *Encoder) trim(f Frame, r image.Rectangle, by image.Point, gain int) image.Rectangle {
	m := &e.mover
	cols, rows := (r.Dx()+block-1)/block, (r.Dy()+block-1)/block
	m.blocks = m.blocks[:0]
	x0, y0, x1, y1 := cols, rows, -1, -1
	for y := range rows {
		for x := range cols {
			b := image.Rect(r.Min.X+x*block, r.Min.Y+y*block, r.Min.X+(x+1)*block, r.Min.Y+(y+1)*block).Intersect(r)
			v := e.judge(f, b, by)
			m.blocks = append(m.blocks, v)
			if v == gained {
				x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
			}
		}
	}
	// A side that would do more harm than good goes.
	for again := true; again && x0 <= x1 && y0 <= y1; {
		again = false
		if e.worth(cols, x0, y0, x1, y0) <= 0 {
			y0, again = y0+1, true
		} else if e.worth(cols, x0, y1, x1, y1) <= 0 {
			y1, again = y1-1, true
		} else if e.worth(cols, x0, y0, x0, y1) <= 0 {
			x0, again = x0+1, true
		} else if e.worth(cols, x1, y0, x1, y1) <= 0 {
			x1, again = x1-1, true
		}
	}
	if x0 > x1 || y0 > y1 || e.worth(cols, x0, y0, x1, y1) < gain/(block*block) {
		return image.Rectangle{}
	}
	return image.Rect(r.Min.X+x0*block, r.Min.Y+y0*block, r.Min.X+(x1+1)*block, r.Min.Y+(y1+1)*block).Intersect(r)
}

// worth weighs the blocks from x0, y0 to x1, y1. A source that is not known
// forbids.
func (e *Encoder) worth(cols, x0, y0, x1, y1 int) int {
	n := 0
	for y := y0; y <= y1; y++ {
		for _, v := range e.mover.blocks[y*cols+x0 : y*cols+x1+1] {
			switch v {
			case gained:
				n++
			case broken:
				n--
			case outside:
				return -1
			}
		}
	}
	return n
}

func (e *Encoder) judge(f Frame, b image.Rectangle, by image.Point) verdict {
	if !e.known(b.Add(by)) || !e.known(b) {
		return outside
	}
	n := 4 * b.Dx()
	moved, still := true, true
	for y := b.Min.Y; y < b.Max.Y && (moved || still); y++ {
		now := f.Pix[y*f.Stride+4*b.Min.X:][:n]
		moved = moved && bytes.Equal(now, e.shown[4*((y+by.Y)*e.width+b.Min.X+by.X):][:n])
		still = still && bytes.Equal(now, e.shown[4*(y*e.width+b.Min.X):][:n])
	}
	switch {
	case moved && still:
		return right
	case moved:
		return gained
	case still:
		return broken
	}
	return wrong
}

// known says whether the other end shows exactly what we think in r.
func (e *Encoder) known(r image.Rectangle) bool {
	for row := r.Min.Y / Tile; row <= (r.Max.Y-1)/Tile; row++ {
		for col := r.Min.X / Tile; col <= (r.Max.X-1)/Tile; col++ {
			if e.tiles[row*e.cols+col].unknown {
				return false
			}
		}
	}
	return true
}

// widen moves the sides of r outwards, inside limit, as long as the copy is
// right there: blocks do not end where what moved does.
func (e *Encoder) widen(f Frame, r, limit image.Rectangle, by image.Point) image.Rectangle {
	ok := func(line image.Rectangle) bool {
		return line.In(limit) && e.known(line) && e.known(line.Add(by)) && e.movedAll(f, line, by)
	}
	for range block {
		if line := image.Rect(r.Min.X, r.Min.Y-1, r.Max.X, r.Min.Y); ok(line) {
			r.Min.Y--
		}
		if line := image.Rect(r.Min.X, r.Max.Y, r.Max.X, r.Max.Y+1); ok(line) {
			r.Max.Y++
		}
		if line := image.Rect(r.Min.X-1, r.Min.Y, r.Min.X, r.Max.Y); ok(line) {
			r.Min.X--
		}
		if line := image.Rect(r.Max.X, r.Min.Y, r.Max.X+1, r.Max.Y); ok(line) {
			r.Max.X++
		}
	}
	return r
}

func (e *Encoder) movedAll(f Frame, r image.Rectangle, by image.Point) bool {
	n := 4 * r.Dx()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if !bytes.Equal(f.Pix[y*f.Stride+4*r.Min.X:][:n], e.shown[4*((y+by.Y)*e.width+r.Min.X+by.X):][:n]) {
			return false
		}
	}
	return true
}

// move copies a rectangle of 4-byte pixels inside one picture.
func move(pix []byte, stride int, to image.Rectangle, from image.Point) {
	n := 4 * to.Dx()
	for i := range to.Dy() {
		row := i
		if from.Y < to.Min.Y {
			row = to.Dy() - 1 - i // downwards: the last row first
		}
		copy(pix[(to.Min.Y+row)*stride+4*to.Min.X:][:n], pix[(from.Y+row)*stride+4*from.X:][:n])
	}
}
