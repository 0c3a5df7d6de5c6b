package profile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"beckmanconnect/internal/rights"
	"beckmanconnect/service/supervise"
)

// Memory keeps the last good text of a profile that IT put beside the product's
// own, so that a bad one is no loss over a restart either.
type Memory interface {
	Good(ctx context.Context) (text string, found bool, err error)
	SetGood(ctx context.Context, text string) error // "": none
}

// Config of a Keeper.
type Config struct {
	Name string // of the profile
	// Dir is IT's folder; NAME.toml in it stands in place of the product's own
	// profile of that name. Only administrators may write to it.
	Dir string
	// Shipped gives the text of a profile of the product.
	Shipped func(name string) (string, error)
	Memory  Memory
	// Changed is told when another profile is in force.
	Changed func()
	// Refused is told why a profile is refused, and "" when that is over.
	Refused func(why string)
	Every   time.Duration // between looks at the file; 0: two seconds
	Log     *slog.Logger
}

// Keeper knows the profile in force.
type Keeper struct {
	config Config

	mu      sync.Mutex
	current *Profile
	local   bool   // IT's, not the product's
	masks   bool   // it is known what is to be hidden
	why     string // the file is refused
	seen    string // the file as it was last looked at
	text    string // of the profile in force
	started bool
}

// NewKeeper looks once; what is wrong is in State, and the service goes on.
func NewKeeper(ctx context.Context, config Config) *Keeper {
	if config.Changed == nil {
		config.Changed = func() {}
	}
	if config.Refused == nil {
		config.Refused = func(string) {}
	}
	if config.Every <= 0 {
		config.Every = 2 * time.Second
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	k := &Keeper{config: config}
	k.Look(ctx)
	return k
}

// Current is the profile in force, nil when there is none.
func (k *Keeper) Current() *Profile {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

// MasksKnown is false when it is not known what the instrument wants hidden:
// without any profile, and where IT's own is refused and no earlier one of it
// is kept. All of the screen stays hidden then (B6).
func (k *Keeper) MasksKnown() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current != nil && k.masks
}

// Label is name and revision of the profile in force, "" without one.
func (k *Keeper) Label() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.current == nil:
		return ""
	case k.local:
		return k.current.Label() + ", local"
	}
	return k.current.Label()
}

// State is a component's state, by the words of supervise.
func (k *Keeper) State() (state, detail string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.current == nil:
		return supervise.Failed, k.why
	case k.why != "":
		return supervise.Degraded, k.why
	}
	return supervise.OK, ""
}

// Run looks again and again until ctx ends.
func (k *Keeper) Run(ctx context.Context, report supervise.Report) error {
	tick := time.NewTicker(k.config.Every)
	defer tick.Stop()
	for {
		k.Look(ctx)
		report(k.State())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// path of IT's own profile.
func (k *Keeper) path() string { return filepath.Join(k.config.Dir, k.config.Name+".toml") }

// Look reads the file again if it changed. Run calls it; a test may.
func (k *Keeper) Look(ctx context.Context) {
	stamp := k.stamp()
	k.mu.Lock()
	same := k.started && stamp == k.seen
	k.mu.Unlock()
	if same {
		return
	}
	next, err := k.choose(ctx)
	if ctx.Err() != nil {
		return // nothing was decided
	}
	k.settle(stamp, next, err)
}

// stamp changes whenever the file may have changed.
func (k *Keeper) stamp() string {
	info, err := os.Stat(k.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil:
		return err.Error()
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size(), info.Mode())
}

// choice is what one look came to.
type choice struct {
	profile *Profile
	text    string
	local   bool
	masks   bool
}

// choose finds the profile that is to be in force; err says why IT's own is not.
func (k *Keeper) choose(ctx context.Context) (choice, error) {
	text, err := k.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.remember(ctx, "")
		return k.shipped(true)
	case err == nil:
		var p *Profile
		if p, err = k.parse(text); err == nil {
			k.remember(ctx, text)
			return choice{p, text, true, true}, nil
		}
	}
	refused := fmt.Errorf("%s is refused: %w", k.path(), err)
	if kept, found, keptErr := k.config.Memory.Good(ctx); keptErr == nil && found {
		if p, keptErr := k.parse(kept); keptErr == nil {
			return choice{p, kept, true, true}, fmt.Errorf("%w; the last good one stays in force", refused)
		}
	}
	// The rules of the product's own are better than none; what IT wanted
	// hidden is not known.
	c, shippedErr := k.shipped(false)
	if shippedErr != nil {
		return c, refused
	}
	return c, fmt.Errorf("%w; the product's own is in force, and all of the screen is hidden from engineers", refused)
}

func (k *Keeper) shipped(masks bool) (choice, error) {
	text, err := k.config.Shipped(k.config.Name)
	if err != nil {
		return choice{}, err
	}
	p, err := k.parse(text)
	if err != nil {
		return choice{}, err
	}
	return choice{p, text, false, masks}, nil
}

func (k *Keeper) parse(text string) (*Profile, error) {
	p, err := Parse(text)
	if err == nil && p.Name != k.config.Name {
		return nil, Problems{{Where: "name", What: fmt.Sprintf("it is %q in a file of the name %q", p.Name, k.config.Name)}}
	}
	return p, err
}

func (k *Keeper) read() (string, error) {
	info, err := os.Stat(k.path())
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("this is not a file")
	}
	// A profile decides what is hidden and what is warned of.
	if err := rights.Ours(k.path(), filepath.Dir(k.path())); err != nil {
		return "", err
	}
	f, err := os.Open(k.path())
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	return string(text), err
}

func (k *Keeper) remember(ctx context.Context, text string) {
	kept, found, err := k.config.Memory.Good(ctx)
	if err == nil && (!found && text == "" || kept == text) {
		return
	}
	if err := k.config.Memory.SetGood(ctx, text); err != nil && ctx.Err() == nil {
		k.config.Log.Error("the instrument's profile is in force, but not kept for the next start", "error", err)
	}
}

// settle puts a choice in force and tells.
func (k *Keeper) settle(stamp string, next choice, err error) {
	why := ""
	if err != nil {
		why = err.Error()
	}
	k.mu.Lock()
	changed := next.text != k.text || next.local != k.local || next.masks != k.masks || (next.profile == nil) != (k.current == nil)
	told := why != k.why
	k.started, k.seen, k.why = true, stamp, why
	if changed {
		k.current, k.text, k.local, k.masks = next.profile, next.text, next.local, next.masks
	}
	k.mu.Unlock()
	if told {
		if why != "" {
			k.config.Log.Error("an instrument's profile is refused", "why", why)
		}
		k.config.Refused(why)
	}
	if changed {
		k.config.Changed()
	}
}
