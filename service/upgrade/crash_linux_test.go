package upgrade

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// crashPlan is what a child process of the crash test is told.
type crashPlan struct {
	Dir, URL string
	Root, CA []byte
	Broken   string // version of the service that never answers
	KillAt   int    // the step before which the process kills itself; 0: never
	Version  string
}

const crashVariable = "BECKMANCONNECT_TEST_CRASH"

func TestMain(m *testing.M) {
	if text := os.Getenv(crashVariable); text != "" {
		var plan crashPlan
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			panic(err)
		}
		if err := plan.run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// patience is short only where it is known to be in vain.
func (p crashPlan) patience() time.Duration {
	if p.Broken != "" {
		return 50 * time.Millisecond
	}
	return 20 * time.Second
}

// run is an upgrade service whose offers are accepted at once, until there is
// an outcome or it kills itself.
func (p crashPlan) run() error {
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(p.CA)
	install := versions.Install{Dir: p.Dir}
	step := 0
	var u *Upgrader
	u, err := New(Config{
		Install: install, Platform: Platform(), Version: p.Version, Interval: time.Hour,
		Patience: p.patience(), Steady: time.Millisecond, Poll: time.Millisecond,
		Source: source.New(source.Config{
			URL: p.URL, Root: p.Root, CloudCA: ca, Dir: folder(install), Platform: Platform(), Client: netdialtest.Client(p.URL), Installed: install.Current,
		}),
		Manifest: publishersManifest,
		// The service as its supervisor would have it: always the current one.
		Hello: func(context.Context) (string, error) {
			running, err := u.running()
			if err == nil && running == p.Broken {
				err = errors.New("it crashed")
			}
			return running, err
		},
		Step: func(string) {
			if step++; step == p.KillAt {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() {
		for {
			state, changed := u.board.watch()
			switch state.GetPhase() {
			case offered:
				if o, ok := u.board.accept(state.GetDigest()); ok {
					u.installs <- o
				}
			case installed, rolledBack, failed:
				cancel()
				return
			}
			<-changed
		}
	}()
	if err := u.Run(ctx); err != nil && !errors.Is(err, ErrRestart) {
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("there was no outcome")
	}
	return nil
}

// A kill before each step that changes the disk, ascending until a run comes
// through: the old or the new version is whole and current each time, and the
// next start brings it to its end (scenario 41).
func TestKilledAtEachStep(t *testing.T) {
	vendor := releasestest.New(t)
	vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	for name, c := range map[string]struct{ broken, end string }{
		"healthy": {"", "1.1.0"},
		"broken":  {"1.1.0", "1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			killed := 0
			for at := 1; ; at++ {
				install := adopted(t, "1.0.0")
				plan := crashPlan{Dir: install.Dir, URL: vendor.URL, Root: vendor.Root, CA: certificates(t, vendor), Broken: c.broken, KillAt: at, Version: "1.0.0"}
				wasKilled := child(t, plan)
				now := versionOf(t, install)
				if now != "1.0.0" && now != "1.1.0" {
					t.Fatalf("killed at step %d: %s is current", at, now)
				}
				if !wasKilled {
					break
				}
				killed++
				plan.KillAt, plan.Version = 0, now
				if child(t, plan) {
					t.Fatalf("killed at step %d: the next start was killed too", at)
				}
				if end := versionOf(t, install); end != c.end {
					t.Fatalf("killed at step %d: %s is current in the end, want %s", at, end, c.end)
				}
				checkTidy(t, install, at)
			}
			if killed < 9 {
				t.Errorf("only %d steps were cut", killed)
			}
			t.Logf("%d steps were cut", killed)
		})
	}
}

func checkTidy(t *testing.T, i versions.Install, at int) {
	t.Helper()
	for _, pattern := range []string{"versions/*.new", "upgrade/staging", "upgrade/.new-*"} {
		left, err := filepath.Glob(filepath.Join(i.Dir, pattern))
		if err != nil || len(left) > 0 {
			t.Errorf("killed at step %d: left behind: %q, %v", at, left, err)
		}
	}
	if m := loadMemory(folder(i), discard); m.Pending != "" {
		t.Errorf("killed at step %d: pending is %q", at, m.Pending)
	}
}

func certificates(t *testing.T, v *releasestest.Vendor) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.Certificate.Raw})
}

// child runs a plan in a process of its own and tells whether it was killed.
func child(t *testing.T, plan crashPlan) bool {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashVariable+"="+string(text))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return true
		}
	}
	if err != nil {
		t.Fatalf("%v: %s", err, strings.TrimSpace(string(out)))
	}
	return false
}
