package screen

import (
	"bytes"
	"compress/flate"
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
	// Video draws a video frame into its rectangle of the picture, when set.
	// Without it a frame is checked but not drawn.
	Video func(*image.RGBA, VideoFrame) error

	img   *image.RGBA
	lossy []bool // by tile: what is shown is, at least in part, of a video
	cols  int
	seq   uint32
	ready bool
	work  int // pixels this update may still set

	in      bytes.Reader
	inflate io.ReadCloser
	body    []byte
	window  []byte // the end of what was inflated

	pen     pen
	colours knownColours
	texts   textColours
	cache   cache
	palette [256]uint32
	pixels  [Tile * Tile]uint32
}

// Image is the picture as it stands, alpha all 255; nil before the first
// update. The next Apply changes it.
func (d *Decoder) Image() *image.RGBA { return d.img }

// Lossy bounds what is shown as video, and not exact yet; it is made of whole
// tiles.
func (d *Decoder) Lossy() (r image.Rectangle) {
	for i, lossy := range d.lossy {
		if lossy {
			x, y := i%d.cols*Tile, i/d.cols*Tile
			r = r.Union(image.Rect(x, y, x+Tile, y+Tile).Intersect(d.img.Rect))
		}
	}
	return r
}

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
	}
	d.seq = h.Seq
	d.ready = false // until all of it went well
	r := reader{b: update[h.size:]}
	var frame VideoFrame
	if h.Video {
		raw := r.take(r.uvarint(MaxVideo + 32))
		if r.err != nil {
			return h, image.Rectangle{}, r.err
		}
		if frame, err = parseVideo(raw, d.img.Rect); err != nil {
			return h, image.Rectangle{}, err
		}
	}
	body, err := d.open(r.b, h.packed)
	if err != nil {
		return h, image.Rectangle{}, err
	}
	var touched image.Rectangle
	if h.Complete {
		touched = d.img.Rect
	}
	d.work = MaxWork * area(d.img.Rect)
	for r = (reader{b: body}); len(r.b) > 0; {
		to := d.op(&r)
		if r.err != nil {
			return h, touched, r.err
		}
		touched = touched.Union(to)
	}
	if h.Video {
		if err := d.draw(frame); err != nil {
			return h, touched, err
		}
		touched = touched.Union(frame.Rect)
	}
	d.ready = true
	return h, touched, nil
}

func (d *Decoder) draw(v VideoFrame) error {
	for y := v.Rect.Min.Y / Tile; y <= (v.Rect.Max.Y-1)/Tile; y++ {
		for x := v.Rect.Min.X / Tile; x <= (v.Rect.Max.X-1)/Tile; x++ {
			d.lossy[y*d.cols+x] = true
		}
	}
	if d.Video == nil {
		return nil
	}
	return d.Video(d.img, v)
}

func (d *Decoder) reset(w, h int) {
	if d.img == nil || d.img.Rect.Dx() != w || d.img.Rect.Dy() != h {
		d.img = image.NewRGBA(image.Rect(0, 0, w, h))
		d.cols = (w + Tile - 1) / Tile
		d.lossy = make([]bool, d.cols*((h+Tile-1)/Tile))
	}
	clear(d.lossy)
	clear(d.img.Pix)
	for i := 3; i < len(d.img.Pix); i += 4 {
		d.img.Pix[i] = 255
	}
	d.window = d.window[:0]
	d.pen, d.colours, d.texts = pen{}, knownColours{}, textColours{}
	d.cache.reset()
}

// pieceEnd is what pieces leave out, and an empty last block: for the inflater
// each piece is a stream that begins with what was there before.
var pieceEnd = []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}

const windowSize = 32 << 10

func (d *Decoder) open(body []byte, packed bool) ([]byte, error) {
	if !packed {
		if len(body) > MaxBody {
			return nil, fmt.Errorf("%w: body too large", ErrFormat)
		}
		return body, nil
	}
	d.in.Reset(body)
	end := bytes.NewReader(pieceEnd)
	in := &pieces{&d.in, end}
	if d.inflate == nil {
		d.inflate = flate.NewReader(in)
	}
	if err := d.inflate.(flate.Resetter).Reset(in, d.window); err != nil {
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
	case d.in.Len()+end.Len() > 0:
		return nil, fmt.Errorf("%w: bytes after the body", ErrFormat)
	}
	d.window = append(d.window, d.body[max(len(d.body)-windowSize, 0):]...)
	if extra := len(d.window) - windowSize; extra > 0 {
		d.window = d.window[:copy(d.window, d.window[extra:])]
	}
	return d.body, nil
}

// pieces reads two readers one after the other, byte by byte for the inflater.
type pieces struct{ a, b *bytes.Reader }

func (p *pieces) ReadByte() (byte, error) {
	if p.a.Len() > 0 {
		return p.a.ReadByte()
	}
	return p.b.ReadByte()
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.a.Len() > 0 {
		return p.a.Read(b)
	}
	return p.b.Read(b)
}
