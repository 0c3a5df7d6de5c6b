package data

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/cloud/kms"
	"beckmanconnect/internal/cloudapi"
)

// recoveryKey is one for all tests.
var recoveryKey = sync.OnceValues(func() (*kms.Key, error) {
	dir, err := os.MkdirTemp("", "beckmanconnect-recovery-")
	if err != nil {
		return nil, err
	}
	return kms.Make(filepath.Join(dir, "recovery.key"))
})

// filled is a database with something of most kinds in it, its backup, and the
// key that opens it.
func filled(t *testing.T) (*opened, []byte, BackupInfo, *kms.Key) {
	t.Helper()
	key, err := recoveryKey()
	if err != nil {
		t.Fatal(err)
	}
	o := open(t)
	for i := range 30 {
		o.put(t, device, "e", cloudapi.Notification{ID: uint64(i + 1), Code: "c", Severity: "low", State: "raised", Title: fmt.Sprint(i)})
		if _, err := o.Take(t.Context(), device, "e", uint64(i+1), func(tx *Tx) error {
			return tx.AddSessionEvent(cloudapi.SessionEvent{Request: "r1", Kind: "k", Engineer: "canary@vendor.example"}, 1)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.SetOnline(t.Context(), device, true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "vendor.note"), []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	info, err := o.Backup(t.Context(), &out, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return o, out.Bytes(), info, key
}

// A backup is put onto either engine, whichever it comes from, under other
// wrapping keys; what was there reads as before.
func TestRestore(t *testing.T) { // P15, B13
	_, backup, info, key := filled(t)
	if info.Rows < 90 || info.Files != 1 {
		t.Errorf("%+v", info)
	}
	for _, secret := range []string{"canary", "Canary", "DxH", "vendor.note"} {
		if bytes.Contains(backup, []byte(secret)) {
			t.Errorf("the backup shows %q", secret)
		}
	}
	if v, err := VerifyBackup(t.Context(), bytes.NewReader(backup), key); err != nil || v != info {
		t.Errorf("%+v %v, want %+v", v, err, info)
	}
	targets := map[string]Config{"SQLite": {Dir: t.TempDir()}}
	if url := datatest.Database(t); url != "" {
		k, err := testKeys()
		if err != nil {
			t.Fatal(err)
		}
		targets["PostgreSQL"] = Config{Dir: t.TempDir(), URL: url, Node: "b", Keys: k}
	}
	for name, c := range targets {
		t.Run(name, func(t *testing.T) {
			c.Now = func() time.Time { return time.UnixMilli(1_700_000_100_000) }
			if got, err := Restore(t.Context(), c, bytes.NewReader(backup), key); err != nil || got != info {
				t.Fatalf("%+v %v", got, err)
			}
			if _, err := Restore(t.Context(), c, bytes.NewReader(backup), key); !errors.Is(err, ErrNotEmpty) {
				t.Errorf("restored twice: %v", err)
			}
			db, err := OpenConfig(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			d, err := db.Device(t.Context(), device)
			if err != nil || d.Name != "Canary Person" || d.Online {
				t.Errorf("%+v %v", d, err)
			}
			events, err := db.SessionEvents(t.Context(), "r1")
			if err != nil || len(events) != 30 || events[0].Engineer != "canary@vendor.example" {
				t.Errorf("%d events, %v", len(events), err)
			}
			if text, err := os.ReadFile(filepath.Join(c.Dir, "vendor.note")); err != nil || string(text) != "a file" {
				t.Errorf("%q %v", text, err)
			}
			if _, of, ok, err := db.Restored(t.Context()); err != nil || !ok || of.UnixMilli() != info.AtMS {
				t.Errorf("%v %v %v", of, ok, err)
			}
			r := &opened{DB: db, dir: c.Dir}
			// What came after the backup is missing: staff is told, once, and the
			// device goes on.
			for _, seq := range []uint64{37, 38} {
				if fresh, err := db.Take(t.Context(), device, "e", seq, func(*Tx) error { return nil }); err != nil || !fresh {
					t.Errorf("%v %v", fresh, err)
				}
			}
			rows, _, err := db.Feed(t.Context(), FeedQuery{Regions: []string{"eu"}, Severities: []string{"high"}, Limit: 9})
			if err != nil || len(rows) != 1 || rows[0].Notification.Code != AlarmLost || rows[0].Notification.Count != 1 {
				t.Errorf("%+v %v", rows, err)
			}
			// Numbers go on behind those of before.
			r.put(t, device, "e", cloudapi.Notification{ID: 99, Code: "c", Severity: "low", State: "raised", Title: "new"})
		})
	}
}

// Cut anywhere, or with a byte changed, or for another key, it is no backup,
// and nothing is there afterwards.
func TestRestoreKeepsNothingOfADamagedBackup(t *testing.T) {
	_, backup, _, key := filled(t)
	c := Config{Dir: t.TempDir()}
	damaged := map[string][]byte{"empty": nil, "another file": []byte("hello"), "the end is missing": backup[:len(backup)-1]}
	for _, at := range []int{10, len(backupMagic) + 20, len(backup) / 2, len(backup) - 20} {
		changed := bytes.Clone(backup)
		changed[at] ^= 1
		damaged[fmt.Sprint("byte ", at)] = changed
		damaged[fmt.Sprint("cut at ", at)] = backup[:at]
	}
	for name, text := range damaged {
		if _, err := Restore(t.Context(), c, bytes.NewReader(text), key); err == nil {
			t.Fatalf("%s: restored", name)
		}
	}
	other, err := kms.Make(filepath.Join(t.TempDir(), "other.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), c, bytes.NewReader(backup), other); !errors.Is(err, ErrNoBackup) || !errors.Is(err, kms.ErrOther) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Restore(t.Context(), c, bytes.NewReader(backup), key); err != nil {
		t.Errorf("after all that: %v", err)
	}
}
