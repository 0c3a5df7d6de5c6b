package screen

import (
	"bytes"
	"encoding/binary"
	"image"
)

// state of a tile.
type state byte

const (
	clean state = iota // as shown
	dirty              // may differ from what is shown
	found              // differs, inside its crop
)

// mark notes the tiles that damage touches; nil is all of them.
func (e *Encoder) mark(damage []image.Rectangle) {
	if damage == nil {
		for i := range e.tiles {
			e.tiles[i].state = dirty
		}
		return
	}
	whole := image.Rect(0, 0, e.width, e.height)
	for _, r := range damage {
		if r = r.Intersect(whole); r.Empty() {
			continue
		}
		e.eachTile(r, func(t *tile) { t.state = dirty })
	}
}

func (e *Encoder) eachTile(r image.Rectangle, do func(*tile)) {
	for row := r.Min.Y / Tile; row <= (r.Max.Y-1)/Tile; row++ {
		line := e.tiles[row*e.cols:][:e.cols]
		for col := r.Min.X / Tile; col <= (r.Max.X-1)/Tile; col++ {
			do(&line[col])
		}
	}
}

// bounds of tile i.
func (e *Encoder) bounds(i int) image.Rectangle {
	x, y := i%e.cols*Tile, i/e.cols*Tile
	return image.Rect(x, y, min(x+Tile, e.width), min(y+Tile, e.height))
}

// scan finds out what dirty tiles differ in.
func (e *Encoder) scan(f Frame) {
	for row := range e.rows {
		line := e.tiles[row*e.cols:][:e.cols]
		for from := 0; from < e.cols; from++ {
			if line[from].state != dirty {
				continue
			}
			to := from
			for ; to < e.cols && line[to].state == dirty; to++ {
				t := &line[to]
				t.state = clean
				t.crop = image.Rectangle{}
				if t.unknown && !t.video { // compared with nothing: all of it is sent
					t.state, t.crop = found, e.bounds(row*e.cols+to)
				}
			}
			e.scanRun(f, line, from, to, row*Tile)
			from = to
		}
	}
}

// scanRun compares the tiles from … to of one row.
func (e *Encoder) scanRun(f Frame, line []tile, from, to, top int) {
	x0, x1 := from*Tile, min(to*Tile, e.width)
	for y := top; y < min(top+Tile, e.height); y++ {
		now := f.Pix[y*f.Stride+4*x0:][:4*(x1-x0)]
		was := e.shown[4*(y*e.width+x0):][:4*(x1-x0)]
		if bytes.Equal(now, was) {
			continue
		}
		for i := from; i < to; i++ {
			t := &line[i]
			if t.unknown && !t.video {
				continue
			}
			a, b := 4*(i-from)*Tile, min(4*(i-from+1)*Tile, len(now))
			if bytes.Equal(now[a:b], was[a:b]) {
				continue
			}
			first, last := differ(now[a:b], was[a:b])
			if first < 0 {
				continue // only bytes that do not count
			}
			r := image.Rect(i*Tile+first, y, i*Tile+last+1, y+1)
			if t.state == found {
				// Written out: Union of the library is slower.
				t.crop.Min.X, t.crop.Max.X, t.crop.Max.Y = min(t.crop.Min.X, r.Min.X), max(t.crop.Max.X, r.Max.X), y+1
			} else {
				t.state, t.crop = found, r
			}
		}
	}
}

const twoColours = colour | colour<<32

// differ gives the first and the last pixel that differ, or -1.
func differ(now, was []byte) (first, last int) {
	n := len(now) / 4
	first = 0
	for first+2 <= n && (binary.LittleEndian.Uint64(now[4*first:])^binary.LittleEndian.Uint64(was[4*first:]))&twoColours == 0 {
		first += 2
	}
	for first < n && (binary.LittleEndian.Uint32(now[4*first:])^binary.LittleEndian.Uint32(was[4*first:]))&colour == 0 {
		first++
	}
	if first == n {
		return -1, -1
	}
	last = n - 1
	for last > first && (binary.LittleEndian.Uint32(now[4*last:])^binary.LittleEndian.Uint32(was[4*last:]))&colour == 0 {
		last--
	}
	return first, last
}
