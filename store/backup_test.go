package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/logproof"
)

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// unpacked opens a backup into a folder and verifies the log in it.
func unpacked(t *testing.T, file []byte, secret logbackup.Secret) (string, logbackup.Manifest, logproof.Report) {
	t.Helper()
	dir := t.TempDir()
	plain, _, err := logbackup.Open(bytes.NewReader(file), secret)
	if err != nil {
		t.Fatal(err)
	}
	m, keysets, err := logbackup.Unpack(plain, dir)
	if err != nil || len(keysets) == 0 {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(dir, "keys", "checkpoint.pub"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(public)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: filepath.Join(dir, logproof.FileName), Verifiers: note.VerifierList(v)})
	if err != nil || r.Fault != nil {
		t.Fatal(err, r.Fault)
	}
	return dir, m, r
}

// A backup is of one moment while the log is written on, holds its archives and
// what opens its personal fields, and is on record.
func TestBackup(t *testing.T) {
	s, _ := archived(t)
	ctx := context.Background()
	private := rsaKey(t, 2048)
	for _, c := range []struct {
		name   string
		to     logbackup.Recipient
		secret logbackup.Secret
	}{
		{"RSA", logbackup.Recipient{Public: &private.PublicKey}, logbackup.Secret{Private: private}},
		{"passphrase", logbackup.Recipient{Passphrase: "correct horse battery"}, logbackup.Secret{Passphrase: "correct horse battery"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stop := make(chan struct{})
			var writer sync.WaitGroup
			writer.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						update(t, s, func(tx *Tx) error { _, err := tx.Append(Entry{Kind: "a.b", Actor: "system"}); return err })
					}
				}
			})
			before := s.LogState().Entries
			var file bytes.Buffer
			told := 0
			b, err := s.Backup(ctx, &file, c.to, "it", func(done, total int) { told++ })
			close(stop)
			writer.Wait()
			if err != nil || told == 0 {
				t.Fatal(err, told)
			}
			sum := sha256.Sum256(file.Bytes())
			if b.SHA256 != hex.EncodeToString(sum[:]) || b.Bytes != int64(file.Len()) || b.Entries <= before {
				t.Errorf("%+v", b)
			}
			_, m, r := unpacked(t, file.Bytes(), c.secret)
			if r.Entries != b.Entries || m.Entries != b.Entries || m.Origin != s.signer.Name() || r.Archived != 768 || r.Away != nil {
				t.Errorf("%+v %+v", m, r)
			}
			list, _, err := s.Entries(ctx, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, e := range list {
				if strings.HasPrefix(e.Kind, "backup.") {
					kinds = append(kinds, e.Kind+" "+e.Fields["recipient"])
				}
			}
			if len(kinds) < 2 || kinds[0] != "backup.made "+c.to.Name() || kinds[1] != "backup.begun "+c.to.Name() {
				t.Errorf("%q", kinds)
			}
			if at, err := s.LastBackup(ctx); err != nil || at == 0 {
				t.Error(at, err)
			}
			if left, _ := filepath.Glob(filepath.Join(s.opt.Dir, backupTemp)); left != nil {
				t.Error(left)
			}
		})
	}
}

// What is not long enough, or nobody's, protects nothing; without the right
// secret nothing opens; a changed or cut file never passes for whole.
func TestBackupIsRefused(t *testing.T) {
	s := openTest(t, Options{})
	ctx := context.Background()
	private := rsaKey(t, 2048)
	for _, to := range []logbackup.Recipient{{}, {Passphrase: "too short"}, {Public: &rsaKey(t, 1024).PublicKey}, {Public: &private.PublicKey, Passphrase: "correct horse battery"}} {
		if _, err := s.Backup(ctx, io.Discard, to, "it", nil); KindOf(err) != KindInvalid {
			t.Errorf("%v: %v", to.Name(), err)
		}
	}
	var out bytes.Buffer
	if _, err := s.Backup(ctx, &out, logbackup.Recipient{Public: &private.PublicKey}, "it", nil); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	for _, secret := range []logbackup.Secret{{}, {Passphrase: "correct horse battery"}, {Private: rsaKey(t, 2048)}} {
		if _, _, err := logbackup.Open(bytes.NewReader(file), secret); err == nil {
			t.Error("opened with the wrong secret")
		}
	}
	whole := func(b []byte) error {
		plain, _, err := logbackup.Open(bytes.NewReader(b), logbackup.Secret{Private: private})
		if err != nil {
			return err
		}
		_, _, err = logbackup.Unpack(plain, t.TempDir())
		return err
	}
	if err := whole(file); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(file); at += 1 + len(file)/150 {
		changed := bytes.Clone(file)
		changed[at] ^= 0x10
		if whole(changed) == nil {
			t.Errorf("a changed byte %d of %d was not found", at, len(file))
		}
		if whole(file[:at]) == nil {
			t.Errorf("cut at %d of %d was not found", at, len(file))
		}
	}
	// A full disk where the backup goes is told as what it is; the log goes on.
	if _, err := s.Backup(ctx, failing{}, logbackup.Recipient{Public: &private.PublicKey}, "it", nil); err == nil || !s.Writable() {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
