package hostconfig

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSources(t *testing.T) {
	c, err := Parse("/etc/x/host.toml", `
[instrument]
log = "a.log"
logs = ["b.log", "/var/c.log"]
[machine]
services = ["postgresql.service", "Instrument Manager"]
processes = ["analyser.exe"]
events = ["Application Error"]
certificates = ["lis.pem"]
backups = "backups"
[notify]
drop = "/var/lib/drop"
`)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Instrument.Logs, []string{"/etc/x/b.log", "/var/c.log"}) || !slices.Equal(c.Machine.Certificates, []string{"/etc/x/lis.pem"}) {
		t.Errorf("paths are not absolute: %+v", c)
	}
	if c.Machine.Backups != "/etc/x/backups" || c.Machine.BackupWithin != 26*time.Hour || c.Notify.Drop != "/var/lib/drop" {
		t.Errorf("%+v %+v", c.Machine, c.Notify)
	}
	if c, err = Parse("/etc/x/host.toml", ""); err != nil || c.Machine.BackupWithin != 0 || c.Notify.Drop != "" {
		t.Errorf("as installed nothing more is watched: %+v %v", c, err)
	}
}

func TestBadSources(t *testing.T) {
	for name, row := range map[string]struct{ text, part string }{
		"service with a folder": {"[machine]\nservices = [\"/etc/x\"]\n", "machine.services"},
		"service twice":         {"[machine]\nservices = [\"a\", \"a\"]\n", "stands twice"},
		"empty program":         {"[machine]\nprocesses = [\"\"]\n", "machine.processes"},
		"program with a folder": {"[machine]\nprocesses = [\"C:\\\\x.exe\"]\n", "machine.processes"},
		"line break":            {"[machine]\nevents = [\"a\\nb\"]\n", "machine.events"},
		"too many":              {"[machine]\nevents = [" + strings.Repeat("\"a\",", 33) + "]\n", "at most 32"},
		"backup too soon":       {"[machine]\nbackups = \"b\"\nbackup_within = \"10m\"\n", "out of bounds"},
		"backup of nothing":     {"[machine]\nbackup_within = \"24h\"\n", "no machine.backups"},
		"the log twice":         {"[instrument]\nlog = \"a\"\nlogs = [\"a\"]\n", "already"},
		"drop in data":          {"data = \"/srv/bc\"\n[notify]\ndrop = \"/srv/bc/drop\"\n", "notify.drop"},
		"drop above data":       {"data = \"/srv/bc\"\n[notify]\ndrop = \"/srv\"\n", "notify.drop"},
		"unknown":               {"[machine]\nfans = true\n", "machine.fans"},
	} {
		if _, err := Parse("/etc/x/host.toml", row.text); err == nil || !strings.Contains(err.Error(), row.part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
