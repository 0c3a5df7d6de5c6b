package hostconfig

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

const (
	shortestBackup = time.Hour
	longestBackup  = 90 * 24 * time.Hour
	// defaultBackup: a nightly backup, with two hours for one that took longer.
	defaultBackup = 26 * time.Hour

	maxWatched = 32  // services, programs, whose events, certificates, logs each
	maxName    = 256 // bytes
)

// checkSources checks what is watched on this PC, and how other programs may
// send notifications.
func (c *Config) checkSources() error {
	m := &c.Machine
	bad := func(field, what, do string) error { return &Error{File: c.File, Field: field, What: what, Do: do} }
	for _, list := range []struct {
		field, what string
		names       []string
		file        bool // a file name without folder
	}{
		{"machine.services", "the name of a service", m.Services, true},
		{"machine.processes", "the file name of a program", m.Processes, true},
		{"machine.events", "the name of a provider, a unit or an identifier", m.Events, false},
		{"machine.certificates", "a file", m.Certificates, false},
		{"instrument.logs", "a file", c.Instrument.Logs, false},
	} {
		if len(list.names) > maxWatched {
			return bad(list.field, fmt.Sprintf("there are %d", len(list.names)), fmt.Sprintf("name at most %d", maxWatched))
		}
		seen := map[string]bool{}
		for _, name := range list.names {
			switch {
			case !watchable(name) || list.file && strings.ContainsAny(name, `/\`):
				return bad(list.field, fmt.Sprintf("%q is not %s", name, list.what), "correct it or remove it")
			case seen[name]:
				return bad(list.field, fmt.Sprintf("%q stands twice", name), "remove one")
			}
			seen[name] = true
		}
	}
	for _, log := range c.Instrument.Logs {
		if log == c.Instrument.Log {
			return bad("instrument.logs", fmt.Sprintf("%q is instrument.log already", log), "remove it")
		}
	}
	if m.BackupWithin == 0 {
		if m.Backups != "" {
			m.BackupWithin = defaultBackup
		}
	} else if m.BackupWithin < shortestBackup || m.BackupWithin > longestBackup {
		return bad("machine.backup_within", "this is out of bounds", `use a time between "1h" and "2160h"`)
	} else if m.Backups == "" {
		return bad("machine.backup_within", "there is no machine.backups", "name the folder of the backups or remove this")
	}
	// What falls into the product's own folders would be read as if the product
	// had written it.
	if drop := c.Notify.Drop; drop != "" {
		for field, own := range map[string]string{"data": c.Data, "trust": c.Trust, "install": c.Install} {
			if within(drop, own) || within(own, drop) {
				return bad("notify.drop", "this is, or holds, or lies in the folder "+field, "use a folder of its own")
			}
		}
	}
	return nil
}

func watchable(name string) bool {
	if name == "" || len(name) > maxName || strings.TrimSpace(name) != name {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// within says whether path is folder or lies below it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
