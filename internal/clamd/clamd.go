// Package clamd speaks with ClamAV's daemon: on an instrument PC about the files
// of a session, in the cloud about what was sent to it. Whatever is not its one
// exact answer that a file is clean is no verdict, and the file does not pass.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Clamd is ClamAV's daemon. Files are streamed to it: it needs no right to read
// ours.
type Clamd struct {
	// Socket is the path of the daemon's local socket.
	Socket string
	// Address is where it listens on TCP, "10.0.0.5:3310", when Socket is empty.
	// The protocol is neither encrypted nor signed in to: a private network only.
	Address string
	// Stall is how long the daemon may keep us from writing: 30 s.
	Stall time.Duration
	// Think is how long it may look at a file once it has all of it: 5 min.
	Think time.Duration
}

const (
	clamdChunk  = 256 << 10 // bytes of one piece of a stream
	clamdAnswer = 4 << 10   // the longest answer that is read
)

func (c Clamd) stall() time.Duration { return or(c.Stall, 30*time.Second) }
func (c Clamd) think() time.Duration { return or(c.Think, 5*time.Minute) }

func or(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Describe implements Scanner.
func (c Clamd) Describe(ctx context.Context) (string, error) {
	if answer, err := c.ask(ctx, "PING"); err != nil || answer != "PONG" {
		return "", c.fail("ping", ErrAbsent, err, answer)
	}
	answer, err := c.ask(ctx, "VERSION")
	// "ClamAV 1.4.2/27000/Mon Nov 23 …": engine, signatures, their date. An
	// answer without signatures is a scanner that would find nothing.
	if err != nil || !strings.HasPrefix(answer, "ClamAV ") {
		return "", c.fail("version", ErrAbsent, err, answer)
	}
	return Plain(answer), nil
}

// Scan implements Scanner.
func (c Clamd) Scan(ctx context.Context, r io.Reader, size int64) (Verdict, error) {
	scanner, err := c.Describe(ctx)
	if err != nil {
		return Verdict{}, err
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return Verdict{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	sendErr := c.stream(conn, r, size)
	var reading *readError
	if errors.As(sendErr, &reading) {
		return Verdict{}, &Error{Op: "clamd: read the file", Kind: ErrFailed, Err: reading.error}
	}
	// Also when sending broke off: the daemon may have said why.
	answer, err := c.answer(conn, c.think())
	switch {
	case ctx.Err() != nil:
		return Verdict{}, &Error{Op: "clamd: scan", Kind: ErrFailed, Err: ctx.Err()}
	case strings.HasPrefix(answer, "INSTREAM size limit exceeded"):
		return Verdict{}, &Error{Op: "clamd: scan", Kind: ErrTooBig, Err: errors.New("larger than StreamMaxLength in clamd.conf")}
	case strings.HasPrefix(answer, "stream: ") && strings.HasSuffix(answer, " FOUND"):
		name := strings.TrimSuffix(strings.TrimPrefix(answer, "stream: "), " FOUND")
		if strings.HasPrefix(name, "Heuristics.Limits.Exceeded") {
			return Verdict{}, &Error{Op: "clamd: scan", Kind: ErrTooBig, Err: errors.New(Plain(name))}
		}
		return Verdict{Signature: Plain(name), Scanner: scanner}, nil
	case sendErr != nil:
		return Verdict{}, c.fail("scan", ErrFailed, sendErr, answer)
	case err != nil || answer != "stream: OK":
		return Verdict{}, c.fail("scan", ErrFailed, err, answer)
	}
	return Verdict{Clean: true, Scanner: scanner}, nil
}

// readError is a fault of the file, not of the scanner.
type readError struct{ error }

// stream sends the file in pieces, each with its length before it.
func (c Clamd) stream(conn net.Conn, r io.Reader, size int64) error {
	if err := c.write(conn, []byte("zINSTREAM\x00")); err != nil {
		return err
	}
	buf := make([]byte, 4+clamdChunk)
	for size > 0 {
		piece := buf[4 : 4+min(size, clamdChunk)]
		if _, err := io.ReadFull(r, piece); err != nil {
			return &readError{err}
		}
		binary.BigEndian.PutUint32(buf, uint32(len(piece)))
		if err := c.write(conn, buf[:4+len(piece)]); err != nil {
			return err
		}
		size -= int64(len(piece))
	}
	return c.write(conn, []byte{0, 0, 0, 0})
}

func (c Clamd) write(conn net.Conn, b []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(c.stall())); err != nil {
		return err
	}
	_, err := conn.Write(b)
	return err
}

// ask is one command with a one-line answer.
func (c Clamd) ask(ctx context.Context, command string) (string, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := c.write(conn, []byte("z"+command+"\x00")); err != nil {
		return "", err
	}
	return c.answer(conn, c.stall())
}

func (c Clamd) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.stall())
	defer cancel()
	var d net.Dialer
	network, address := "unix", c.Socket
	if address == "" {
		network, address = "tcp", c.Address
	}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, &Error{Op: "clamd: connect", Kind: ErrAbsent, Err: err}
	}
	return conn, nil
}

func (c Clamd) answer(conn net.Conn, within time.Duration) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(conn, clamdAnswer)).ReadString(0)
	if err != nil {
		return "", err // cut short: not an answer
	}
	return strings.TrimSuffix(line, "\x00"), nil
}

// fail says what went wrong: by the cause, or by an answer nobody expected.
func (c Clamd) fail(what string, kind, err error, answer string) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, os.ErrDeadlineExceeded):
		kind = ErrTimeout
	case err == nil:
		err = errors.New(Plain("the answer was: " + answer))
	}
	return &Error{Op: "clamd: " + what, Kind: kind, Err: err}
}
