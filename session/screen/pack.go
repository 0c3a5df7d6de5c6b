package screen

import (
	"bytes"

	"github.com/klauspost/compress/flate"
)

// packer writes the deflate stream. Small bodies, of which there are many and
// which look like each other, are searched well and with what came before;
// large ones quickly and each on its own. For the other end both are the same
// stream.
type packer struct {
	out     bytes.Buffer
	fine    *flate.Writer
	fast    *flate.Writer
	stale   bool   // fine does not know what came last
	history []byte // the end of what was packed
}

const (
	fineLevel   = 7
	fastLevel   = 2
	fastFrom    = 48 << 10 // bytes of a body that is packed quickly
	fineHistory = 32 << 10 // bytes fine begins from after a large body
)

func newPacker() *packer {
	p := &packer{}
	// Both levels exist: no error.
	p.fine, _ = flate.NewWriter(&p.out, fineLevel)
	p.fast, _ = flate.NewWriter(&p.out, fastLevel)
	return p
}

// reset begins the stream anew.
func (p *packer) reset() {
	p.history = p.history[:0]
	p.stale = true
}

// begin makes room for the next update's pieces.
func (p *packer) begin() { p.out.Reset() }

// write packs a piece; all that was written is in out afterwards. Writing goes
// to memory and cannot fail.
func (p *packer) write(body []byte) {
	w := p.fine
	if len(body) >= fastFrom {
		w, p.stale = p.fast, true
		w.Reset(&p.out)
	} else if p.stale {
		p.stale = false
		w.ResetDict(&p.out, p.history[max(len(p.history)-fineHistory, 0):])
	}
	_, _ = w.Write(body)
	_ = w.Flush()
	if len(body) >= fineHistory {
		p.history = append(p.history[:0], body[len(body)-fineHistory:]...)
		return
	}
	if len(p.history)+len(body) > 4*fineHistory {
		p.history = p.history[:copy(p.history, p.history[len(p.history)-fineHistory:])]
	}
	p.history = append(p.history, body...)
}

const marker = 4 // bytes of 00 00 ff ff

// bytes gives the update's pieces, without the last end marker.
func (p *packer) bytes() []byte {
	b := p.out.Bytes()
	return b[:max(len(b)-marker, 0)]
}
