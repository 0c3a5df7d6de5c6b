//go:build !production

package window

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/sample"
)

// versionFile beside this test's program says which version it plays.
const versionFile = "version"

// played is the version that this program is, where it was installed as one.
func played(otherwise string) string {
	self, err := os.Executable()
	if err != nil {
		return otherwise
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), versionFile))
	if err != nil {
		return otherwise
	}
	return string(text)
}

// installVersions puts this test's program under two versions behind a
// launcher, and returns the launcher and what makes the second one current.
func installVersions(t *testing.T, first, second string) (launcher string, upgrade func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	install := t.TempDir()
	put := func(path, text string) string {
		path = filepath.Join(install, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	digests := map[string]string{first: strings.Repeat("1", 64), second: strings.Repeat("2", 64)}
	for version, digest := range digests {
		put("versions/"+digest+"/"+versionFile, version)
		program := filepath.Join(install, "versions", digest, "beckmanconnect")
		if err := os.Link(self, program); err != nil {
			bytes, err := os.ReadFile(self)
			if err != nil {
				t.Fatal(err)
			}
			put("versions/"+digest+"/beckmanconnect", string(bytes))
		}
	}
	launcher = put("bin/beckmanconnect", "#!/bin/sh\nexec "+install+"/versions/$(cat "+install+"/current)/beckmanconnect \"$@\"\n")
	put("current", digests[first]+"\n")
	return launcher, func() { put("current", digests[second]+"\n") }
}

// After an upgrade the open window comes back as the new version, in the same
// process, with the notification that was open, over the filter that was set.
func TestRealWindowComesBack(t *testing.T) {
	launcher, upgrade := installVersions(t, "0.1.0", "0.2.0")
	w := startRealAs(t, launcher)
	a := &alarms{all: sample.Notifications()}
	a.answer(w.service.Host)
	runsAs := func(version string) func() bool {
		return func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return slices.ContainsFunc(w.said, func(line string) bool { return strings.Contains(line, "runs as "+version) })
		}
	}
	w.until("the window of the first version", func() bool { _, ok := w.part("notifications.list"); return ok })
	if !runsAs("0.1.0")() || runsAs("0.2.0")() {
		t.Fatal("it does not begin as the first version")
	}
	w.until("the list of all", func() bool {
		if all, ok := w.part("notifications.scope.all"); ok {
			w.click(w.outer, all)
		}
		for _, c := range w.service.Host.Calls("ListNotifications") {
			if r := c.Request.(*hostpb.ListNotificationsRequest); !r.GetOpenOnly() && len(r.GetStates()) == 0 {
				return true
			}
		}
		return false
	})
	w.until("a page", func() bool {
		if row, ok := w.part("notification.18"); ok {
			w.click(w.outer, row)
		}
		_, ok := w.part("notification.18.page")
		return ok
	})

	lists := len(w.service.Host.Calls("ListNotifications"))
	upgrade()
	if err := os.Remove(w.layout); err != nil {
		t.Fatal(err)
	}
	status := proto.CloneOf(sample.Status())
	status.Version = "0.2.0"
	w.service.SetStatus(status)
	w.until("the second version", runsAs("0.2.0"))
	w.until("the same page", func() bool { _, ok := w.part("notification.18.page"); return ok })
	for _, c := range w.service.Host.Calls("ListNotifications")[lists:] {
		if r := c.Request.(*hostpb.ListNotificationsRequest); r.GetOpenOnly() {
			t.Errorf("the list behind it is another: %v", r)
		}
	}
	w.until("the list behind it", func() bool {
		key := "Escape"
		if _, past := w.part("home.call"); past { // pressed again before the list was drawn
			key = "ctrl+2"
		}
		w.on(w.outer, "key", key, "sleep", "0.2")
		_, ok := w.part("notifications.list")
		return ok
	})
	if err := w.command.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it is another process: %v", err)
	}
}
