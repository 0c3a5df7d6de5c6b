package screen

import (
	"fmt"
	"image"
)

// op applies one operation and gives the rectangle it changed.
func (d *Decoder) op(r *reader) image.Rectangle {
	kind := r.byte()
	x, y := d.pen.right+r.varint(), d.pen.top+r.varint()
	var w, h int
	var kept []uint32
	if kind == opRepeat {
		if age := r.uvarint(CacheEntries); r.err == nil {
			ok := false
			if kept, w, h, ok = d.cache.get(d.cache.count - 1 - uint64(age)); !ok {
				r.fail(fmt.Errorf("%w: nothing to repeat", ErrFormat))
			}
		}
	} else {
		w, h = r.uvarint(MaxSide), r.uvarint(MaxSide)
	}
	to := image.Rect(x, y, x+w, y+h)
	if r.err != nil {
		return to
	}
	if w == 0 || h == 0 || !to.In(d.img.Rect) {
		r.fail(fmt.Errorf("%w: a rectangle outside the picture", ErrFormat))
		return to
	}
	if d.work -= w * h; d.work < 0 {
		r.fail(fmt.Errorf("%w: too much work", ErrFormat))
		return to
	}
	d.pen.set(to)
	tile := w <= Tile && h <= Tile
	if what := kind & opKind; !tile && (kind != what || what != opSolid && what != opCopy) {
		r.fail(fmt.Errorf("%w: a tile too large", ErrFormat))
		return to
	}
	if kind&opKeepOld != 0 {
		d.load(d.cache.add(w, h), to)
	}
	switch kind & opKind {
	case opSolid:
		d.solid(r, to)
	case opPalette:
		d.indexed(r, to)
	case opRaw, opSmooth:
		d.raw(r, to, kind&opKind == opSmooth)
	case opSparse:
		d.sparse(r, to)
	case opText:
		if pixels := d.text(r, w, h); r.err == nil {
			d.store(to, pixels)
		}
	case opCopy:
		d.copy(r, to)
	case opRepeat:
		if kind != opRepeat {
			r.fail(fmt.Errorf("%w: a repeat is kept already", ErrFormat))
			return to
		}
		d.store(to, kept)
	case opPart:
		if kind != opPart {
			r.fail(fmt.Errorf("%w: a part is kept already", ErrFormat))
			return to
		}
		d.part(r, to)
	default:
		r.fail(fmt.Errorf("%w: operation %d", ErrFormat, kind))
	}
	if r.err == nil && kind&opKeep != 0 {
		d.load(d.cache.add(w, h), to)
	}
	if r.err == nil && kind&opKind != opSparse {
		d.exact(to)
	}
	return to
}

// exact notes that all of r was set.
func (d *Decoder) exact(r image.Rectangle) {
	for y := r.Min.Y / Tile; y <= (r.Max.Y-1)/Tile; y++ {
		for x := r.Min.X / Tile; x <= (r.Max.X-1)/Tile; x++ {
			if image.Rect(x*Tile, y*Tile, x*Tile+Tile, y*Tile+Tile).Intersect(d.img.Rect).In(r) {
				d.lossy[y*d.cols+x] = false
			}
		}
	}
}

func (d *Decoder) row(r image.Rectangle, y int) []byte {
	return d.img.Pix[y*d.img.Stride+4*r.Min.X:][:4*r.Dx()]
}

// load reads the pixels of r.
func (d *Decoder) load(dst []uint32, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.row(r, y)
		for i := range r.Dx() {
			dst[i] = uint32(row[4*i])<<16 | uint32(row[4*i+1])<<8 | uint32(row[4*i+2])
		}
		dst = dst[r.Dx():]
	}
}

func put(p []byte, c uint32) { p[0], p[1], p[2] = byte(c>>16), byte(c>>8), byte(c) }

// store sets the pixels of r.
func (d *Decoder) store(r image.Rectangle, src []uint32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.row(r, y)
		for i, c := range src[:r.Dx()] {
			put(row[4*i:], c)
		}
		src = src[r.Dx():]
	}
}

// part shows a part of an entry of the cache.
func (d *Decoder) part(r *reader, to image.Rectangle) {
	age, x, y := r.uvarint(CacheEntries), r.uvarint(Tile), r.uvarint(Tile)
	if r.err != nil {
		return
	}
	pixels, w, h, ok := d.cache.get(d.cache.count - 1 - uint64(age))
	if !ok || x+to.Dx() > w || y+to.Dy() > h {
		r.fail(fmt.Errorf("%w: no such part", ErrFormat))
		return
	}
	for row := range to.Dy() {
		line := image.Rect(to.Min.X, to.Min.Y+row, to.Max.X, to.Min.Y+row+1)
		d.store(line, pixels[(y+row)*w+x:])
	}
}

func rgb(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

func (d *Decoder) solid(r *reader, to image.Rectangle) {
	b := r.take(3)
	if r.err != nil {
		return
	}
	c := rgb(b)
	for y := to.Min.Y; y < to.Max.Y; y++ {
		row := d.row(to, y)
		for i := 0; i < len(row); i += 4 {
			put(row[i:], c)
		}
	}
}

// readColours reads colours into the palette and gives how many there are.
func (d *Decoder) readColours(r *reader) int {
	n := int(r.byte()) + 1
	bitmap := r.take((n + 7) / 8)
	for i := 0; i < n && r.err == nil; i++ {
		if bitmap[i/8]&(1<<(i%8)) != 0 {
			d.palette[i] = d.colours[r.byte()]
			continue
		}
		if b := r.take(3); r.err == nil {
			c := rgb(b)
			d.palette[i], d.colours[colourPlace(c)] = c, c
		}
	}
	if r.err == nil && n%8 != 0 && bitmap[n/8]>>(n%8) != 0 {
		r.fail(fmt.Errorf("%w: more known colours than colours", ErrFormat))
	}
	return n
}

// readIndices reads indices of n colours and gives the colours.
func (d *Decoder) readIndices(r *reader, dst []uint32, n int) {
	width := bits(n)
	b := r.take(packedSize(len(dst), n))
	if r.err != nil {
		return
	}
	mask := 1<<width - 1
	for i := range dst {
		at := i * width
		c := int(b[at/8]) >> (8 - width - at%8) & mask
		if c >= n {
			r.fail(fmt.Errorf("%w: a colour outside the palette", ErrFormat))
			return
		}
		dst[i] = d.palette[c]
	}
}

func (d *Decoder) indexed(r *reader, to image.Rectangle) {
	n := d.readColours(r)
	pixels := d.pixels[:area(to)]
	for i := 0; i < len(pixels) && r.err == nil; i += to.Dx() {
		d.readIndices(r, pixels[i:i+to.Dx()], n)
	}
	if r.err == nil {
		d.store(to, pixels)
	}
}

func (d *Decoder) raw(r *reader, to image.Rectangle, smooth bool) {
	pixels := d.pixels[:area(to)]
	b := r.take(3 * len(pixels))
	if r.err != nil {
		return
	}
	w := to.Dx()
	for i := range pixels {
		var q uint32
		if smooth {
			q = predict(neighbours(pixels, i, i%w, w))
		}
		pixels[i] = uint32(b[0]+byte(q>>16))<<16 | uint32(b[1]+byte(q>>8))<<8 | uint32(b[2]+byte(q))
		b = b[3:]
	}
	d.store(to, pixels)
}

func (d *Decoder) sparse(r *reader, to image.Rectangle) {
	n := d.readColours(r)
	size := area(to)
	m := r.uvarint(size)
	runs := *r // looked at twice: the colours come after them
	changed, at := 0, 0
	for range m {
		skip, run := r.uvarint(size), r.uvarint(size)
		if r.err != nil {
			return
		}
		if at += skip + run; run == 0 || at > size {
			r.fail(fmt.Errorf("%w: a run outside the rectangle", ErrFormat))
			return
		}
		changed += run
	}
	if r.err == nil && m == 0 {
		r.fail(fmt.Errorf("%w: nothing changes", ErrFormat))
	}
	pixels := d.pixels[:changed]
	if n > 1 {
		d.readIndices(r, pixels, n)
	} else {
		for i := range pixels {
			pixels[i] = d.palette[0]
		}
	}
	if r.err != nil {
		return
	}
	w := to.Dx()
	at = 0
	for range m {
		at += runs.uvarint(size)
		for range runs.uvarint(size) {
			put(d.img.Pix[(to.Min.Y+at/w)*d.img.Stride+4*(to.Min.X+at%w):], pixels[0])
			pixels = pixels[1:]
			at++
		}
	}
}

func (d *Decoder) copy(r *reader, to image.Rectangle) {
	from := to.Min.Add(image.Pt(r.varint(), r.varint()))
	if r.err != nil {
		return
	}
	if !to.Sub(to.Min).Add(from).In(d.img.Rect) {
		r.fail(fmt.Errorf("%w: a copy from outside the picture", ErrFormat))
		return
	}
	move(d.img.Pix, d.img.Stride, to, from)
}
