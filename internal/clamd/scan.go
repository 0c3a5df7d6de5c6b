package clamd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
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

// Plain keeps what a scanner says of itself to one short line of plain
// characters: it goes into log and windows.
func Plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 100)]
}

// SignatureTime gives when the signatures of a daemon were made, of what it
// says of itself ("ClamAV 1.4.2/27000/Mon Nov 23 09:12:44 2026"). One that has
// only signatures of its own says nothing of them.
func SignatureTime(description string) (time.Time, bool) {
	parts := strings.Split(description, "/")
	if len(parts) != 3 || parts[1] == "" {
		return time.Time{}, false
	}
	at, err := time.Parse("Mon Jan 2 15:04:05 2006", parts[2])
	return at, err == nil
}
