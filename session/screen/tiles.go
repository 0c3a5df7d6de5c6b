package screen

import (
	"encoding/binary"
	"image"
	"time"
)

// encodeTiles encodes what was found; false when the update is full and some is
// left.
func (e *Encoder) encodeTiles(f Frame, now time.Time) bool {
	if e.limited && !e.encodeSmall(f, now) {
		return false
	}
	first := e.next
	for n := range e.tiles {
		i := (first + n) % len(e.tiles)
		for part := false; e.tiles[i].state == found; part = true {
			if e.full() {
				// A part of a tile that changes all the time is changed again by the
				// next call: it must not keep all others waiting.
				if e.next = i; part {
					e.next = (i + 1) % len(e.tiles)
				}
				return false
			}
			e.encodeTile(f, i, now)
		}
	}
	e.next = 0
	return true
}

// encodeSmall sends what is small before all else: a key's echo must not wait
// behind a picture that moves. False when the update is full.
func (e *Encoder) encodeSmall(f Frame, now time.Time) bool {
	for i := range e.tiles {
		for t := &e.tiles[i]; t.state == found && !t.unknown && area(t.crop) <= smallArea; {
			if e.full() {
				return false
			}
			e.encodeTile(f, i, now)
		}
	}
	return true
}

// smallArea is the largest change, in pixels of a tile, that counts as small: a
// few letters.
const smallArea = Tile * Tile / 4

// encodeTile encodes what was found in tile i, or as much of it as fits.
func (e *Encoder) encodeTile(f Frame, i int, now time.Time) {
	if r, ok := e.solids(f, i); ok {
		e.head(opSolid, r)
		c := binary.LittleEndian.Uint32(f.Pix[r.Min.Y*f.Stride+4*r.Min.X:])
		e.body = append(e.body, byte(c>>16), byte(c>>8), byte(c))
		return
	}
	if e.restore(f, i) {
		return
	}
	t := &e.tiles[i]
	r, before := t.crop, len(e.body)
	part := e.limited && !t.unknown && 3*area(r) > e.room-len(e.body)
	if part {
		rows := max((e.room-len(e.body))/(3*r.Dx()), minRows)
		part = rows < r.Dy()
		r.Max.Y = min(r.Max.Y, r.Min.Y+rows)
	} else if !t.unknown && (!e.limited || e.room-len(e.body) >= 3*Tile*Tile) { // whatever is joined fits
		r = e.join(i)
	}
	e.rect(f, r, !t.unknown, t.heat.wild(now))
	t.density = float32(len(e.body)-before) / float32(area(r))
	e.density += (t.density - e.density) / 8
	if part {
		t.crop.Min.Y = r.Max.Y
	} else {
		t.state, t.unknown = clean, false
	}
}

// minRows is the fewest rows of a tile that are sent alone.
const minRows = 8

// join takes small changes in neighbouring tiles together with that of tile i:
// what is one thing on the screen is one in the update, wherever the edges of
// the tiles are.
func (e *Encoder) join(i int) image.Rectangle {
	r := e.tiles[i].crop
	for _, step := range [3]int{1, e.cols, e.cols + 1} {
		j := i + step
		if j >= len(e.tiles) || step != e.cols && i%e.cols == e.cols-1 {
			continue
		}
		t := &e.tiles[j]
		if t.state != found || t.unknown {
			continue
		}
		u := r.Union(t.crop)
		if u.Dx() > Tile || u.Dy() > Tile || area(u) > area(r)+area(t.crop)+joinSlack {
			continue
		}
		r, t.state = u, clean
	}
	return r
}

// joinSlack is how many pixels that did not change an operation less is worth.
const joinSlack = 128

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// solids looks whether tile i and its neighbours to the right and below are to
// be of one colour, and marks them as shown.
func (e *Encoder) solids(f Frame, i int) (image.Rectangle, bool) {
	c, ok := e.solid(f, i)
	if !ok {
		return image.Rectangle{}, false
	}
	across := 1
	for i%e.cols+across < e.cols && e.same(f, i+across, c) {
		across++
	}
	down := 1
rows:
	for i/e.cols+down < e.rows {
		for x := range across {
			if !e.same(f, i+down*e.cols+x, c) {
				break rows
			}
		}
		down++
	}
	if across*down == 1 && !e.tiles[i].unknown {
		return image.Rectangle{}, false // cropped it is no larger
	}
	r := e.bounds(i).Union(e.bounds(i + (down-1)*e.cols + across - 1))
	for y := range down {
		for x := range across {
			t := &e.tiles[i+y*e.cols+x]
			t.state, t.unknown = clean, false
		}
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(e.shown[4*(y*e.width+r.Min.X):][:4*r.Dx()], f.Pix[y*f.Stride+4*r.Min.X:])
	}
	return r, true
}

func (e *Encoder) same(f Frame, i int, c uint32) bool {
	if e.tiles[i].state != found {
		return false
	}
	d, ok := e.solid(f, i)
	return ok && c == d
}

// solid says whether the whole of tile i is to be of one colour.
func (e *Encoder) solid(f Frame, i int) (uint32, bool) {
	r := e.bounds(i)
	c := binary.LittleEndian.Uint32(f.Pix[r.Min.Y*f.Stride+4*r.Min.X:]) & colour
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := f.Pix[y*f.Stride+4*r.Min.X:][:4*r.Dx()]
		for ; len(row) >= 4; row = row[4:] {
			if binary.LittleEndian.Uint32(row)&colour != c {
				return 0, false
			}
		}
	}
	return c, true
}
