package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/kms"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/rsakey"
)

const keysUsage = `keys: one of
  keys status --config FILE                                    which keys there are, and what waits to be sealed again
  keys rotate --config FILE                                    new data keys, and everything sealed again; the cloud may run
  keys rewrap --config FILE --data REF --confidential REF      other wrapping keys open the data keys too
  keys rewrap --config FILE --only                             only the configured wrapping keys still do`

// keysVerb looks at the data keys and changes them, beside a cloud that runs.
func keysVerb(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return program.Usagef("%s", keysUsage)
	}
	set := flag.NewFlagSet("keys "+args[0], flag.ContinueOnError)
	file := set.String("config", "", "cloud.toml")
	var to data.Keys
	only := false
	do := map[string]func(context.Context, *data.DB) error{
		"status": keyStatus, "rotate": rotateKeys,
		"rewrap": func(ctx context.Context, db *data.DB) error {
			if only {
				return db.OnlyWrapping(ctx)
			}
			return db.AddWrapping(ctx, to)
		},
	}[args[0]]
	if do == nil {
		return program.Usagef("unknown verb %q\n%s", args[0], keysUsage)
	}
	if args[0] == "rewrap" {
		set.StringVar(&to.Data, "data", "", "wrapping key: a file or pkcs11:…")
		set.StringVar(&to.Confidential, "confidential", "", "wrapping key of personal fields")
		set.BoolVar(&only, "only", false, "the configured keys alone")
	}
	if err := parse(set, args[1:], "config"); err != nil {
		return err
	}
	if args[0] == "rewrap" && only == (to.Data != "" || to.Confidential != "") {
		return program.Usagef("keys rewrap: either --data and --confidential, or --only")
	}
	config, err := dataConfig(*file)
	if err != nil {
		return err
	}
	db, err := data.OpenBeside(ctx, config)
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, db), db.Close())
}

func dataConfig(file string) (data.Config, error) {
	config, err := cloud.LoadConfig(file)
	if err != nil {
		return data.Config{}, err
	}
	return config.DataConfig()
}

func keyStatus(ctx context.Context, db *data.DB) error {
	list, old, err := db.KeyStatuses(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		fmt.Printf("%-13s %d keys, now %08x, since %s, opened by %s\n", s.Set, s.Keys, s.Primary, stamp(s.ChangedMS), strings.Join(s.Holders, ", "))
	}
	fmt.Printf("%d values wait to be sealed again\n", old)
	return nil
}

func rotateKeys(ctx context.Context, db *data.DB) error {
	if err := db.RotateKeys(ctx); err != nil {
		return err
	}
	fmt.Println("new keys are in use; what is there is sealed again (stopped, it goes on with the next \"keys rotate\")")
	n, err := db.Reseal(ctx)
	fmt.Printf("%d values were sealed again\n", n)
	return err
}

// backupVerb writes a backup, while the cloud runs.
func backupVerb(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("backup", flag.ContinueOnError)
	file := set.String("config", "", "cloud.toml")
	recovery := set.String("recovery", "", "public RSA key (PEM) that the backup is for")
	out := set.String("out", "", "file to write")
	if err := parse(set, args, "config", "recovery", "out"); err != nil {
		return err
	}
	text, err := os.ReadFile(*recovery)
	if err != nil {
		return err
	}
	public, err := rsakey.ParsePublic(text)
	if err != nil {
		return fmt.Errorf("--recovery %w", err)
	}
	config, err := dataConfig(*file)
	if err != nil {
		return err
	}
	db, err := data.OpenBeside(ctx, config)
	if err != nil {
		return err
	}
	info, err := writeWhole(*out, func(to io.Writer) (data.BackupInfo, error) { return db.Backup(ctx, to, public) })
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return tell("backup of", info)
}

// writeWhole writes a file that is there whole, or not at all.
func writeWhole(path string, write func(io.Writer) (data.BackupInfo, error)) (info data.BackupInfo, err error) {
	if _, err := os.Lstat(path); err == nil {
		return info, fmt.Errorf("%s is there already; a backup replaces none", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return info, err
	}
	defer os.Remove(f.Name())
	info, err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return info, err
	}
	return info, os.Link(f.Name(), path)
}

// restoreVerb puts a backup where nothing is yet; with --verify it only reads
// it.
func restoreVerb(ctx context.Context, verb string, args []string) error {
	set := flag.NewFlagSet(verb, flag.ContinueOnError)
	in := set.String("in", "", "backup to read")
	key := set.String("recovery-key", "", "private RSA key (PEM, or pkcs11:…) that the backup is for")
	need := []string{"in", "recovery-key"}
	file := ""
	if verb == "restore" {
		set.StringVar(&file, "config", "", "cloud.toml")
		need = append(need, "config")
	}
	if err := parse(set, args, need...); err != nil {
		return err
	}
	recovery, err := kms.Open(*key)
	if err != nil {
		return err
	}
	defer recovery.Close()
	from, err := os.Open(*in)
	if err != nil {
		return err
	}
	defer from.Close()
	if verb == "verify" {
		info, err := data.VerifyBackup(ctx, from, recovery)
		if err != nil {
			return err
		}
		return tell("whole backup of", info)
	}
	config, err := dataConfig(file)
	if err != nil {
		return err
	}
	info, err := data.Restore(ctx, config, from, recovery)
	if err != nil {
		return err
	}
	return tell("restored as of", info)
}

func tell(what string, info data.BackupInfo) error {
	_, err := fmt.Printf("%s %s: %d tables, %d rows, %d files\n", what, time.UnixMilli(info.AtMS).UTC().Format(time.RFC3339), info.Tables, info.Rows, info.Files)
	return err
}
