package data

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/kms"
	"beckmanconnect/internal/cloudapi"
)

func (o *opened) missing(t *testing.T, device string, k cloudapi.Kept) (list []cloudapi.Range) {
	t.Helper()
	if err := o.Do(t.Context(), device, func(tx *Tx) (err error) {
		list, err = tx.Missing(k)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func (o *opened) take(t *testing.T, numbers ...uint64) {
	t.Helper()
	for _, n := range numbers {
		if fresh, err := o.Take(t.Context(), device, "e", n, func(*Tx) error { return nil }); err != nil || !fresh {
			t.Fatal(n, fresh, err)
		}
	}
}

func ranges(n ...uint64) (list []cloudapi.Range) {
	for i := 0; i < len(n); i += 2 {
		list = append(list, cloudapi.Range{From: n[i], To: n[i+1]})
	}
	return list
}

// Asked for is what is kept and was not taken in, whichever order it came in.
func TestMissing(t *testing.T) { // scenario 43
	o := open(t)
	if list := o.missing(t, device, cloudapi.Kept{Epoch: "e", Oldest: 1, Newest: 9}); list != nil {
		t.Errorf("of an epoch that was never heard of %v is asked for", list)
	}
	o.take(t, 1, 2, 5, 7, 8)
	for _, row := range []struct {
		oldest, newest uint64
		want           []cloudapi.Range
	}{
		{1, 10, ranges(3, 4, 6, 6, 9, 10)}, {1, 8, ranges(3, 4, 6, 6)}, {4, 9, ranges(4, 4, 6, 6, 9, 9)}, {1, 2, nil}, {5, 5, nil}, {7, 8, nil}, {6, 6, ranges(6, 6)}, {20, 30, ranges(20, 30)},
	} {
		if list := o.missing(t, device, cloudapi.Kept{Epoch: "e", Oldest: row.oldest, Newest: row.newest}); !slices.Equal(list, row.want) {
			t.Errorf("%d to %d: %v, want %v", row.oldest, row.newest, list, row.want)
		}
	}
	for n := range uint64(2 * cloudapi.MaxAgain) {
		o.take(t, 20+2*n)
	}
	// What came last is what a backup cannot have; below it numbers may be missing
	// for good.
	if list := o.missing(t, device, cloudapi.Kept{Epoch: "e", Oldest: 1, Newest: 1000}); len(list) != cloudapi.MaxAgain || list[len(list)-1] != (cloudapi.Range{From: 275, To: 1000}) {
		t.Errorf("%d ranges are asked for, at last %v", len(list), list[len(list)-1])
	}
	if rows, err := o.Notifications(t.Context(), device, 9); err != nil || len(rows) > 0 {
		t.Errorf("staff is told of what was never lost: %+v %v", rows, err)
	}
}

// backedUp backs a database up, and gives what makes another one of that.
func (o *opened) backedUp(t *testing.T, key *kms.Key) func(*testing.T) *opened {
	t.Helper()
	var backup bytes.Buffer
	if _, err := o.Backup(t.Context(), &backup, key.Public()); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) *opened {
		t.Helper()
		c := config(t)
		r := &opened{dir: c.Dir, now: o.now.Add(1e9)}
		c.Now = func() time.Time { return r.now }
		if _, err := Restore(t.Context(), c, bytes.NewReader(backup.Bytes()), key); err != nil {
			t.Fatal(err)
		}
		var err error
		if r.DB, err = OpenConfig(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		r.now = r.now.Add(1e9)
		return r
	}
}

// toldLost gives what staff was told of messages that are missing for good, "" for
// nothing.
func (o *opened) toldLost(t *testing.T) (title string) {
	t.Helper()
	rows, err := o.Notifications(t.Context(), device, 9)
	if err != nil || len(rows) > 1 || len(rows) == 1 && (rows[0].Code != AlarmLost || rows[0].Count != 1) {
		t.Errorf("%+v %v", rows, err)
	}
	for _, n := range rows {
		title = n.Title
	}
	return title
}

// A device whose numbers have many gaps, because newer states took the place of
// older ones, is asked for what came after the backup all the same, and nobody is
// told that the gaps were lost by the restore.
func TestMissingBehindGaps(t *testing.T) { // P15, scenario 43
	key, err := recoveryKey()
	if err != nil {
		t.Fatal(err)
	}
	before := open(t)
	const gaps = 2 * cloudapi.MaxAgain
	newest := uint64(2*gaps + 1)
	for n := uint64(1); n <= newest; n += 2 {
		before.take(t, n)
	}
	restored := before.backedUp(t, key)
	t.Run("all is kept", func(t *testing.T) {
		o := restored(t)
		list := o.missing(t, device, cloudapi.Kept{Epoch: "e", Oldest: 1, Newest: newest + 40})
		if len(list) != cloudapi.MaxAgain || list[len(list)-1] != (cloudapi.Range{From: newest + 1, To: newest + 40}) {
			t.Errorf("%v is asked for, without what came after the backup", list)
		}
		if said := o.toldLost(t); said != "" {
			t.Errorf("staff was told %q", said)
		}
	})
	t.Run("the gaps are older than what is kept", func(t *testing.T) {
		o := restored(t)
		if list := o.missing(t, device, cloudapi.Kept{Epoch: "e", Oldest: newest + 1, Newest: newest + 2}); !slices.Equal(list, ranges(newest+1, newest+2)) {
			t.Errorf("%v is asked for", list)
		}
		if said := o.toldLost(t); said != "" {
			t.Errorf("staff was told %q", said)
		}
	})
	t.Run("some that came later is gone", func(t *testing.T) {
		o := restored(t)
		o.missing(t, device, cloudapi.Kept{Epoch: "e", Oldest: newest + 8, Newest: newest + 9})
		if said, want := o.toldLost(t), fmt.Sprintf("messages %d to %d ", newest+1, newest+7); !strings.Contains(said, want) {
			t.Errorf("staff was told %q, not of %s", said, want)
		}
	})
	t.Run("a device that does not say what it keeps", func(t *testing.T) {
		o := restored(t)
		o.take(t, newest+1)
		if said := o.toldLost(t); said != "" {
			t.Errorf("staff was told %q", said)
		}
		o = restored(t)
		o.take(t, newest+5)
		if said, want := o.toldLost(t), fmt.Sprintf("messages %d to %d ", newest+1, newest+4); !strings.Contains(said, want) {
			t.Errorf("staff was told %q, not of %s", said, want)
		}
	})
}

// After a backup was restored what came later is asked for. Staff is told, once,
// of what the device keeps no more, and of nothing else.
func TestMissingAfterARestore(t *testing.T) { // P15, scenario 43
	key, err := recoveryKey()
	if err != nil {
		t.Fatal(err)
	}
	before := open(t)
	before.take(t, 1, 2, 3)
	restored := before.backedUp(t, key)
	lost := func(o *opened) string { return o.toldLost(t) }
	for _, row := range []struct {
		name           string
		epoch          string
		oldest, newest uint64
		want           []cloudapi.Range
		lost           string
	}{
		{"all is kept", "e", 1, 50, ranges(4, 50), ""}, {"just what is missing", "e", 4, 50, ranges(4, 50), ""}, {"nothing came later", "e", 1, 3, nil, ""},
		{"some is gone", "e", 20, 50, ranges(20, 50), "messages 4 to 19 "}, {"a newer database of the device's", "f", 1, 7, ranges(1, 7), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := restored(t)
			k := cloudapi.Kept{Epoch: row.epoch, Oldest: row.oldest, Newest: row.newest}
			for range 2 { // the first answer was lost
				if list := o.missing(t, device, k); !slices.Equal(list, row.want) {
					t.Errorf("%v, want %v", list, row.want)
				}
			}
			if said := lost(o); (said == "") != (row.lost == "") || !strings.Contains(said, row.lost) {
				t.Errorf("staff was told %q", said)
			}
			// A new message comes before what was asked for: no word of a gap.
			told := lost(o)
			if _, err := o.Take(t.Context(), device, row.epoch, row.newest+1, func(*Tx) error { return nil }); err != nil || lost(o) != told {
				t.Errorf("staff was told %q, %v", lost(o), err)
			}
			for _, r := range row.want {
				for n := r.From; n <= r.To; n++ {
					if fresh, err := o.Take(t.Context(), device, row.epoch, n, func(*Tx) error { return nil }); err != nil || !fresh {
						t.Fatal(n, fresh, err)
					}
				}
			}
			if list := o.missing(t, device, k); list != nil {
				t.Errorf("%v is asked for once more", list)
			}
		})
	}
}

// What is sent again is older than what is there: the newest state stays.
func TestAnOlderStateChangesNothing(t *testing.T) { // scenario 43
	o := open(t)
	put := func(seq uint64, state string, count int) {
		t.Helper()
		if _, err := o.Take(t.Context(), device, "e", seq, func(tx *Tx) error {
			return tx.PutNotification("e", seq, cloudapi.Notification{ID: 1, Code: "c", Severity: "low", State: state, Title: "x", Count: count})
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(9, "cleared", 3)
	put(4, "raised", 2)
	list, err := o.Notifications(t.Context(), device, 9)
	if err != nil || len(list) != 1 || list[0].State != "cleared" || list[0].Count != 3 {
		t.Errorf("%+v %v", list, err)
	}
	put(10, "raised", 4)
	if list, err := o.Notifications(t.Context(), device, 9); err != nil || len(list) != 1 || list[0].State != "raised" {
		t.Errorf("%+v %v", list, err)
	}
}
