package device

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"time"

	"beckmanconnect/session/channel"
)

// A session certificate is for one session; the margin behind is for clocks
// that differ, the one ahead for a long working day.
const (
	sessionBefore = time.Hour
	sessionAfter  = 12 * time.Hour
)

// Session gives a certificate for one support session: a fresh RSA-4096 key
// (P10) that was never used and is kept nowhere, signed by the device key. The
// chain is session certificate, then device certificate. It waits for Run when
// no key is ready.
func (d *Device) Session(ctx context.Context) (tls.Certificate, error) {
	identity, ok := d.Certificate()
	if !ok {
		return tls.Certificate{}, &Error{Op: "session certificate", Code: "not-registered"}
	}
	now := d.config.Now()
	if !identity.Leaf.NotAfter.After(now) {
		return tls.Certificate{}, &Error{Op: "session certificate", Code: "certificate-expired",
			Err: fmt.Errorf("the device certificate ended %s", identity.Leaf.NotAfter.Format(time.DateOnly))}
	}
	var key *rsa.PrivateKey
	select {
	case key = <-d.ahead:
	case <-ctx.Done():
		return tls.Certificate{}, &Error{Op: "session certificate", Code: "no-key-in-time", Retryable: true, Err: ctx.Err()}
	}
	certificate, err := channel.IssueSession(identity, key, now.Add(-sessionBefore), now.Add(sessionAfter))
	if err != nil {
		return tls.Certificate{}, &Error{Op: "session certificate", Code: "not-signed", Err: err}
	}
	return certificate, nil
}

type made struct {
	key *rsa.PrivateKey
	err error
}

// makeAhead keeps one key ready. Making one takes a second or two of one core.
// It has no priority of its own: a thread of a low one that holds a place of the
// Go scheduler keeps the rest of the service waiting on a busy PC, input that was
// taken back among it (measured: 0.7 s instead of 0.05 s, B5).
func (d *Device) makeAhead(ctx context.Context) error {
	for {
		result := make(chan made, 1)
		go func() {
			// It cannot be interrupted, but ends by itself within seconds.
			key, err := d.config.newKey()
			result <- made{key, err}
		}()
		var m made
		select {
		case m = <-result:
		case <-ctx.Done():
			return ctx.Err()
		}
		if m.err != nil {
			return &Error{Op: "session key", Code: "not-made", Retryable: true, Err: m.err}
		}
		select {
		case d.ahead <- m.key:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
