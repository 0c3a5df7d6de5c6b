package delta

import (
	"bytes"
	"encoding/binary"
)

// What makes two stretches the same, in bytes.
const (
	anchor  = 8  // the shortest that is found
	aligned = 32 // as long as this goes on, nothing else is looked for
	better  = 8  // another place has to fit by so much more
	deepest = 128
)

// index finds where in some bytes others occur.
type index struct {
	data []byte
	head []int32 // by hash: where it begins last; -1
	prev []int32 // by place: where the same hash begins before
	bits uint
}

func newIndex(data []byte) *index {
	x := &index{data: data, bits: 10}
	for x.bits < 22 && 1<<x.bits < len(data) {
		x.bits++
	}
	x.head, x.prev = make([]int32, 1<<x.bits), make([]int32, max(0, len(data)-anchor+1))
	for i := range x.head {
		x.head[i] = -1
	}
	for i := range x.prev {
		h := x.hash(data[i:])
		x.prev[i], x.head[h] = x.head[h], int32(i)
	}
	return x
}

func (x *index) hash(b []byte) uint64 {
	return binary.LittleEndian.Uint64(b) * 0x9e3779b97f4a7c15 >> (64 - x.bits)
}

// find returns the longest of the places that it looks at, and how long.
func (x *index) find(b []byte) (at, length int) {
	if len(b) < anchor || len(x.prev) == 0 {
		return 0, 0
	}
	candidate := x.head[x.hash(b)]
	for range deepest {
		if candidate < 0 {
			break
		}
		// What cannot be longer is not compared.
		i := int(candidate)
		if length == 0 || i+length < len(x.data) && length < len(b) && x.data[i+length] == b[length] {
			if n := same(x.data[i:], b); n > length {
				at, length = i, n
			}
		}
		candidate = x.prev[candidate]
	}
	if length < anchor {
		return 0, 0
	}
	return at, length
}

// same is how far a and b are the same.
func same(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for n+8 <= most && binary.LittleEndian.Uint64(a[n:]) == binary.LittleEndian.Uint64(b[n:]) {
		n += 8
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// output takes what compare finds, in the order of what is made.
type output interface {
	literal(b []byte)
	copy(from int, before, after []byte)
}

// compare describes after by before, by Percival's bsdiff: places that fit
// exactly are found, and widened as long as half of the bytes are the same.
func compare(before, after []byte, out output) {
	if bytes.Equal(before, after) {
		out.copy(0, before, after)
		return
	}
	c := &comparison{before: before, after: after, out: out}
	x := newIndex(before)
	scan, score, at, length := 0, 0, 0, 0
	for scan < len(after) {
		score = 0
		scan += length
		counted := scan
		for scan < len(after) {
			if n := c.onward(scan); n >= aligned {
				at, length, score = scan+c.shift, n, n
				break
			}
			at, length = x.find(after[scan:])
			for ; counted < scan+length; counted++ {
				score += c.fits(counted)
			}
			if length == score && length != 0 || length > score+better {
				break
			}
			if counted > scan {
				score -= c.fits(scan)
			} else {
				counted++
			}
			scan++
		}
		if length != score || scan >= len(after) {
			c.settle(min(scan, len(after)), at)
		}
	}
	c.settle(len(after), 0)
}

// comparison is what is decided so far: all of after up to done, and that from
// there on before fits shifted by shift.
type comparison struct {
	before, after []byte
	out           output
	done, shift   int
}

// fits is 1 where the place i fits as the one before it did.
func (c *comparison) fits(i int) int {
	if j := i + c.shift; j >= 0 && j < len(c.before) && c.before[j] == c.after[i] {
		return 1
	}
	return 0
}

// onward is how far from i on everything fits as before.
func (c *comparison) onward(i int) int {
	j := i + c.shift
	if j < 0 || j >= len(c.before) {
		return 0
	}
	return same(c.before[j:], c.after[i:])
}

// settle decides all up to where a place at fits at scan: how much of it is
// like what came before, how much like what follows, and what is new.
func (c *comparison) settle(scan, at int) {
	if scan < c.done {
		return
	}
	forward := c.widen(scan)
	backward := 0
	if scan < len(c.after) {
		backward = c.widenBack(scan, at)
	}
	if over := forward + backward - (scan - c.done); over > 0 {
		// Both reach into the same bytes: cut where most fit.
		best, score, cut := 0, 0, 0
		for i := range over {
			score += c.fits(c.done + forward - over + i)
			if j := at - backward + i; c.before[j] == c.after[scan-backward+i] {
				score--
			}
			if score > best {
				best, cut = score, i+1
			}
		}
		forward += cut - over
		backward -= cut
	}
	if forward > 0 {
		from := c.done + c.shift
		c.out.copy(from, c.before[from:from+forward], c.after[c.done:c.done+forward])
	}
	c.out.literal(c.after[c.done+forward : scan-backward])
	c.done, c.shift = scan-backward, at-scan
}

// widen is how far on, at most to scan, it fits as before, well enough.
func (c *comparison) widen(scan int) (length int) {
	fit, best := 0, 0
	for i := 0; c.done+i < scan; i++ {
		j := c.done + i + c.shift
		if j < 0 || j >= len(c.before) {
			break
		}
		fit += c.fits(c.done + i)
		if 2*fit-(i+1) > best {
			best, length = 2*fit-(i+1), i+1
		}
	}
	return length
}

// widenBack is how far back from scan, at most to done, it fits as at the place.
func (c *comparison) widenBack(scan, at int) (length int) {
	fit, best := 0, 0
	for i := 1; scan-i >= c.done && at-i >= 0; i++ {
		if c.before[at-i] == c.after[scan-i] {
			fit++
		}
		if 2*fit-i > best {
			best, length = 2*fit-i, i
		}
	}
	return length
}
