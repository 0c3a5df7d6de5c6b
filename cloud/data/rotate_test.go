package data

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// After a rotation old values open and new ones lie under the new key; sealed
// again nothing is left under the old one; stopped in the middle it goes on.
func TestRotation(t *testing.T) { // P15
	o, _, _, _ := filled(t)
	name := func() []byte {
		var b []byte
		if err := o.sql.QueryRow("SELECT name FROM devices WHERE id = ?", device).Scan(&b); err != nil {
			t.Fatal(err)
		}
		return b[:keyHead]
	}
	before := name()
	if err := o.RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.register(t, "bc-2")
	if d, err := o.Device(t.Context(), device); err != nil || d.Name != "Canary Person" {
		t.Errorf("%+v %v", d, err)
	}
	_, old, err := o.KeyStatuses(t.Context())
	if err != nil || old < 30 {
		t.Errorf("%d wait, %v", old, err)
	}
	if _, done, more, err := o.resealSome(t.Context(), resealed[1], ""); err != nil || done != 1 || more {
		t.Errorf("%d %v %v", done, more, err)
	}
	if bytes.Equal(before, name()) {
		t.Error("the name lies under the key of before")
	}
	if n, err := o.Reseal(t.Context()); err != nil || n != old-1 {
		t.Errorf("%d of %d, %v", n, old, err)
	}
	list, old, err := o.KeyStatuses(t.Context())
	if err != nil || old != 0 || len(list) != 3 || list[0].Keys != 2 {
		t.Errorf("%+v %d %v", list, old, err)
	}
	if events, err := o.SessionEvents(t.Context(), "r1"); err != nil || len(events) != 30 || events[3].Engineer == "" {
		t.Errorf("%d %v", len(events), err)
	}
}

// Cases with all that belongs to them, the history of devices, and what the
// cloud has on staff are sealed again too, each value once, and read as before.
func TestRotationOfTheDesk(t *testing.T) { // P15
	o := open(t)
	ask := func(request string) string {
		t.Helper()
		if err := o.Do(t.Context(), device, func(tx *Tx) error {
			return tx.PutRequest(cloudapi.Request{ID: request, State: "waiting", Reason: "r", SinceMS: o.now.UnixMilli(), ExpiresMS: o.now.Add(time.Hour).UnixMilli()})
		}); err != nil {
			t.Fatal(err)
		}
		c, err := o.CaseOfRequest(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return c.Number
	}
	person := func(n int) cloudapi.Staff {
		return cloudapi.Staff{Account: fmt.Sprintf("p%d@vendor.example", n), Name: fmt.Sprint("Person ", n)}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	number := ask("r1")
	must(o.TakeCase(t.Context(), number, person(0)))
	const guests = resealBatch + 20 // of one case: more than a step takes
	for n := range guests {
		must(o.InviteToCase(t.Context(), number, person(0), person(n+1)))
		must(o.SeeColleague(t.Context(), person(n)))
	}
	must(o.AddCaseNote(t.Context(), number, person(0), "a note", 0))
	must(o.AddNote(t.Context(), device, "ada@vendor.example", "a note on the device"))
	must(o.ChangeStaffPerson(t.Context(), "p1@vendor.example", func(p *StaffPerson) { p.Sites = []string{"site-1"} }))
	under := func(c resealedColumn) (rows, old int) {
		t.Helper()
		head := o.seal.now.Load().head
		must(o.sql.QueryRow("SELECT count(*) FROM " + c.table + " WHERE length(" + c.column + ") > 0").Scan(&rows))
		must(o.sql.QueryRow("SELECT count(*) FROM "+c.table+" WHERE length("+c.column+") > 0 AND substr("+c.column+", 1, ?) <> ?", keyHead, head[:]).Scan(&old))
		return rows, old
	}
	must(o.RotateKeys(t.Context()))
	total := 0
	for _, c := range resealed[15:] {
		rows, old := under(c)
		if total += rows; rows == 0 || old != rows {
			t.Errorf("%s.%s: %d of %d values lie under the key of before", c.table, c.column, old, rows)
		}
	}
	n, err := o.Reseal(t.Context())
	must(err)
	if n < int64(total) || n > int64(total)+20 {
		t.Errorf("%d values were sealed again, %d of the desk", n, total)
	}
	for _, c := range resealed {
		if _, old := under(c); old > 0 {
			t.Errorf("%s.%s: %d values are left under the key of before", c.table, c.column, old)
		}
	}
	c, err := o.CaseOf(t.Context(), number)
	if err != nil || c.Holder == nil || c.Holder.Name != "Person 0" || len(c.guests) != guests {
		t.Fatalf("%+v %v", c, err)
	}
	file, err := o.CaseFile(t.Context(), c)
	if err != nil || len(file.NoteList) != 1 || file.NoteList[0].Text != "a note" {
		t.Errorf("%+v %v", file, err)
	}
	people, err := o.Colleagues(t.Context(), time.Time{})
	if err != nil || len(people) != guests {
		t.Errorf("%d colleagues, %v", len(people), err)
	}
	if p, err := o.StaffPerson(t.Context(), "p1@vendor.example"); err != nil || !slices.Equal(p.Sites, []string{"site-1"}) {
		t.Errorf("%+v %v", p, err)
	}
	if h, err := o.DeviceHistory(t.Context(), device); err != nil || len(h) == 0 || h[0].Text != "a note on the device" {
		t.Errorf("%+v %v", h, err)
	}
}

// A node that has not heard of new keys opens what another sealed with them,
// and wrapping keys change while both run.
func TestKeysChangeBesideANode(t *testing.T) {
	c := config(t)
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tool, err := OpenBeside(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := tool.RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := &opened{DB: tool}
	other.register(t, device)
	if d, err := db.Device(t.Context(), device); err != nil || d.Name != "Canary Person" {
		t.Errorf("%+v %v", d, err)
	}
	dir := t.TempDir()
	next := Keys{Data: filepath.Join(dir, "a"), Confidential: filepath.Join(dir, "b")}
	if err := tool.AddWrapping(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if err := tool.Close(); err != nil {
		t.Fatal(err)
	}
	old := c
	c.Keys = next
	if tool, err = OpenBeside(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	if err := tool.OnlyWrapping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err := tool.Device(t.Context(), device); err != nil || d.Name != "Canary Person" {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := OpenBeside(t.Context(), old); err == nil {
		t.Error("the wrapping keys of before still open everything")
	}
}

// A confidential field needs both keys: with the data key alone nothing opens.
func TestConfidentialFieldsNeedBothKeys(t *testing.T) { // P15
	o := open(t)
	var sealed []byte
	if err := o.sql.QueryRow("SELECT name FROM devices WHERE id = ?", device).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	r := o.seal.now.Load()
	inner, err := r.data.Decrypt(sealed[sealedHead:], place("devices", device, "name"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(inner, []byte("Canary")) {
		t.Error("the data key alone opens a name")
	}
	if bits := o.wrapping.confidential.Public().N.BitLen(); bits < 3072 || o.wrapping.confidential.ID() == o.wrapping.data.ID() {
		t.Errorf("the confidential key lies under RSA of %d bits", bits)
	}
}

// Every sealed column is sealed again, or is known not to be.
func TestSealedColumnsAreKnown(t *testing.T) {
	never := []string{
		"staff_sessions.identity", "staff_waiting.identity", // they end within a day
		"identity_record.body", "events.body", // the database refuses every change of theirs
	}
	table := regexp.MustCompile(`(?m)^(?:CREATE TABLE|ALTER TABLE) (\w+)`)
	column := regexp.MustCompile(`^\s+(\w+)\s+BLOB .*-- sealed`)
	for _, m := range migrations {
		now := ""
		for line := range strings.Lines(*m.file) {
			if f := table.FindStringSubmatch(line); f != nil {
				now = f[1]
			}
			f := column.FindStringSubmatch(line)
			if f == nil {
				continue
			}
			if !slices.Contains(never, now+"."+f[1]) && !slices.ContainsFunc(resealed, func(c resealedColumn) bool { return c.table == now && c.column == f[1] }) {
				t.Errorf("%s.%s is sealed, and a rotation does not know it", now, f[1])
			}
		}
	}
}

func TestSealedFiles(t *testing.T) { // P15
	o := open(t)
	clear := bytes.Repeat([]byte("canary line\n"), 300_000)
	var sealed bytes.Buffer
	w, err := o.SealFile(&sealed, "u1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(clear); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed.Bytes(), []byte("canary")) {
		t.Error("it is in clear")
	}
	read := func(text []byte, name string) ([]byte, error) {
		r, err := o.OpenFile(t.Context(), bytes.NewReader(text), name)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	if err := o.RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := read(sealed.Bytes(), "u1"); err != nil || !bytes.Equal(got, clear) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for name, text := range map[string][]byte{"u2": sealed.Bytes(), "u1": sealed.Bytes()[:sealed.Len()-1]} {
		if _, err := read(text, name); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}
