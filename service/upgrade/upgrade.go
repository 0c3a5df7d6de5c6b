// Package upgrade is the upgrade service: the only privileged part, and a
// small one. It watches the vendor's repository, offers what is newer,
// installs what was accepted, by digest only, and puts the version before back
// when the new one does not come up healthy (P4, P8, P12, B10).
//
// A version is current by one rename (package versions). What was going on is
// kept in a file of its own, so that after a kill or power loss at any point
// the old or the new version runs and the rest is finished or undone
// (scenario 41).
package upgrade

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// ErrRestart: the upgrade service is to be started as the version that is
// current now.
var ErrRestart = errors.New("upgrade: to be started as another version")

// Source is where upgrades come from.
type Source interface {
	Check(ctx context.Context, running string, skip func(digest string) bool) (*source.Offer, error)
	Confirm(ctx context.Context, o source.Offer) error
	Download(ctx context.Context, o source.Offer, opt source.Options) (*source.File, error)
	Clear() error
}

// Config is what the upgrade service needs.
type Config struct {
	Install  versions.Install
	Platform string
	Version  string // of this program
	Source   Source
	// Manifest is an error unless signature is the publisher's over a release's
	// manifest (codesign.Gate.Manifest). Without it nothing is installed.
	Manifest func(manifest, signature []byte) error
	// Gate is passed before bytes are fetched; nil: always open.
	Gate source.Gate
	// Hello asks the service which version it is; an error while it is away.
	Hello func(ctx context.Context) (version string, err error)
	// Signed verifies the code signature of an open program for Windows; without
	// it none is installed.
	Signed func(*os.File) error
	// Anywhere: the folders above the installation may be others', as in
	// somebody's checkout. Only with a development set of trust roots.
	Anywhere bool
	// Restart, if there is one, makes the system start the service again. It
	// is for a service that does not answer; one that does ends by itself.
	Restart func(ctx context.Context) error

	Interval time.Duration // between checks; 0: 4 h
	// Every, if it is not 0, stands in for Interval: what the site's policy says.
	Every    func() time.Duration
	Patience time.Duration // for the service to come back healthy; 0: 30 s
	Steady   time.Duration // it has to stay so; 0: 2 s
	Poll     time.Duration // between questions to the service; 0: 200 ms
	Log      *slog.Logger
	// Step is told before each step that changes the disk. Tests end the
	// process there.
	Step func(name string)
}

// Upgrader is the upgrade service. Its exported methods are the pipe's calls.
type Upgrader struct {
	upgradepb.UnimplementedUpgraderServer

	config   Config
	board    *board
	memory   memory
	checks   chan chan struct{} // closed when the check is done
	installs chan source.Offer
}

// folder is the upgrade service's own, inside the installation.
func folder(i versions.Install) string { return filepath.Join(i.Dir, "upgrade") }

// New makes an Upgrader and takes up what was going on when it last ended.
func New(c Config) (*Upgrader, error) {
	if c.Interval <= 0 {
		c.Interval = 4 * time.Hour
	}
	if c.Patience <= 0 {
		c.Patience = 30 * time.Second
	}
	if c.Steady <= 0 {
		c.Steady = 2 * time.Second
	}
	if c.Poll <= 0 {
		c.Poll = 200 * time.Millisecond
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	if err := os.MkdirAll(folder(c.Install), 0o700); err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	u := &Upgrader{config: c, checks: make(chan chan struct{}), installs: make(chan source.Offer, 1)}
	u.memory = loadMemory(folder(c.Install), c.Log)
	running, err := u.running()
	if err != nil {
		return nil, err
	}
	first := &upgradepb.State{Phase: idle, RunningVersion: running}
	switch {
	case u.memory.Pending != "":
		first = u.memory.state(restarting, running)
	case u.memory.Outcome != "" && u.memory.Current(c.Install):
		first = u.memory.state(u.memory.Outcome, running)
	}
	u.board = newBoard(first)
	return u, nil
}

// running is the version that current points to; our own when nothing was
// installed yet.
func (u *Upgrader) running() (string, error) {
	digest, err := u.config.Install.Current()
	if err != nil {
		return "", fmt.Errorf("upgrade: %w", err)
	}
	if digest == "" {
		return u.config.Version, nil
	}
	manifest, err := archive.Read(u.config.Install.Version(digest))
	if err != nil {
		return "", fmt.Errorf("upgrade: %w", err)
	}
	return manifest.Version, nil
}

// Run works until ctx ends, or until it has to be started as another version.
// Checks and installations happen here, one at a time.
func (u *Upgrader) Run(ctx context.Context) error {
	if err := u.resume(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			u.check(ctx)
			timer.Reset(jitter(u.interval()))
		case done := <-u.checks:
			u.check(ctx)
			close(done)
		case offer := <-u.installs:
			if err := u.install(ctx, offer); err != nil {
				return err
			}
		}
	}
}

func (u *Upgrader) interval() time.Duration {
	if u.config.Every != nil {
		if every := u.config.Every(); every > 0 {
			return every
		}
	}
	return u.config.Interval
}

// jitter spreads d by a tenth either way, so that a mirror is not asked by
// every PC at once.
func jitter(d time.Duration) time.Duration {
	return d*9/10 + rand.N(d/5+1)
}

// check asks the repository. What goes wrong is a state and never stops the
// product; an offer that stands keeps standing while the server is away.
func (u *Upgrader) check(ctx context.Context) {
	before := u.board.get()
	if before.GetPhase() == idle {
		u.board.change(func(s *upgradepb.State) { s.Phase = checking })
	}
	offer, err := u.config.Source.Check(ctx, before.GetRunningVersion(), u.memory.rejected)
	switch {
	case ctx.Err() != nil:
		u.board.set(before)
	case err != nil:
		u.config.Log.Warn("upgrades could not be looked for", "error", err)
		if before.GetPhase() == idle {
			before.ErrorCode, before.Error = codeOf(err), err.Error()
		}
		u.board.set(before)
	case offer != nil:
		if before.GetDigest() != offer.Digest || before.GetPhase() != offered {
			u.config.Log.Info("an upgrade is offered", "version", offer.Version, "digest", offer.Digest)
		}
		u.board.offer(*offer, before.GetRunningVersion())
	case before.GetPhase() == installed || before.GetPhase() == rolledBack:
		u.board.set(before) // stands until there is something new to say
	default:
		u.board.set(&upgradepb.State{Phase: idle, RunningVersion: before.GetRunningVersion()})
	}
}

// Error codes of a state, for the catalogue.
const (
	codeExpired     = "metadata-expired"
	codeRollback    = "metadata-rollback"
	codeUntrusted   = "not-trusted"
	codeUnreachable = "unreachable"
	codeWithdrawn   = "withdrawn"
	codeNoRoot      = "no-upgrades"
	codeDisk        = "disk"
	codeMemory      = "memory"
	codeSignature   = "signature"
	codePackage     = "bad-package"
	codeHealth      = "health-check"
	codeFolder      = "unsafe-folder"
	codeFailed      = "failed"
)

func codeOf(err error) string {
	for _, k := range []struct {
		kind error
		code string
	}{
		{source.ErrExpired, codeExpired}, {source.ErrRollback, codeRollback}, {source.ErrUntrusted, codeUntrusted},
		{source.ErrUnreachable, codeUnreachable}, {source.ErrWithdrawn, codeWithdrawn}, {source.ErrNoRoot, codeNoRoot},
		{source.ErrMemory, codeMemory}, {errSpace, codeDisk}, {archive.ErrUnsigned, codeSignature}, {errPackage, codePackage}, {errHealth, codeHealth},
		{errFolder, codeFolder},
	} {
		if errors.Is(err, k.kind) {
			return k.code
		}
	}
	return codeFailed
}
