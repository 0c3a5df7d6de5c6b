package service

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/store"
)

// childConfig names the configuration when this test binary is the service.
const childConfig = "BECKMANCONNECT_TEST_SERVICE"

func TestMain(m *testing.M) {
	if socket := os.Getenv(childTray); socket != "" {
		beTray(socket)
	}
	file := os.Getenv(childConfig)
	if file == "" {
		os.Exit(m.Run())
	}
	config, err := hostconfig.Load(file)
	if err == nil {
		err = Run(context.Background(), config, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// madeTrust makes trust roots once for all tests: RSA-4096 takes a while.
var madeTrust = sync.OnceValues(func() (fs.FS, error) {
	dir, err := os.MkdirTemp("", "bc-trust")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := trust.Init(filepath.Join(dir, "trust")); err != nil {
		return nil, err
	}
	all := fstest.MapFS{}
	root := os.DirFS(filepath.Join(dir, "trust"))
	return all, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		all[path] = &fstest.MapFile{Data: data, Mode: 0o600}
		return err
	})
})

// The service starts, warns, and stops with the cloud absent; what was
// acknowledged is there after a restart.
func TestWithoutACloud(t *testing.T) {
	s := newSite(t)
	stop := s.run()
	c, events := s.client(), s.watch()
	first := await(t, events, "the snapshot", func(e *hostpb.Event) bool { return e.GetReset_() != nil }).GetReset_().GetSnapshot()
	if first.GetVersion() != version.Version() || first.GetLink() != hostpb.Link_LINK_UNREGISTERED || first.GetPolicy() != "none" ||
		first.GetInstrumentClass() != "patient-data" || first.GetInstrumentRun() != "unknown" || !first.GetLog().GetWritable() || first.GetEpoch() == "" {
		t.Errorf("snapshot %v", first)
	}
	_, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if got := client.Code(err); got != "terms-not-accepted" { // P19, in the service
		t.Errorf("help before the terms: %s", got)
	}
	acceptTerms(t, c)
	await(t, events, "accepted terms", func(e *hostpb.Event) bool { return e.GetStatus().GetTermsAccepted() })
	_, err = c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if got := client.Code(err); got != "not-registered" {
		t.Errorf("help before the registration: %s", got)
	}
	_, err = c.Host.Register(t.Context(), form)
	if d := client.Detail(err); d.GetCode() != "cloud-unreachable" || !d.GetRetryable() {
		t.Errorf("registration without a cloud: %v", d)
	}
	s.line("2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A1 worn")
	raised := await(t, events, "the notification", func(e *hostpb.Event) bool { return e.GetNotification() != nil })
	if n := raised.GetNotification(); n.GetCode() != "sample-syringe-worn" || n.GetSubject() != "A1" || raised.GetSeq() != 1 {
		t.Errorf("%v", raised)
	}
	if _, err := c.Host.AcknowledgeNotification(t.Context(), &hostpb.AcknowledgeNotificationRequest{Id: raised.GetNotification().GetId()}); err != nil {
		t.Fatal(err)
	}
	await(t, events, "the acknowledgement", func(e *hostpb.Event) bool {
		return e.GetNotification().GetState() == hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED
	})
	s.line("RUN 7 FINISHED")
	await(t, events, "the run state", func(e *hostpb.Event) bool { return e.GetStatus().GetInstrumentRun() == "idle" })
	if err := stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
	stop = s.run()
	page, err := s.client().Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{})
	if err != nil || len(page.GetNotifications()) != 1 || page.GetNotifications()[0].GetState() != hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED {
		t.Errorf("after a restart: %v %v", page, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := []string{"log.started", "capabilities.installed", "config.changed", "service.started", "person.connected", "terms.accepted", "device.registering", "notification.raised", "notification.acknowledged", "service.stopped", "service.started", "person.connected", "service.stopped"}
	if got := s.kinds(); !slices.Equal(got, want) {
		t.Errorf("log %q", got)
	}
}

// kinds reads the log of a service that is not running.
func (s *site) kinds() []string {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	list, _, err := st.Entries(s.t.Context(), 0, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	var kinds []string
	for _, e := range slices.Backward(list) {
		if e.Kind != "log.checked" { // comes when there is time for it
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// kill -9 at random: every line that was written counts once, and what was
// acknowledged stays acknowledged (scenarios 7, 47; 200 in soak).
func TestKilledAtRandom(t *testing.T) {
	s := newSite(t)
	child := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childConfig+"="+s.config.File)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	connect := func() *client.Client {
		for {
			c, err := s.dial()
			if err == nil {
				return c
			}
			select {
			case <-time.After(5 * time.Millisecond): // it is starting
			case <-t.Context().Done():
				t.Fatal(err)
			}
		}
	}
	lines, acknowledged := 0, map[uint64]bool{}
	s.line("before the first start") // the place is kept from here on
	for round := range 6 {
		cmd := child()
		c := connect()
		for range 1 + mathrand.N(20) {
			s.line(fmt.Sprintf("WARN RGT-05 Reagent %d low", lines))
			lines++
			page, err := c.Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{OpenOnly: true})
			if err == nil && len(page.GetNotifications()) > 0 && mathrand.N(4) == 0 {
				id := page.GetNotifications()[0].GetId()
				if _, err := c.Host.AcknowledgeNotification(t.Context(), &hostpb.AcknowledgeNotificationRequest{Id: id}); err == nil {
					acknowledged[id] = true
				}
			}
		}
		if round == 0 {
			// The first start has to have kept its place before it dies.
			for s.count(c) == 0 {
				s.line("WARN RGT-05 Reagent 0 low")
				lines++
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		c.Close()
	}
	cmd := child()
	c := connect()
	counted := 0
	for counted < lines {
		next := s.count(c)
		if next < counted {
			t.Fatalf("counted %d, then %d", counted, next)
		}
		counted = next
	}
	page, err := c.Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range page.GetNotifications() {
		if acknowledged[n.GetId()] && n.GetAcknowledgedUnixMs() == 0 {
			t.Errorf("the acknowledgement of %d is lost", n.GetId())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	c.Close()
	if counted != lines {
		t.Errorf("counted %d of %d lines", counted, lines)
	}
	_ = s.kinds() // opens: the log fits its checkpoint
}

func (s *site) count(c *client.Client) int {
	s.t.Helper()
	page, err := c.Host.ListNotifications(s.t.Context(), &hostpb.ListNotificationsRequest{Limit: 200})
	if err != nil {
		s.t.Fatal(err)
	}
	total := 0
	for _, n := range page.GetNotifications() {
		total += int(n.GetCount())
	}
	return total
}

// Wrong input gives one clear line that says what to do.
func TestOneClearLine(t *testing.T) {
	s := newSite(t)
	expect := func(what string, config hostconfig.Config, parts ...string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := Run(ctx, config, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "\n") || slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(err.Error(), p) }) {
			t.Errorf("%s: %v", what, err)
		}
	}
	without := s.config
	without.Cloud.URL = ""
	expect("no cloud", without, "cloud.url", "add url")
	roots := s.config
	roots.Trust = filepath.Join(s.dir, "none")
	expect("no roots", roots, roots.Trust)
	listener, err := pipe.Listen(pipe.Config{Path: s.config.Socket})
	if err != nil {
		t.Fatal(err)
	}
	expect("the name is taken", s.config, s.config.Socket, pipe.ErrInUse.Error())
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	held, err := store.Open(t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		t.Fatal(err)
	}
	expect("another service", s.config, "in use by another process", "stop the other")
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}
