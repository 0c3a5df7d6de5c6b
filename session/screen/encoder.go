package screen

import (
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
	// Moves are what the system says was moved since the last frame, in order,
	// as Desktop Duplication does. They are hints: a wrong one costs bytes,
	// never a pixel.
	Moves []Move
}

// Move is a rectangle that was moved.
type Move struct {
	To   image.Rectangle
	From image.Point // where its upper left corner was
}

func (f Frame) valid() bool {
	return validSize(f.Width, f.Height) && f.Stride >= 4*f.Width &&
		len(f.Pix) >= (f.Height-1)*f.Stride+4*f.Width
}

// sub is a part of a frame.
func (f Frame) sub(r image.Rectangle) Frame {
	at := r.Min.Y*f.Stride + 4*r.Min.X
	return Frame{Pix: f.Pix[at : at+(r.Dy()-1)*f.Stride+4*r.Dx()], Stride: f.Stride, Width: r.Dx(), Height: r.Dy()}
}

// Config of an encoder; the zero value is good.
type Config struct {
	// MaxBody bounds an update's body before compression, 64 KiB … MaxBody.
	// A picture that needs more goes on in the next update: see Pending. The
	// default is 1 MiB, well below what a message of the pipe may hold.
	MaxBody int
	// NoMoves switches the search for scrolled and moved areas off.
	NoMoves bool
	// Now is the time, for what depends on it; the default is time.Now.
	Now func() time.Time
	// Video makes an encoder for a region of this size; nil: there is no video
	// and everything is lossless. After an error there is none any more.
	Video func(width, height int) (VideoEncoder, error)
}

// tile is what the encoder knows of a tile.
type tile struct {
	state   state
	unknown bool // the other end shows something that is not exactly shown
	video   bool // in the region that goes as video
	left    bool // it was found before, and did not fit
	crop    image.Rectangle
	heat    heat
	density float32 // bytes a pixel of what was sent last; 0: not known
	sample  uint64  // of what did not fit
	saved   saved
}

// Encoder turns frames into updates. It remembers what the other end shows. It
// is used by one goroutine. In steady state it allocates nothing.
type Encoder struct {
	conf Config
	seq  uint32

	width, height int
	cols, rows    int
	shown         []byte // what the decoder shows, where it is known: BGRX, stride 4*width
	tiles         []tile
	next          int // the tile to go on with
	pending       bool
	complete      bool // the next update starts anew

	body    []byte
	used    int // bytes of body that were packed already
	room    int // bytes of the budget that are left; when limited
	limited bool
	pieces  bool
	packer  *packer
	pen     pen
	colours knownColours
	texts   textColours
	cache   cache
	index   index
	work    work
	mover   mover
	video   video
	density float32 // of tiles sent lately: bytes a pixel
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
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Encoder{conf: c, complete: true, packer: newPacker(), work: newWork()}
}

// Close frees what video holds outside of Go's memory.
func (e *Encoder) Close() { e.video.close() }

// Reset makes the next update complete: a new reader, or one that lost count.
func (e *Encoder) Reset() { e.complete = true }

// Pending says that the last frame did not fit into one update: call Encode
// again, with the same frame or better with a newer one. When nothing is
// pending and Wake has nothing to wait for either, the other end is pixel exact.
func (e *Encoder) Pending() bool { return e.pending }

// Seq is the sequence number of the last update.
func (e *Encoder) Seq() uint32 { return e.seq }

// Encode appends one update to dst, or nothing when the other end already
// shows f. Damage are the rectangles that may have changed since the last
// call; nil means all of it. Budget is how many bytes the update may take on
// the wire, 0 for no limit: what does not fit stays Pending, but something is
// sent always, so that an update may exceed a very small budget by a tile. The
// frame is only read, and not kept.
func (e *Encoder) Encode(dst []byte, f Frame, damage []image.Rectangle, budget int) []byte {
	if !f.valid() {
		return dst
	}
	if f.Width != e.width || f.Height != e.height {
		e.resize(f.Width, f.Height)
	}
	complete := e.complete
	if complete {
		e.begin()
		damage = nil
	}
	// What did not fit before is compared with this frame.
	for i := range e.tiles {
		t := &e.tiles[i]
		if t.left = t.state == found; t.left {
			t.state = dirty
		}
	}
	e.mark(damage)
	e.body, e.used, e.pieces = e.body[:0], 0, false
	e.room, e.limited = budget, budget > 0
	e.packer.begin()

	now := e.conf.Now()
	e.scan(f)
	if e.settle(now) {
		e.scan(f)
	}
	if !complete && !e.conf.NoMoves {
		e.findMoves(f)
	}
	e.warm(f, now)
	frame, has := e.encodeVideo(f, now)
	if has && e.limited {
		e.room -= len(frame.Data)
	}
	e.pending = !e.encodeTiles(f, now) || e.video.retry
	if len(e.body) == 0 && !e.pieces && !complete && !has {
		return dst
	}
	e.seq++
	return e.write(dst, complete, frame, has)
}

func (e *Encoder) resize(w, h int) {
	e.width, e.height = w, h
	e.cols, e.rows = (w+Tile-1)/Tile, (h+Tile-1)/Tile
	e.shown = make([]byte, 4*w*h)
	e.tiles = make([]tile, e.cols*e.rows)
	e.next = 0
	e.complete = true
	e.video.close()
}

// begin forgets all that both ends know.
func (e *Encoder) begin() {
	e.complete = false
	clear(e.shown)
	e.packer.reset()
	e.pen, e.colours, e.texts = pen{}, knownColours{}, textColours{}
	e.cache.reset()
	e.index.reset()
	e.mover.last = image.Point{}
	for i := range e.tiles {
		e.tiles[i].unknown = e.tiles[i].video // otherwise black, and known to be
		e.tiles[i].saved = saved{}
	}
	e.video.restart()
}

// full says that no further operation may go into this update.
func (e *Encoder) full() bool {
	const most = 3*Tile*Tile + 64 // bytes of one operation
	if e.used+len(e.body)+most > e.conf.MaxBody {
		return true
	}
	switch {
	case !e.limited || len(e.body) < e.room:
		return false
	case len(e.body) == 0: // a video frame took it all
		return true
	}
	// By the plain bytes it is full: see what they come to.
	before := e.packer.out.Len()
	e.pack()
	e.room -= e.packer.out.Len() - before
	return e.room < minPiece
}

// minPiece is the smallest piece, in bytes, that is worth packing alone.
const minPiece = 1 << 10

func (e *Encoder) pack() {
	e.packer.write(e.body)
	e.used += len(e.body)
	e.body, e.pieces = e.body[:0], true
}

// head begins an operation.
func (e *Encoder) head(kind byte, r image.Rectangle) {
	e.body = append(e.body, kind)
	e.body = appendVarint(e.body, r.Min.X-e.pen.right)
	e.body = appendVarint(e.body, r.Min.Y-e.pen.top)
	if kind != opRepeat {
		e.body = binary.AppendUvarint(e.body, uint64(r.Dx()))
		e.body = binary.AppendUvarint(e.body, uint64(r.Dy()))
	}
	e.pen.set(r)
}

// packFrom is the size of a body, in bytes, that may become smaller.
const packFrom = 12

func (e *Encoder) write(dst []byte, complete bool, frame VideoFrame, video bool) []byte {
	flags := byte(Version << versionShift)
	body := e.body
	if e.pieces || len(e.body) >= packFrom {
		if len(e.body) > 0 {
			e.pack()
		}
		body = e.packer.bytes()
		flags |= flagPacked
	}
	if complete {
		flags |= flagComplete
	}
	if e.pending {
		flags |= flagMore
	}
	if video {
		flags |= flagVideo
	}
	dst = binary.AppendUvarint(append(dst, flags), uint64(e.seq))
	if complete {
		dst = binary.AppendUvarint(dst, uint64(e.width))
		dst = binary.AppendUvarint(dst, uint64(e.height))
	}
	if video {
		dst = frame.append(dst)
	}
	return append(dst, body...)
}
