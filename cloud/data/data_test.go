package data

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
)

// opened is a database with one registered device, on a clock the test sets.
type opened struct {
	*DB
	dir string
	now time.Time
}

func open(t *testing.T) *opened {
	t.Helper()
	c := config(t)
	o := &opened{dir: c.Dir, now: time.UnixMilli(1_700_000_000_000)}
	c.Now = func() time.Time { return o.now }
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	o.DB = db
	o.register(t, device)
	return o
}

const device = "bc-0000000000000001"

func (o *opened) register(t *testing.T, id string) {
	t.Helper()
	r := Registration{Device: id, KeyHash: []byte(id), Region: "eu", Serial: "SN-" + id, Type: "DxH 900", Terms: "1",
		Email: "canary.person@hospital.example", Name: "Canary Person"}
	if err := o.Register(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestPersonalDataIsSealedOnDisk(t *testing.T) { // P15
	onSQLite(t)
	o := open(t)
	err := o.Do(t.Context(), device, func(tx *Tx) error {
		if err := tx.PutRequest(cloudapi.Request{ID: "r1", State: "waiting", Reason: "canary reason", ExpiresMS: o.now.UnixMilli() + 1}); err != nil {
			return err
		}
		if err := tx.PutHelpLogs(cloudapi.HelpLogs{Request: "r1", Lines: 1, Text: "canary log"}); err != nil {
			return err
		}
		return tx.AddSessionEvent(cloudapi.SessionEvent{Request: "r1", Kind: "authenticated", Engineer: "canary@vendor.example"}, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.AddMessage(t.Context(), Draft{
		Who: cloudapi.Staff{Account: "canary@vendor.example", Name: "Canary"}, Regions: []string{"eu"}, ExpiresMS: o.now.UnixMilli() + 1000,
		Request: cloudapi.MessageRequest{Region: "eu", Texts: []cloudapi.MessageText{{Language: "en", Title: "canary title", Text: "canary text"}}},
		Sign:    func(uint64, []string) (string, []byte, error) { return "m-1", []byte("canary note"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.LogAccess(t.Context(), cloudapi.Staff{Account: "canary@vendor.example"}, "help-logs", device, "r1"); err != nil {
		t.Fatal(err)
	}
	who := cloudapi.Staff{Account: "canary@vendor.example", Name: "Canary"}
	if err := o.PutStaffSession(t.Context(), "canary-token", who, o.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(o.dir, "cloud.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(bytes.ToLower(content), []byte("canary")); i >= 0 {
			t.Errorf("%s holds personal data in clear: %q", f, content[i:min(i+40, len(content))])
		}
		if info, _ := os.Stat(f); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", f, info.Mode())
		}
	}
	d, err := o.Device(t.Context(), device)
	if err != nil || d.Name != "Canary Person" {
		t.Errorf("the owner reads %q, %v", d.Name, err)
	}
	events, err := o.SessionEvents(t.Context(), "r1")
	if err != nil || len(events) != 1 || events[0].Engineer != who.Account {
		t.Errorf("session log reads %+v, %v", events, err)
	}
}

func TestSealedValueMovedElsewhereDoesNotOpen(t *testing.T) {
	o := open(t)
	o.register(t, "bc-2")
	if _, err := o.sql.Exec("UPDATE devices SET name = (SELECT name FROM devices WHERE id = ?) WHERE id = 'bc-2'", device); err != nil {
		t.Fatal(err)
	}
	if d, err := o.Device(t.Context(), "bc-2"); err == nil {
		t.Errorf("another row's name opened as %q", d.Name)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	onSQLite(t)
	o := open(t)
	if db, err := Open(t.Context(), o.dir, nil); !errors.Is(err, ErrLocked) {
		t.Fatalf("second open: %v %v, want ErrLocked", db, err)
	}
}

func TestReopenKeepsAndRefuses(t *testing.T) {
	onSQLite(t)
	dir := t.TempDir()
	db, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.sql.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, nil); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer database: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "keys", "wrap.key")); err != nil {
		t.Fatal(err)
	}
	// A lost key must never be replaced in silence: what it sealed would be lost.
	if _, err := Open(t.Context(), dir, nil); err == nil {
		t.Error("opened without the wrapping key")
	}
}

// TestTakeHasEffectOnce: any order, any repetition, effect once (scenarios 42, 43).
func TestTakeHasEffectOnce(t *testing.T) {
	o := open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		epoch := rapid.StringMatching(`[a-z]{4}`).Draw(rt, "epoch") + string(rune('A'+run%26)) + time.Duration(run).String()
		seqs := rapid.SliceOfN(rapid.Uint64Range(1, 12), 1, 20).Draw(rt, "seqs")
		effects := map[uint64]int{}
		for _, seq := range seqs {
			before := effects[seq]
			fresh, err := o.Take(context.Background(), device, epoch, seq, func(*Tx) error { effects[seq]++; return nil })
			if err != nil {
				rt.Fatal(err)
			}
			if fresh != (before == 0) {
				rt.Fatalf("seq %d fresh=%v after %d effects", seq, fresh, before)
			}
		}
		for seq, n := range effects {
			if n != 1 {
				rt.Fatalf("seq %d had effect %d times", seq, n)
			}
		}
	})
}

func TestTakeKeepsNothingOfAFailedEffect(t *testing.T) {
	o := open(t)
	boom := errors.New("boom")
	if _, err := o.Take(t.Context(), device, "e", 1, func(*Tx) error { return boom }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	fresh, err := o.Take(t.Context(), device, "e", 1, func(*Tx) error { return nil })
	if err != nil || !fresh {
		t.Errorf("after a failed effect the message counts as taken: %v %v", fresh, err)
	}
}

func TestInboxIsBounded(t *testing.T) {
	o := open(t)
	for epoch := range maxEpochs + 5 {
		o.now = o.now.Add(time.Second)
		if _, err := o.Take(t.Context(), device, "e"+string(rune('a'+epoch)), 5, func(*Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	var epochs, early int
	if err := o.sql.QueryRow("SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM inbox_early)").Scan(&epochs, &early); err != nil {
		t.Fatal(err)
	}
	if epochs != maxEpochs || early != maxEpochs {
		t.Errorf("%d epochs and %d early messages kept, want %d each", epochs, early, maxEpochs)
	}
}

func TestRequestBelongsToOneDevice(t *testing.T) {
	o := open(t)
	o.register(t, "bc-2")
	until := o.now.Add(time.Minute).UnixMilli()
	if _, err := o.ClaimRequest(t.Context(), "r1", device, until); err != nil {
		t.Fatal(err)
	}
	if _, err := o.ClaimRequest(t.Context(), "r1", "bc-2", until); !errors.Is(err, ErrNotYours) {
		t.Errorf("another device claimed the request: %v", err)
	}
	put := func(dev, state string) error {
		return o.Do(t.Context(), dev, func(tx *Tx) error {
			return tx.PutRequest(cloudapi.Request{ID: "r1", State: state, SinceMS: 1, ExpiresMS: until})
		})
	}
	if err := put("bc-2", "waiting"); !errors.Is(err, ErrNotYours) {
		t.Errorf("another device changed the request: %v", err)
	}
	list := func() int {
		t.Helper()
		l, err := o.OpenRequests(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(l)
	}
	if n := list(); n != 0 {
		t.Errorf("a request known from its socket alone is listed (%d)", n)
	}
	for _, step := range []struct {
		state string
		want  int
	}{{"waiting", 1}, {"connected", 1}, {"ended", 0}, {"waiting", 0}} {
		if err := put(device, step.state); err != nil {
			t.Fatal(err)
		}
		if n := list(); n != step.want {
			t.Errorf("after %q %d are open, want %d", step.state, n, step.want)
		}
	}
}

func TestStaffSessionEnds(t *testing.T) {
	o := open(t)
	who := cloudapi.Staff{Account: "a@vendor.example", Regions: []string{"eu"}}
	if err := o.PutStaffSession(t.Context(), "token", who, o.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, err := o.StaffSession(t.Context(), "token"); err != nil || got.Staff.Account != who.Account {
		t.Fatal(got, err)
	}
	if _, err := o.StaffSession(t.Context(), "other"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown token: %v", err)
	}
	o.now = o.now.Add(2 * time.Hour)
	if _, err := o.StaffSession(t.Context(), "token"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an expired session: %v", err)
	}
	for i, want := range []bool{true, false} {
		if first, err := o.UseOnce(t.Context(), "id", o.now.Add(time.Minute)); err != nil || first != want {
			t.Errorf("use %d: first=%v %v", i, first, err)
		}
	}
}
