package screen

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"image"
)

// A scrolled area is worth looking for from this height on, and a copy from
// this many rows on.
const (
	minScroll = 2 * Tile
	minCopy   = 16
)

// scroller looks for areas that moved up or down, and keeps its memory.
type scroller struct {
	seed  maphash.Seed
	ready bool
	was   []uint64       // hash of each row as shown
	now   []uint64       // hash of each row of the frame
	index map[uint64]int // hash → row shown; -1 when there are several
	votes map[int]int    // offset → rows
}

// findScroll replaces what it can by copies. It changes only what is shown by
// what a copy makes of it; the tiles then correct whatever a copy got wrong,
// so a mistake here costs bytes, never a pixel.
func (e *Encoder) findScroll(f Frame) {
	area := e.dirtyBounds()
	if area.Dy() < minScroll {
		return
	}
	if area = e.changedBounds(f, area); area.Dy() < minScroll {
		return
	}
	// Columns of one tile's width each find their own offset, so that a
	// scroll bar or a clock beside the text does not hide its movement;
	// neighbours with the same one share their copies.
	start, offset := area.Min.X, 0
	for x := area.Min.X; ; x += Tile {
		d := 0
		if x < area.Max.X {
			d = e.offset(f, image.Rect(x, area.Min.Y, min(x+Tile, area.Max.X), area.Max.Y))
		}
		if d != offset || x >= area.Max.X {
			if offset != 0 {
				e.copies(f, image.Rect(start, area.Min.Y, min(x, area.Max.X), area.Max.Y), offset)
			}
			start, offset = x, d
		}
		if x >= area.Max.X {
			return
		}
	}
}

func (e *Encoder) dirtyBounds() (area image.Rectangle) {
	for i, dirty := range e.dirty {
		if dirty {
			x, y := i%e.cols*Tile, i/e.cols*Tile
			area = area.Union(image.Rect(x, y, min(x+Tile, e.width), min(y+Tile, e.height)))
		}
	}
	return area
}

// changedBounds crops area to what really changed; it stops looking at a side
// as soon as it is found.
func (e *Encoder) changedBounds(f Frame, area image.Rectangle) (out image.Rectangle) {
	for y := area.Min.Y; y < area.Max.Y; y += Tile {
		for x := area.Min.X; x < area.Max.X; x += Tile {
			i := y/Tile*e.cols + x/Tile
			if !e.dirty[i] {
				continue
			}
			r := image.Rect(x, y, min(x+Tile, area.Max.X), min(y+Tile, area.Max.Y))
			if c := e.changed(f, r); c.Empty() {
				e.dirty[i] = false
			} else {
				out = out.Union(c)
			}
		}
	}
	return out
}

// offset gives how far most rows of r moved: the row now at y was at y+d. 0
// when they did not.
func (e *Encoder) offset(f Frame, r image.Rectangle) int {
	s := &e.scroll
	if !s.ready {
		s.seed, s.index, s.votes, s.ready = maphash.MakeSeed(), map[uint64]int{}, map[int]int{}, true
	}
	clear(s.index)
	clear(s.votes)
	s.was, s.now = s.was[:0], s.now[:0]
	n := 4 * r.Dx()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		was := maphash.Bytes(s.seed, e.shown[4*(y*e.width+r.Min.X):][:n])
		s.was = append(s.was, was)
		s.now = append(s.now, maphash.Bytes(s.seed, f.Pix[y*f.Stride+4*r.Min.X:][:n]))
		if _, twice := s.index[was]; twice {
			s.index[was] = -1 // empty lines tell nothing
		} else {
			s.index[was] = y - r.Min.Y
		}
	}
	best, most, changed := 0, 0, 0
	for y, h := range s.now {
		if h == s.was[y] {
			continue
		}
		changed++
		if from, ok := s.index[h]; ok && from >= 0 {
			d := from - y
			s.votes[d]++
			if s.votes[d] > most {
				best, most = d, s.votes[d]
			}
		}
	}
	// A few rows that moved by chance must not break up a neighbour's copies.
	if most < max(minCopy/2, changed/4) {
		return 0
	}
	return best
}

// copies emits the runs of rows in r that were d rows away.
func (e *Encoder) copies(f Frame, r image.Rectangle, d int) {
	from := max(r.Min.Y, r.Min.Y-d)
	to := min(r.Max.Y, r.Max.Y-d)
	rows := to - from
	// Rows go in the order that never reads one a copy has already overwritten.
	for k, run := 0, 0; k <= rows; k++ {
		y := from + k
		if d < 0 {
			y = to - 1 - k
		}
		if k < rows && e.moved(f, r, y, d) {
			run++
			continue
		}
		if run >= minCopy {
			top := y - run
			if d < 0 {
				top = y + 1
			}
			e.copy(image.Rect(r.Min.X, top, r.Max.X, top+run), top+d)
		}
		run = 0
	}
}

func (e *Encoder) moved(f Frame, r image.Rectangle, y, d int) bool {
	n := 4 * r.Dx()
	return bytes.Equal(f.Pix[y*f.Stride+4*r.Min.X:][:n], e.shown[4*((y+d)*e.width+r.Min.X):][:n])
}

// copy emits one copy and does it to what is shown.
func (e *Encoder) copy(to image.Rectangle, fromY int) {
	e.op(opCopy, to)
	e.body = binary.LittleEndian.AppendUint16(e.body, uint16(to.Min.X))
	e.body = binary.LittleEndian.AppendUint16(e.body, uint16(fromY))
	move(e.shown, 4*e.width, to, image.Pt(to.Min.X, fromY))
	// A copy may carry a wrong neighbour along; look at all it touched.
	e.mark([]image.Rectangle{to})
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
