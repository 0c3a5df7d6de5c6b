package upgrade

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/versions"
)

// Somebody who could write into the installation for a moment has put links in
// the place of all that an upgrade makes: none is followed, and what is
// installed is what was signed (scenario 37).
func TestPlantedLinks(t *testing.T) {
	m := newMachine(t)
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	target := t.TempDir()
	precious := write(t, filepath.Join(target, "precious"), []byte("precious\n"))
	inside := func(path string) string { return filepath.Join(m.install.Dir, path) }
	if err := os.MkdirAll(folder(m.install), 0o700); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{
		"upgrade/staging": target, "versions/" + digest: target, "versions/" + digest + ".new": target,
		"upgrade/state.json.new": precious, "upgrade/journal": precious,
		"current.new": precious, "previous": precious, "previous.new": precious, "trial": precious, "trial.new": precious,
	}
	for path, to := range links {
		if err := os.Symlink(to, inside(path)); err != nil {
			t.Fatal(err)
		}
	}
	m.start()
	m.until(offered)
	m.accept(digest)
	if state := m.until(installed, failed, rolledBack); state.GetPhase() != installed {
		t.Fatalf("outcome: %v", state)
	}
	if m.current() != digest || versionOf(t, m.install) != "1.1.0" {
		t.Errorf("current is %s", m.current())
	}
	text, err := os.ReadFile(precious)
	if all, listErr := os.ReadDir(target); err != nil || string(text) != "precious\n" || listErr != nil || len(all) != 1 {
		t.Errorf("a link was followed: %q, %v, %v", text, all, err)
	}
	for path := range links {
		if info, err := os.Lstat(inside(path)); err == nil && info.Mode()&os.ModeSymlink != 0 {
			t.Errorf("%s is still a link", path)
		}
	}
}

// The upgrade service works in no folder that somebody else made, or could
// write to (scenarios 37, 58).
func TestFolderOfSomebodyElse(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a link":              func(p string) error { return os.Symlink(t.TempDir(), p) },
		"a file":              func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"others may write":    func(p string) error { return firstError(os.Mkdir(p, 0o700), os.Chmod(p, 0o777)) },
		"its group may write": func(p string) error { return firstError(os.Mkdir(p, 0o700), os.Chmod(p, 0o770)) },
	} {
		i := versions.Install{Dir: t.TempDir()}
		if err := make(folder(i)); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Install: i, Platform: Platform(), Version: "1.0.0"}); err == nil {
			t.Errorf("%s: it works there", name)
		}
	}
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// What was staged and waits is verified again right before the switch: a
// program that was changed, or laid beside the others, stops it (scenarios 37,
// 38), and the next try brings the release anew.
func TestReadyAndChanged(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"a program changed": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "beckmanctl"), []byte("#!/bin/sh\necho evil\n"), 0o755)
		},
		"a program gone": func(dir string) error { return os.Remove(filepath.Join(dir, "beckmanctl")) },
		"a program linked": func(dir string) error {
			return firstError(os.Remove(filepath.Join(dir, "beckmanctl")), os.Symlink("/bin/true", filepath.Join(dir, "beckmanctl")))
		},
		"a program beside":    func(dir string) error { return os.WriteFile(filepath.Join(dir, "version.dll"), []byte("evil"), 0o755) },
		"the manifest":        func(dir string) error { return os.WriteFile(filepath.Join(dir, "release.json"), []byte("{}"), 0o644) },
		"a link to a version": func(dir string) error { return firstError(os.Rename(dir, dir+".x"), os.Symlink(dir+".x", dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
			m.start()
			m.until(offered)
			if _, err := m.upgrader().Download(t.Context(), &upgradepb.DownloadRequest{Digest: digest}); err != nil {
				t.Fatal(err)
			}
			m.until(ready)
			if m.current() == digest || versionOf(t, m.install) != "1.0.0" {
				t.Fatal("what is only ready runs")
			}
			if err := change(m.install.Version(digest)); err != nil {
				t.Fatal(err)
			}
			m.accept(digest)
			state := m.until(installed, failed, rolledBack)
			if state.GetPhase() == failed {
				if state.GetErrorCode() != codeUntrusted || versionOf(t, m.install) != "1.0.0" {
					t.Fatalf("outcome: %v", state)
				}
				m.accept(digest)
				state = m.until(installed, rolledBack)
			}
			if state.GetPhase() != installed || versionOf(t, m.install) != "1.1.0" {
				t.Fatalf("outcome: %v", state)
			}
			if _, err := os.Lstat(filepath.Join(m.install.Version(digest), "version.dll")); err == nil {
				t.Error("what was laid beside the programs is still there")
			}
		})
	}
}

// What is held between its download and the switch is verified once more when
// it is let go (scenario 37).
func TestChangedWhileHeld(t *testing.T) {
	m := newMachine(t)
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.config.Source = swapping{m.config.Source, func(string) error {
		_, err := m.upgrader().Hold(t.Context(), &upgradepb.HoldRequest{Reason: "run", Seconds: 300})
		return err
	}}
	m.start()
	m.until(offered)
	m.accept(digest)
	if s := m.until(installing, installed, failed); s.GetPhase() != installing || s.GetHeld() != "run" {
		t.Fatalf("it is not held: %v", s)
	}
	write(t, filepath.Join(m.install.Version(digest), "beckmanctl"), []byte("#!/bin/sh\necho evil\n"))
	if _, err := m.upgrader().Hold(t.Context(), &upgradepb.HoldRequest{}); err != nil {
		t.Fatal(err)
	}
	if s := m.until(installed, failed, rolledBack); s.GetPhase() != failed || s.GetErrorCode() != codeUntrusted || versionOf(t, m.install) != "1.0.0" {
		t.Errorf("outcome: %v", s)
	}
}

// A service that ends twice while it is watched has the version before back
// (scenario 41), over the real pipes.
func TestServiceThatEndsInTheWatch(t *testing.T) {
	m := newMachine(t)
	m.config.Watch = time.Minute
	m.brief["1.1.0"] = 40
	before := m.current()
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	m.until(offered)
	m.accept(digest)
	state := m.until(installed, failed, rolledBack)
	if state.GetPhase() != rolledBack || !strings.Contains(state.GetError(), "it ended 2 times") || m.current() != before {
		t.Fatalf("outcome: %v", state)
	}
	m.mu.Lock()
	watched := false
	for _, s := range m.seen {
		watched = watched || s.GetPhase() == watching && !s.GetRestart() && s.GetRunningVersion() == "1.1.0"
	}
	m.mu.Unlock()
	if !watched {
		t.Error("it was never watched")
	}
	// All of it is in the journal, until the log has it.
	var reply *upgradepb.JournalReply
	journal := func(u *client.Upgrader) (err error) {
		reply, err = u.Journal(t.Context(), &upgradepb.JournalRequest{})
		return err
	}
	m.call(journal)
	var kinds []string
	for _, e := range reply.GetEntries() {
		kinds = append(kinds, e.GetKind())
		if e.GetKind() == kindRolledBack && (e.GetFields()["digest"] != digest || e.GetFields()["from"] != "1.0.0" || e.GetFields()["code"] != codeHealth) {
			t.Errorf("%v", e)
		}
	}
	all := strings.Join(kinds, " ")
	for _, part := range []string{"switched", "service-stopped service-started", "healthy", "unhealthy", "rolled-back"} {
		if !strings.Contains(all, part) {
			t.Errorf("the journal has %q, not %q", all, part)
		}
	}
	last := reply.GetEntries()[len(reply.GetEntries())-1].GetSequence()
	m.call(func(u *client.Upgrader) error {
		_, err := u.Taken(t.Context(), &upgradepb.TakenRequest{Sequence: last})
		return err
	})
	if m.call(journal); len(reply.GetEntries()) > 0 {
		t.Errorf("what was taken is still there: %v", reply)
	}
}

// A new version whose tray came up and ends again and again is not healthy, though
// its service is (scenario 41).
func TestTraysThatEndInTheWatch(t *testing.T) {
	m := newMachine(t)
	m.config.Watch = time.Minute
	m.trays["1.1.0"] = 40
	before := m.current()
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	m.until(offered)
	m.accept(digest)
	state := m.until(installed, failed, rolledBack)
	if state.GetPhase() != rolledBack || state.GetErrorCode() != codeHealth || !strings.Contains(state.GetError(), "tray program ended 3 times") || m.current() != before {
		t.Fatalf("outcome: %v", state)
	}
}

// Over the pipe: held before a byte is fetched, cancelled, let go.
func TestHeldOverThePipe(t *testing.T) {
	m := newMachine(t)
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	m.until(offered)
	u := m.upgrader()
	if s, err := u.Hold(t.Context(), &upgradepb.HoldRequest{Reason: "session", Seconds: 300}); err != nil || s.GetHeld() != "session" {
		t.Fatalf("%v, %v", s, err)
	}
	m.accept(digest)
	for s := m.until(downloading, failed, installed); s.GetHeld() != "session" || s.GetPercent() > 0; s = m.until(downloading, failed, installed) {
	}
	if s, err := u.Cancel(t.Context(), &upgradepb.CancelRequest{Digest: digest}); err != nil || s.GetPhase() != offered {
		t.Fatalf("cancel: %v, %v", s, err)
	}
	if _, err := u.Cancel(t.Context(), &upgradepb.CancelRequest{Digest: strings.Repeat("0", 64)}); client.Code(err) != CodeNotOffered {
		t.Errorf("cancel of another: %v", err)
	}
	if _, err := u.Hold(t.Context(), &upgradepb.HoldRequest{Reason: "lunch", Seconds: 30}); client.Code(err) != CodeBadHold {
		t.Errorf("held for %v", err)
	}
	if s, err := u.Hold(t.Context(), &upgradepb.HoldRequest{}); err != nil || s.GetHeld() != "" {
		t.Fatalf("let go: %v, %v", s, err)
	}
	m.accept(digest)
	if s := m.until(installed, failed, rolledBack); s.GetPhase() != installed {
		t.Fatalf("outcome: %v", s)
	}
}
