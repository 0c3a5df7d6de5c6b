package data

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/cloud/mail"
	"beckmanconnect/internal/cloudapi"
)

var (
	tableLine  = regexp.MustCompile(`^CREATE TABLE (\w+)`)
	alterLine  = regexp.MustCompile(`^ALTER TABLE (\w+)\s+ADD COLUMN (\w+)`)
	sealedLine = regexp.MustCompile(`^\s*(?:ALTER TABLE \w+ ADD COLUMN )?(\w+)\s+BLOB\b.*-- sealed\b`)
)

// sealedColumns reads which columns the schema says are sealed.
func sealedColumns(t *testing.T) map[string][]string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), "schema*.sql")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	found := map[string][]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		table := ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\n")
			if m := tableLine.FindStringSubmatch(line); m != nil {
				table = m[1]
			}
			at := table
			if m := alterLine.FindStringSubmatch(line); m != nil {
				at = m[1]
			}
			if m := sealedLine.FindStringSubmatch(line); m != nil {
				found[at] = append(found[at], m[1])
			}
		}
	}
	return found
}

// Every sealed column has a rule of what an answer and an erasure do with it
// (GDPR, articles 15 and 17; P15).
func TestEverySealedColumnHasARule(t *testing.T) {
	sealed := sealedColumns(t)
	if len(sealed) < 15 {
		t.Fatalf("only %d tables were read", len(sealed))
	}
	rules := map[string][]string{}
	for _, rule := range personRules {
		if _, twice := rules[rule.table]; twice {
			t.Errorf("%s has two rules", rule.table)
		}
		for _, c := range rule.columns {
			rules[rule.table] = append(rules[rule.table], c.name)
			if c.erase == overwrite && len(rule.columns) == 0 {
				t.Error(rule.table)
			}
		}
		if !rule.secret && (rule.purpose == "" || rule.erasure == "") {
			t.Errorf("%s does not say what it is for, or what an erasure does", rule.table)
		}
	}
	for table, columns := range sealed {
		have := slices.Sorted(slices.Values(rules[table]))
		slices.Sort(columns)
		if !slices.Equal(have, columns) {
			t.Errorf("%s: sealed columns %q, rules for %q: add a rule to personrules.go", table, columns, have)
		}
		delete(rules, table)
	}
	for table := range rules {
		t.Errorf("%s has a rule and no sealed column", table)
	}
	if personRules[0].table != "devices" {
		t.Error("devices must come first: whose a device is decides about the rest")
	}
}

func TestMentions(t *testing.T) {
	for text, want := range map[string]bool{
		"ann@lab.example": true, "ANN@lab.example": true, `{"account":"ann@lab.example"}`: true, "by ann@lab.example.": true, "ann@lab.example, bob": true,
		"joann@lab.example": false, "ann@lab.example.org": false, "x.ann@lab.example": false, "ann@lab.examples": false, "": false, "ann": false, "joann@lab.example ann@lab.example": true,
	} {
		if mentions(text, "ann@lab.example") != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.StringMatching(`[^a-z0-9._%+@-]*`).Draw(t, "before"), rapid.StringMatching(`[ ,;"'<>()]?`).Draw(t, "after")
		if strings.ContainsFunc(before+after, func(r rune) bool { return r >= 0x80 }) {
			return
		}
		if before = strings.Map(lowerOrDrop, before); !mentions(before+"ann@lab.example"+after, "ann@lab.example") {
			t.Fatalf("%q is not found", before+"ann@lab.example"+after)
		}
	})
}

func lowerOrDrop(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return -1
	}
	return r
}

func registerAs(t *testing.T, db *DB, id, region, email string) {
	t.Helper()
	err := db.Register(t.Context(), Registration{Device: id, KeyHash: []byte(id), Region: region, Serial: "S-" + id, Type: "DxH 900", Terms: "1", Email: email, Name: "Lena Lab"})
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, db *DB, device string, do func(*Tx) error) {
	t.Helper()
	if err := db.Do(t.Context(), device, do); err != nil {
		t.Fatal(err)
	}
}

// What is answered is gone after an erasure, but for what must stay, which
// says why; another person's is untouched.
func TestPersonIsAnsweredAndErased(t *testing.T) {
	db, _ := Open(t.Context(), t.TempDir(), nil)
	defer db.Close()
	const lena, other, anna = "lena@lab.example", "joulena@lab.example", "anna@vendor.example"
	registerAs(t, db, "bc-1", "eu", lena)
	registerAs(t, db, "bc-2", "eu", other)
	for _, id := range []string{"1", "2"} {
		put(t, db, "bc-"+id, func(tx *Tx) error {
			return tx.PutRequest(cloudapi.Request{ID: "r-" + id, State: "waiting", Reason: "why " + id, ExpiresMS: time.Now().Add(time.Hour).UnixMilli()})
		})
		put(t, db, "bc-"+id, func(tx *Tx) error {
			return tx.PutHelpLogs(cloudapi.HelpLogs{Request: "r-" + id, Lines: 1, Text: "log " + id})
		})
		put(t, db, "bc-"+id, func(tx *Tx) error {
			return tx.AddSessionEvent(cloudapi.SessionEvent{Request: "r-" + id, Kind: "joined", Engineer: anna}, 1)
		})
	}
	who := cloudapi.Staff{Account: anna, Name: "Anna Weber"}
	for _, err := range []error{
		db.PutStaffSession(t.Context(), "token", who, time.Now().Add(time.Hour)),
		db.LogCertificate(t.Context(), Issued{Serial: "01", Device: "bc-1", Request: "r-1", Who: who, NotAfter: time.Now()}),
		db.LogAccess(t.Context(), who, "help-logs", "bc-1", "r-1"), db.AddNote(t.Context(), "bc-1", anna, "a note"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	counts := func(subject string) map[string]int {
		t.Helper()
		p, err := db.PersonData(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		return p.Counts
	}
	before := counts(other)
	if c := counts(lena); c["devices"] != 1 || c["requests"] != 1 || c["help_logs"] != 1 || c["session_events"] != 1 || c["device_history"] != 1 || c["staff_sessions"] != 0 {
		t.Errorf("of the technician: %v", c)
	}
	if c := counts(anna); c["staff_sessions"] != 1 || c["certificates"] != 1 || c["accesses"] != 1 || c["device_history"] != 1 || c["session_events"] != 2 || c["devices"] != 0 {
		t.Errorf("of staff: %v", c)
	}
	for range 2 { // a second time does no harm
		for _, subject := range []string{lena, anna} {
			if _, err := db.ErasePerson(context.Background(), subject, "ada@vendor.example"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if c := counts(lena); c["devices"] != 0 || len(c) != 0 {
		t.Errorf("of the technician after the erasure: %v", c)
	}
	if c := counts(anna); c["staff_sessions"] != 0 || c["device_history"] != 0 || c["certificates"] != 1 || c["accesses"] != 1 || c["session_events"] != 2 {
		t.Errorf("of staff after the erasure: %v", c)
	}
	after := counts(other)
	delete(before, "staff_sessions")
	for table, n := range before {
		if after[table] != n {
			t.Errorf("somebody else's %s: %d, were %d", table, after[table], n)
		}
	}
	if d, err := db.Device(t.Context(), "bc-1"); err != nil || d.Name != "" {
		t.Errorf("the name stays: %q, %v", d.Name, err)
	}
	if r, err := db.OpenRequest(t.Context(), "r-1"); err != nil || r.Reason != "" {
		t.Errorf("the reason stays: %q, %v", r.Reason, err)
	}
	if _, err := db.StaffSession(t.Context(), "token"); err == nil {
		t.Error("who was erased is signed in")
	}
	if list, err := db.Unasked(t.Context(), 10); err != nil || len(list) != 1 || list[0].Device != "bc-2" {
		t.Errorf("an erased address is asked: %+v %v", list, err)
	}
}

// What a person is handed of their data holds nothing to confirm by in their
// place.
func TestNoLinkInAPersonsData(t *testing.T) { // scenario 45
	o := open(t)
	const registered, signIn = "REGISTRATIONLINK2345", "SIGNINLINK234567"
	for id, link := range map[string]string{"m1": "https://cloud.example/confirm?link=" + registered, "m2": "https://cloud.example/staff/place?token=" + signIn} {
		w := mail.Waiting{ID: id, Message: mail.Message{To: "canary.person@hospital.example", Subject: "s", Text: "Open this:\n\n  " + link + "\n\nThanks"}, UntilMS: o.now.Add(time.Hour).UnixMilli()}
		if err := o.AddMail(t.Context(), w, o.now, o.now.Add(-time.Hour), 9, 9); err != nil {
			t.Fatal(err)
		}
	}
	p, err := o.PersonData(t.Context(), "canary.person@hospital.example")
	if err != nil || p.Counts["mails"] != 2 {
		t.Fatal(p.Counts, err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), registered) || strings.Contains(string(text), signIn) || !strings.Contains(string(text), "/confirm?link=…") || !strings.Contains(string(text), "Thanks") {
		t.Errorf("%s", text)
	}
}

// A device whose life is over keeps its record and loses its person, once the
// time has come; it never comes in again with that key.
func TestEndOfLife(t *testing.T) { // P13
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	db, err := Open(t.Context(), t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	registerAs(t, db, "bc-1", "eu", "lena@lab.example")
	end := Ending{Device: "bc-1", To: "https://us.vendor.example", By: "ada@vendor.example", Reason: "sold", Erase: now.Add(90 * 24 * time.Hour)}
	for range 2 {
		if err := db.Retire(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	if h, err := db.DeviceHistory(t.Context(), "bc-1"); err != nil || len(h) != 1 || h[0].To != end.To {
		t.Errorf("%+v %v", h, err)
	}
	if err := db.Standing(t.Context(), "bc-1"); err == nil || !strings.Contains(err.Error(), end.To) {
		t.Errorf("it comes in: %v", err)
	}
	if err := db.RestoreDevice(t.Context(), "bc-1", "op", "undo"); err == nil {
		t.Error("it was accepted again")
	}
	if err := db.Register(t.Context(), Registration{Device: "bc-1", KeyHash: []byte("bc-1"), Region: "eu", Serial: "S", Type: "T", Terms: "1", Email: "e@x.example", Name: "N"}); err == nil {
		t.Error("it registered again with that key")
	}
	if due, _ := db.DueErasures(t.Context(), 10); len(due) != 0 {
		t.Error("erased too early")
	}
	now = now.Add(91 * 24 * time.Hour)
	due, err := db.DueErasures(t.Context(), 10)
	if err != nil || len(due) != 1 {
		t.Fatal(due, err)
	}
	if err := db.EraseDevice(t.Context(), due[0]); err != nil {
		t.Fatal(err)
	}
	if p, err := db.PersonData(t.Context(), "lena@lab.example"); err != nil || len(p.Parts) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	if due, _ := db.DueErasures(t.Context(), 10); len(due) != 0 {
		t.Error("it is erased for ever")
	}
	if d, err := db.Device(t.Context(), "bc-1"); err != nil || d.Serial != "S-bc-1" || d.RetiredMS == 0 {
		t.Errorf("the record went: %+v %v", d, err)
	}
}
