package link

import (
	"errors"
	"net"
)

// maxPacket is IoT Hub's largest message, with room for its header.
const maxPacket = 260 << 10

// A SUBACK answers our one subscription: a number of two bytes, one code.
const (
	typeSuback   = 9
	subackLength = 3
)

var (
	errPacketTooLarge = errors.New("the broker announced a packet that is too large")
	errSuback         = errors.New("the broker answered more subscriptions than there are")
)

// guarded reads along in the stream from the broker and cuts it at a packet
// that announces more than maxPacket: the client would make room for up to
// 256 MB before it sees any of them; and at an answer to more subscriptions
// than one, which the client takes for an index, and with it the whole service
// down (scenario 42).
type guarded struct {
	net.Conn
	note   func(error) // told why it was cut: the client does not pass it on
	skip   int         // bytes left of the packet being read
	header bool        // inside a fixed header: the type byte was read
	kind   byte
	length int
	shift  int
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if e := g.scan(p[:n]); e != nil {
		g.note(e)
		return 0, e
	}
	return n, err
}

func (g *guarded) scan(p []byte) error {
	for len(p) > 0 {
		if g.skip > 0 {
			n := min(g.skip, len(p))
			g.skip, p = g.skip-n, p[n:]
			continue
		}
		b := p[0]
		p = p[1:]
		if !g.header {
			g.header, g.kind, g.length, g.shift = true, b>>4, 0, 0
			continue
		}
		g.length |= int(b&0x7f) << g.shift
		g.shift += 7
		if g.length > maxPacket || g.shift > 28 {
			return errPacketTooLarge
		}
		if b&0x80 == 0 && g.kind == typeSuback && g.length != subackLength {
			return errSuback
		}
		if b&0x80 == 0 {
			g.header, g.skip = false, g.length
		}
	}
	return nil
}
