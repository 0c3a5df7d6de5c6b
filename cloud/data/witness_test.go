package data

import (
	"testing"
	"time"
)

// What the witness keeps of a log, and what the fleet's list says of it: a
// contradicted history stays so, a wrong signature is over with a right one,
// and neither is said of a later log (scenario 48).
func TestCheckpoints(t *testing.T) {
	o := open(t)
	keep := func(origin string, size int64, root, note string) {
		t.Helper()
		o.now = o.now.Add(time.Second)
		err := o.Do(t.Context(), device, func(tx *Tx) error {
			return tx.KeepCheckpoint(Checkpoint{Origin: origin, Size: size, Root: []byte(root), Note: note})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	raise := func(code, subject string) {
		t.Helper()
		o.now = o.now.Add(time.Second)
		if err := o.Do(t.Context(), device, func(tx *Tx) error { return tx.Raise(code, subject, "title", nil) }); err != nil {
			t.Fatal(err)
		}
	}
	want := func(entries int64, trouble string) {
		t.Helper()
		one, err := o.Device(t.Context(), device)
		if err != nil {
			t.Fatal(err)
		}
		all, err := o.Devices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range append(all, one) {
			if d.ID == device && (d.LogEntries != entries || d.LogTrouble != trouble || (d.LogWitnessedMS > 0) != (entries > 0)) {
				t.Fatalf("%d entries, %q at %d; want %d, %q", d.LogEntries, d.LogTrouble, d.LogWitnessedMS, entries, trouble)
			}
		}
	}
	pin := func(verifier string) {
		t.Helper()
		if _, err := o.sql.Exec("UPDATE devices SET log_verifier=? WHERE id=?", verifier, device); err != nil {
			t.Fatal(err)
		}
	}
	want(0, "")
	pin("log-1+00000000+key+with+more")
	keep("log-1", 10, "a", "n")
	keep("log-1", 20, "b", "n")
	keep("log-1", 20, "b", "again")
	want(20, "")
	err := o.Do(t.Context(), device, func(tx *Tx) error {
		c, err := tx.NewestCheckpoint("log-1")
		if err != nil || c.Size != 20 || string(c.Root) != "b" || c.Note != "again" {
			t.Errorf("%+v %v", c, err)
		}
		if c, err := tx.NewestCheckpoint("log-2"); err != nil || c.Size != 0 {
			t.Errorf("%+v %v", c, err)
		}
		for _, row := range []struct {
			size int64
			root string
			want bool
		}{{10, "a", true}, {10, "b", false}, {15, "a", false}, {20, "b", true}} {
			if has, err := tx.HasCheckpoint("log-1", row.size, []byte(row.root)); err != nil || has != row.want {
				t.Errorf("%+v: %v %v", row, has, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	raise(AlarmLogSignature, "log")
	want(20, "signature")
	keep("log-1", 21, "c", "n")
	want(21, "")
	raise(AlarmLogShrunk, "log-1")
	want(21, "shrunk")
	raise(AlarmLogForked, "log-1")
	keep("log-1", 22, "d", "n")
	want(22, "forked")
	pin("log-2+00000000+key")
	want(0, "signature") // nothing of it was cosigned since
	keep("log-2", 1, "e", "n")
	want(1, "")
	if list, err := o.Notifications(t.Context(), device, 10); err != nil || len(list) != 3 {
		t.Fatalf("%+v %v", list, err)
	}
}
