package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"beckmanconnect/service/policy"
)

// lookerOf gives the way a kind is looked at.
func lookerOf(p policy.Probe, passwords string) looker {
	switch p.Kind {
	case policy.ProbeASTM:
		return streamLook{p, shakeASTM}
	case policy.ProbeHL7:
		return streamLook{p, staysOpen}
	case policy.ProbeSNMP:
		return newSNMPLook(p, passwords)
	case policy.ProbeOPCUA:
		return newOPCUALook(p)
	default:
		return streamLook{p, func(context.Context, net.Conn) string { return "" }}
	}
}

func address(p policy.Probe) string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// dial opens the one connection of a look, to what the policy names and nothing
// else.
func dial(ctx context.Context, network string, p policy.Probe) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address(p))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// streamLook connects by TCP and looks at the connection.
type streamLook struct {
	probe policy.Probe
	shake func(ctx context.Context, conn net.Conn) (why string)
}

func (s streamLook) look(ctx context.Context) outcome {
	conn, err := dial(ctx, "tcp", s.probe)
	if err != nil {
		return outcome{why: reason(err)}
	}
	defer conn.Close()
	return outcome{why: s.shake(ctx, conn)}
}

// Control characters of ASTM E1381 (CLSI LIS1-A).
const (
	enq = 0x05
	ack = 0x06
	nak = 0x15
	eot = 0x04
)

// shakeASTM asks for the line and gives it back at once: ENQ, an answer, EOT.
// No frame is sent. A far end that is busy (NAK), or that itself wants to send
// (ENQ, which is not answered, so that it sends nothing), is well.
func shakeASTM(_ context.Context, conn net.Conn) string {
	if _, err := conn.Write([]byte{enq}); err != nil {
		return reason(err)
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return reason(err)
	}
	switch answer[0] {
	case ack:
		if _, err := conn.Write([]byte{eot}); err != nil {
			return reason(err)
		}
		return ""
	case nak, enq:
		return ""
	}
	return "it does not speak ASTM"
}

// openFor is how long a connection has to stay open to be one.
const openFor = time.Second

// staysOpen: an MLLP listener takes a connection and waits for a message. None
// is sent; one that closes at once has nobody behind it. Should it send
// something, one byte is read and thrown away.
func staysOpen(_ context.Context, conn net.Conn) string {
	if err := conn.SetReadDeadline(time.Now().Add(openFor)); err != nil {
		return reason(err)
	}
	var any [1]byte
	_, err := conn.Read(any[:])
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return ""
	}
	return "it closes the connection at once"
}

// reason is a failure in a few plain words.
func reason(err error) string {
	var name *net.DNSError
	var timed interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses the connection"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it closes the connection"
	case errors.As(err, &name) && name.IsNotFound:
		return "its name is not known"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return "no answer in time"
	}
	return "it cannot be reached"
}
