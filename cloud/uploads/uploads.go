// Package uploads has everything that devices and staff send as a file looked
// through by a malware scanner before anybody can open it (P13). A scanner that
// does not answer, or whose signatures are older than the policy allows, means
// that nothing can be opened; it is tried again, and the page says so.
package uploads

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/clamd"
)

// DefaultMaxAge is how old signatures may be.
const DefaultMaxAge = 7 * 24 * time.Hour

// Config is what a Keeper works with.
type Config struct {
	Data    *data.DB
	Scanner clamd.Scanner // nil: there is none, and nothing can be opened
	MaxAge  time.Duration // 0: DefaultMaxAge
	// Signatures is a folder with the scanner's signatures. It is asked how old
	// they are when the scanner itself does not say, which it does for ClamAV's
	// own signatures alone.
	Signatures string
	Log        *slog.Logger
	Now        func() time.Time
	Changed    func() // called after verdicts; must not block
}

// How often it is looked for what waits, how much of it at once, and when what
// could not be looked at is tried again.
const (
	lookEvery  = 2 * time.Second
	atOnce     = 20
	firstRetry = 15 * time.Second
	lastRetry  = 5 * time.Minute
)

// Keeper scans what waits.
type Keeper struct {
	Config
	wake chan struct{}
}

// New makes a Keeper.
func New(c Config) *Keeper {
	if c.MaxAge <= 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	return &Keeper{Config: c, wake: make(chan struct{}, 1)}
}

// Look has what waits scanned soon. It never blocks.
func (k *Keeper) Look() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run scans until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if _, err := k.Once(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error("what was sent is not scanned", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-tick.C:
		}
	}
}

// Once scans what is due, and gives how many were looked at.
func (k *Keeper) Once(ctx context.Context) (n int, err error) {
	list, err := k.Data.DueUploads(ctx, atOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	defer k.Changed()
	for _, u := range list {
		content, err := k.Data.UploadContent(ctx, u)
		if errors.Is(err, data.ErrNotFound) {
			// It was deleted meanwhile. Its row must not take a place among the next
			// ones that are due.
			if err := k.Data.DropUpload(ctx, u); err != nil {
				return n, err
			}
			continue
		}
		v := data.UploadVerdict{State: data.UploadUnavailable, Why: "it cannot be read"}
		if err == nil {
			v = k.verdict(ctx, content)
		}
		if ctx.Err() != nil {
			return n, ctx.Err() // no verdict: the program ends
		}
		if v.State == data.UploadUnavailable {
			v.NextMS = k.Now().Add(retry(u.Tries)).UnixMilli()
			if u.Tries == 0 {
				k.Log.Warn("what was sent cannot be scanned; it waits", "kind", u.Kind, "device", u.Device, "why", v.Why)
			}
		}
		if v.State == data.UploadRefused {
			k.Log.Error("the malware scanner refused what was sent", "kind", u.Kind, "device", u.Device, "found", v.Why)
		}
		if err := k.Data.SetUpload(ctx, u, v); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func retry(tries int) time.Duration {
	return min(firstRetry<<min(tries, 10), lastRetry)
}

// verdict asks the scanner. Only its clear word makes something clean.
func (k *Keeper) verdict(ctx context.Context, content []byte) data.UploadVerdict {
	unavailable := func(err error) data.UploadVerdict {
		return data.UploadVerdict{State: data.UploadUnavailable, Why: clamd.Plain(err.Error())}
	}
	if k.Scanner == nil {
		return unavailable(errors.New("no scanner is configured"))
	}
	said, err := k.Scanner.Describe(ctx)
	if err != nil {
		return unavailable(err)
	}
	if err := k.fresh(said); err != nil {
		return unavailable(err)
	}
	v, err := k.Scanner.Scan(ctx, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return unavailable(err)
	}
	if err := k.fresh(v.Scanner); err != nil { // another one may have answered
		return unavailable(err)
	}
	if !v.Clean {
		return data.UploadVerdict{State: data.UploadRefused, Why: v.Signature, Scanner: v.Scanner}
	}
	return data.UploadVerdict{State: data.UploadClean, Scanner: v.Scanner}
}

// fresh says what is wrong with the age of the signatures.
func (k *Keeper) fresh(said string) error {
	made, ok := clamd.SignatureTime(said)
	if !ok && k.Signatures != "" {
		var err error
		if made, err = newest(k.Signatures); err != nil {
			return fmt.Errorf("signatures: %w", err)
		}
		ok = true
	}
	if !ok {
		return errors.New("the scanner does not say how old its signatures are")
	}
	if age := k.Now().Sub(made); age > k.MaxAge {
		return fmt.Errorf("the signatures are of %s, older than %d hours", made.UTC().Format(time.DateOnly), int(k.MaxAge.Hours()))
	}
	return nil
}

// newest is when the newest file of a folder was written.
func newest(dir string) (at time.Time, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return at, err
	}
	for _, e := range list {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return at, err
		}
		if info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	if at.IsZero() {
		return at, errors.New("the folder is empty")
	}
	return at, nil
}
