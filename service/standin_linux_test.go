package service

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/device"
	"beckmanconnect/store"
	"beckmanconnect/store/keys"
)

// files is every file below the data folder but what stands in for the log.
func (s *site) files() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(s.config.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == standInDir {
			return fs.SkipDir
		}
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// verify verifies a log without its keys.
func (s *site) verify(db, key string) logproof.Report {
	s.t.Helper()
	text, err := os.ReadFile(key)
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	report, err := logproof.Verify(s.t.Context(), logproof.Config{Path: db, Verifiers: note.VerifierList(v)})
	if err != nil || report.Fault != nil {
		s.t.Fatalf("%s: %v %v", db, report.Fault, err)
	}
	return report
}

// The systemd credential is not delivered once: the service starts all the
// same, says what is wrong and what to do, shows alarms, lets nobody in and
// takes nothing that it would have to remember; the log, its keys and the
// registration are not touched and go on with the credential, and what stood in
// between is on record and can be proven (scenario 47, 50; P15).
func TestACredentialThatWasNotDelivered(t *testing.T) {
	s := newSite(t)
	s.registrar()
	credentials := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	path := filepath.Join(credentials, keys.Credential)
	deliver := func() {
		if err := os.WriteFile(path, bytes.Repeat([]byte{7}, 32), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	deliver()
	stop := s.run()
	c := s.client()
	acceptTerms(t, c)
	registered, err := c.Host.Register(t.Context(), form)
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	before := s.files()

	for round := range 2 {
		if err := os.Remove(path); err != nil && round == 0 {
			t.Fatal(err)
		}
		stop = s.run()
		c = s.client()
		s.line("2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A1 worn")
		s.alarm(c, codeKeysAway)
		s.alarm(c, "sample-syringe-worn")
		status := s.status(c)
		i := slices.IndexFunc(status.GetComponents(), func(p *hostpb.Component) bool { return p.GetName() == "log" })
		if status.GetLog().GetTrouble() != store.TroubleAway || status.GetDeviceState() != device.StateKeysAway || status.GetRegistration() != nil ||
			status.GetSupport().GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_OFF || status.GetSupport().GetOffCode() != "device-keys-away" ||
			status.GetLink() != hostpb.Link_LINK_UNREGISTERED || i < 0 || !strings.Contains(status.GetComponents()[i].GetDetail(), "nothing was overwritten") {
			t.Errorf("round %d: %v", round, status)
		}
		for name, call := range map[string]func() error{
			"help": func() error {
				_, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true})
				return err
			},
			"terms":    func() error { _, err := c.Host.AcceptTerms(t.Context(), &hostpb.AcceptTermsRequest{}); return err },
			"register": func() error { _, err := c.Host.Register(t.Context(), form); return err },
			"renew":    func() error { _, err := c.Host.RenewDevice(t.Context(), &hostpb.RenewDeviceRequest{}); return err },
			"PIN": func() error {
				_, err := c.Host.SetPIN(t.Context(), &hostpb.SetPINRequest{Initials: "aw", Pin: "493817"})
				return err
			},
			"rotate": func() error {
				out, err := c.Host.RotateKeys(t.Context(), &hostpb.RotateKeysRequest{})
				if err == nil {
					_, err = out.Recv()
				}
				return err
			},
		} {
			if err := call(); client.Code(err) != "device-keys-away" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for name, content := range s.files() {
			if before[name] != content {
				t.Errorf("round %d: %s was touched", round, name)
			}
		}
		if len(s.files()) != len(before) {
			t.Errorf("round %d: %d files, before %d", round, len(s.files()), len(before))
		}
	}

	// It is delivered while the service waits for it.
	ended := make(chan error, 1)
	go func() { ended <- Run(t.Context(), s.config, slog.New(slog.DiscardHandler)) }()
	for {
		c, err := s.dial()
		if err == nil {
			c.Close()
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the service ended: %v", err)
		case <-time.After(5 * time.Millisecond): // it is starting
		}
	}
	deliver()
	if err := <-ended; !errors.Is(err, ErrRestart) {
		t.Fatalf("with the keys there again: %v", err)
	}
	stop = s.run()
	status := s.status(s.client())
	if status.GetLog().GetTrouble() != "" || status.GetDeviceState() != device.StateOK || status.GetRegistration().GetDeviceId() != registered.GetDeviceId() {
		t.Errorf("afterwards: %v", status)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	stood := s.newest("log.stood-in")
	folder := filepath.Join(s.config.Data, logproof.AsideDir, stood.Subject)
	report := s.verify(filepath.Join(folder, logproof.FileName), filepath.Join(folder, store.KeysDir, keys.CheckpointPublic))
	if report.Head.Origin != stood.Fields["origin"] || fmt.Sprint(report.Entries) != stood.Fields["entries"] || stood.Fields["signature_checked"] != "true" {
		t.Errorf("on record %v, the log %+v", stood.Fields, report)
	}
	// The one of the first round lies in it as the one of the second found it.
	earlier, err := filepath.Glob(filepath.Join(folder, logproof.AsideDir, "*", logproof.FileName))
	if err != nil || len(earlier) != 2 {
		t.Errorf("earlier ones: %v %v", earlier, err)
	}
	if _, err := os.Lstat(filepath.Join(s.config.Data, standInDir)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it is still there")
	}
	s.verify(filepath.Join(s.config.Data, logproof.FileName), filepath.Join(s.config.Data, store.KeysDir, keys.CheckpointPublic))
}

// A device key that cannot be opened takes remote support away, not the
// service: IT renews it, and the old file is kept (P10).
func TestADeviceKeyThatCannotBeOpened(t *testing.T) {
	s := newSite(t)
	s.registrar()
	stop := s.run()
	c := s.client()
	acceptTerms(t, c)
	if _, err := c.Host.Register(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.config.Data, store.KeysDir, device.KeyFile)
	spoilt := bytes.Repeat([]byte("no key "), 20)
	if err := os.WriteFile(path, spoilt, 0o600); err != nil {
		t.Fatal(err)
	}
	stop = s.run()
	c = s.client()
	if st := s.status(c); st.GetDeviceState() != device.StateKeyLost || st.GetSupport().GetOffCode() != "device-key-lost" || st.GetLog().GetTrouble() != "" {
		t.Errorf("%v", st)
	}
	if _, err := c.Host.Register(t.Context(), form); client.Code(err) != "device-key-lost" {
		t.Errorf("registered without a key: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, spoilt) {
		t.Fatal("overwritten", err)
	}
	if _, err := c.Host.RenewDevice(t.Context(), &hostpb.RenewDeviceRequest{Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path + ".unreadable"); err != nil || !bytes.Equal(b, spoilt) {
		t.Error("the old file is not kept", err)
	}
	if _, err := c.Host.Register(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	if st := s.status(c); st.GetDeviceState() != device.StateOK || st.GetRegistration() == nil {
		t.Errorf("%v", st)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.newest("device.key-lost"); got.Actor != "system" {
		t.Errorf("%+v", got)
	}
}
