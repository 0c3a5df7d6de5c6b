package relay

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// PasswordCheck finds out whether the other end knows the code. A try is
// counted on disk before Check is called, once per call, whatever becomes of
// it; so a check of several messages (CPace) costs a try as soon as it begins.
type PasswordCheck interface {
	Check(ctx context.Context, code support.Secret, first wire.Message, with Exchange) (bool, error)
}

// Exchange is the rest of the conversation and what binds it to the channel.
type Exchange interface {
	Send(ctx context.Context, m wire.Message) error
	Receive(ctx context.Context) (wire.Message, error)
	Exporter(label string) ([]byte, error)
}

// PlainCheck compares the code as it was typed, inside the channel, in
// constant time.
type PlainCheck struct{}

// Check implements PasswordCheck.
func (PlainCheck) Check(_ context.Context, code support.Secret, first wire.Message, _ Exchange) (bool, error) {
	// Digests have one length, so that not even the length of a guess shows.
	want := sha256.Sum256([]byte(code.Reveal()))
	got := sha256.Sum256([]byte(support.NormalizeCode(first.Code)))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1, nil
}
