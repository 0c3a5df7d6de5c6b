package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/device"
	"beckmanconnect/store"
)

// entries reads the log of a service that is not running, newest first.
func (s *site) entries() []store.Record {
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
	return list
}

// newest is the newest entry of a kind.
func (s *site) newest(kind string) store.Record {
	s.t.Helper()
	list := s.entries()
	i := slices.IndexFunc(list, func(r store.Record) bool { return r.Kind == kind })
	if i < 0 {
		s.t.Fatalf("no %s in the log", kind)
	}
	return list[i]
}

// alarm waits until an alarm of this code is open.
func (s *site) alarm(c *client.Client, code string) {
	s.t.Helper()
	for {
		page, err := c.Host.ListNotifications(s.t.Context(), &hostpb.ListNotificationsRequest{Limit: 50})
		if err != nil {
			s.t.Fatal(err)
		}
		if slices.ContainsFunc(page.GetNotifications(), func(n *hostpb.Notification) bool { return n.GetCode() == code }) {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond): // it is raised soon
		case <-s.t.Context().Done():
			s.t.Fatal(code + " is not raised")
		}
	}
}

// An identity that does not fit this PC: no link and no support, alarms and log
// go on, an alarm says what to do, and IT's renewal makes a new one that is
// registered anew (P10, P13).
func TestACopiedIdentity(t *testing.T) {
	s := newSite(t)
	s.registrar()
	stop := s.run()
	c := s.client()
	acceptTerms(t, c)
	before, err := c.Host.Register(t.Context(), form)
	if err != nil {
		t.Fatal(err)
	}
	if state := s.status(c).GetDeviceState(); state != device.StateOK {
		t.Fatal(state)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	// The record of the PC does not open: as good as another PC's.
	record := filepath.Join(s.config.Data, store.KeysDir, device.MachineFile)
	sealed, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	sealed[len(sealed)/2] ^= 1
	if err := os.WriteFile(record, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	stop = s.run()
	c, events := s.client(), s.watch()
	status := s.status(c)
	if status.GetDeviceState() != device.StateCopied || status.GetLink() != hostpb.Link_LINK_UNREGISTERED || status.GetSupport().GetOffCode() != "device-copied" {
		t.Errorf("%s, %s, %s", status.GetDeviceState(), status.GetLink(), status.GetSupport().GetOffCode())
	}
	s.line("2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A1 worn")
	await(t, events, "the instrument's alarm", func(e *hostpb.Event) bool { return e.GetNotification().GetCode() == "sample-syringe-worn" })
	s.alarm(c, "device-copied")
	if _, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true}); client.Code(err) != "device-copied" {
		t.Errorf("help: %v", err)
	}
	if _, err := c.Host.Register(t.Context(), form); client.Code(err) != "device-copied" {
		t.Errorf("registration: %v", err)
	}
	if _, err := c.Host.RenewDevice(t.Context(), &hostpb.RenewDeviceRequest{Reason: "Disk was cloned"}); err != nil {
		t.Fatal(err)
	}
	status = s.status(c)
	if status.GetDeviceState() != device.StateOK || status.GetRegistration() != nil || status.GetSupport().GetOffCode() != "not-registered" {
		t.Errorf("after the renewal: %v", status)
	}
	after, err := c.Host.Register(t.Context(), form)
	if err != nil || after.GetDeviceId() == before.GetDeviceId() {
		t.Fatal(after, err)
	}
	await(t, events, "support to be ready", func(e *hostpb.Event) bool {
		return e.GetStatus().GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if e := s.newest("device.renewed"); e.Subject != before.GetDeviceId() || e.Fields["state"] != device.StateCopied || e.Personal["reason"] != "Disk was cloned" {
		t.Errorf("%+v", e)
	}
	s.newest("device.copied")
	if _, err := os.Stat(filepath.Join(s.config.Data, store.KeysDir, device.KeyFile+"."+before.GetDeviceId())); err != nil {
		t.Error(err)
	}
	s.run()
	if status := s.status(s.client()); status.GetDeviceState() != device.StateOK || status.GetRegistration().GetDeviceId() != after.GetDeviceId() {
		t.Errorf("after a restart: %v", status)
	}
}

// What is found only at the next start is on record before the start itself.
func TestWhatIsFoundAtTheStart(t *testing.T) {
	s := newSite(t)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childConfig+"="+s.config.File)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := s.dial()
		if err == nil {
			c.Close()
			break
		}
		select {
		case <-time.After(5 * time.Millisecond): // it is starting
		case <-t.Context().Done():
			t.Fatal(err)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	text, err := os.ReadFile(s.config.File)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "[instrument]\n", "[instrument]\nphone = \"+49 30 555 0100\"\n", 1)
	s.write("host.toml", strings.Replace(changed, "https://127.0.0.1:1", "https://127.0.0.1:2", 1))
	s.load()
	if err := s.run()(); err != nil {
		t.Fatal(err)
	}
	if err := s.run()(); err != nil { // nothing was changed, and it was stopped
		t.Fatal(err)
	}
	kinds := s.kinds()
	want := []string{"log.started", "capabilities.installed", "config.changed", "service.started", "person.connected",
		"service.stop-missing", "config.changed", "service.started", "person.connected", "service.stopped",
		"service.started", "person.connected", "service.stopped"}
	if !slices.Equal(kinds, want) {
		t.Errorf("log %q", kinds)
	}
	if e := s.newest("service.stop-missing"); e.Fields["pc"] != "same" || e.Fields["started"] == "" {
		t.Errorf("%+v", e)
	}
	e := s.newest("config.changed")
	if e.Fields["added"] != "instrument.phone" || e.Fields["changed"] != "cloud.url" || e.Fields["removed"] != "" || len(e.Fields["sha256"]) != 64 {
		t.Errorf("%+v", e)
	}
	for _, value := range e.Fields {
		if strings.Contains(value, "555 0100") {
			t.Errorf("the log names a value of the configuration: %+v", e)
		}
	}
	if e := s.newest("person.connected"); e.Subject != "window" || e.Personal["account"] == "" || e.Fields["remote"] != "false" {
		t.Errorf("%+v", e)
	}
}

// The cloud's refusal is kept over a restart and taken back by its own word
// alone.
func TestStandingIsKept(t *testing.T) {
	s := newSite(t)
	if err := s.run()(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		t.Fatal(err)
	}
	err = st.Update(t.Context(), func(tx *store.Tx) error { return tx.SetSetting(device.SettingRefused, device.StateRevoked) })
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s.run()
	c := s.client()
	acceptTerms(t, c)
	s.alarm(c, "device-revoked")
	if _, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true}); client.Code(err) != "device-revoked" {
		t.Errorf("help: %v", err)
	}
	status := s.status(c)
	if status.GetDeviceState() != device.StateRevoked {
		t.Errorf("%v", status)
	}
}
