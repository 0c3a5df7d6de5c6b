package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/release"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

var oldDigest, newDigest = strings.Repeat("0", 64), strings.Repeat("1", 64)

// nature is how the programs of the new version behave.
type nature struct {
	ServiceNever   bool          // it does not answer
	ServiceEnds    time.Duration // after that, each time; 0: it stays
	UpgradeCrashes time.Duration // after that, each time; -1: at once; 0: it stays
	Withdrawn      bool          // between offer and installation
	Offline        bool          // its link does not come up
	ReadOnly       bool          // its store takes no entries
	OldOffline     bool          // nor did that of the version before
	OldReadOnly    bool
	Unreachable    bool // the network is down after the switch, also for the upgrade service
}

func (n nature) good() bool { return n == nature{} }

// deed is something that is done to the upgrade service, and how long nothing
// is done after it.
type deed struct {
	Name   string
	Digest string
	Reason string
	Look   func(*Upgrader)
	Then   time.Duration
}

func drawDeeds(t *rapid.T) []deed {
	one := rapid.Custom(func(t *rapid.T) deed {
		return deed{
			Name:   rapid.SampledFrom([]string{"check", "download", "install", "install", "cancel", "hold", "free", "kill", "stop", "full", "room", "clock", "nothing"}).Draw(t, "deed"),
			Digest: rapid.SampledFrom([]string{newDigest, newDigest, newDigest, newDigest, oldDigest, ""}).Draw(t, "digest"),
			Reason: rapid.SampledFrom([]string{"session", "run", "hours"}).Draw(t, "reason"),
			Then:   rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, time.Second, 7 * time.Second, 40 * time.Second, 3 * time.Minute}).Draw(t, "then"),
		}
	})
	return rapid.SliceOfN(one, 1, 25).Draw(t, "deeds")
}

// Whatever is called, in whatever order, while the service is killed and time
// passes: a version that was not asked for, or was cancelled, is never
// installed; nothing is fetched and nothing switched while something is held;
// and in the end the new version runs whole, or the old one does (scenario 41).
func TestModelOfAnInstallation(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := nature{
			ServiceNever:   rapid.IntRange(0, 5).Draw(rt, "service never answers") == 0,
			ServiceEnds:    rapid.SampledFrom([]time.Duration{0, 0, 0, 2 * time.Second, 30 * time.Second, 70 * time.Second}).Draw(rt, "service ends after"),
			UpgradeCrashes: rapid.SampledFrom([]time.Duration{0, 0, 0, -1, 30 * time.Second}).Draw(rt, "upgrade service crashes after"),
			Withdrawn:      rapid.IntRange(0, 9).Draw(rt, "withdrawn") == 0,
		}
		deeds := drawDeeds(rt)
		dir, err := os.MkdirTemp("", "model-")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = newWorld(t, dir, n).play(deeds) })
		if len(faults) > 0 {
			rt.Fatalf("%+v\n%s", n, strings.Join(faults, "\n"))
		}
	})
}

// world is one PC in a bubble of its own time.
type world struct {
	t       *testing.T
	nature  nature
	install versions.Install
	ctx     context.Context
	look    func(*Upgrader)                // looks at the end; nil: nobody does
	stepped func(u *Upgrader, name string) // is told of every step and of "verify"; nil: nobody is

	mu      sync.Mutex // all below
	u       *Upgrader  // nil while it is being started
	life    context.CancelFunc
	crash   bool          // the upgrade service dies at its next step
	full    bool          // nothing can be written into the upgrade service's folder
	service Health        // zero: it does not answer
	lives   uint64        // of the service
	born    time.Time     // its present life
	clock   time.Duration // how wrong it is
	asked   bool          // an installation was accepted, and not cancelled since
	faults  []string
	turned  int // switches that were made
}

func newWorld(t *testing.T, dir string, n nature) *world {
	w := &world{t: t, nature: n, install: versions.Install{Dir: dir}}
	w.put(oldDigest, "1.0.0")
	if err := w.install.SetCurrent(oldDigest); err != nil {
		t.Fatal(err)
	}
	return w
}

// put makes a version's folder.
func (w *world) put(digest, version string) {
	m := archive.Manifest{Product: release.Product, Version: version, Platform: Platform()}
	text, err := json.Marshal(m)
	if err == nil {
		err = os.MkdirAll(w.install.Version(digest), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(w.install.Version(digest), "release.json"), text, 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(w.install.Version(digest), keeperProgram), []byte(version), 0o755)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

const keeperProgram = "beckmanconnect-upgrade"

var versionNames = map[string]string{oldDigest: "1.0.0", newDigest: "1.1.0"}

// with does something with the fields that the goroutines share.
func with[T any](w *world, do func() T) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return do()
}

func (w *world) set(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

func (w *world) upgrader() *Upgrader { return with(w, func() *Upgrader { return w.u }) }

func (w *world) fault(format string, a ...any) {
	w.set(func() { w.faults = append(w.faults, fmt.Sprintf(format, a...)) })
}

func (w *world) play(deeds []deed) []string {
	ctx, stop := context.WithCancel(w.t.Context())
	w.ctx = ctx
	done := make(chan struct{}, 2)
	go func() { w.superviseUpgrade(); done <- struct{}{} }()
	go func() { w.superviseService(); done <- struct{}{} }()
	synctest.Wait()
	for _, d := range deeds {
		w.do(d)
		synctest.Wait()
		time.Sleep(d.Then)
		synctest.Wait()
	}
	// Everybody is left alone for a while: it comes to an end by itself.
	w.set(func() { w.full = false })
	w.setFull()
	if u := w.upgrader(); u != nil {
		u.hold.set("", 0)
	}
	time.Sleep(15 * time.Minute)
	synctest.Wait()
	w.judge()
	stop()
	<-done
	<-done
	return w.faults
}

func (w *world) do(d deed) {
	u := w.upgrader()
	if u == nil {
		return
	}
	phase := u.board.get().GetPhase()
	ctx, cancel := context.WithTimeout(w.ctx, time.Second)
	defer cancel()
	switch d.Name {
	case "look":
		d.Look(u)
	case "check":
		_, _ = u.Check(ctx, &upgradepb.CheckRequest{}) // it may be dying
	case "download":
		_, _ = u.Download(ctx, &upgradepb.DownloadRequest{Digest: d.Digest})
	case "install":
		_, err := u.Install(ctx, &upgradepb.InstallRequest{Digest: d.Digest})
		if err == nil && d.Digest != newDigest {
			w.fault("installs %.4s", d.Digest)
		}
		w.set(func() { w.asked = w.asked || err == nil })
	case "cancel":
		state, err := u.Cancel(ctx, &upgradepb.CancelRequest{Digest: d.Digest})
		synctest.Wait()
		switch {
		case err == nil && w.upgrader() != u: // it died over it
		case err == nil && busy(state.GetPhase()):
			w.fault("cancelled in %s, and it is %s", phase, state.GetPhase())
		case err == nil:
			w.set(func() { w.asked = false })
		case client.Code(err) == CodeTooLate && !w.pending() && phase != installed:
			w.fault("too late in %s", phase)
		}
	case "hold":
		_, _ = u.Hold(ctx, &upgradepb.HoldRequest{Reason: d.Reason, Seconds: 60})
	case "free":
		_, _ = u.Hold(ctx, &upgradepb.HoldRequest{})
	case "kill":
		w.set(func() { w.crash = true })
	case "stop": // by the system, in good order
		with(w, func() context.CancelFunc { return w.life })()
	case "clock": // somebody sets it, or the battery is empty
		w.set(func() { w.clock = 10*365*24*time.Hour - w.clock })
	case "full", "room":
		w.set(func() { w.full = d.Name == "full" })
	}
}

// pending tells what the disk remembers of a switch.
func (w *world) pending() bool { return loadMemory(folder(w.install), discard).Pending != "" }

// judge looks at the end.
func (w *world) judge() {
	current, err := w.install.Current()
	if err != nil || versionNames[current] == "" {
		w.fault("current is %q, %v", current, err)
		return
	}
	if _, err := os.Stat(filepath.Join(w.install.Version(current), keeperProgram)); err != nil {
		w.fault("a version that is not whole is current: %v", err)
	}
	u := w.upgrader()
	if u == nil {
		w.fault("the upgrade service does not come up")
		return
	}
	s, service, turned := u.board.get(), w.health().Version, with(w, func() int { return w.turned })
	switch {
	case busy(s.GetPhase()) || w.pending() || w.install.Trial().Digest != "":
		w.fault("there is no end: %v, pending %v, %+v", s, w.pending(), w.install.Trial())
	case s.GetRunningVersion() != versionNames[current]:
		w.fault("it says %s runs", s.GetRunningVersion())
	case service != versionNames[current]:
		w.fault("the service runs as %q, current is %s", service, versionNames[current])
	case current == newDigest && !w.nature.good():
		w.fault("a version that is not healthy is kept: %v", s)
	case turned > 0 && w.nature.good() && current == oldDigest && s.GetPhase() == rolledBack && !killed(u):
		w.fault("a healthy version was rolled back: %s", s.GetError())
	}
	if w.look != nil {
		w.look(u)
	}
	left, err := os.ReadDir(filepath.Join(w.install.Dir, "versions"))
	if err != nil || len(left) > 2 {
		w.fault("versions leak: %v, %v", left, err)
	}
}

// killed: somebody who kills the upgrade service in its trial three times over
// has the version rolled back, as one that dies of itself is.
func killed(u *Upgrader) bool {
	for _, e := range u.journal.oldest(1000) {
		if e.GetKind() == kindUnhealthy && e.GetFields()["error"] == errNoStart.Error() {
			return true
		}
	}
	return false
}

// superviseUpgrade starts the upgrade service again and again, as the launcher
// and the system do.
func (w *world) superviseUpgrade() {
	for w.ctx.Err() == nil {
		digest, err := w.install.Start(keeperProgram, true)
		if digest == "" {
			w.fault("nothing starts: %v", err)
			return
		}
		w.runUpgrade(digest)
		pending := w.pending()
		w.set(func() {
			w.u, w.crash = nil, false
			w.asked = w.asked && (pending || w.turned > 0) // what was only asked for is forgotten with the service
		})
		sleep(w.ctx, 300*time.Millisecond)
	}
}

type crashed struct{}

func (w *world) runUpgrade(digest string) {
	defer func() {
		if r := recover(); r != nil && r != (crashed{}) {
			panic(r)
		}
	}()
	crashes := time.Duration(0)
	if digest == newDigest {
		crashes = w.nature.UpgradeCrashes
	}
	if crashes < 0 {
		return
	}
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	w.set(func() { w.life = stop })
	if crashes > 0 {
		defer time.AfterFunc(crashes, func() { w.set(func() { w.crash = true }) }).Stop()
	}
	u, err := New(Config{
		Install: w.install, Platform: Platform(), Version: versionNames[digest], Interval: 5 * time.Minute, Source: w, Service: w, Step: w.step,
		Now: func() time.Time { return time.Now().Add(with(w, func() time.Duration { return w.clock })) },
		Verify: func(dir string, _ source.Offer) error {
			if w.stepped != nil {
				w.stepped(w.upgrader(), "verify")
			}
			_, err := os.Stat(filepath.Join(dir, keeperProgram))
			return err
		},
	})
	if err != nil {
		w.fault("new: %v", err)
		return
	}
	u.stager = w.fetch
	w.set(func() { w.u = u })
	if err := u.Run(ctx); err != nil && !errors.Is(err, ErrRestart) {
		w.fault("run: %v", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// die ends the upgrade service where it stands.
func (w *world) die() {
	if with(w, func() bool { return w.crash }) {
		panic(crashed{})
	}
}

func (w *world) step(name string) {
	if w.stepped != nil {
		w.stepped(w.upgrader(), name)
	}
	w.die()
	w.setFull()
	if name != "switch" {
		return
	}
	asked := with(w, func() bool { w.turned++; return w.asked })
	if reason := w.upgrader().board.get().GetHeld(); reason != "" {
		w.fault("switched while held for %s", reason)
	}
	if !asked {
		w.fault("switched, and nobody asked for it any more")
	}
}

// setFull makes the upgrade service's folder refuse what it would remember, as
// a full disk does.
func (w *world) setFull() {
	path := filepath.Join(folder(w.install), "state.json.new")
	if with(w, func() bool { return w.full }) {
		_ = os.MkdirAll(filepath.Join(path, "x"), 0o700)
	} else {
		_ = os.RemoveAll(path)
	}
}

// fetch stands in for the download: pieces over time, then a folder.
func (w *world) fetch(ctx context.Context, o source.Offer) error {
	if w.nature.Withdrawn {
		return source.ErrWithdrawn
	}
	for range 8 {
		if err := w.upgrader().hold.Wait(ctx); err != nil {
			return err
		}
		sleep(ctx, 500*time.Millisecond)
		w.die()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.put(o.Digest, o.Version)
	return nil
}

// Check implements Source.
func (w *world) Check(_ context.Context, running string, skip func(string) bool) (*source.Offer, error) {
	if running == "1.1.0" || skip(newDigest) {
		return nil, nil
	}
	return &source.Offer{Release: release.Release{Version: "1.1.0"}, Digest: newDigest, Size: 8, Fetch: 8}, nil
}

// Confirm implements Source.
func (w *world) Confirm(context.Context, source.Offer) error {
	switch {
	case w.nature.Withdrawn:
		return source.ErrWithdrawn
	case w.nature.Unreachable && with(w, func() int { return w.turned }) > 0:
		return source.ErrUnreachable
	}
	return nil
}

// Download implements Source.
func (w *world) Download(context.Context, source.Offer, source.Options) (*source.File, error) {
	return nil, errors.New("not here")
}

// Clear implements Source.
func (w *world) Clear() error { return nil }

// Close implements Source.
func (w *world) Close() {}

// superviseService is the service with its supervisor: it is whatever version
// is current when it starts, and ends when another one is wanted.
func (w *world) superviseService() {
	for w.ctx.Err() == nil {
		digest, err := w.install.Start("beckmanctl", false)
		if err != nil {
			digest, err = w.install.Current()
		}
		if err != nil {
			w.fault("the service does not start: %v", err)
			return
		}
		version, ends := versionNames[digest], time.Duration(0)
		if digest == newDigest {
			ends = w.nature.ServiceEnds
		}
		sleep(w.ctx, 700*time.Millisecond)
		born := time.Now()
		w.set(func() {
			w.lives++
			w.born = born
			if digest != newDigest || !w.nature.ServiceNever {
				w.service = Health{Version: version, Life: w.lives}
			}
		})
		for w.ctx.Err() == nil && (ends == 0 || time.Since(born) < ends) && !w.wanted(version) {
			w.news(ends - time.Since(born))
		}
		w.set(func() { w.service = Health{} })
	}
}

// wanted tells whether another version of the service is.
func (w *world) wanted(version string) bool {
	u := w.upgrader()
	if u == nil {
		return false
	}
	s := u.board.get()
	return s.GetRestart() && s.GetRunningVersion() != version
}

// news waits until the upgrade service has some, but no longer than limit if
// there is one.
func (w *world) news(limit time.Duration) {
	var changed <-chan struct{}
	pause := 5 * time.Second
	if u := w.upgrader(); u == nil {
		pause = 100 * time.Millisecond
	} else {
		_, changed = u.board.watch()
	}
	if limit > 0 {
		pause = min(pause, limit)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-w.ctx.Done():
	case <-changed:
	case <-timer.C:
	}
}

// health is how the service is; its link comes up a little later than it does.
func (w *world) health() Health {
	return with(w, func() Health {
		now, n := w.service, w.nature
		offline, readOnly := n.Offline, n.ReadOnly
		if now.Version == "1.0.0" {
			offline, readOnly = n.OldOffline, n.OldReadOnly
		}
		now.Online = now.Version != "" && !offline && time.Since(w.born) > time.Second
		now.Writable = now.Version != "" && !readOnly
		return now
	})
}

// Ask implements Service.
func (w *world) Ask(context.Context) (Health, error) {
	w.die()
	if now := w.health(); now.Version != "" {
		return now, nil
	}
	return Health{}, errors.New("it does not answer")
}
