// Package scan asks this PC's malware scanner about the files of a support
// session: ClamAV's clamd on Linux, whatever is registered with AMSI on
// Windows. Without a scanner, and whenever it does not answer, no file passes.
package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Verdict is what a scanner says of one file.
type Verdict struct {
	Clean     bool
	Signature string // what was found, by the scanner's name for it; "" when Clean
	Scanner   string // which scanner said so, with the version of engine and signatures
}

// Scanner looks at files. It may be used by several goroutines at once.
type Scanner interface {
	// Describe names the scanner with the version of its engine and signatures.
	// An error says why there is none now.
	Describe(ctx context.Context) (string, error)
	// Scan reads size bytes, all of them unless something was found earlier, and
	// gives the verdict. An error is no verdict: the file must not pass.
	Scan(ctx context.Context, r io.Reader, size int64) (Verdict, error)
}

// The kinds of what may go wrong.
var (
	ErrAbsent  = errors.New("no scanner answers")
	ErrTooBig  = errors.New("the file is larger than the scanner takes")
	ErrFailed  = errors.New("the scanner could not look at the file")
	ErrTimeout = errors.New("the scanner took too long")
)

// Error carries what was done, the kind and the cause.
type Error struct {
	Op   string // "clamd: scan", …
	Kind error  // one of the above
	Err  error  // the cause; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("scan: %s: %v", e.Op, e.Kind)
	}
	return fmt.Sprintf("scan: %s: %v: %v", e.Op, e.Kind, e.Err)
}

// Is makes errors.Is work with the kind.
func (e *Error) Is(target error) bool { return e.Kind == target }

func (e *Error) Unwrap() error { return e.Err }

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

// plain keeps what a scanner says of itself to one short line of plain
// characters: it goes into log and windows.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 100)]
}
