// Package scan asks this PC's malware scanner about the files of a support
// session: ClamAV's clamd on Linux, whatever is registered with AMSI on
// Windows. Without a scanner, and whenever it does not answer, no file passes.
package scan

import (
	"context"
	"io"

	"beckmanconnect/internal/clamd"
)

// What the cloud's scanner and this PC's have in common stands in package
// clamd.
type (
	// Verdict is what a scanner says of one file.
	Verdict = clamd.Verdict
	// Scanner looks at files.
	Scanner = clamd.Scanner
	// Error carries what was done, the kind and the cause.
	Error = clamd.Error
	// Clamd is ClamAV's daemon.
	Clamd = clamd.Clamd
)

// The kinds of what may go wrong.
var (
	ErrAbsent  = clamd.ErrAbsent
	ErrTooBig  = clamd.ErrTooBig
	ErrFailed  = clamd.ErrFailed
	ErrTimeout = clamd.ErrTimeout
)

// None is the scanner of a system that has none.
type None struct{}

// Describe implements Scanner.
func (None) Describe(context.Context) (string, error) {
	return "", &Error{Op: "look for a scanner", Kind: ErrAbsent}
}

// Scan implements Scanner.
func (None) Scan(context.Context, io.Reader, int64) (Verdict, error) {
	return Verdict{}, &Error{Op: "scan", Kind: ErrAbsent}
}
