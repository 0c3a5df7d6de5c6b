package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/rsakey"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

const backupUse = "--to FILE (--public-key FILE | --passphrase-file FILE) | check FILE (--private-key FILE [--passphrase-file FILE] | --passphrase-file FILE); each with --json"

// backupWithin bounds a backup: a large log on a slow disk.
const backupWithin = 6 * time.Hour

// backupVerb makes an encrypted copy of the log, or checks one.
func backupVerb(ctx context.Context, e env, args []string) error {
	if len(args) > 0 && args[0] == "check" {
		return backupCheck(ctx, e, args[1:])
	}
	var to, public, passphrase string
	asJSON, err := e.parse("backup", args, func(set *flag.FlagSet) {
		set.StringVar(&to, "to", "", "")
		set.StringVar(&public, "public-key", "", "")
		set.StringVar(&passphrase, "passphrase-file", "", "")
	})
	if err != nil {
		return err
	}
	if to == "" || (public == "") == (passphrase == "") {
		return program.Usagef("usage: beckmanctl backup %s", backupUse)
	}
	request := &hostpb.BackupLogRequest{}
	if public != "" {
		text, err := os.ReadFile(public)
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		if _, err := rsakey.ParsePublic(text); err != nil {
			return fmt.Errorf("backup: %s: %w; name a PEM file with an RSA public key or certificate", public, err)
		}
		request.PublicKey = string(text)
	} else if request.Passphrase, err = readPassphrase(passphrase); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // nothing is overwritten
	if err != nil {
		return fmt.Errorf("backup: %w; name a file that does not exist yet", err)
	}
	sum, err := backupTo(ctx, e, request, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(to) // half a backup is none
		return err
	}
	if asJSON {
		return printJSON(e.out, map[string]string{"file": to, "sha256": sum})
	}
	_, err = fmt.Fprintf(e.out, "The backup is made: %s, SHA-256 %s.\nCheck it with \"beckmanctl backup check\", and keep what opens it apart from it.\n", to, sum)
	return err
}

// backupTo has the service make the backup and takes it down.
func backupTo(ctx context.Context, e env, request *hostpb.BackupLogRequest, f io.Writer) (sum string, err error) {
	config, err := hostconfig.Load(e.config)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, backupWithin)
	defer cancel()
	c, err := client.Dial(ctx, client.Config{Socket: config.Socket, Program: protocol.Ctl, Version: version.Version()})
	if err != nil {
		return "", explain(err)
	}
	defer c.Close()
	stream, err := c.Host.BackupLog(ctx, request)
	if err != nil {
		return "", explain(err)
	}
	h := sha256.New()
	told := time.Now()
	for sum == "" {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return "", errors.New("backup: it was cut short; nothing was kept")
		}
		if err != nil {
			return "", explain(err)
		}
		if _, err := io.MultiWriter(f, h).Write(piece.GetData()); err != nil {
			return "", fmt.Errorf("backup: %w", err)
		}
		if piece.GetTotal() > 0 && time.Since(told) >= progressEvery {
			told = time.Now()
			e.log.Info("copying", "pages", piece.GetDone(), "of", piece.GetTotal())
		}
		sum = piece.GetSha256()
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return "", errors.New("backup: it did not come through whole; nothing was kept")
	}
	return sum, nil
}

// readPassphrase takes the file's first line.
func readPassphrase(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return string(bytes.TrimRight(line, "\r")), nil
}

// secretOf reads what opens a backup: the key, which the passphrase may be of,
// or the passphrase alone.
func secretOf(private, passphrase string) (s logbackup.Secret, err error) {
	if private == "" {
		s.Passphrase, err = readPassphrase(passphrase)
		return s, err
	}
	if s.Private, err = readPrivateKey(private, passphrase); err != nil {
		return s, fmt.Errorf("backup: %w", err)
	}
	return s, nil
}

// backupFlags reads the flags of check and restore, whose first argument is the
// file.
func backupFlags(e *env, name, use string, args []string, more func(*flag.FlagSet)) (file string, secret logbackup.Secret, asJSON bool, err error) {
	usage := program.Usagef("usage: beckmanctl %s", use)
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		return "", secret, false, usage
	}
	var private, passphrase string
	asJSON, err = e.parse(name, args[1:], func(set *flag.FlagSet) {
		set.StringVar(&private, "private-key", "", "")
		set.StringVar(&passphrase, "passphrase-file", "", "")
		if more != nil {
			more(set)
		}
	})
	if err == nil && private == "" && passphrase == "" {
		err = usage
	}
	if err != nil {
		return "", secret, false, err
	}
	secret, err = secretOf(private, passphrase)
	return args[0], secret, asJSON, err
}

// openBackup decrypts a backup into a folder and verifies the log in it.
func openBackup(ctx context.Context, file string, secret logbackup.Secret, dir string) (restored, error) {
	f, err := os.Open(file)
	if err != nil {
		return restored{}, fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	plain, _, err := logbackup.Open(f, secret)
	if err != nil {
		return restored{}, fmt.Errorf("backup %s: %w", file, err)
	}
	m, keysets, err := logbackup.Unpack(plain, dir)
	if err != nil {
		return restored{}, fmt.Errorf("backup %s does not hold: %w", file, err)
	}
	r := restored{manifest: m, keysets: keysets}
	o := logOptions{db: filepath.Join(dir, logbackup.DatabaseName), key: filepath.Join(dir, filepath.FromSlash(logbackup.PublicName))}
	r.report, err = o.report(ctx)
	if err != nil {
		return r, err
	}
	if fault := r.report.Fault; fault == nil && (r.report.Head.Size != m.Entries || r.report.Head.Origin != m.Origin) {
		return r, fmt.Errorf("backup %s: its log is not the one it says", file)
	}
	return r, nil
}

func backupCheck(ctx context.Context, e env, args []string) error {
	file, secret, asJSON, err := backupFlags(&e, "backup check", "backup "+backupUse, args, nil)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "beckmanconnect-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r, err := openBackup(ctx, file, secret, dir)
	if err != nil {
		return err
	}
	if asJSON {
		if err := printJSON(e.out, resultOf(r.report)); err != nil {
			return err
		}
	}
	if r.report.Fault != nil {
		return fmt.Errorf("the backup opens, but the log in it does not hold: %s", printable(r.report.Fault.Error()))
	}
	if asJSON {
		return nil
	}
	_, err = fmt.Fprintf(e.out, "The backup holds: %d entries of %s, made %s by version %s; its log is proven.\n",
		r.manifest.Entries, printable(r.manifest.Origin), stamp(time.UnixMilli(r.manifest.MadeMS)), printable(r.manifest.Software))
	return err
}
