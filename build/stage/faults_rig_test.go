package stage

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/scan/scantest"
)

// scratch is for what all tests of this package share; TestMain removes it.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "bc-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		scratch = dir
		// What a killed program leaves in the temporary folder goes with it.
		if err := os.Setenv("TMPDIR", dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// repository is the root of this module.
const repository = "../.."

// goBuild builds programs into a folder below build/out. It is kept, so that
// go leaves alone what is up to date.
func goBuild(dir string, arguments ...string) (string, error) {
	dir, err := filepath.Abs(filepath.Join(repository, "build", "out", dir))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, line := range [][]string{{"run", "./build/console"}, append([]string{"build", "-o", dir + "/"}, arguments...)} {
		cmd := exec.Command("go", line...)
		cmd.Dir = repository
		cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false") // build/lib/common.sh
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(line, " "), err, out)
		}
	}
	return dir, nil
}

// builtAt, in the environment, names the folder where the process that started
// this one has the programs already.
const builtAt = "BECKMANCONNECT_TEST_PROGRAMS"

// built holds the real programs, as they are shipped but for the tag
// "production".
var built = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv(builtAt); dir != "" {
		return dir, nil
	}
	return goBuild("faults", ".", "./cmd/beckmanconnect-tray", "./cmd/beckmanconnect-desktop", "./cmd/beckmanconnect-service",
		"./cmd/beckmanconnect-upgrade", "./cmd/beckmanctl", "./cmd/beckmanconnect-cloud", "./build/devsso")
})

func programs(t *testing.T) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// madeTrust makes the development roots once: their RSA keys take seconds.
var madeTrust = sync.OnceValues(func() (string, error) {
	bin, err := built()
	if err != nil {
		return "", err
	}
	h := &House{config: Config{Dir: filepath.Join(scratch, "made"), Bin: bin}}
	for _, args := range [][]string{
		{"trust", "init", "--dir", h.dir("trust")},
		{"release", "init", "--keys", h.Keys(), "--repo", h.Upgrades(), "--roots", h.Roots()},
	} {
		if out, err := run(context.Background(), nil, h.bin("beckmanconnect-cloud"), args...); err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
	}
	return h.config.Dir, nil
})

// patience is how long a test of this package may take; a soak takes longer.
func patience() time.Duration {
	if os.Getenv("SOAK_KILLS") != "" {
		return time.Hour
	}
	return 4 * time.Minute
}

// newHouse is a house of one test: trust roots, sign-in, and a cloud that is
// configured and not started.
func newHouse(t *testing.T, changes ...func(*Config)) (context.Context, *House) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience())
	t.Cleanup(cancel)
	h := &House{config: Config{Dir: t.TempDir(), Bin: programs(t)}}
	for _, change := range changes {
		change(&h.config)
	}
	made, err := madeTrust()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(h.config.Dir, os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(h.Keys(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"logs", "cloud"} {
		if err := os.MkdirAll(h.dir(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		h.Close()
		if t.Failed() {
			h.showLogs(t)
		}
	})
	if err := h.startSSO(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, h
}

// showLogs prints the ends of the programs' logs of a test that failed.
func (h *House) showLogs(t *testing.T) {
	files, _ := filepath.Glob(h.dir("logs", "*.log"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		// Where a program crashed is worth more than how its trace ends.
		if i := slices.IndexFunc(lines, crashed); i >= 0 {
			t.Logf("%s:\n%s", filepath.Base(file), strings.Join(lines[i:min(i+40, len(lines))], "\n"))
		}
		if len(lines) > 15 {
			lines = lines[len(lines)-15:]
		}
		t.Logf("%s:\n%s", filepath.Base(file), strings.Join(lines, "\n"))
	}
}

// crashed knows the first line of what Go prints of a program's end.
func crashed(line string) bool {
	return strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "SIG")
}

// startOnce starts a program that stays away when it is killed.
func (h *House) startOnce(t *testing.T, name, program string, env []string, args ...string) *Process {
	t.Helper()
	p, err := start(h.dir("logs"), Command{Name: name, Path: h.bin(program), Args: args, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(8 * time.Second) })
	return p
}

// crash is kill -9; it returns when the program is gone.
func crash(p *Process) {
	p.Kill()
	<-p.Done()
}

// cloudUp starts the cloud and waits until its port answers.
func (h *House) cloudUp(t *testing.T, ctx context.Context) *Process {
	t.Helper()
	file, _, err := h.writeCloudConfig()
	if err != nil {
		t.Fatal(err)
	}
	p := h.startOnce(t, "cloud", "beckmanconnect-cloud", nil, "serve", "--config", file)
	address := strings.Replace(strings.TrimPrefix(h.cloud, "https://"), "localhost", "127.0.0.1", 1)
	// The port is open before the data is; TLS is spoken once all stands.
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Second}, Config: &tls.Config{InsecureSkipVerify: true}}
	until(t, ctx, "the cloud", func() (bool, error) {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return false, err
		}
		return true, conn.Close()
	})
	return p
}

func until(t *testing.T, ctx context.Context, what string, check func() (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := Until(ctx, what, check); err != nil {
		t.Fatal(err)
	}
}

// site is an instrument PC without packages: its programs run from where they
// were built.
type site struct {
	t   *testing.T
	ctx context.Context
	h   *House
	*PC
	scanner string // the malware scanner's socket
}

// sitePolicy is that of a laboratory without patient data.
const sitePolicy = `number = 1
site = "Laboratory 1"
instrument_class = "general"
instrument_type = "DxH 900"
staff = ["` + EngineerAccount + `"]
prompt_timeout = "15s"

[capabilities]
view = "ask"
control = "ask"
files = "ask"
chat = "ask"
`

func newSite(t *testing.T, changes ...func(*Config)) *site {
	t.Helper()
	ctx, h := newHouse(t, changes...)
	return h.site(t, ctx, "pc")
}

// site is one more instrument PC of a house.
func (h *House) site(t *testing.T, ctx context.Context, name string) *site {
	t.Helper()
	s := &site{t: t, ctx: ctx, h: h, PC: &PC{house: h, Name: name, Dir: h.dir(name)}}
	sockets, err := os.MkdirTemp("", "bc") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	for _, dir := range []string{"data", "install"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.scanner = filepath.Join(sockets, "no-scanner") // never the machine's own
	s.Log, s.Socket, s.Config = filepath.Join(s.Dir, "sample.log"), filepath.Join(sockets, "host.sock"), filepath.Join(s.Dir, "host.toml")
	s.write("sample.log", "")
	s.write("policy.toml", sitePolicy)
	if _, err := run(ctx, nil, h.bin("beckmanconnect-cloud"), "policy", "sign", "--key", filepath.Join(h.Keys(), "policy.key"),
		"--in", filepath.Join(s.Dir, "policy.toml"), "--out", filepath.Join(s.Dir, "site-policy.note")); err != nil {
		t.Fatal(err)
	}
	s.write("host.toml", s.configText())
	return s
}

// scan gives the PC a malware scanner, before its service starts.
func (s *site) scan() {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "bc") // short: a socket's path has 107 bytes
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { os.RemoveAll(dir) })
	c, err := scantest.Start(s.ctx, dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Stop)
	s.scanner = c.Socket
	s.write("host.toml", s.configText())
}

func (s *site) configText() string {
	return fmt.Sprintf(`data = "data"
socket = %q
upgrade_socket = %q
trust = %q
policy = "site-policy.note"
install = "install"
region = "eu"
scanner = %q
[cloud]
url = %q
[instrument]
profile = "sample"
log = "sample.log"
`, s.Socket, filepath.Join(filepath.Dir(s.Socket), "upgrade.sock"), s.h.Roots(), s.scanner, s.h.cloud)
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// private takes the rights of others away from a folder and what is in it.
func (s *site) private(name string) {
	s.t.Helper()
	err := filepath.WalkDir(s.path(name), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) path(name string) string { return filepath.Join(s.Dir, name) }

// serviceUp starts the service and waits until it answers.
func (s *site) serviceUp() {
	s.t.Helper()
	s.Service = s.h.startOnce(s.t, s.Name+"-service", "beckmanconnect-service", nil, "--config", s.Config)
	until(s.t, s.ctx, "the service to answer", func() (bool, error) {
		c, err := s.dial()
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
}

func (s *site) dial() (*client.Client, error) {
	return client.Dial(s.ctx, client.Config{Socket: s.Socket, Program: "test", Version: version.Version()})
}

// ask makes one call as the technician.
func ask[Q, A any](s *site, call func(hostpb.HostClient, context.Context, Q, ...grpc.CallOption) (A, error), q Q) A {
	s.t.Helper()
	a, err := try(s, call, q)
	if err != nil {
		s.t.Fatalf("%T: %v", q, err)
	}
	return a
}

// try is ask for what may fail.
func try[Q, A any](s *site, call func(hostpb.HostClient, context.Context, Q, ...grpc.CallOption) (A, error), q Q) (A, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, client.Config{Socket: s.Socket, Program: "test", Version: version.Version()})
	if err != nil {
		var none A
		return none, err
	}
	defer c.Close()
	return call(c.Host, ctx, q)
}

func (s *site) status() *hostpb.Status {
	s.t.Helper()
	return ask(s, hostpb.HostClient.GetStatus, &hostpb.GetStatusRequest{})
}

func (s *site) acceptTerms() {
	s.t.Helper()
	terms := ask(s, hostpb.HostClient.GetTerms, &hostpb.GetTermsRequest{Language: "en"})
	ask(s, hostpb.HostClient.AcceptTerms, &hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: terms.Sha256, ItRequirementsRead: true})
}

var form = &hostpb.RegisterRequest{Email: "maria.koch@lab.example", Name: "Maria Koch", InstrumentType: "DxH 900", Serial: "BC-1"}

func (s *site) register() {
	s.t.Helper()
	s.acceptTerms()
	ask(s, hostpb.HostClient.Register, form)
}

func (s *site) notifications() map[string]*hostpb.Notification {
	s.t.Helper()
	page := ask(s, hostpb.HostClient.ListNotifications, &hostpb.ListNotificationsRequest{Limit: 200})
	all := map[string]*hostpb.Notification{}
	for _, n := range page.GetNotifications() {
		all[n.Code] = n
	}
	return all
}

// Lines of the sample instrument's log, by the code of the notification.
var lines = map[string]string{
	"sample-syringe-worn":             "2026-01-31 10:00:00 ERROR SYR-02 Sample syringe worn, stroke deviation 3.1 %",
	"sample-temperature-out-of-range": "2026-01-31 10:00:01 ERROR TMP-11 Incubator temperature 41.2 out of range",
	"sample-reagent-low":              "2026-01-31 10:00:02 WARN RGT-05 reagent 3 low",
	"sample-instrument-fault":         "2026-01-31 10:00:03 FATAL process ended",
}

// raise writes a line and waits for its notification.
func (s *site) raise(code string) *hostpb.Notification {
	s.t.Helper()
	if err := s.WriteLog(lines[code]); err != nil {
		s.t.Fatal(err)
	}
	var raised *hostpb.Notification
	until(s.t, s.ctx, code, func() (bool, error) { raised = s.notifications()[code]; return raised != nil, nil })
	return raised
}

func (s *site) acknowledge(n *hostpb.Notification) {
	s.t.Helper()
	ask(s, hostpb.HostClient.AcknowledgeNotification, &hostpb.AcknowledgeNotificationRequest{Id: n.Id})
}

// ctl runs beckmanctl.
func (s *site) ctl(args ...string) (string, error) {
	return run(s.ctx, nil, s.h.bin("beckmanctl"), append([]string{"--config", s.Config}, args...)...)
}

// proven: log verify passes on all of it (B4, scenario 47).
func (s *site) proven() {
	s.t.Helper()
	if out, err := s.ctl("log", "verify"); err != nil {
		s.t.Errorf("log verify: %v\n%s", err, out)
	}
}

// wantOpen and wantAcknowledged hold the list against what was answered before.
func (s *site) want(state hostpb.AlarmState, codes ...string) {
	s.t.Helper()
	all := s.notifications()
	for _, code := range codes {
		if all[code].GetState() != state {
			s.t.Errorf("%s is %v, want %v", code, all[code].GetState(), state)
		}
	}
}

// watch follows the service's events as a program of the technician's does.
func (s *site) watch(program string) <-chan *hostpb.Event {
	events := make(chan *hostpb.Event, 1000)
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = client.Follow(ctx, client.Config{Socket: s.Socket, Program: program, Version: version.Version()}, func(e *hostpb.Event) {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		}, nil) // ends with ctx
	}()
	s.t.Cleanup(func() { cancel(); <-done })
	s.event(events, "the snapshot", func(e *hostpb.Event) bool { return e.GetReset_() != nil })
	return events
}

// event waits for one that the test looks for.
func (s *site) event(events <-chan *hostpb.Event, what string, is func(*hostpb.Event) bool) *hostpb.Event {
	s.t.Helper()
	for {
		select {
		case e := <-events:
			if is(e) {
				return e
			}
		case <-s.ctx.Done():
			s.t.Fatalf("no event: %s", what)
		}
	}
}
