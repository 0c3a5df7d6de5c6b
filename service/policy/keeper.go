package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Memory remembers what was accepted, so that it holds after a restart, too.
type Memory interface {
	SiteMemory
	VendorMemory
	KnownMemory
}

// SiteMemory remembers the last site policy that was accepted, so that an older
// one is refused. It is durable when Accept returns.
type SiteMemory interface {
	// Accepted gives the number and the signed note last accepted; 0 and nil
	// when there was none.
	Accepted(ctx context.Context) (number uint64, signed []byte, err error)
	Accept(ctx context.Context, site *Site, signed []byte) error
	// Refused puts into the log that what stands in the file was refused.
	Refused(ctx context.Context, why string) error
}

// Config is what a Keeper needs.
type Config struct {
	Path      string         // the site's signed note; it may be absent
	Verifiers note.Verifiers // of the site's policy
	Vendor    note.Verifiers // of the vendor's
	Memory    Memory
	Version   string // of this program
	Table     Table  // nil: Defaults
	Log       *slog.Logger
	Every     time.Duration // how often the file is looked at; 0: two seconds
}

// Keeper keeps the effective policy: it reads the site's file, watches it, takes
// the vendor's policy, and tells subscribers when something changed, in the
// middle of a session, too.
type Keeper struct {
	config Config

	reload sync.Mutex // one Reload at a time
	seen   []byte     // file contents at the last Reload
	absent bool       // there was no file then
	missed bool       // the last Reload could not remember what it accepted
	met    bool       // what this version brings is on record

	vendor vendorKeeper

	mu          sync.Mutex
	layers      Layers
	current     *Effective
	subscribers map[int]func(*Effective)
	next        int
}

// NewKeeper reads what was accepted before and what stands in the file now. It
// cannot fail: a bad policy, and a memory that cannot be read, are states.
func NewKeeper(ctx context.Context, config Config) *Keeper {
	if config.Every <= 0 {
		config.Every = 2 * time.Second
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Table == nil {
		config.Table = Defaults()
	}
	// Until it is on record what is known here, nothing is.
	k := &Keeper{config: config, subscribers: map[int]func(*Effective){}, layers: Layers{Table: config.Table}}
	k.vendor.log = map[string]bool{}
	k.current = Evaluate(k.layers)
	if err := k.Reload(ctx); err != nil {
		config.Log.Error("policy", "error", err)
	}
	return k
}

// Current is the policy in force.
func (k *Keeper) Current() *Effective {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

// SetFacts evaluates again with new facts.
func (k *Keeper) SetFacts(facts Facts) {
	k.mu.Lock()
	changed := facts != k.layers.Facts
	k.layers.Facts = facts
	k.mu.Unlock()
	if changed {
		k.evaluate()
	}
}

// Subscribe calls f with every new effective policy, from the goroutine that
// made it; f must not block. The returned function ends it.
func (k *Keeper) Subscribe(f func(*Effective)) (cancel func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := k.next
	k.next++
	k.subscribers[id] = f
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.subscribers, id)
	}
}

// Run looks at the file until ctx ends. It looks instead of being notified: a
// policy may be replaced by rename, or lie on a share that notifies nobody. What
// is new is judged once two looks in a row found the same, so that a file that
// is still being copied is not taken for a bad policy.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(k.config.Every)
	defer tick.Stop()
	var before []byte
	var failed error
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			k.retryVendor(ctx)
			signed, err := readPolicy(k.config.Path)
			settled := bytes.Equal(signed, before) && (err == nil) == (failed == nil)
			before, failed = signed, err
			if !settled || k.decided(signed, err) {
				continue
			}
			if err := k.Reload(ctx); err != nil && ctx.Err() == nil {
				k.config.Log.Error("policy", "error", err)
			}
		}
	}
}

// decided says whether what was found is what the last Reload judged. What could
// not be remembered then, or not be read, is looked at again.
func (k *Keeper) decided(signed []byte, err error) bool {
	k.reload.Lock()
	defer k.reload.Unlock()
	switch {
	case k.missed:
		return false
	case errors.Is(err, fs.ErrNotExist):
		return k.absent // without a file there is nothing to be done every two seconds
	}
	return err == nil && !k.absent && bytes.Equal(signed, k.seen)
}

// Reload reads the file now and decides. The error is the memory's.
func (k *Keeper) Reload(ctx context.Context) error {
	k.reload.Lock()
	defer k.reload.Unlock()
	// Before the file is looked at: what authorises has to come later.
	early := errors.Join(k.meet(ctx), k.recallVendor(ctx))
	var site *Site
	refused := "it cannot be told which one was in force before"
	number, before, err := k.config.Memory.Accepted(ctx)
	if err != nil {
		err = fmt.Errorf("policy: what was accepted before: %w", err)
	} else {
		site, refused, err = k.judge(ctx, number, before)
	}
	k.missed = errors.Join(early, err) != nil
	k.mu.Lock()
	news := refused != "" && refused != k.layers.Refused
	k.layers.Site, k.layers.Refused = site, refused
	k.mu.Unlock()
	if news {
		k.config.Log.Warn("site policy refused", "why", refused)
		err = errors.Join(err, k.config.Memory.Refused(ctx, refused))
	}
	k.evaluate()
	return errors.Join(early, err)
}

// judge holds the file against what was accepted before. The site it returns
// with a refusal is the last good one, which still tightens.
func (k *Keeper) judge(ctx context.Context, number uint64, before []byte) (site *Site, refused string, err error) {
	var last *Site
	if len(before) > 0 {
		// The note is verified again: the database is not a trust root.
		if last, err = Parse(before, k.config.Verifiers, k.config.Table); err != nil {
			last = nil
		}
	}
	signed, err := readPolicy(k.config.Path)
	k.seen, k.absent = signed, errors.Is(err, fs.ErrNotExist)
	switch {
	case errors.Is(err, fs.ErrNotExist) && number == 0:
		return nil, "", nil
	case errors.Is(err, fs.ErrNotExist):
		return last, fmt.Sprintf("the file is missing, and number %d was in force", number), nil
	case err != nil:
		return last, "the file cannot be read", nil
	}
	next, err := Parse(signed, k.config.Verifiers, k.config.Table)
	switch {
	case err != nil:
		return last, trimmed(err), nil
	case next.Number < number:
		return last, fmt.Sprintf("number %d is older than number %d, which was accepted before", next.Number, number), nil
	case next.Number == number && !bytes.Equal(signed, before):
		return last, fmt.Sprintf("another policy with the same number %d was accepted before", number), nil
	case next.Number == number:
		return next, "", nil
	}
	if err := k.config.Memory.Accept(ctx, next, signed); err != nil {
		return last, "it could not be written down that it was accepted", fmt.Errorf("policy: accept number %d: %w", next.Number, err)
	}
	k.config.Log.Info("site policy accepted", "number", next.Number, "sha256", next.Hash)
	return next, "", nil
}

func (k *Keeper) evaluate() {
	k.mu.Lock()
	k.current = Evaluate(k.layers)
	current := k.current
	var tell []func(*Effective)
	for _, f := range k.subscribers {
		tell = append(tell, f)
	}
	k.mu.Unlock()
	for _, f := range tell {
		f(current)
	}
}

func readPolicy(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	signed, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, err
	}
	return signed, nil
}

// trimmed gives a refusal in one line, without the package's name in front.
func trimmed(err error) string {
	line, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "policy: "), "\n")
	return line
}
