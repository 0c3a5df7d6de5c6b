package screen

import (
	"bytes"
	"encoding/binary"
	"image"
)

// colour drops the byte of a pixel that does not count.
const colour = 0x00ffffff

func pixel(p []byte) uint32 { return binary.LittleEndian.Uint32(p) & colour }

// changed crops r to the pixels that differ from what is shown.
func (e *Encoder) changed(f Frame, r image.Rectangle) image.Rectangle {
	n := 4 * r.Dx()
	left, right := r.Dx(), -1
	top, bottom := -1, -1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		now := f.Pix[y*f.Stride+4*r.Min.X:][:n]
		was := e.shown[4*(y*e.width+r.Min.X):][:n]
		if bytes.Equal(now, was) {
			continue
		}
		first, last := differ(now, was)
		if first < 0 {
			continue // only bytes that do not count
		}
		if top < 0 {
			top = y
		}
		bottom = y
		left, right = min(left, first), max(right, last)
	}
	if top < 0 {
		return image.Rectangle{}
	}
	return image.Rect(r.Min.X+left, top, r.Min.X+right+1, bottom+1)
}

// differ gives the first and the last pixel that differ, or -1.
func differ(now, was []byte) (first, last int) {
	n := len(now) / 4
	first = 0
	for first < n && pixel(now[4*first:]) == pixel(was[4*first:]) {
		first++
	}
	if first == n {
		return -1, -1
	}
	last = n - 1
	for pixel(now[4*last:]) == pixel(was[4*last:]) {
		last--
	}
	return first, last
}

// tile encodes r as the cheapest kind and notes that it is shown.
func (e *Encoder) tile(f Frame, r image.Rectangle) {
	n := 4 * r.Dx()
	e.pal.clear()
	few := true
	for y := r.Min.Y; y < r.Max.Y; y++ {
		now := f.Pix[y*f.Stride+4*r.Min.X:][:n]
		copy(e.shown[4*(y*e.width+r.Min.X):][:n], now)
		few = few && e.pal.add(now)
	}
	switch {
	case few && len(e.pal.colours) == 1:
		e.op(opSolid, r)
		e.rgb(e.pal.colours[0])
	case few && e.pal.size(r) < 3*r.Dx()*r.Dy():
		e.op(opPalette, r)
		e.body = append(e.body, byte(len(e.pal.colours)-1))
		for _, c := range e.pal.colours {
			e.rgb(c)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			e.body = e.pal.pack(e.body, f.Pix[y*f.Stride+4*r.Min.X:][:n])
		}
	default:
		e.op(opRaw, r)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := f.Pix[y*f.Stride+4*r.Min.X:][:n]
			for ; len(row) >= 4; row = row[4:] {
				e.body = append(e.body, row[2], row[1], row[0])
			}
		}
	}
}

func (e *Encoder) rgb(c uint32) { e.body = append(e.body, byte(c>>16), byte(c>>8), byte(c)) }

// palette collects up to 256 colours in a small open hash.
type palette struct {
	colours []uint32
	slots   [1024]uint16 // index + 1 into colours
	used    []uint16     // slots to clear
	last    uint32       // the pixel before, most often the same
	lastIdx uint8
}

func (p *palette) clear() {
	for _, s := range p.used {
		p.slots[s] = 0
	}
	p.used = p.used[:0]
	p.colours = p.colours[:0]
	p.last = ^uint32(0)
}

func hash(c uint32) uint32 { return c * 2654435761 >> 22 }

// find gives the slot of c: its own or the free one where it belongs.
func (p *palette) find(c uint32) uint32 {
	s := hash(c)
	for p.slots[s] != 0 && p.colours[p.slots[s]-1] != c {
		s = (s + 1) % uint32(len(p.slots))
	}
	return s
}

// add notes a row's colours; false when they are more than 256.
func (p *palette) add(row []byte) bool {
	for ; len(row) >= 4; row = row[4:] {
		c := pixel(row)
		if c == p.last {
			continue
		}
		p.last = c
		s := p.find(c)
		if p.slots[s] != 0 {
			continue
		}
		if len(p.colours) == 256 {
			return false
		}
		p.colours = append(p.colours, c)
		p.slots[s] = uint16(len(p.colours))
		p.used = append(p.used, uint16(s))
	}
	return true
}

// bits of an index for n colours.
func bits(n int) int {
	switch {
	case n <= 2:
		return 1
	case n <= 4:
		return 2
	case n <= 16:
		return 4
	}
	return 8
}

func (p *palette) size(r image.Rectangle) int {
	n := len(p.colours)
	return 1 + 3*n + (r.Dx()*bits(n)+7)/8*r.Dy()
}

// pack appends a row's indices.
func (p *palette) pack(dst, row []byte) []byte {
	width := bits(len(p.colours))
	p.last = ^uint32(0)
	var acc byte
	free := 8
	for ; len(row) >= 4; row = row[4:] {
		if c := pixel(row); c != p.last {
			p.last, p.lastIdx = c, uint8(p.slots[p.find(c)]-1)
		}
		free -= width
		acc |= p.lastIdx << free
		if free == 0 {
			dst = append(dst, acc)
			acc, free = 0, 8
		}
	}
	if free < 8 {
		dst = append(dst, acc)
	}
	return dst
}
