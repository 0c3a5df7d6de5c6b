package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/logproof"
)

const restoreUse = "restore FILE [--data DIR] (--private-key FILE [--passphrase-file FILE] | --passphrase-file FILE) [--json]"

// restored is a backup that was opened.
type restored struct {
	manifest logbackup.Manifest
	keysets  map[string][]byte
	report   logproof.Report
}

// keysetFile holds the data keys of a restored log, encrypted for whoever could
// open the backup: they are for reading it, and lie on no disk in the clear.
const keysetFile = "keyset.bcbackup"

// restoreVerb brings a backup back as what it is: an older log. It is put where
// logs lie that do not go on, and the log that begins at the next start names
// it.
//
// It cannot be written on: the key that signs never leaves a PC, and the
// witness knows what came after the backup, so that its continuation would show
// two histories. Settings and the registration are not taken over for the same
// reason: they are as old as the backup, and the PC may be another one.
func restoreVerb(ctx context.Context, e env, args []string) error {
	var data string
	file, secret, asJSON, err := backupFlags(&e, "restore", restoreUse, args, func(set *flag.FlagSet) { set.StringVar(&data, "data", "", "") })
	if err != nil {
		return err
	}
	if data == "" {
		config, err := hostconfig.Load(e.config)
		if err != nil {
			return err
		}
		data = config.Data
	}
	if err := emptyEnough(data); err != nil {
		return err
	}
	aside := filepath.Join(data, logproof.AsideDir)
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	temp, err := os.MkdirTemp(aside, ".restoring-")
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(temp)
	r, err := openBackup(ctx, file, secret, temp)
	if err != nil {
		return err
	}
	if r.report.Fault != nil {
		return fmt.Errorf("restore: nothing was restored, the log in the backup does not hold: %s", printable(r.report.Fault.Error()))
	}
	if err := keepKeysets(temp, secret, r); err != nil {
		return err
	}
	a := logproof.Aside{Why: logproof.AsideRestored, Detail: "restored from a backup made " + stamp(time.UnixMilli(r.manifest.MadeMS)),
		Origin: r.report.Head.Origin, Entries: r.report.Head.Size, Root: hex.EncodeToString(r.report.Head.Root[:]), Checked: true, Moved: true}
	a.NameAt(data, time.Now())
	if err := os.Rename(temp, filepath.Join(aside, a.Name)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := addPending(data, a); err != nil {
		return err
	}
	if asJSON {
		return printJSON(e.out, map[string]any{"folder": a.Name, "origin": a.Origin, "entries": a.Entries, "root": a.Root})
	}
	_, err = fmt.Fprintf(e.out, `Restored: %d entries of %s, proven, in %s.
At its next start the service begins a new log whose first entry names this one, its size and its root. The old log is not written on: the witness
knows what came after this backup and would report two histories. Compare %d entries with what the witness saw last of %s: what lies between is not in this backup.
Settings, registration and keys are not taken over: accept the terms and register this PC again.
`, a.Entries, printable(a.Origin), filepath.Join(aside, a.Name), a.Entries, printable(a.Origin))
	return err
}

// emptyEnough refuses a folder in which a log lives already.
func emptyEnough(data string) error {
	for _, name := range []string{logproof.FileName, logproof.FileName + "-wal", "keys"} {
		_, err := os.Lstat(filepath.Join(data, name))
		if err == nil {
			return fmt.Errorf("restore: %s is there already; nothing is restored over a log. Name an empty folder with --data DIR, or stop the service and move the folder away", filepath.Join(data, name))
		}
		if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// keepKeysets keeps the data keys under the backup's own protection.
func keepKeysets(dir string, secret logbackup.Secret, r restored) error {
	text, err := json.Marshal(r.keysets)
	if err != nil {
		return err
	}
	defer clear(text)
	var out bytes.Buffer
	w, err := logbackup.Create(&out, secret.Recipient(), r.manifest.MadeMS)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return writeNew(filepath.Join(dir, keysetFile), out.Bytes())
}

// addPending has the next log name this one.
func addPending(data string, a logproof.Aside) error {
	list, err := logproof.ReadPending(data)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	text, err := json.Marshal(append(list, a))
	if err != nil {
		return err
	}
	path := filepath.Join(data, logproof.PendingFile)
	if err := writeNew(path+".new", text); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// writeNew writes a private file that is not there yet, onto the disk.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
