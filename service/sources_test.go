package service

import (
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/supervise"
)

// P2, P7: every source is a part of its own, and what a program drops reaches
// the windows; as installed nothing is probed.
func TestSourcesOfTheService(t *testing.T) { // defaults.md "probing", "publishers"
	s := newSite(t)
	s.write("host.toml", `data = "data"
socket = "host.sock"
upgrade_socket = "upgrade.sock"
trust = "trust/roots"
policy = "site-policy.note"
install = "install"
[cloud]
url = "https://127.0.0.1:1"
[instrument]
log = "instrument.log"
logs = ["second.log"]
folder = "."
[notify]
drop = "drop"
`)
	s.load()
	s.policy("number=1\npublishers=[\"lis\"]\n")
	if err := os.Mkdir(filepath.Join(s.dir, "drop"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.write("second.log", "")
	s.run()
	events := s.watch()
	text := `{"publisher":"lis","code":"queue-full","severity":"low","title":"The queue is full"}`
	s.write("drop/a.tmp", text)
	if err := os.Rename(filepath.Join(s.dir, "drop/a.tmp"), filepath.Join(s.dir, "drop/a.json")); err != nil {
		t.Fatal(err)
	}
	await(t, events, "the dropped notification", func(e *hostpb.Event) bool {
		n := e.GetNotification()
		return n.GetCode() == "local/lis/queue-full" && n.GetVerified()
	})
	parts := map[string]string{}
	for _, c := range s.status(s.client()).GetComponents() {
		parts[c.GetName()] = c.GetState()
	}
	for _, name := range []string{"instrument-log", "instrument-log/second.log", "machine", "probes", "drop-folder", "self"} {
		if parts[name] != supervise.OK {
			t.Errorf("part %s: %q of %v", name, parts[name], parts)
		}
	}
}
