package screen

import (
	"encoding/binary"
	"image"
)

// segment is the length in pixels of what is looked for elsewhere.
const segment = 24

// Every so many columns of what is to be shown a segment is taken, and every so
// many rows of what is shown it is looked for.
const (
	sampleStep = 48
	searchRows = 4
)

// mover keeps the memory of the search for what moved.
type mover struct {
	last    image.Point
	blocks  []verdict
	samples []sample
	filter  []uint64 // one bit for each hash that occurs
	votes   [1 << voteBits]vote
}

const (
	sampleBits = 15
	filterBits = 17
	voteBits   = 12
	maxSamples = 1 << sampleBits / 2
)

type sample struct {
	hash uint32
	x, y int16
	kind byte // 0 free, 1 unique, 2 several are alike and say nothing
}

type vote struct {
	by image.Point
	n  int
}

const rollBase uint32 = 0x01000193

// rollOut is rollBase to the power of segment.
var rollOut = func() uint32 {
	v := uint32(1)
	for range segment {
		v *= rollBase
	}
	return v
}()

// search gives how far most of what changed inside r was moved: what is at p
// now was at p+by. It takes segments of all rows of the frame, far apart in
// each, and looks for them at every place of some of the rows shown.
func (e *Encoder) search(f Frame, r image.Rectangle) (by image.Point, ok bool) {
	m := &e.mover
	if m.samples == nil {
		m.samples, m.filter = make([]sample, 1<<sampleBits), make([]uint64, 1<<filterBits/64)
	}
	clear(m.samples)
	clear(m.filter)
	clear(m.votes[:])
	e.sample(f, r)
	for y := r.Min.Y + searchRows/2; y < r.Max.Y; y += searchRows {
		e.look(e.shown[4*(y*e.width+r.Min.X):][:4*r.Dx()], r.Min.X, y)
	}
	best, second := vote{}, 0
	for i := range m.votes {
		if v := &m.votes[i]; v.n > best.n {
			best, second = *v, best.n
		} else if v.n > second {
			second = v.n
		}
	}
	// Text is full of places that are alike by chance; they do not agree.
	return best.by, best.n >= 4 && best.n >= second+second/2
}

// sample collects segments of the frame that are not of one colour.
func (e *Encoder) sample(f Frame, r image.Rectangle) {
	m := &e.mover
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		// The columns differ from row to row, so that narrow text is met as well.
		for x := r.Min.X + y*11%sampleStep; x+segment <= r.Max.X; x += sampleStep {
			if t := &e.tiles[y/Tile*e.cols+x/Tile]; t.state != found || t.video {
				continue
			}
			row := f.Pix[y*f.Stride+4*x:][:4*segment]
			h, breaks, before := uint32(0), 0, uint32(0)
			for i := 0; i < len(row); i += 4 {
				c := binary.LittleEndian.Uint32(row[i:]) & colour
				if i > 0 && c != before {
					breaks++
				}
				h, before = h*rollBase+c+1, c
			}
			if breaks < 2 {
				continue
			}
			if n++; n > maxSamples {
				return
			}
			mixed := mix(h)
			at := mixed >> (32 - sampleBits)
			for m.samples[at].kind != 0 && m.samples[at].hash != h {
				at = (at + 1) % (1 << sampleBits)
			}
			if s := &m.samples[at]; s.kind != 0 {
				s.kind = 2
			} else {
				*s = sample{hash: h, x: int16(x), y: int16(y), kind: 1}
			}
			bit := mixed >> (32 - filterBits)
			m.filter[bit/64] |= 1 << (bit % 64)
		}
	}
}

func mix(h uint32) uint32 {
	h ^= h >> 15
	return h * 0x2c1b3c6d
}

// look rolls over a row shown and votes for each segment that is met again.
func (e *Encoder) look(row []byte, x0, y int) {
	m := &e.mover
	h := uint32(0)
	for i := 0; i+4 <= len(row); i += 4 {
		h = h*rollBase + binary.LittleEndian.Uint32(row[i:])&colour + 1
		if i < 4*(segment-1) {
			continue
		}
		if i >= 4*segment {
			h -= (binary.LittleEndian.Uint32(row[i-4*segment:])&colour + 1) * rollOut
		}
		mixed := mix(h)
		if bit := mixed >> (32 - filterBits); m.filter[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		at := mixed >> (32 - sampleBits)
		for m.samples[at].kind != 0 && m.samples[at].hash != h {
			at = (at + 1) % (1 << sampleBits)
		}
		s := m.samples[at]
		if s.kind != 1 {
			continue
		}
		by := image.Pt(x0+i/4-segment+1-int(s.x), y-int(s.y))
		if by != (image.Point{}) {
			m.vote(by)
		}
	}
}

// vote counts; when there are too many candidates, some are not heard.
func (m *mover) vote(by image.Point) {
	at := (uint32(by.X)*2654435761 ^ uint32(by.Y)*2246822519) >> (32 - voteBits)
	for range 4 {
		v := &m.votes[at]
		if v.n == 0 {
			v.by = by
		}
		if v.by == by {
			v.n++
			return
		}
		at = (at + 1) % uint32(len(m.votes))
	}
}
