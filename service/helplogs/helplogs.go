// Package helplogs prepares the lines of the instrument's log that a technician
// may send with a request for help (B8): the newest ones, or those around a
// notification, scrubbed by the profile's rules and the product's own, as inert
// text. They stay in memory for a few minutes, for the account that looked at
// them, and nothing leaves the PC before that account says so.
//
// None are prepared, and none that were prepared go, for an instrument with
// patient data, where the policy says no, and where the profile has no rules of
// its own: nobody thought about what its log may hold.
package helplogs

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"beckmanconnect/service/profile"
)

// Why there are no lines, by the words of the local API.
const (
	OffPatientData = "patient-data"
	OffPolicy      = "policy"
	OffNoLog       = "no-log"
	OffNoRules     = "no-rules"
)

// Codes of refusals.
const (
	CodeExpired = "logs-expired" // unknown, over, or another account's
	CodeChanged = "logs-changed" // not what was looked at
	CodeOff     = "logs-off"     // they may not be sent any more
)

// Error is a refusal.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return "help logs: " + e.Code + ": " + e.Message }

// Bounds of what is kept.
const (
	Life = 15 * time.Minute
	most = 16 // at once, over all accounts; the oldest goes
)

// Config of a Book.
type Config struct {
	// Path of the instrument's log; empty: none is configured.
	Path string
	// Profile is the one in force; nil: there is none.
	Profile func() *profile.Profile
	// Off says why none may be sent: OffPatientData, OffPolicy, or "". It is
	// asked again before they go.
	Off func() string
	// Open opens the log, shared with the program that writes it.
	Open func(path string) (File, error)
	Now  func() time.Time // nil: the system's
	// Random makes the IDs; nil: crypto/rand.
	Random io.Reader
}

// File is an open log.
type File interface {
	io.ReaderAt
	io.Closer
	Size() (int64, error)
}

// Prepared is what would be sent.
type Prepared struct {
	ID       string
	Text     string // exactly what would be sent, at most cloudapi.MaxHelpLogs bytes
	SHA256   string // of Text, hex
	Lines    int
	Scrubbed int    // places that were taken out
	Off      string // why there are none; then nothing else is set
}

// Book keeps what was prepared.
type Book struct {
	config Config

	reading sync.Mutex // one log is read at a time
	mu      sync.Mutex
	kept    []entry // oldest first
}

type entry struct {
	Prepared
	account string
	until   time.Time
}

// New makes a Book.
func New(config Config) (*Book, error) {
	if config.Profile == nil || config.Off == nil || config.Open == nil {
		return nil, errors.New("helplogs: profile, policy or the way to open the log is missing")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Random == nil {
		config.Random = rand.Reader
	}
	return &Book{config: config}, nil
}

// off says why there are none, and gives the profile when there may be.
func (b *Book) off() (*profile.Profile, string) {
	if why := b.config.Off(); why != "" {
		return nil, why
	}
	if b.config.Path == "" {
		return nil, OffNoLog
	}
	p := b.config.Profile()
	switch {
	case p == nil || p.Scrub.Own() == 0:
		return nil, OffNoRules
	case p.PatientData:
		return nil, OffPatientData
	}
	return p, ""
}

// Prepare reads and scrubs the lines around a time, the newest ones for the
// zero time. They are the account's alone.
func (b *Book) Prepare(ctx context.Context, account string, around time.Time) (Prepared, error) {
	p, off := b.off()
	if off != "" {
		return Prepared{Off: off}, nil
	}
	b.reading.Lock()
	defer b.reading.Unlock()
	if err := ctx.Err(); err != nil {
		return Prepared{}, err
	}
	out, err := b.read(p, around)
	if err != nil {
		return Prepared{}, fmt.Errorf("help logs: read %s: %w", b.config.Path, err)
	}
	if out.Lines == 0 {
		return Prepared{Off: OffNoLog}, nil
	}
	id := make([]byte, 16)
	if _, err := io.ReadFull(b.config.Random, id); err != nil {
		return Prepared{}, fmt.Errorf("help logs: no randomness: %w", err)
	}
	out.ID = hex.EncodeToString(id)
	sum := sha256.Sum256([]byte(out.Text))
	out.SHA256 = hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(func(entry) bool { return false })
	if len(b.kept) >= most {
		b.kept = append([]entry(nil), b.kept[len(b.kept)-most+1:]...)
	}
	b.kept = append(b.kept, entry{out, account, b.config.Now().Add(Life)})
	return out, nil
}

// Take gives what the account looked at, if it is what it says it looked at and
// may still be sent. It stays until Sent: a request that is refused for another
// reason can be made again.
func (b *Book) Take(account, id, sum string) (Prepared, error) {
	if _, off := b.off(); off != "" {
		return Prepared{}, &Error{CodeOff, "logs may not be sent: " + off}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(func(entry) bool { return false })
	for _, e := range b.kept {
		switch {
		case e.ID != id || e.account != account:
		case e.SHA256 != sum:
			return Prepared{}, &Error{CodeChanged, "these are not the logs that were looked at"}
		default:
			return e.Prepared, nil
		}
	}
	return Prepared{}, &Error{CodeExpired, "the logs that were looked at are not kept any more; look at them again"}
}

// Sent forgets what went.
func (b *Book) Sent(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(func(e entry) bool { return e.ID == id })
}

// drop forgets what is over, and what over says.
func (b *Book) drop(over func(entry) bool) {
	now := b.config.Now()
	var kept []entry
	for _, e := range b.kept {
		if now.Before(e.until) && !over(e) {
			kept = append(kept, e)
		}
	}
	b.kept = kept
}
