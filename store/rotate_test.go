package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// fillSealed puts values through every sealed column.
func fillSealed(t testing.TB, s *Store, n int) {
	t.Helper()
	for i := range n {
		update(t, s, func(tx *Tx) error {
			if _, err := tx.Append(Entry{Kind: "a.b", Actor: "technician", Personal: map[string]string{"account": fmt.Sprintf("CANARY-%d", i%7), "reason": "CANARY reason"}}); err != nil {
				return err
			}
			note := &Notification{Code: "a.b", Subject: fmt.Sprint(i), Severity: High, State: Shelved, Raised: time.Now(), AcknowledgedBy: "CANARY ack",
				Texts: []Text{{Language: "en", Title: "CANARY title"}}, Shelf: &Shelf{Since: time.Now(), Until: time.Now(), By: "CANARY shelf", Reason: "CANARY why"}}
			if i%3 == 0 {
				note.GroupKind = "flood"
			}
			if err := tx.PutNotification(note); err != nil {
				return err
			}
			if err := tx.AddStep(note.ID, Step{At: time.Now(), Kind: "shelved", By: "CANARY by", Detail: "CANARY detail"}); err != nil {
				return err
			}
			if _, err := tx.Emit("notification", []byte("CANARY event")); err != nil {
				return err
			}
			if _, err := tx.Enqueue("status", []byte(`{"by":"CANARY out"}`)); err != nil {
				return err
			}
			return tx.SetSetting(fmt.Sprintf("key-%d", i), "CANARY setting")
		})
	}
}

// readSealed reads every sealed value by the ways the service has, and says
// what cannot be read.
func readSealed(ctx context.Context, s *Store) error {
	for before := int64(0); ; {
		list, more, err := s.Entries(ctx, before, 500)
		if err != nil {
			return err
		}
		for _, r := range list {
			if len(r.Damaged)+len(r.Erased) > 0 {
				return fmt.Errorf("entry %d: damaged %v, erased %v", r.Index, r.Damaged, r.Erased)
			}
			before = r.Index
		}
		if !more {
			break
		}
	}
	list, _, err := s.Notifications(ctx, 0, 1000, false)
	if err != nil {
		return err
	}
	for _, n := range list {
		if _, err := s.Steps(ctx, n.ID); err != nil || n.AcknowledgedBy == "" || n.Shelf.By == "" || len(n.Texts) == 0 {
			return fmt.Errorf("notification %d: %+v, %v", n.ID, n, err)
		}
	}
	if _, err := s.EventsAfter(ctx, 0, 1000); err != nil {
		return err
	}
	if _, err := s.Outbox(ctx, 1000); err != nil {
		return err
	}
	_, ok, err := s.Setting(ctx, "key-0")
	if err == nil && !ok {
		err = fmt.Errorf("a setting is gone")
	}
	return err
}

// rotated waits until no change of keys is under way.
func rotated(t testing.TB, s *Store) Rotation {
	t.Helper()
	for {
		now, changed := s.Rotation()
		if !now.Running {
			return now
		}
		<-changed
	}
}

// The list of what the data keys seal is complete: every other BLOB of the
// schema is named here with why it needs no key (P15).
func TestSealedColumnsAreListed(t *testing.T) {
	plain := map[string]string{
		"keysets.wrapped":      "under the system's key",
		"probe.data":           "random",
		"entries.personal":     "HMACs",
		"entries.hash":         "a hash",
		"nodes.hash":           "a hash",
		"leaves.hashes":        "hashes",
		"archives.sha256":      "a hash",
		"witnessed.note":       "signed, public",
		"activity_blocks.last": "an index of plain columns", "activity_blocks.sign": "an index of plain columns", "activity_blocks.said": "an index of plain columns",
		"activity_segments.heads": "an index of plain columns", "activity_segments.signs": "an index of plain columns",
		"checkpoints.note":      "signed, public",
		"head.note":             "signed, public",
		"checkpoint_chain.note": "signed, public",
		"persons.same":          "an HMAC under a key of its own",
		"person_names.blind":    "an HMAC under a key of its own",
	}
	s := openTest(t, Options{})
	listed := map[string]bool{}
	for _, c := range underKeys {
		listed[c.table+"."+c.column] = true
	}
	rows, err := s.read.Query("SELECT m.name || '.' || c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var column, kind string
		if err := rows.Scan(&column, &kind); err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(column, ".")
		switch sealed := strings.HasPrefix(name, "sealed"); {
		case listed[column]:
			seen++
		case sealed, kind == "BLOB" && plain[column] == "":
			t.Errorf("%s (%s) is neither rotated nor known as plain", column, kind)
		}
	}
	if seen != len(underKeys) {
		t.Errorf("%d of %d listed columns are in the schema", seen, len(underKeys))
	}
}

// The data keys and the wrapping key change while others read and write; at the
// end everything is under the new keys alone, and the log holds (P15).
func TestRotateKeys(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s := openTest(t, Options{Dir: dir})
	fillSealed(t, s, 300)
	old := s.seal.ring.Load().primary
	oldMaster, err := os.ReadFile(filepath.Join(dir, KeysDir, keys.MasterFile))
	if err != nil {
		t.Skip("no key file here")
	}
	if err := s.RotateKeys(ctx, "it", map[string]string{"account": "CANARY admin"}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := readSealed(ctx, s); err != nil {
					t.Error("reading while keys change:", err)
					return
				}
			}
		})
	}
	work.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			err := s.Update(ctx, func(tx *Tx) error {
				_, err := tx.Append(Entry{Kind: "a.b", Actor: "it", Personal: map[string]string{"by": fmt.Sprint("CANARY writer ", n%3)}})
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	end := rotated(t, s)
	close(done)
	work.Wait()
	if end.Err != nil || end.Done < 300*8 || end.Total < end.Done {
		t.Fatalf("%+v", end)
	}
	checkRotated(t, s, old)
	if now, err := os.ReadFile(filepath.Join(dir, KeysDir, keys.MasterFile)); err != nil || bytes.Equal(now, oldMaster) {
		t.Fatal("the wrapping key is the same", err)
	}
	if made, err := s.KeysMade(ctx); err != nil || time.Since(made) > time.Hour {
		t.Fatal(made, err)
	}
	kinds := map[string]int{}
	list, _, err := s.Entries(ctx, 0, 1000)
	for _, r := range list {
		kinds[r.Kind]++
	}
	if err != nil || kinds["keys.rotating"] != 1 || kinds["keys.rotated"] != 1 || kinds["keys.rewrapped"] != 1 {
		t.Fatal(kinds, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	noCanary(t, dir)
	again := openTest(t, Options{Dir: dir})
	if err := readSealed(ctx, again); err != nil {
		t.Fatal("after a restart:", err)
	}
}

// checkRotated finds nothing under any key but the one that is left.
func checkRotated(t testing.TB, s *Store, old uint32) {
	t.Helper()
	if info := s.seal.ring.Load().handle.KeysetInfo(); len(info.GetKeyInfo()) != 1 || info.GetPrimaryKeyId() == old {
		t.Fatal("keys:", info)
	}
	primary := s.seal.ring.Load().primary
	for _, c := range underKeys {
		rows, err := s.read.Query("SELECT count(*) FROM (" + c.underOther(primary) + ")")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		rows.Close()
		if n != 0 {
			t.Errorf("%d values of %s.%s are under another key", n, c.table, c.column)
		}
	}
	if err := readSealed(context.Background(), s); err != nil {
		t.Fatal(err)
	}
}

// noCanary searches every file of the data folder for what was put in.
func noCanary(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, needle := range []string{"CANARY", "canary"} {
			if bytes.Contains(b, []byte(needle)) {
				t.Errorf("%s holds %q in the clear", path, needle)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rotateChild changes keys until it is killed.
func rotateChild(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		return err
	}
	for {
		fmt.Println("begin")
		if err := s.RotateKeys(ctx, "it", nil); err != nil {
			return err
		}
		for {
			now, changed := s.Rotation()
			if now.Err != nil {
				return now.Err
			}
			if !now.Running {
				break
			}
			fmt.Println("at", now.Done)
			<-changed
		}
	}
}

// scenario 47 and P15: killed 50 times in the middle of a change of keys,
// everything is readable, nothing is half, and what was begun is finished.
func TestKilledWhileRotating(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	fillSealed(t, s, 120)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	midway := 0
	for round := range 50 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), rotateDir+"="+dir)
		var stderr bytes.Buffer
		child.Stderr = &stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		killAfter(child, out, round%9)
		if err := child.Wait(); err == nil || stderr.Len() > 0 {
			t.Fatal("the child was not killed:", err, stderr.String())
		}
		report, err := logproof.Verify(ctx, logproof.Config{Path: filepath.Join(dir, logproof.FileName), Verifiers: verifiers})
		if err != nil || report.Fault != nil {
			t.Fatal(err, report.Fault)
		}
		if underWay(t, dir) {
			midway++
		}
	}
	if midway < 10 {
		t.Errorf("only %d of 50 kills fell into a change of keys", midway)
	}
	s = openTest(t, Options{Dir: dir})
	if err := readSealed(ctx, s); err != nil {
		t.Fatal(err)
	}
	if end := rotated(t, s); end.Err != nil {
		t.Fatal(end.Err)
	}
	checkRotated(t, s, 0)
	if _, err := os.Stat(filepath.Join(dir, KeysDir, "master.old")); err == nil {
		t.Error("an old wrapping key is left")
	}
}

func underWay(t *testing.T, dir string) bool {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, logproof.FileName)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	n := 0
	if err := db.QueryRow("SELECT count(*) FROM key_rotation").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}
