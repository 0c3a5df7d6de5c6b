package screen

import "image"

// cache is what both ends remember of rectangles of pixels; see the format. It
// costs nothing until something is kept.
type cache struct {
	pixels  []uint32
	entries []cached // a ring
	count   uint64   // entries ever kept
	end     uint64   // places ever taken of the ring of pixels
}

type cached struct {
	start uint64
	w, h  int
}

func (c *cache) reset() { c.count, c.end = 0, 0 }

// add takes an entry and gives the room for its pixels.
func (c *cache) add(w, h int) []uint32 {
	if c.pixels == nil {
		c.pixels, c.entries = make([]uint32, CacheArea), make([]cached, CacheEntries)
	}
	n := uint64(w * h)
	if at := c.end % CacheArea; at+n > CacheArea {
		c.end += CacheArea - at
	}
	c.entries[c.count%CacheEntries] = cached{c.end, w, h}
	at := c.end % CacheArea
	c.count++
	c.end += n
	return c.pixels[at : at+n]
}

// get gives entry id, counted from 0, when it is still there.
func (c *cache) get(id uint64) (pixels []uint32, w, h int, ok bool) {
	if id >= c.count || c.count-id > CacheEntries {
		return nil, 0, 0, false
	}
	e := c.entries[id%CacheEntries]
	if c.end-e.start > CacheArea {
		return nil, 0, 0, false
	}
	at := e.start % CacheArea
	return c.pixels[at : at+uint64(e.w*e.h)], e.w, e.h, true
}

// index finds entries by what they show: the encoder's side of the cache.
type index struct {
	slots []slot
}

type slot struct {
	hash uint64
	id   uint64 // plus 1
}

const indexSlots = 4 * CacheEntries

func (x *index) reset() { clear(x.slots) }

// put makes an entry the one that is found by its hash. Slots are overwritten
// freely: what is not found costs bytes only.
func (x *index) put(hash, id uint64) {
	if x.slots == nil {
		x.slots = make([]slot, indexSlots)
	}
	x.slots[hash%indexSlots] = slot{hash, id + 1}
}

func (x *index) find(hash uint64) (id uint64, ok bool) {
	if x.slots == nil {
		return 0, false
	}
	s := x.slots[hash%indexSlots]
	return s.id - 1, s.id != 0 && s.hash == hash
}

// hashPixels gives a hash of a rectangle's pixels and size.
func hashPixels(p []uint32, w int) uint64 {
	h := uint64(w)*0x9e3779b97f4a7c15 ^ uint64(len(p))
	for ; len(p) >= 2; p = p[2:] {
		h = (h ^ (uint64(p[0]) | uint64(p[1])<<32)) * 0xff51afd7ed558ccd
		h ^= h >> 29
	}
	if len(p) > 0 {
		h = (h ^ uint64(p[0])) * 0xff51afd7ed558ccd
		h ^= h >> 29
	}
	return h ^ h>>32
}

// knownColours is the table of colours both ends know.
type knownColours [256]uint32

func colourPlace(c uint32) byte { return byte(c * 2654435761 >> 24) }

// pen is where the operation before was.
type pen struct{ right, top int }

func (p *pen) set(r image.Rectangle) { p.right, p.top = r.Max.X, r.Min.Y }
