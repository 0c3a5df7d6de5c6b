package channel

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"

	"beckmanconnect/session/lane"
	"beckmanconnect/session/wire"
)

// Conn is an open channel. Send may be called from many goroutines, Receive
// from one. A context that ends while Send or Receive is under way ends the
// whole channel: half a frame cannot be taken back.
type Conn struct {
	tls            *tls.Conn
	state          tls.ConnectionState
	words          string
	host, engineer []byte // leaf certificates

	sending sync.Mutex
	out     []byte

	in *bufio.Reader

	// The file lane; stream is nil where there can be none.
	isHost      bool
	stream      *stream
	laneSending sync.Mutex // taken before sending
	sealer      *lane.Sealer
	opener      *lane.Opener
	broken      error // the lane's, for whoever receives
}

// ErrTooLarge is a frame above wire.MaxFrame, ours or theirs (scenario 53).
var ErrTooLarge = errors.New("channel: frame too large")

// maxLength is the most bytes of a frame's length. A frame is a type byte, the
// payload's length as an unsigned varint, and the payload. A small one crosses
// the channel in one piece: one TLS record, which is one WebSocket message.
const maxLength = 4

// Host runs the host's side of the handshake over conn and owns conn from then
// on: it is closed when the handshake fails.
func Host(ctx context.Context, conn net.Conn, c HostConfig) (*Conn, error) {
	conf, err := c.tls()
	if err != nil {
		conn.Close()
		return nil, err
	}
	ch, err := open(ctx, tls.Server(conn, conf), below(conn))
	if err != nil {
		return nil, err
	}
	ch.isHost = true
	ch.host, ch.engineer = leaf(c.Certificate), ch.Peer().Raw
	return ch, nil
}

// Engineer runs the engineer's side, like Host.
func Engineer(ctx context.Context, conn net.Conn, c EngineerConfig) (*Conn, error) {
	conf, err := c.tls()
	if err != nil {
		conn.Close()
		return nil, err
	}
	ch, err := open(ctx, tls.Client(conn, conf), below(conn))
	if err != nil {
		return nil, err
	}
	ch.host, ch.engineer = ch.Peer().Raw, leaf(c.Certificate)
	return ch, nil
}

func leaf(c tls.Certificate) []byte {
	if len(c.Certificate) == 0 {
		return nil
	}
	return c.Certificate[0]
}

func open(ctx context.Context, t *tls.Conn, s *stream) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		if errors.As(err, &errLane{}) {
			err = &lane.Broken{Why: lane.WhyClosed}
		}
		t.Close()
		return nil, fmt.Errorf("channel: handshake: %w", err)
	}
	c := &Conn{tls: t, state: t.ConnectionState(), in: bufio.NewReaderSize(t, 32<<10), stream: s}
	secret, err := c.Exporter(wordsLabel)
	if err != nil {
		t.Close()
		return nil, err
	}
	c.words = Words(secret)
	return c, nil
}

// Peer is the other end's verified leaf certificate.
func (c *Conn) Peer() *x509.Certificate { return c.state.PeerCertificates[0] }

// Leaves are both ends' leaf certificates, in DER: the other end's as it was
// verified, ours as it was shown.
func (c *Conn) Leaves() (host, engineer []byte) { return c.host, c.engineer }

// Words are the same on both ends of one channel, and on no other.
func (c *Conn) Words() string { return c.words }

// Exporter gives 32 bytes only the two ends know (RFC 5705), for example to
// bind the password to this channel. The context is empty, not absent: in TLS
// 1.2 they differ, and RFC 9266 wants the empty one. Without the extended
// master secret there is none, and the channel does not open.
func (c *Conn) Exporter(label string) ([]byte, error) {
	out, err := c.state.ExportKeyingMaterial(label, []byte{}, 32)
	if err != nil {
		return nil, fmt.Errorf("channel: exporter: %w", err)
	}
	return out, nil
}

// recordRoom is what one record of the channel carries. A full record of TLS
// (16 KiB), with its own 29 bytes and the 8 of the WebSocket around it, would
// not fit into one record of the TLS outside, and cost each end and the relay
// a second one, of a few bytes.
const recordRoom = 16<<10 - 64

// Send writes one frame.
func (c *Conn) Send(ctx context.Context, frameType byte, payload []byte) error {
	if len(payload) > wire.MaxFrame {
		return ErrTooLarge
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := ctx.Err(); err != nil {
		return err // nothing was written: the channel stays good
	}
	defer c.until(ctx)()
	c.out = append(c.out[:0], frameType)
	c.out = binary.AppendUvarint(c.out, uint64(len(payload)))
	c.out = append(c.out, payload...) // one write: one record for a small frame
	for part := range slices.Chunk(c.out, recordRoom) {
		if _, err := c.tls.Write(part); err != nil {
			c.abort()
			return c.explain(ctx, "send", err)
		}
	}
	if cap(c.out) > 256<<10 {
		c.out = nil // one large picture should not stay in memory for hours
	}
	return nil
}

// Receive reads one frame. The payload is the caller's, but for a FramePiece's,
// which is so until the next Receive. What comes over the file lane comes in its
// place among the others. After an error of it (*lane.Broken) nothing more is
// received; the TLS still carries a last word.
func (c *Conn) Receive(ctx context.Context) (frameType byte, payload []byte, err error) {
	if c.broken != nil {
		return 0, nil, c.broken
	}
	defer c.until(ctx)()
	frameType, payload, err = readFrame(c.in)
	switch {
	case err == errLane{}:
		frameType = wire.FramePiece
		payload, err = c.receivePiece()
	case err == nil && frameType == wire.FramePiece:
		err = errPieceInside
	}
	var broken *lane.Broken
	switch {
	case errors.As(err, &broken):
		c.broken = c.explain(ctx, "receive", err)
		return 0, nil, c.broken
	case err != nil:
		c.abort()
		return 0, nil, c.explain(ctx, "receive", err)
	}
	return frameType, payload, nil
}

// errPieceInside: whatever takes pieces trusts that they came in order.
var errPieceInside = errors.New("channel: a piece of a file that did not come over the lane")

// readFrame checks the length before it allocates, and allocates as bytes
// arrive, so that a length alone costs nothing (scenario 53).
func readFrame(r *bufio.Reader) (byte, []byte, error) {
	kind, err := r.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	n, err := readLength(r)
	if err != nil {
		return 0, nil, err
	}
	const step = 64 << 10
	payload := make([]byte, 0, min(n, step))
	for len(payload) < n {
		have := len(payload)
		payload = slices.Grow(payload, min(n-have, max(step, have)))
		payload = payload[:min(n, cap(payload))]
		if _, err := io.ReadFull(r, payload[have:]); err != nil {
			return 0, nil, cutShort(err)
		}
	}
	return kind, payload, nil
}

// readLength takes a length as Send writes it, and no other form of it.
func readLength(r *bufio.Reader) (int, error) {
	n := 0
	for i := range maxLength {
		b, err := r.ReadByte()
		if err != nil {
			return 0, cutShort(err)
		}
		n |= int(b&0x7f) << (7 * i)
		switch {
		case b >= 0x80:
			continue
		case n > wire.MaxFrame:
			return 0, ErrTooLarge
		case b == 0 && i > 0:
			return 0, errLength
		}
		return n, nil
	}
	return 0, ErrTooLarge
}

var errLength = errors.New("channel: a length with a byte too many")

// cutShort is the error of a stream that ends in the middle of a frame. Nobody
// who sends puts a frame of the lane there.
func cutShort(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err == errLane{}:
		return &lane.Broken{Why: lane.WhyInside}
	}
	return err
}

// Close says goodbye and closes the connection below.
func (c *Conn) Close() error { return c.tls.Close() }

// abort closes without the WebSocket's goodbye, which waits for an answer that
// a dead link never gives.
func (c *Conn) abort() {
	under := c.tls.NetConn()
	if now, ok := under.(interface{ CloseNow() error }); ok {
		now.CloseNow()
		return
	}
	under.Close()
}

// until closes the connection when ctx ends before the returned stop is called.
func (c *Conn) until(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	cancel := context.AfterFunc(ctx, c.abort)
	return func() { cancel() }
}

// explain prefers the context's reason to "use of closed connection".
func (c *Conn) explain(ctx context.Context, what string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("channel: %s: %w", what, err)
}
