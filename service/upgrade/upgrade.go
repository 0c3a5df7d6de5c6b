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
	"sync"
	"time"

	"beckmanconnect/internal/rights"
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
	Close() // when Run ends
}

// Config is what the upgrade service needs.
type Config struct {
	Install  versions.Install
	Platform string
	Version  string // of this program
	Source   Source
	Service  Service
	// Manifest is an error unless signature is the publisher's over a release's
	// manifest (codesign.Gate.Manifest). Without it nothing is installed.
	Manifest func(manifest, signature []byte) error
	// Signed verifies the code signature of an open program for Windows; without
	// it none is installed.
	Signed func(*os.File) error
	// Anywhere: the folders above the installation may be others', as in
	// somebody's checkout. Only with a development set of trust roots.
	Anywhere bool
	// Restart, if there is one, makes the system start the service again. It
	// is for a service that does not answer; one that does ends by itself.
	Restart func(ctx context.Context) error
	// Verify is an error unless a version's folder holds exactly what was
	// offered. Nil: it is, by digest and the publisher's signature.
	Verify func(dir string, o source.Offer) error

	Interval time.Duration // between checks; 0: 4 h
	// Every, if it is not 0, stands in for Interval: what the site's policy says.
	Every    func() time.Duration
	Patience time.Duration    // for the service to come back healthy; 0: 30 s
	Steady   time.Duration    // it has to stay so; 0: 1 s
	Watch    time.Duration    // it is looked at after that; 0: 2 min
	Poll     time.Duration    // between questions to the service; 0: 200 ms
	Now      func() time.Time // for records alone, nothing is timed by it; nil: time.Now
	Log      *slog.Logger
	// Step is told before each step that changes the disk. Tests end the
	// process there.
	Step func(name string)
}

func (c *Config) defaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Interval, 4 * time.Hour}, {&c.Patience, 30 * time.Second}, {&c.Steady, time.Second},
		{&c.Watch, 2 * time.Minute}, {&c.Poll, 200 * time.Millisecond},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if c.Verify == nil {
		c.Verify = wholeRelease(c.Manifest)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
}

// Upgrader is the upgrade service. Its exported methods are the pipe's calls.
type Upgrader struct {
	upgradepb.UnimplementedUpgraderServer

	config  Config
	board   *board
	hold    *hold
	journal *journal
	memory  memory                                          // Run's goroutine's alone
	checks  chan chan struct{}                              // closed when the check is done
	jobs    chan *job                                       // has room for one: there is one at a time
	stager  func(ctx context.Context, o source.Offer) error // stage; a test has its own

	mu  sync.Mutex
	job *job // accepted and not over
}

// folder is the upgrade service's own, inside the installation.
func folder(i versions.Install) string { return filepath.Join(i.Dir, "upgrade") }

// New makes an Upgrader and takes up what was going on when it last ended.
func New(c Config) (*Upgrader, error) {
	c.defaults()
	dir := folder(c.Install)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	if err := rights.Folder(dir); err != nil {
		return nil, fmt.Errorf("upgrade: %w: %w", errFolder, err)
	}
	u := &Upgrader{
		config: c, checks: make(chan chan struct{}), jobs: make(chan *job, 1),
		memory: loadMemory(dir, c.Log), journal: openJournal(dir, c.Now, c.Log),
	}
	u.stager = u.stage
	current, err := c.Install.Current()
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	u.board = newBoard(u.memory.first(u.memory.todo(current, c.Install.Trial()), current, u.running()))
	u.hold = newHold(func(reason string) {
		u.board.change(func(s *upgradepb.State) { s.Held = reason })
	})
	return u, nil
}

// running is the version that current points to; our own when nothing was
// installed yet, or what is does not say.
func (u *Upgrader) running() string {
	digest, err := u.config.Install.Current()
	if err != nil || digest == "" {
		return u.config.Version
	}
	if v := u.versionOf(digest); v != "" {
		return v
	}
	return u.config.Version
}

// versionOf is the version in a folder, "" when it does not say.
func (u *Upgrader) versionOf(digest string) string {
	if digest == "" {
		return ""
	}
	manifest, err := archive.Read(u.config.Install.Version(digest))
	if err != nil {
		u.config.Log.Error("a version is damaged; "+versions.Repair, "digest", digest, "error", err)
		return ""
	}
	return manifest.Version
}

// Run works until ctx ends, or until it has to be started as another version.
// Checks and installations happen here, one at a time.
func (u *Upgrader) Run(ctx context.Context) error {
	defer u.config.Source.Close()
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
		case j := <-u.jobs:
			if err := u.work(ctx, j); err != nil {
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
	running := u.board.get().GetRunningVersion()
	looking := u.board.step(onLook, nil)
	offer, err := u.config.Source.Check(ctx, running, u.memory.rejected)
	if ctx.Err() != nil {
		return
	}
	u.checked(err)
	switch {
	case err != nil:
		u.config.Log.Warn("upgrades could not be looked for", "error", err)
		if looking {
			u.board.step(onNothing, func(s *upgradepb.State) { s.ErrorCode, s.Error = codeOf(err), plain(err.Error()) })
		}
	case offer != nil:
		u.offer(*offer, running)
	default:
		// An outcome stands until there is something new to say.
		u.board.replace(onNothing, &upgradepb.State{RunningVersion: running})
		u.forgetReady("")
	}
}

// checked notes when the repository was seen, or why it was not.
func (u *Upgrader) checked(err error) {
	code := ""
	if err != nil {
		code = codeOf(err)
	} else {
		u.memory.Checked = u.config.Now().UnixMilli()
		u.keep()
	}
	u.board.change(func(s *upgradepb.State) { s.CheckedMs, s.CheckError = u.memory.Checked, code })
}

func (u *Upgrader) offer(o source.Offer, running string) {
	u.forgetReady(o.Digest)
	before := u.board.get()
	if before.GetDigest() != o.Digest {
		u.config.Log.Info("an upgrade is offered", "version", o.Version, "digest", o.Digest)
	}
	u.board.offer(o, running, u.memory.Ready == o.Digest)
}

// forgetReady gives up a staged release, and its folder, unless it is the one
// that is offered.
func (u *Upgrader) forgetReady(offered string) {
	if u.memory.Ready == "" || u.memory.Ready == offered {
		return
	}
	u.memory.Ready = ""
	u.keep()
	u.clean()
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
	codeDamaged     = "damaged"
	codeFolder      = "unsafe-folder"
	codeFailed      = "failed"
)

func codeOf(err error) string {
	if full(err) { // whatever that led to
		return codeDisk
	}
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
