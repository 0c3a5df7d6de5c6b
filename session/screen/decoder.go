package screen

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// ErrGap is an update that does not follow the one before: ask for a complete
// picture.
var ErrGap = errors.New("screen: an update is missing")

// Decoder builds the picture from updates. It trusts none of them
// (scenario 53): whatever is not exactly the format is refused, and then only
// a complete update goes on. It is used by one goroutine.
type Decoder struct {
	img   *image.RGBA
	seq   uint32
	ready bool

	in      bytes.Reader
	inflate io.ReadCloser
	body    []byte
}

// Image is the picture as it stands, alpha all 255; nil before the first
// update. The next Apply changes it.
func (d *Decoder) Image() *image.RGBA { return d.img }

// Apply decodes one update and gives the area it changed.
func (d *Decoder) Apply(update []byte) (Header, image.Rectangle, error) {
	h, err := ParseHeader(update)
	if err != nil {
		d.ready = false
		return h, image.Rectangle{}, err
	}
	switch {
	case h.Complete:
		d.reset(h.Width, h.Height)
	case !d.ready || h.Seq != d.seq+1:
		d.ready = false
		return h, image.Rectangle{}, ErrGap
	case h.Width != d.img.Rect.Dx() || h.Height != d.img.Rect.Dy():
		d.ready = false
		return h, image.Rectangle{}, fmt.Errorf("%w: another size without being complete", ErrFormat)
	}
	d.seq = h.Seq
	d.ready = false // until all of it went well
	body, err := d.open(update[headerSize:], h.deflate)
	if err != nil {
		return h, image.Rectangle{}, err
	}
	var touched image.Rectangle
	if h.Complete {
		touched = d.img.Rect
	}
	for len(body) > 0 {
		var r image.Rectangle
		if body, r, err = d.op(body); err != nil {
			return h, touched, err
		}
		touched = touched.Union(r)
	}
	d.ready = true
	return h, touched, nil
}

func (d *Decoder) reset(w, h int) {
	if d.img == nil || d.img.Rect.Dx() != w || d.img.Rect.Dy() != h {
		d.img = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	clear(d.img.Pix)
	for i := 3; i < len(d.img.Pix); i += 4 {
		d.img.Pix[i] = 255
	}
}

func (d *Decoder) open(body []byte, deflated bool) ([]byte, error) {
	if !deflated {
		if len(body) > MaxBody {
			return nil, fmt.Errorf("%w: body too large", ErrFormat)
		}
		return body, nil
	}
	d.in.Reset(body)
	if d.inflate == nil {
		d.inflate = flate.NewReader(&d.in)
	} else if err := d.inflate.(flate.Resetter).Reset(&d.in, nil); err != nil {
		return nil, fmt.Errorf("screen: inflate: %w", err)
	}
	out := bytes.NewBuffer(d.body[:0])
	// One byte more than allowed tells "too large" from "exactly full".
	n, err := io.Copy(out, io.LimitReader(d.inflate, MaxBody+1))
	d.body = out.Bytes()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	case n > MaxBody:
		return nil, fmt.Errorf("%w: body too large", ErrFormat)
	case d.in.Len() > 0:
		return nil, fmt.Errorf("%w: bytes after the body", ErrFormat)
	}
	return d.body, nil
}

var errShort = fmt.Errorf("%w: an operation is cut short", ErrFormat)

func (d *Decoder) op(b []byte) (rest []byte, r image.Rectangle, err error) {
	if len(b) < opHead {
		return nil, r, errShort
	}
	kind := b[0]
	x, y := u16(b[1:]), u16(b[3:])
	r = image.Rect(x, y, x+u16(b[5:]), y+u16(b[7:]))
	b = b[opHead:]
	if r.Empty() || !r.In(d.img.Rect) {
		return nil, r, fmt.Errorf("%w: a rectangle outside the picture", ErrFormat)
	}
	if kind != opCopy && (r.Dx() > Tile || r.Dy() > Tile) {
		return nil, r, fmt.Errorf("%w: a tile too large", ErrFormat)
	}
	switch kind {
	case opSolid:
		return d.solid(b, r)
	case opPalette:
		return d.palette(b, r)
	case opRaw:
		return d.raw(b, r)
	case opCopy:
		return d.copy(b, r)
	}
	return nil, r, fmt.Errorf("%w: operation %d", ErrFormat, kind)
}

func (d *Decoder) solid(b []byte, r image.Rectangle) ([]byte, image.Rectangle, error) {
	if len(b) < 3 {
		return nil, r, errShort
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.row(r, y)
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2] = b[0], b[1], b[2]
		}
	}
	return b[3:], r, nil
}

func (d *Decoder) palette(b []byte, r image.Rectangle) ([]byte, image.Rectangle, error) {
	if len(b) < 1 {
		return nil, r, errShort
	}
	n := int(b[0]) + 1
	width := bits(n)
	stride := (r.Dx()*width + 7) / 8
	if len(b) < 1+3*n+stride*r.Dy() {
		return nil, r, errShort
	}
	colours, b := b[1:1+3*n], b[1+3*n:]
	mask := 1<<width - 1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.row(r, y)
		for i := range r.Dx() {
			at := i * width
			c := int(b[at/8]) >> (8 - width - at%8) & mask
			if c >= n {
				return nil, r, fmt.Errorf("%w: a colour outside the palette", ErrFormat)
			}
			copy(row[4*i:4*i+3], colours[3*c:])
		}
		b = b[stride:]
	}
	return b, r, nil
}

func (d *Decoder) raw(b []byte, r image.Rectangle) ([]byte, image.Rectangle, error) {
	if len(b) < 3*r.Dx()*r.Dy() {
		return nil, r, errShort
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.row(r, y)
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2] = b[0], b[1], b[2]
			b = b[3:]
		}
	}
	return b, r, nil
}

func (d *Decoder) copy(b []byte, r image.Rectangle) ([]byte, image.Rectangle, error) {
	if len(b) < 4 {
		return nil, r, errShort
	}
	from := image.Pt(u16(b), u16(b[2:]))
	if !r.Sub(r.Min).Add(from).In(d.img.Rect) {
		return nil, r, fmt.Errorf("%w: a copy from outside the picture", ErrFormat)
	}
	move(d.img.Pix, d.img.Stride, r, from)
	return b[4:], r, nil
}

func (d *Decoder) row(r image.Rectangle, y int) []byte {
	return d.img.Pix[y*d.img.Stride+4*r.Min.X:][:4*r.Dx()]
}

func u16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }
