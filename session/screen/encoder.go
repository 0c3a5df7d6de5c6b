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
	crop    image.Rectangle
	heat    heat
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
	cache   cache
	index   index
	work    work
	mover   mover
	video   video
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
		if e.tiles[i].state == found {
			e.tiles[i].state = dirty
		}
	}
	e.mark(damage)
	e.body, e.used, e.pieces = e.body[:0], 0, false
	e.room, e.limited = budget, budget > 0
	e.packer.begin()

	now := e.conf.Now()
	e.settle(now)
	e.scan(f)
	frame, has := e.encodeVideo(f, now)
	if has && e.limited {
		e.room -= len(frame.Data)
	}
	if !complete && !e.conf.NoMoves {
		e.findMoves(f)
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
	e.pen, e.colours = pen{}, knownColours{}
	e.cache.reset()
	e.index.reset()
	e.mover.last = image.Point{}
	for i := range e.tiles {
		e.tiles[i].unknown = e.tiles[i].video // otherwise black, and known to be
	}
	e.video.restart()
}

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
	t := &e.tiles[i]
	r, before := t.crop, len(e.body)
	part := e.limited && !t.unknown && 3*area(r) > e.room-len(e.body)
	if part {
		rows := max((e.room-len(e.body))/(3*r.Dx()), minRows)
		part = rows < r.Dy()
		r.Max.Y = min(r.Max.Y, r.Min.Y+rows)
	} else if !t.unknown {
		r = e.join(i)
	}
	e.rect(f, r, !t.unknown, t.heat.wild(now))
	t.heat.add(now, len(e.body)-before)
	if part {
		t.crop.Min.Y = r.Max.Y
	} else {
		t.state, t.unknown = clean, false
	}
}

// minRows is the fewest rows of a tile that are sent alone.
const minRows = 8

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
