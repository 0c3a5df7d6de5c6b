//go:build linux && amd64

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
	"testing"
	"time"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/cutpower"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/internal/racetest"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// pcPlan is a PC in one process: launcher, upgrade service, and a service that
// is always what is current. Offers are accepted at once.
type pcPlan struct {
	Dir, URL string
	Root, CA []byte
	Broken   string // version of the service that never answers
}

const planVariable = "BECKMANCONNECT_TEST_PC"

func TestMain(m *testing.M) {
	if text := os.Getenv(planVariable); text != "" {
		var plan pcPlan
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			panic(err)
		}
		if version := os.Getenv(lifeVariable); version != "" {
			os.Exit(liveOnce(plan, version))
		}
		end, err := plan.run()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Printf("%s %s %s\n", endMark, end.GetPhase(), end.GetErrorCode())
		os.Exit(0)
	}
	os.Exit(racetest.Main(m, "TestKilledAtEachWrite", "TestFullAtEachWrite"))
}

const endMark = "the end:"

// patience is short only where it is known to be in vain.
func (p pcPlan) patience() time.Duration {
	if p.Broken != "" {
		return 50 * time.Millisecond
	}
	return 20 * time.Second
}

// run starts the upgrade service as its launcher does, until there is an
// outcome that a start does not change, or the repository cannot be asked.
func (p pcPlan) run() (*upgradepb.State, error) {
	install := versions.Install{Dir: p.Dir}
	for range 10 {
		digest, err := install.Start(keeperProgram, true)
		if digest == "" {
			return nil, err
		}
		m, err := archive.Read(install.Version(digest))
		if err != nil {
			return nil, err
		}
		end, err := p.life(install, m.Version)
		if !errors.Is(err, ErrRestart) {
			return end, err
		}
	}
	return nil, errors.New("it restarts for ever")
}

// life is one of the upgrade service.
func (p pcPlan) life(install versions.Install, version string) (*upgradepb.State, error) {
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(p.CA)
	u, err := New(Config{
		Install: install, Platform: Platform(), Version: version, Interval: time.Hour,
		Patience: p.patience(), Steady: time.Millisecond, Watch: time.Millisecond, Poll: time.Millisecond,
		Source: source.New(source.Config{
			URL: p.URL, Root: p.Root, CloudCA: ca, Dir: folder(install), Platform: Platform(), Client: netdialtest.Client(p.URL), Installed: install.Current,
		}),
		Manifest: publishersManifest,
		Service:  currentService{install, p.Broken},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() {
		for {
			state, changed := u.board.watch()
			switch {
			case state.GetPhase() == offered || state.GetPhase() == ready:
				_, _ = u.Install(ctx, &upgradepb.InstallRequest{Digest: state.GetDigest()})
			case state.GetPhase() == installed, state.GetPhase() == rolledBack, state.GetPhase() == failed, state.GetCheckError() != "":
				cancel()
				return
			}
			<-changed
		}
	}()
	if err := u.Run(ctx); err != nil {
		return nil, err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("there was no outcome: %v", u.board.get())
	}
	return u.board.get(), nil
}

// currentService is the service as its supervisor would have it.
type currentService struct {
	install versions.Install
	broken  string
}

func (s currentService) Ask(context.Context) (Health, error) {
	digest, err := s.install.Current()
	if err != nil {
		return Health{}, err
	}
	m, err := archive.Read(s.install.Version(digest))
	if err == nil && m.Version == s.broken {
		err = errors.New("it crashed")
	}
	if err != nil {
		return Health{}, err
	}
	return Health{Version: m.Version, Writable: true, Online: true, Life: 1}, nil
}

// cutRig cuts one installation after the other.
type cutRig struct {
	t      *testing.T
	vendor *releasestest.Vendor
	ca     []byte
	broken string
	end    string // version that runs in the end
}

// cutCases: a version that comes up, and one that does not.
var cutCases = map[string]struct{ broken, end string }{
	"healthy": {"", "1.1.0"},
	"broken":  {"1.1.0", "1.0.0"},
}

func newCutRig(t *testing.T, broken, end string) *cutRig {
	vendor := releasestest.New(t)
	vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: vendor.Certificate.Raw})
	return &cutRig{t: t, vendor: vendor, ca: ca, broken: broken, end: end}
}

// adopted is an installation in memory: what counts are the calls, and a disk
// would only make them slow.
func (r *cutRig) adopted() versions.Install {
	r.t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "beckmanconnect-cut-")
	if err != nil {
		dir = r.t.TempDir()
	}
	r.t.Cleanup(func() { os.RemoveAll(dir) })
	return adoptedWith(r.t, dir, "1.0.0", nil)
}

func (r *cutRig) plan(install versions.Install) pcPlan {
	return pcPlan{Dir: install.Dir, URL: r.vendor.URL, Root: r.vendor.Root, CA: r.ca, Broken: r.broken}
}

// run plays a PC under the tracer.
func (r *cutRig) run(install versions.Install, cut cutpower.Cut) cutpower.Result {
	r.t.Helper()
	text, err := json.Marshal(r.plan(install))
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), planVariable+"="+string(text))
	cut.Dir = install.Dir
	result, err := cutpower.Run(r.t.Context(), cmd, cut)
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// after looks at a PC that was cut, switches it on again, and lets it come to
// the end.
func (r *cutRig) after(install versions.Install, where string) {
	r.t.Helper()
	digest, err := install.Start(keeperProgram, true)
	if err != nil {
		r.t.Fatalf("%s: nothing starts: %v", where, err)
	}
	m, err := archive.Read(install.Version(digest))
	if err == nil {
		err = archive.Verify(install.Version(digest), m)
	}
	if err != nil || m.Version != "1.0.0" && m.Version != "1.1.0" {
		r.t.Fatalf("%s: version %q starts: %v", where, m.Version, err)
	}
	if _, err := r.plan(install).run(); err != nil {
		r.t.Fatalf("%s: the next start: %v", where, err)
	}
	if end := versionOf(r.t, install); end != r.end {
		r.t.Fatalf("%s: %s is current in the end, want %s", where, end, r.end)
	}
	r.tidy(install, where)
}

func (r *cutRig) tidy(install versions.Install, where string) {
	r.t.Helper()
	for _, pattern := range []string{"*.new", "versions/*.new", "upgrade/staging", "upgrade/*.new", "trial"} {
		left, err := filepath.Glob(filepath.Join(install.Dir, pattern))
		if err != nil || len(left) > 0 {
			r.t.Errorf("%s: left behind: %q, %v", where, left, err)
		}
	}
	all, err := os.ReadDir(filepath.Join(install.Dir, "versions"))
	if err != nil || len(all) > 2 {
		r.t.Errorf("%s: versions leak: %v, %v", where, all, err)
	}
	if m := loadMemory(folder(install), discard); m.Pending != "" {
		r.t.Errorf("%s: pending is %q", where, m.Pending)
	}
}

// wholeVariable has every call cut; otherwise a sample is, with all calls
// around the switch in it.
const wholeVariable = "BECKMANCONNECT_TEST_EVERY_WRITE"

// sample is which of the calls of a run are cut.
func (r *cutRig) sample(calls []cutpower.Call, every int) func(at int) bool {
	if os.Getenv(wholeVariable) != "" {
		return func(int) bool { return true }
	}
	near := map[int]bool{}
	for n, c := range calls {
		if filepath.Base(c.To) == "current" {
			for at := n; at <= n+2; at++ {
				near[at] = true // counted from 1: the call before it, itself, the one after
			}
		}
	}
	return func(at int) bool { return at%every == 1 || near[at] }
}

// A kill at every system call that writes, ascending until a run comes
// through: the old or the new version is whole and starts each time, and the
// next start brings the upgrade to its end (scenario 41).
func TestKilledAtEachWrite(t *testing.T) {
	for name, c := range cutCases {
		for _, torn := range []bool{false, true} {
			if torn != (c.broken != "") && os.Getenv(wholeVariable) == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s, torn %v", name, torn), func(t *testing.T) {
				r := newCutRig(t, c.broken, c.end)
				whole := r.run(r.adopted(), cutpower.Cut{})
				if whole.Exit != 0 {
					t.Fatalf("without a cut: %s", whole.Output)
				}
				chosen := r.sample(whole.Calls, 41)
				killed := 0
				for at := 1; ; at++ {
					if at <= len(whole.Calls) && !chosen(at) {
						continue
					}
					install := r.adopted()
					result := r.run(install, cutpower.Cut{At: at, Torn: torn})
					if !result.Cut {
						if result.Exit != 0 || versionOf(t, install) != c.end {
							t.Fatalf("the clean pass: %s", result.Output)
						}
						break
					}
					killed++
					last := result.Calls[len(result.Calls)-1]
					r.after(install, fmt.Sprintf("killed at call %d, %s %s %s", at, last.Name, last.Path, last.To))
				}
				t.Logf("%d calls write, killed at %d of them: the old or the new version ran each time", len(whole.Calls), killed)
				if killed < 7 {
					t.Errorf("killed only %d times", killed)
				}
			})
		}
	}
}

// The disk is full from the n-th call on that needs space: the version before
// or the new one runs, the code says why, and with space again it goes on.
func TestFullAtEachWrite(t *testing.T) {
	for name, c := range cutCases {
		t.Run(name, func(t *testing.T) {
			r := newCutRig(t, c.broken, c.end)
			whole := r.run(r.adopted(), cutpower.Cut{})
			chosen := r.sample(whole.Calls, 53)
			told := 0
			for at := 1; at <= len(whole.Calls); at++ {
				if !chosen(at) {
					continue
				}
				install := r.adopted()
				result := r.run(install, cutpower.Cut{At: at, Full: true})
				last := result.Calls[at-1]
				where := fmt.Sprintf("full from call %d, %s %s %s", at, last.Name, last.Path, last.To)
				now := versionOf(t, install)
				_, end, ok := strings.Cut(result.Output, endMark+" ")
				switch phase, code, _ := strings.Cut(strings.TrimSpace(end), " "); {
				case result.Exit != 0 && !strings.Contains(result.Output, "no space left on device"):
					t.Errorf("%s: %s", where, result.Output)
				case result.Exit != 0 || !ok: // not even its folder could be made
				case phase == installed && now == "1.1.0", phase == rolledBack && now == "1.0.0":
				case (phase == failed || phase == idle) && now == "1.0.0" && code == codeDisk:
					told++
				case phase == idle && now == "1.0.0" && code == codeMemory: // SQLite's own word for it
				default:
					t.Errorf("%s: %s runs, %s", where, now, result.Output)
				}
				if left, _ := filepath.Glob(filepath.Join(install.Dir, "versions", "*.new")); len(left) > 0 {
					t.Errorf("%s: partial files stay: %q", where, left)
				}
				r.after(install, where)
			}
			if told == 0 {
				t.Error("a full disk was never told")
			}
			t.Logf("%d calls write, full disk told as such %d times", len(whole.Calls), told)
		})
	}
}

// What a power cut leaves of a disk that writes in its own order: nothing is
// renamed before its content is there, and nothing is made current before the
// whole of it is (scenario 41).
func TestNothingReliesOnTheOrderOfWrites(t *testing.T) {
	for name, c := range cutCases {
		t.Run(name, func(t *testing.T) {
			r := newCutRig(t, c.broken, c.end)
			install := r.adopted()
			whole := r.run(install, cutpower.Cut{})
			var ours []cutpower.Call
			metadata := filepath.Join(folder(install), "metadata") // go-tuf's own, which heals
			for _, call := range whole.Calls {
				if !strings.HasPrefix(call.Path, metadata) {
					ours = append(ours, call)
				}
			}
			for _, fault := range cutpower.Unsafe(ours, filepath.Join(install.Dir, "versions"), filepath.Join(install.Dir, "current")) {
				t.Error(fault)
			}
		})
	}
}
