package data

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// A database of version 1 is brought up to date: certificates issued before
// are found by their account.
func TestMigrationFindsOldCertificates(t *testing.T) {
	dir := t.TempDir()
	onSQLite(t)
	seal := legacyKeys(t, filepath.Join(dir, "keys"))
	old, err := sql.Open("sqlite3", dsn(filepath.Join(dir, "cloud.db"), ""))
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := old.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(schema)
	exec("PRAGMA user_version = 1")
	exec(`INSERT INTO devices (id, key_hash, region, serial, type, terms, email, name, registered_ms, updated_ms)
		VALUES (?, x'00', 'eu', 'SN', 'DxH 900', '1', x'', x'', 1, 1)`, device)
	for i, account := range []string{"anna@v.example", "bob@v.example"} {
		serial := fmt.Sprint(i)
		who, err := json.Marshal(cloudapi.Staff{Account: account})
		if err != nil {
			t.Fatal(err)
		}
		identity, err := seal.Encrypt(who, place("certificates", serial, "identity"))
		if err != nil {
			t.Fatal(err)
		}
		exec("INSERT INTO certificates (serial, device, request, identity, at_ms, not_after_ms) VALUES (?,?,?,?,?,?)",
			serial, device, "r"+serial, identity, i, i)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and once more, when there is nothing left to do
		db, err := Open(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		list, err := db.JoinedBy(t.Context(), "bob@v.example", []string{"eu"}, 10)
		if err != nil || len(list) != 1 || list[0].Request != "r1" || list[0].Serial != "SN" || !list[0].Alone || list[0].Open {
			t.Errorf("%+v %v", list, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJoinedBy(t *testing.T) {
	o := open(t)
	n := 0
	issue := func(request, account string) {
		t.Helper()
		n++
		o.now = o.now.Add(time.Second)
		err := o.LogCertificate(t.Context(), Issued{Serial: fmt.Sprint(n), Device: device, Request: request, Who: cloudapi.Staff{Account: account}, NotAfter: o.now})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 {
		issue(fmt.Sprintf("r%02d", i), "anna@v.example")
	}
	issue("r58", "anna@v.example") // again, after a lost link
	issue("r59", "bob@v.example")
	list, err := o.JoinedBy(t.Context(), "anna@v.example", []string{"eu", "us"}, 50)
	if err != nil || len(list) != 50 {
		t.Fatalf("%d %v", len(list), err)
	}
	for i, j := range list {
		if want := fmt.Sprintf("r%02d", 59-i); j.Request != want || j.Alone != (i > 0) {
			t.Errorf("%d: %+v, want %s", i, j, want)
		}
	}
	for _, regions := range [][]string{nil, {}, {"us"}, {"EU"}} {
		if list, err := o.JoinedBy(t.Context(), "anna@v.example", regions, 50); err != nil || len(list) != 0 {
			t.Errorf("%v: %+v %v", regions, list, err)
		}
	}
	if list, err := o.JoinedBy(t.Context(), "", []string{"eu"}, 50); err != nil || len(list) != 0 {
		t.Errorf("nobody: %+v %v", list, err)
	}
}

// A device that floods its session log gets the first and the last events
// shown, and no more of them than fits.
func TestSessionLogIsBounded(t *testing.T) {
	o := open(t)
	write := func(request string, n, size int) {
		t.Helper()
		err := o.Do(t.Context(), device, func(tx *Tx) error {
			for i := range n {
				e := cloudapi.SessionEvent{Request: request, Kind: fmt.Sprintf("k%d", i), Fields: map[string]string{"text": strings.Repeat("x", size)}}
				if err := tx.AddSessionEvent(e, int64(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		n, size     int
		first, last string
		more        bool
	}{
		{0, 0, "", "", false}, {1, 10, "k0", "k0", false}, {150, 10, "k0", "k149", false}, {151, 10, "k0", "k150", false}, {200, 10, "k0", "k199", false},
		{201, 10, "k0", "k200", true}, {3000, 10, "k0", "k2999", true}, {60, 4000, "k0", "k59", true}, {3, 40_000, "k0", "k0", true},
	} {
		request := fmt.Sprintf("r-%d-%d", tt.n, tt.size)
		write(request, tt.n, tt.size)
		log, more, err := o.SessionLog(t.Context(), device, request)
		if err != nil {
			t.Fatal(err)
		}
		first, last, size := "", "", 0
		if len(log) > 0 {
			first, last = log[0].Kind, log[len(log)-1].Kind
		}
		for i, e := range log {
			size += len(e.Fields["text"])
			if i > 0 && e.TimeMS <= log[i-1].TimeMS {
				t.Errorf("%s: not in order at %d", request, i)
			}
		}
		if first != tt.first || last != tt.last || more != tt.more || len(log) > firstEvents+lastEvents || size > firstBytes+lastBytes {
			t.Errorf("%s: %d events, %q to %q, more %v, %d bytes", request, len(log), first, last, more, size)
		}
		if other, _, err := o.SessionLog(t.Context(), "bc-2", request); err != nil || len(other) != 0 {
			t.Errorf("%s: another device wrote %d events", request, len(other))
		}
	}
}
