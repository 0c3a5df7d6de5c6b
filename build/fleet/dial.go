package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/gobwas/ws"
)

// sources is how many addresses the devices come from: one has not enough ports
// for many that come again and again.
const sources = 16

// dial opens the device's link: TCP from an address of its own, TLS with its
// certificate, a WebSocket.
func (d *device) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(d.url)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tcp := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+d.number%sources))}}
	raw, err := tcp.DialContext(ctx, "tcp", "127.0.0.1:"+u.Port())
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, &tls.Config{RootCAs: d.roots, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{d.certificate}})
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	early, _, err := ws.Dialer{Protocols: []string{"mqtt"}}.Upgrade(conn, u)
	if err != nil {
		conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return &stream{Conn: conn, early: early}, nil
}

// stream is MQTT inside of a WebSocket, from the device's end.
type stream struct {
	net.Conn
	early *bufio.Reader // what came with the answer; nil: nothing
	left  int64
}

func (s *stream) raw(p []byte) (int, error) {
	if s.early != nil {
		if s.early.Buffered() > 0 {
			return s.early.Read(p)
		}
		ws.PutReader(s.early)
		s.early = nil
	}
	return s.Conn.Read(p)
}

type rawReader struct{ s *stream }

func (r rawReader) Read(p []byte) (int, error) { return r.s.raw(p) }

// Read gives the bytes inside the frames.
func (s *stream) Read(p []byte) (int, error) {
	for s.left == 0 {
		h, err := ws.ReadHeader(rawReader{s})
		if err != nil {
			return 0, err
		}
		if h.OpCode == ws.OpClose {
			return 0, io.EOF
		}
		if s.left = h.Length; h.OpCode.IsControl() { // none is expected
			if _, err := io.CopyN(io.Discard, rawReader{s}, s.left); err != nil {
				return 0, err
			}
			s.left = 0
		}
	}
	n, err := s.raw(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	return n, err
}

// Write sends p as one message.
func (s *stream) Write(p []byte) (int, error) {
	frame := ws.MaskFrame(ws.NewBinaryFrame(p))
	var out []byte
	err := ws.WriteFrame(writer{&out}, frame)
	if err != nil {
		return 0, err
	}
	if _, err := s.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

type writer struct{ to *[]byte }

func (w writer) Write(p []byte) (int, error) {
	*w.to = append(*w.to, p...)
	return len(p), nil
}
