package relay

import (
	"beckmanconnect/service/support"
	"beckmanconnect/session/screen"
)

const (
	maxPictures = 2        // whole pictures waiting for a slow link
	maxWaiting  = 32 << 20 // bytes of them
)

type picture struct {
	helper     support.HelperID
	generation uint64
	update     []byte
	seq        uint32
	more       bool
}

// pictures holds the newest updates only. Stale ones are never queued up for
// minutes: what cannot go out is thrown away and a complete picture is asked
// for instead.
type pictures struct {
	queue  []picture
	bytes  int
	synced bool // everything since the last complete picture was kept
	last   uint32
	asked  bool
	newest uint32 // the last that was offered
	passed uint32 // the last that went out or was thrown away
}

// offer takes an update in; wantFull says that a complete picture is needed.
func (p *pictures) offer(n picture) (kept, wantFull bool) {
	h, err := screen.ParseHeader(n.update)
	if err != nil {
		return false, p.lose()
	}
	if h.Complete {
		p.clear()
	}
	n.seq, n.more = h.Seq, h.More
	p.newest = n.seq
	switch {
	case h.Complete:
		p.synced, p.asked = true, false
	case !p.synced:
		return false, p.lose()
	case h.Seq != p.last+1:
		return false, p.lose()
	}
	p.last = h.Seq
	p.queue = append(p.queue, n)
	p.bytes += len(n.update)
	whole := 0
	for _, q := range p.queue {
		if !q.more {
			whole++
		}
	}
	if whole > maxPictures || p.bytes > maxWaiting {
		return false, p.lose()
	}
	return true, false
}

// lose throws everything away and asks for a complete picture, once.
func (p *pictures) lose() (wantFull bool) {
	asked := p.asked
	p.clear()
	p.asked = true
	return !asked
}

func (p *pictures) take() (picture, bool) {
	if len(p.queue) == 0 {
		return picture{}, false
	}
	n := p.queue[0]
	p.queue = p.queue[1:]
	p.bytes -= len(n.update)
	p.passed = n.seq
	return n, true
}

// clear throws everything away. The helper hears that it has been dealt with:
// otherwise it would keep room for it for ever.
func (p *pictures) clear() { *p = pictures{newest: p.newest, passed: p.newest} }

// drop throws one away that nobody may see.
func (p *pictures) drop(update []byte) {
	if h, err := screen.ParseHeader(update); err == nil {
		p.newest = h.Seq
	}
	p.clear()
}

// anew forgets what waits, since a complete picture is asked for.
func (p *pictures) anew(asked bool) {
	p.clear()
	p.asked = asked
}

// cursors holds the newest shape and the newest place of the PC's pointer.
type cursors struct{ shape, place *cursor }

type cursor struct {
	helper     support.HelperID
	generation uint64
	message    []byte
}

// offer takes one in; false: it is none.
func (c *cursors) offer(n cursor) bool {
	parsed, err := screen.ParseCursor(n.message)
	if err != nil {
		return false
	}
	if parsed.Kind == screen.CursorShape {
		c.shape = &n
	} else {
		c.place = &n
	}
	return true
}

func (c *cursors) take() (cursor, bool) {
	for _, slot := range []**cursor{&c.shape, &c.place} {
		if n := *slot; n != nil {
			*slot = nil
			return *n, true
		}
	}
	return cursor{}, false
}

func (c *cursors) clear() { *c = cursors{} }
