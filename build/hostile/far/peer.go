// Package far is the engineer's end of a session as a program that keeps to no
// rule: any bytes at any time, inside the channel or before it.
package far

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/wire"
)

// Target is who an end means to speak to.
type Target struct {
	Device, Request string
	Frames          func(kind byte, payload []byte) // gets every frame of the host; may be nil
}

// Peer is one channel to a PC.
type Peer struct {
	ID    channel.Identity
	to    Target
	tls   *tls.Conn
	leaf  []byte // our certificate
	tries uint32 // of the code
	under net.Conn
	pc    *pc.PC

	sending sync.Mutex

	mu         sync.Mutex
	heard      []wire.Message
	session    string
	generation uint64
	proof      Proof
	ended      error
	changed    chan struct{}
	pings      uint32
	pictures   int
}

// Config is the TLS of an engineer's end; nothing about the host is checked.
func Config(certificate tls.Certificate) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{certificate}, InsecureSkipVerify: true,
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
		CipherSuites:     []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
		CurvePreferences: []tls.CurveID{tls.X25519},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &certificate, nil
		},
	}
}

// handshakeWithin bounds a handshake; so long one waits for the host's socket.
const handshakeWithin = 30 * time.Second

// Open runs the handshake over a stream to the host. p may be nil: then the
// pictures that come are not held against a PC.
func Open(ctx context.Context, under net.Conn, conf *tls.Config, id channel.Identity, to Target, p *pc.PC) (*Peer, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	c := &Peer{ID: id, to: to, tls: tls.Client(under, conf), under: under, pc: p, changed: make(chan struct{})}
	if len(conf.Certificates) > 0 {
		c.leaf = conf.Certificates[0].Certificate[0]
	}
	if err := c.tls.HandshakeContext(ctx); err != nil {
		c.Cut()
		return nil, fmt.Errorf("far: handshake: %w", err)
	}
	go c.read()
	return c, nil
}

// Cut ends the line without a goodbye.
func (c *Peer) Cut() {
	if now, ok := c.under.(interface{ CloseNow() error }); ok {
		_ = now.CloseNow()
		return
	}
	_ = c.under.Close()
}

// Exporter binds a proof to this channel (RFC 5705).
func (c *Peer) Exporter(label string) ([]byte, error) {
	state := c.tls.ConnectionState()
	return state.ExportKeyingMaterial(label, []byte{}, 32)
}

// CloseWrite closes one half of the channel.
func (c *Peer) CloseWrite() error { return c.tls.CloseWrite() }

// sendWithin bounds one write: a host that does not read is found by it.
const sendWithin = 20 * time.Second

// Raw writes bytes into the channel.
func (c *Peer) Raw(b []byte) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	_ = c.tls.SetWriteDeadline(time.Now().Add(sendWithin))
	_, err := c.tls.Write(b)
	return err
}

// Frame is one frame as it travels.
func Frame(kind byte, payload []byte) []byte {
	b := append(make([]byte, 0, 5+len(payload)), kind)
	return append(binary.AppendUvarint(b, uint64(len(payload))), payload...)
}

// Frame sends one.
func (c *Peer) Frame(kind byte, payload []byte) error { return c.Raw(Frame(kind, payload)) }

// Say sends a control message.
func (c *Peer) Say(m wire.Message) error {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.Frame(wire.FrameControl, raw)
}

// JSON sends text as a control message.
func (c *Peer) JSON(text string) error { return c.Frame(wire.FrameControl, []byte(text)) }

// Hello begins in order.
func (c *Peer) Hello(reason string) error {
	return c.Say(wire.Message{Type: "hello", Versions: []int{wire.Version}, Reason: reason})
}

func (c *Peer) read() {
	in := bufio.NewReader(c.tls)
	for {
		kind, payload, err := readFrame(in)
		if err != nil {
			c.note(func() { c.ended = err })
			return
		}
		if c.to.Frames != nil {
			c.to.Frames(kind, payload)
		}
		switch kind {
		case wire.FrameScreen:
			if c.pc != nil {
				c.pc.Ledger().Saw(c.Session(), payload)
			}
			c.note(func() { c.pictures++ })
		case wire.FrameControl:
			var m wire.Message
			if json.Unmarshal(payload, &m) != nil {
				continue
			}
			if c.pc != nil && (m.Type == "clipboard" || m.Type == "chat") {
				c.pc.Ledger().Heard(c.Session(), m.Type, m.Text)
			}
			c.note(func() {
				c.generation = max(c.generation, m.Generation)
				c.heard = append(c.heard, m)
			})
		}
	}
}

func readFrame(r *bufio.Reader) (byte, []byte, error) {
	kind, err := r.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	n, err := binary.ReadUvarint(r)
	if err != nil || n > wire.MaxFrame {
		return 0, nil, errors.Join(errors.New("far: the host's frame has no length"), err)
	}
	payload := make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return kind, payload, err
}

func (c *Peer) note(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// Session is the one this end was let into, or "".
func (c *Peer) Session() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// Generation is the newest that was told.
func (c *Peer) Generation() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

// Ended says whether the channel is over.
func (c *Peer) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended != nil
}

// ErrEnded is a channel that ended while something was waited for.
var ErrEnded = errors.New("far: the channel ended")

func ended(err error) error { return fmt.Errorf("%w: %w", ErrEnded, err) }

const hearWithin = 30 * time.Second

// Hear waits for the next message for which ok says yes, and forgets what came
// before it.
func (c *Peer) Hear(ctx context.Context, what string, ok func(wire.Message) bool) (m wire.Message, err error) {
	err = c.until(ctx, what, func() bool {
		at := slices.IndexFunc(c.heard, ok)
		if at >= 0 {
			m, c.heard = c.heard[at], c.heard[at+1:]
		}
		return at >= 0
	})
	return m, err
}

// See waits until more than n pictures came.
func (c *Peer) See(ctx context.Context, n int) error {
	return c.until(ctx, "a picture", func() bool { return c.pictures > n })
}

// until waits until ok, which is asked under the lock after each change.
func (c *Peer) until(ctx context.Context, what string, ok func() bool) error {
	late := time.After(hearWithin)
	for {
		c.mu.Lock()
		yes, ended, changed := ok(), c.ended, c.changed
		c.mu.Unlock()
		switch {
		case yes:
			return nil
		case ended != nil:
			return fmt.Errorf("%w: waiting for %s: %w", ErrEnded, what, ended)
		}
		select {
		case <-changed:
		case <-late:
			return fmt.Errorf("far: %s never came", what)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Pictures is how many came.
func (c *Peer) Pictures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pictures
}

// Type is for Hear.
func Type(kinds ...string) func(wire.Message) bool {
	return func(m wire.Message) bool { return slices.Contains(kinds, m.Type) }
}

// Barrier returns when the host has read everything sent so far; ErrEnded when
// it ended the channel instead.
func (c *Peer) Barrier(ctx context.Context) error {
	c.mu.Lock()
	c.pings++
	n := c.pings
	c.mu.Unlock()
	if err := c.Say(wire.Message{Type: "ping", Seq: n}); err != nil {
		c.Cut()
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	_, err := c.Hear(ctx, "pong", func(m wire.Message) bool { return m.Type == "pong" && m.Seq == n })
	return err
}

// Gone waits until the host has ended the channel.
func (c *Peer) Gone(ctx context.Context) error {
	_, err := c.Hear(ctx, "the end of the channel", func(wire.Message) bool { return false })
	if errors.Is(err, ErrEnded) {
		return nil
	}
	return err
}
