package screen

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"image"
	"time"
)

// Frame is one captured picture: 4 bytes a pixel, blue, green, red and one
// that does not count.
type Frame struct {
	Pix           []byte
	Stride        int // bytes from one row to the next
	Width, Height int
}

func (f Frame) valid() bool {
	return validSize(f.Width, f.Height) && f.Stride >= 4*f.Width &&
		len(f.Pix) >= (f.Height-1)*f.Stride+4*f.Width
}

// Config of an encoder; the zero value is good.
type Config struct {
	// MaxBody bounds an update's body before compression, 64 KiB … MaxBody.
	// A picture that needs more goes on in the next update: see Pending. The
	// default is 1 MiB, well below what a message of the pipe may hold.
	MaxBody int
	// NoScroll switches the search for scrolled areas off.
	NoScroll bool
	// Now is the time, for what depends on it; the default is time.Now.
	Now func() time.Time
}

// Encoder turns frames into updates. It remembers what the other end shows. It
// is used by one goroutine.
type Encoder struct {
	conf Config
	seq  uint32

	width, height int
	cols, rows    int
	shown         []byte // what the decoder shows: BGRX, stride 4*width
	dirty         []bool // tiles that may differ from shown
	pending       bool
	complete      bool // the next update starts anew

	body    []byte
	packed  bytes.Buffer
	deflate *flate.Writer
	pal     palette
	packs   float64 // how small the last body became
	at      int     // the tile to go on with
	scroll  scroller
}

// NewEncoder makes an encoder whose first update is complete.
func NewEncoder(c Config) *Encoder {
	switch {
	case c.MaxBody <= 0:
		c.MaxBody = 1 << 20
	case c.MaxBody < 64<<10:
		c.MaxBody = 64 << 10
	case c.MaxBody > MaxBody:
		c.MaxBody = MaxBody
	}
	e := &Encoder{conf: c, complete: true, packs: 0.5}
	// BestSpeed: measured to be enough, tiles are small already.
	e.deflate, _ = flate.NewWriter(&e.packed, flate.BestSpeed)
	return e
}

// Reset makes the next update complete: a new reader, or one that lost count.
func (e *Encoder) Reset() { e.complete = true }

// Pending says that the last frame did not fit into one update: call Encode
// again, with the same frame or better with a newer one. An update that is not
// pending leaves the other end pixel exact.
func (e *Encoder) Pending() bool { return e.pending }

// Wake says how long from now until Encode should be called again although
// nothing new was captured, with the newest frame and empty damage: a region
// that was sent as video has settled then and is made exact. False: never.
func (e *Encoder) Wake() (time.Duration, bool) { return 0, false }

// SetRate says what the link carries, in bits a second; 0 is unknown. Video
// keeps to it.
func (e *Encoder) SetRate(bitsPerSecond int) {}

// Seq is the sequence number of the last update.
func (e *Encoder) Seq() uint32 { return e.seq }

// Encode appends one update to dst, or nothing when the other end already
// shows f. Damage are the rectangles that may have changed since the last
// call; nil means all of it. Budget is how many bytes the update may take on
// the wire, 0 for no limit: what does not fit stays Pending. The frame is only
// read, and not kept.
func (e *Encoder) Encode(dst []byte, f Frame, damage []image.Rectangle, budget int) []byte {
	if !f.valid() {
		return dst
	}
	if f.Width != e.width || f.Height != e.height {
		e.resize(f.Width, f.Height)
	}
	complete := e.complete
	if complete {
		clear(e.shown)
		damage = nil
		e.complete = false
	}
	e.mark(damage)

	e.body = e.body[:0]
	if !complete && !e.conf.NoScroll {
		e.findScroll(f)
	}
	e.pending = !e.tiles(f, budget)
	if len(e.body) == 0 && !complete {
		return dst
	}
	e.seq++
	return e.write(dst, complete)
}

func (e *Encoder) resize(w, h int) {
	e.width, e.height = w, h
	e.cols, e.rows = (w+Tile-1)/Tile, (h+Tile-1)/Tile
	e.shown = make([]byte, 4*w*h)
	e.dirty = make([]bool, e.cols*e.rows)
	e.complete, e.at = true, 0
}

// mark notes the tiles that damage touches.
func (e *Encoder) mark(damage []image.Rectangle) {
	if damage == nil {
		for i := range e.dirty {
			e.dirty[i] = true
		}
		return
	}
	whole := image.Rect(0, 0, e.width, e.height)
	for _, r := range damage {
		if r = r.Intersect(whole); r.Empty() {
			continue
		}
		for row := r.Min.Y / Tile; row <= (r.Max.Y-1)/Tile; row++ {
			line := e.dirty[row*e.cols:]
			for col := r.Min.X / Tile; col <= (r.Max.X-1)/Tile; col++ {
				line[col] = true
			}
		}
	}
}

// tiles encodes dirty tiles, from where it left off; false when the body is full
// and some are left.
func (e *Encoder) tiles(f Frame, budget int) bool {
	limit := e.conf.MaxBody
	if budget > 0 {
		limit = min(limit, int(float64(budget)/e.packs))
	}
	for n := range e.dirty {
		i := (e.at + n) % len(e.dirty)
		if !e.dirty[i] {
			continue
		}
		if len(e.body) > 0 && len(e.body)+opHead+3*Tile*Tile > limit {
			e.at = i
			return false
		}
		x, y := i%e.cols*Tile, i/e.cols*Tile
		r := image.Rect(x, y, min(x+Tile, e.width), min(y+Tile, e.height))
		if r = e.changed(f, r); !r.Empty() {
			e.tile(f, r)
		}
		e.dirty[i] = false
	}
	return true
}

func (e *Encoder) write(dst []byte, complete bool) []byte {
	body, flags := e.body, byte(0)
	if len(body) > 64 {
		e.packed.Reset()
		e.deflate.Reset(&e.packed)
		_, _ = e.deflate.Write(body) // into memory: cannot fail
		_ = e.deflate.Close()
		e.packs = max(0.02, float64(e.packed.Len())/float64(len(body)))
		if e.packed.Len() < len(body) {
			body, flags = e.packed.Bytes(), flagDeflate
		}
	}
	if complete {
		flags |= flagComplete
	}
	if e.pending {
		flags |= flagMore
	}
	dst = append(dst, Version, flags)
	dst = binary.LittleEndian.AppendUint32(dst, e.seq)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(e.width))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(e.height))
	dst = append(dst, 0, 0)
	return append(dst, body...)
}

func (e *Encoder) op(kind byte, r image.Rectangle) {
	e.body = append(e.body, kind)
	e.body = binary.LittleEndian.AppendUint16(e.body, uint16(r.Min.X))
	e.body = binary.LittleEndian.AppendUint16(e.body, uint16(r.Min.Y))
	e.body = binary.LittleEndian.AppendUint16(e.body, uint16(r.Dx()))
	e.body = binary.LittleEndian.AppendUint16(e.body, uint16(r.Dy()))
}
