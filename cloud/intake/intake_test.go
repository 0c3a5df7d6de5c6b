package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

const device = "bc-0000000000000001"

var now = time.UnixMilli(1_700_000_000_000)

func open(t testing.TB) (*Intake, *data.DB, *[]Change) {
	t.Helper()
	db, err := data.Open(t.Context(), t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
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
	broken, err := data.Open(t.Context(), t.TempDir(), nil)
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
	f.Add([]byte(`{"v":1,"kind":"notification","epoch":"e","seq":1,"body":{"id":1,"code":"c","severity":"low","state":"raised"}}`))
	in, _, _ := open(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		if err := in.Receive(t.Context(), device, payload); err != nil && !Refused(err) {
			t.Fatalf("%q is a fault of ours: %v", payload, err)
		}
	})
}
