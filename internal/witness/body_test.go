package witness

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// What is read is what would be written again; anything else is refused.
func FuzzParseBody(f *testing.F) {
	log := newLog(f, "log-1").grow(300, 'a')
	f.Add(log.from(200).Body())
	f.Add(log.from(0).Body())
	f.Add([]byte("old 0\n\nx"))
	f.Add([]byte("old -1\n\nx"))
	f.Add([]byte("old 07\nAAAA\n\nx"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseBody(body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if again := r.Body(); !bytes.Equal(again, body) {
			t.Fatalf("read %q, wrote %q", body, again)
		}
	})
}

func TestBodyRoundTrip(t *testing.T) {
	log := newLog(t, "log-1").grow(300, 'a')
	for _, old := range []int64{0, 1, 100, 255, 256, 299} {
		r, err := ParseBody(log.from(old).Body())
		if err != nil || r.Old != old || len(r.Proof) != len(log.from(old).Proof) || !bytes.Equal(r.Note, log.note()) {
			t.Fatal(old, err)
		}
	}
	good := string(log.from(100).Body())
	for name, bad := range map[string]string{
		"empty": "", "no note": "old 0\n\n", "no empty line": "old 0\nx", "no old": strings.TrimPrefix(good, "old "), "a sign": strings.Replace(good, "old ", "old +", 1),
		"a short hash": strings.Replace(good, "\n\n", "\nAAAA\n\n", 1), "too large": good + strings.Repeat("x", MaxBody),
		"a long proof":     "old 1\n" + strings.Repeat(EncodeProof(log.from(100).Proof[:1])[0]+"\n", 65) + "\n" + string(log.note()),
		"carriage returns": strings.ReplaceAll(good, "\n", "\r\n"),
	} {
		if _, err := ParseBody([]byte(bad)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The folder's memory holds over restarts, between programs, and against what
// somebody else writes there. Over HTTP it answers as c2sp.org/tlog-witness says.
func TestFolder(t *testing.T) { // scenario 48
	dir := t.TempDir()
	f, err := Init(dir, "hospital.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Init(dir, "another"); err == nil {
		t.Fatal("a key was replaced")
	}
	log := newLog(t, "log-1").grow(300, 'a')
	post := func(r Request) (int, string) {
		w := httptest.NewRecorder()
		again, err := OpenFolder(dir, func() time.Time { return time.Unix(1_700_000_000, 0) }) // another program
		if err != nil {
			t.Fatal(err)
		}
		again.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodPost, PathAdd, bytes.NewReader(r.Body())))
		body, _ := io.ReadAll(w.Body)
		return w.Code, string(body)
	}
	if code, _ := post(log.from(0)); code != http.StatusNotFound {
		t.Fatal(code)
	}
	for range 2 {
		if origin, err := f.Trust(log.vkey); err != nil || origin != "log-1" {
			t.Fatal(err)
		}
	}
	if _, err := f.Trust(newLog(t, "log-1").vkey); err == nil {
		t.Fatal("a log's key was replaced")
	}
	if _, err := f.Trust("no key"); err == nil {
		t.Fatal("no key was taken")
	}
	for _, row := range []struct {
		r    Request
		code int
		body string
	}{
		{log.at(100).from(0), 200, "— hospital.example/witness "},
		{log.from(0), 409, "100\n"},
		{log.at(200).from(100), 200, "— hospital.example/witness "},
		{log.at(200).from(0), 200, "— hospital.example/witness "}, // the answer was lost
		{log.at(150).from(100), 409, "200\n"},
		{newFork(log, 100, 200).from(200), 409, "200\n"},
		{newFork(log, 100, 300).from(200), 422, ""},
		{newLog(t, "log-1").grow(300, 'a').from(200), 403, ""},
		{Request{Note: []byte("x")}, 400, ""},
	} {
		if code, body := post(row.r); code != row.code || !strings.HasPrefix(body, row.body) {
			t.Fatalf("%d %q, want %d %q", code, body, row.code, row.body)
		}
	}
	list, err := f.Logs(t.Context())
	if err != nil || len(list) != 1 || list[0].Size != 200 || list[0].Time.Unix() != 1_700_000_000 || list[0].Refused != cloudapi.WitnessSignature {
		t.Fatal(list, err)
	}
	if code, _ := post(log.from(200)); code != 200 {
		t.Fatal(code)
	}
	if list, err = f.Logs(t.Context()); err != nil || list[0].Size != 300 || list[0].Refused != "" {
		t.Fatal(list, err)
	}
	// An older note put in place, or a forged one, is no "nothing seen yet".
	if err := writeWhole(f.of("log-1")+"/"+fileNewest, log.note(), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _ := post(log.from(0)); code != http.StatusInternalServerError {
		t.Fatal(code)
	}
	w := httptest.NewRecorder()
	f.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, PathAdd, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Fatal(w.Code)
	}
}
