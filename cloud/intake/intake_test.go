package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/cloud/data/dbtest"
	"beckmanconnect/internal/cloudapi"
)

const device = "bc-0000000000000001"

var now = time.UnixMilli(1_700_000_000_000)

func open(t testing.TB) (*Intake, *data.DB, *[]Change) {
	t.Helper()
	db := dbtest.Open(t, func() time.Time { return now })
	for _, id := range []string{device, "bc-2"} {
		r := data.Registration{Device: id, KeyHash: []byte(id), Region: "eu", Serial: id, Type: "t", Terms: "1", Email: "e", Name: "n"}
		if err := db.Register(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	changes := &[]Change{}
	return New(Config{
		Data: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
		Changed: func(c Change) { *changes = append(*changes, c) },
	}), db, changes
}

func message(t testing.TB, kind string, seq uint64, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	e := cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Seq: seq, Body: text}
	if seq > 0 {
		e.Epoch = "e"
	}
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func helpLogs(text string) cloudapi.HelpLogs {
	sum := sha256.Sum256([]byte(text))
	return cloudapi.HelpLogs{Request: "r1", SHA256: hex.EncodeToString(sum[:]), Lines: strings.Count(text, "\n") + 1, Text: text}
}

// scanned finds nothing in what waits to be scanned.
func scanned(t *testing.T, db *data.DB) {
	t.Helper()
	due, err := db.DueUploads(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range due {
		if err := db.SetUpload(t.Context(), u, data.UploadVerdict{State: data.UploadClean}); err != nil {
			t.Fatal(err)
		}
	}
}

// What an honest device sends is taken, at its largest too.
func TestNewKindsAreTaken(t *testing.T) {
	in, db, changes := open(t)
	for i, payload := range [][]byte{
		message(t, cloudapi.KindNotification, 1, cloudapi.Notification{ID: 1, Code: "c", Severity: "high", State: "shelved", ShelvedUntil: 5, Seen: 1, Escalated: 2, Chatters: true, Group: 9}),
		message(t, cloudapi.KindDigest, 2, cloudapi.Digest{FromMS: 1, ToMS: 1, Raised: map[string]int{"info": 0, "high": 3}, Open: 3, Waiting: 17}),
		message(t, cloudapi.KindDigest, 3, cloudapi.Digest{}),
		message(t, cloudapi.KindHelpLogs, 4, helpLogs(strings.Repeat("ä µ\t試薬\u00a0\n", cloudapi.MaxHelpLogs/16))),
	} {
		if err := in.Receive(t.Context(), device, payload); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(*changes) != 4 || !(*changes)[0].Feed || !(*changes)[1].Feed || (*changes)[0].Fleet || !(*changes)[3].Requests {
		t.Errorf("%+v", *changes)
	}
	scanned(t, db)
	if d, _, err := db.HelpLogs(t.Context(), "r1"); err != nil || d.ID != device {
		t.Errorf("%+v %v", d, err)
	}
}

// Another device's logs under a request's name are never shown with it, in
// whichever order they come.
func TestLogsBelongToTheirRequest(t *testing.T) { // scenario 42
	in, db, _ := open(t)
	if err := in.Receive(t.Context(), "bc-2", message(t, cloudapi.KindHelpLogs, 1, helpLogs("forged"))); err != nil {
		t.Fatal(err) // nobody named the request yet
	}
	if err := in.Receive(t.Context(), device, message(t, cloudapi.KindRequest, 1, cloudapi.Request{ID: "r1", State: "waiting"})); err != nil {
		t.Fatal(err)
	}
	if d, l, err := db.HelpLogs(t.Context(), "r1"); !errors.Is(err, data.ErrNotFound) {
		t.Errorf("%+v %+v %v", d, l, err)
	}
	if r, err := db.OpenRequest(t.Context(), "r1"); err != nil || r.HasLogs {
		t.Errorf("%+v %v", r, err)
	}
	// The device's own take the place of what was never its request's.
	if err := in.Receive(t.Context(), device, message(t, cloudapi.KindHelpLogs, 2, helpLogs("real"))); err != nil {
		t.Fatal(err)
	}
	scanned(t, db)
	if _, l, err := db.HelpLogs(t.Context(), "r1"); err != nil || l.Text != "real" {
		t.Errorf("%+v %v", l, err)
	}
	if err := in.Receive(t.Context(), "bc-2", message(t, cloudapi.KindHelpLogs, 2, helpLogs("again"))); !errors.Is(err, data.ErrNotYours) {
		t.Errorf("%v", err)
	}
}

func TestMalformedMessagesAreRefused(t *testing.T) { // scenarios 42, 49
	in, _, changes := open(t)
	request := cloudapi.Request{ID: "r1", State: "waiting"}
	event := func(fields map[string]string) cloudapi.SessionEvent {
		return cloudapi.SessionEvent{Request: "r1", Session: "s1", Kind: "asked", Engineer: "a@v.example", Fields: fields}
	}
	many, large := map[string]string{}, map[string]string{}
	for i := range 33 {
		many[fmt.Sprint(i)] = "x"
	}
	for i := range 9 {
		large[fmt.Sprint(i)] = strings.Repeat("x", 1000)
	}
	notification := func(change func(*cloudapi.Notification)) []byte {
		n := cloudapi.Notification{ID: 7, Code: "c", Severity: "low", State: "raised"}
		change(&n)
		return message(t, cloudapi.KindNotification, 1, n)
	}
	digest := func(change func(*cloudapi.Digest)) []byte {
		d := cloudapi.Digest{FromMS: 1, ToMS: 2, Raised: map[string]int{"low": 2}, Open: 1}
		change(&d)
		return message(t, cloudapi.KindDigest, 1, d)
	}
	logs := func(change func(*cloudapi.HelpLogs)) []byte {
		l := helpLogs("two\nlines")
		change(&l)
		return message(t, cloudapi.KindHelpLogs, 1, l)
	}
	with := func(change func(*cloudapi.Request)) cloudapi.Request { r := request; change(&r); return r }
	for name, payload := range map[string][]byte{
		"empty":           nil,
		"no JSON":         []byte("hello"),
		"array":           []byte("[]"),
		"version":         []byte(`{"v":2,"kind":"status","body":{}}`),
		"unknown kind":    message(t, "grant", 1, request),
		"no number":       message(t, cloudapi.KindRequest, 0, request),
		"epoch alone":     []byte(`{"v":1,"kind":"status","epoch":"e","body":{}}`),
		"huge number":     []byte(`{"v":1,"kind":"request","epoch":"e","seq":18446744073709551615,"body":{"id":"r","state":"waiting"}}`),
		"no body":         []byte(`{"v":1,"kind":"request","epoch":"e","seq":1}`),
		"state":           message(t, cloudapi.KindRequest, 1, with(func(r *cloudapi.Request) { r.State = "granted" })),
		"path as ID":      message(t, cloudapi.KindRequest, 1, with(func(r *cloudapi.Request) { r.ID = "../x" })),
		"escape sequence": message(t, cloudapi.KindRequest, 1, with(func(r *cloudapi.Request) { r.Reason = "\x1b[2J" })),
		"right-to-left":   message(t, cloudapi.KindRequest, 1, with(func(r *cloudapi.Request) { r.Reason = "\u202e" })),
		"severity":        message(t, cloudapi.KindNotification, 1, cloudapi.Notification{ID: 1, Code: "c", Severity: "deadly", State: "raised"}),
		"session event":   message(t, cloudapi.KindSessionEvent, 1, cloudapi.SessionEvent{Request: "r 1", Kind: "asked"}),
		"many fields":     message(t, cloudapi.KindSessionEvent, 1, event(many)),
		"large fields":    message(t, cloudapi.KindSessionEvent, 1, event(large)),
		"a long field":    message(t, cloudapi.KindSessionEvent, 1, event(map[string]string{"why": strings.Repeat("x", 1001)})),
		"a field's name":  message(t, cloudapi.KindSessionEvent, 1, event(map[string]string{"why\n": "x"})),
		"a line break":    message(t, cloudapi.KindSessionEvent, 1, event(map[string]string{"ticket": "4711\nallowed"})),
		"kind":            message(t, cloudapi.KindSessionEvent, 1, cloudapi.SessionEvent{Request: "r1", Kind: "<script>"}),
		"checkpoint":      message(t, cloudapi.KindCheckpoint, 1, cloudapi.Checkpoint{}),
		"its version":     message(t, cloudapi.KindRequest, 1, with(func(r *cloudapi.Request) { r.Version = "1.0\n" })),
		"long profile":    message(t, cloudapi.KindRequest, 1, with(func(r *cloudapi.Request) { r.Profile = strings.Repeat("x", 121) })),

		"shelved for ever":      notification(func(n *cloudapi.Notification) { n.State = "shelved" }),
		"a forged time":         notification(func(n *cloudapi.Notification) { n.RaisedMS = lastDate + 1 }),
		"before time began":     notification(func(n *cloudapi.Notification) { n.Seen = -1 }),
		"escalated never":       notification(func(n *cloudapi.Notification) { n.Escalated = -5 }),
		"a group in itself":     notification(func(n *cloudapi.Notification) { n.Group = 7 }),
		"a huge group":          notification(func(n *cloudapi.Notification) { n.Group = 1 << 63 }),
		"members below none":    notification(func(n *cloudapi.Notification) { n.Members = -1 }),
		"members without end":   notification(func(n *cloudapi.Notification) { n.Members = 1 << 40 }),
		"a title that turns":    notification(func(n *cloudapi.Notification) { n.Title = "\u202egnp" }),
		"a subject with a tab":  notification(func(n *cloudapi.Notification) { n.Subject = "a\tb" }),
		"digest: severity":      digest(func(d *cloudapi.Digest) { d.Raised = map[string]int{"<b>": 1} }),
		"digest: count":         digest(func(d *cloudapi.Digest) { d.Raised["low"] = -1 }),
		"digest: more open":     digest(func(d *cloudapi.Digest) { d.Open = 3 }),
		"digest: backwards":     digest(func(d *cloudapi.Digest) { d.ToMS = 0 }),
		"digest: forged time":   digest(func(d *cloudapi.Digest) { d.ToMS = lastDate + 1 }),
		"digest: waiting":       digest(func(d *cloudapi.Digest) { d.Waiting = -1 }),
		"digest without number": message(t, cloudapi.KindDigest, 0, cloudapi.Digest{}),
		"logs: another hash":    logs(func(l *cloudapi.HelpLogs) { l.Text += "x" }),
		"logs: path":            logs(func(l *cloudapi.HelpLogs) { l.Request = "../r1" }),
		"logs: empty":           logs(func(l *cloudapi.HelpLogs) { *l = helpLogs("") }),
		"logs: no lines":        logs(func(l *cloudapi.HelpLogs) { l.Lines = 0 }),
		"logs: more lines":      logs(func(l *cloudapi.HelpLogs) { l.Lines = 99 }),
		"logs: escape sequence": logs(func(l *cloudapi.HelpLogs) { *l = helpLogs("\x1b[2J") }),
		"logs: NUL":             logs(func(l *cloudapi.HelpLogs) { *l = helpLogs("a\x00") }),
		"logs: right-to-left":   logs(func(l *cloudapi.HelpLogs) { *l = helpLogs("a\u202eb") }),
		"logs: carriage return": logs(func(l *cloudapi.HelpLogs) { *l = helpLogs("a\rb") }),
		"logs: too large":       logs(func(l *cloudapi.HelpLogs) { *l = helpLogs(strings.Repeat("x", cloudapi.MaxHelpLogs+1)) }),
	} {
		if err := in.Receive(t.Context(), device, payload); !errors.Is(err, ErrMalformed) || !Refused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(*changes) != 0 {
		t.Errorf("something changed: %+v", *changes)
	}
}

func TestRequestIsWhatTheCloudKnows(t *testing.T) {
	in, db, changes := open(t)
	r := cloudapi.Request{ID: "r1", State: "waiting", Device: "bc-2", Region: "us", Technician: "System", SinceMS: 5, ExpiresMS: 5 + 600_000}
	if err := in.Receive(t.Context(), device, message(t, cloudapi.KindRequest, 1, r)); err != nil {
		t.Fatal(err)
	}
	got, err := db.OpenRequest(t.Context(), "r1")
	if err != nil || got.Device != device || got.Region != "eu" || got.Technician != "n" || got.ExpiresMS != now.UnixMilli()+600_000 {
		t.Errorf("%+v %v", got, err)
	}
	// Another device cannot change or end it, and nobody is told that it did.
	*changes = nil
	r.State = "ended"
	if err := in.Receive(t.Context(), "bc-2", message(t, cloudapi.KindRequest, 1, r)); !errors.Is(err, data.ErrNotYours) || !Refused(err) {
		t.Errorf("another device ended the request: %v", err)
	}
	if err := in.Receive(t.Context(), "bc-2", message(t, cloudapi.KindSessionEvent, 2, cloudapi.SessionEvent{Request: "r1", Kind: "ended"})); !errors.Is(err, data.ErrNotYours) {
		t.Errorf("another device wrote into its session log: %v", err)
	}
	if len(*changes) != 0 {
		t.Errorf("something changed: %+v", *changes)
	}
	for range 2 { // again, without a second effect
		if err := in.Receive(t.Context(), device, message(t, cloudapi.KindRequest, 2, r)); err != nil {
			t.Fatal(err)
		}
	}
	if len(*changes) != 1 || (*changes)[0].Ended != "r1" {
		t.Errorf("changes: %+v", *changes)
	}
}

func TestStorageFaultIsNotFinal(t *testing.T) { // scenario 47: what is not on disk is not acknowledged
	in, _, _ := open(t)
	broken, err := data.Open(t.Context(), datatest.Dir(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := broken.Close(); err != nil {
		t.Fatal(err)
	}
	in.Data = broken
	err = in.Receive(t.Context(), device, message(t, cloudapi.KindRequest, 1, cloudapi.Request{ID: "r1", State: "waiting"}))
	if err == nil || Refused(err) {
		t.Errorf("with its database gone Receive says %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(message(f, cloudapi.KindStatus, 0, cloudapi.Status{Version: "1"}))
	f.Add(message(f, cloudapi.KindRequest, 1, cloudapi.Request{ID: "r", State: "waiting"}))
	f.Add(message(f, cloudapi.KindCheckpoint, 2, cloudapi.Checkpoint{Note: "log\n1\nAAAA\n\n— x y\n"}))
	f.Add(message(f, cloudapi.KindDigest, 3, cloudapi.Digest{ToMS: 1, Raised: map[string]int{"low": 1}}))
	f.Add(message(f, cloudapi.KindHelpLogs, 4, helpLogs("a line")))
	f.Add(message(f, cloudapi.KindKept, 0, cloudapi.Kept{V: cloudapi.AgainVersion, Epoch: "e", Oldest: 1, Newest: 9}))
	f.Add([]byte(`{"v":1,"kind":"notification","epoch":"e","seq":1,"body":{"id":1,"code":"c","severity":"low","state":"raised"}}`))
	in, _, _ := open(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		if err := in.Receive(t.Context(), device, payload); err != nil && !Refused(err) {
			t.Fatalf("%q is a fault of ours: %v", payload, err)
		}
	})
}
