// Package scantest is the real clamd of the tests and of the story, as the
// instrument PC's side names it.
package scantest

import (
	"context"

	"beckmanconnect/internal/clamd/clamdtest"
)

// See package clamdtest.
const (
	Malware       = clamdtest.Malware
	SignatureName = clamdtest.SignatureName
)

// ErrMissing says that clamd is not installed (Debian: clamav-daemon).
var ErrMissing = clamdtest.ErrMissing

// Clamd is one running daemon.
type Clamd = clamdtest.Clamd

// Start runs clamd with its files in dir and waits until it answers.
func Start(ctx context.Context, dir string, limits ...string) (*Clamd, error) {
	return clamdtest.Start(ctx, dir, limits...)
}
