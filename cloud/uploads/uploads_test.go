//go:build linux

package uploads

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/dbtest"
	"beckmanconnect/internal/clamd"
	"beckmanconnect/internal/clamd/clamdtest"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/freeport"
)

const device = "bc-0000000000000001"

// scanner answers as a test says.
type scanner struct {
	said    string
	verdict clamd.Verdict
	err     error
}

func (s *scanner) Describe(context.Context) (string, error) { return s.said, s.err }

func (s *scanner) Scan(_ context.Context, r io.Reader, size int64) (clamd.Verdict, error) {
	n, err := io.Copy(io.Discard, r)
	if err != nil || n != size {
		return clamd.Verdict{}, errors.New("not all of it came")
	}
	v := s.verdict
	v.Scanner = s.said
	return v, s.err
}

type rig struct {
	*Keeper
	db  *data.DB
	now time.Time
	log bytes.Buffer
}

func newRig(t *testing.T, c Config) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	db := dbtest.Open(t, func() time.Time { return r.now })
	c.Data, c.Now, c.Log = db, func() time.Time { return r.now }, slog.New(slog.NewTextHandler(&r.log, nil))
	r.db, r.Keeper = db, New(c)
	r.register(t, device, "a@b.example")
	return r
}

func (r *rig) register(t *testing.T, device, email string) {
	t.Helper()
	err := r.db.Register(t.Context(), data.Registration{Device: device, KeyHash: []byte(device), Region: "eu", Serial: device, Type: "T", Terms: "1", Email: email, Name: "A"})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) send(t *testing.T, device, request, text string) {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	err := r.db.Do(t.Context(), device, func(tx *data.Tx) error {
		return tx.PutHelpLogs(cloudapi.HelpLogs{Request: request, SHA256: hex.EncodeToString(sum[:]), Lines: 1, Text: text})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) once(t *testing.T, want int) {
	t.Helper()
	if n, err := r.Once(t.Context()); n != want || err != nil {
		t.Fatalf("%d were looked at, not %d: %v", n, want, err)
	}
}

// state tells how a request's logs stand; "" for ones that can be read.
func (r *rig) state(t *testing.T, request string) (data.UploadState, string) {
	t.Helper()
	_, logs, err := r.db.HelpLogs(t.Context(), request)
	var withheld *data.UploadError
	if errors.As(err, &withheld) {
		if logs.Text != "" {
			t.Error("the text came along")
		}
		return withheld.State, withheld.Why
	}
	if err != nil {
		t.Fatal(err)
	}
	return "", logs.Text
}

const today = "ClamAV 1.4.2/27830/Thu Nov 26 09:12:44 2026"

// P13: nobody opens what no scanner has found clean, and only its clear word
// with signatures that are new enough makes it so.
func TestOnlyCleanIsOpened(t *testing.T) {
	for name, c := range map[string]struct {
		scanner clamd.Scanner
		want    data.UploadState
		why     string
	}{
		"clean":             {&scanner{said: today, verdict: clamd.Verdict{Clean: true}}, "", "text"},
		"found":             {&scanner{said: today, verdict: clamd.Verdict{Signature: "Some.Thing"}}, data.UploadRefused, "Some.Thing"},
		"none configured":   {nil, data.UploadUnavailable, "no scanner"},
		"does not answer":   {&scanner{said: today, err: &clamd.Error{Op: "x", Kind: clamd.ErrAbsent}}, data.UploadUnavailable, "no scanner answers"},
		"old signatures":    {&scanner{said: "ClamAV 1.4.2/27000/Wed Nov 18 09:12:44 2026", verdict: clamd.Verdict{Clean: true}}, data.UploadUnavailable, "older than 168 hours"},
		"no signatures":     {&scanner{said: "ClamAV 1.4.2", verdict: clamd.Verdict{Clean: true}}, data.UploadUnavailable, "does not say how old"},
		"a date of nothing": {&scanner{said: "ClamAV 1.4.2/27000/yesterday", verdict: clamd.Verdict{Clean: true}}, data.UploadUnavailable, "does not say how old"},
	} {
		r := newRig(t, Config{Scanner: c.scanner})
		r.send(t, device, "r1", "text")
		if state, _ := r.state(t, "r1"); state != data.UploadScanning {
			t.Errorf("%s: before the scan it is %q", name, state)
		}
		r.once(t, 1)
		if state, why := r.state(t, "r1"); state != c.want || !strings.Contains(why, c.why) {
			t.Errorf("%s: %q %q", name, state, why)
		}
		r.once(t, 0) // nothing is due again at once
	}
}

// What could not be looked at is tried again, further and further apart.
func TestTriedAgain(t *testing.T) {
	s := &scanner{said: today, err: errors.New("down")}
	r := newRig(t, Config{Scanner: s})
	r.send(t, device, "r1", "text")
	for _, wait := range []time.Duration{0, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		if wait > 0 {
			r.now = r.now.Add(wait - time.Second)
			r.once(t, 0)
			r.now = r.now.Add(time.Second)
		}
		r.once(t, 1)
	}
	s.err, s.verdict.Clean = nil, true
	r.now = r.now.Add(5 * time.Minute)
	r.once(t, 1)
	if state, text := r.state(t, "r1"); state != "" || text != "text" {
		t.Errorf("%q", state)
	}
	if n := strings.Count(r.log.String(), "cannot be scanned"); n != 1 {
		t.Errorf("the log says so %d times", n)
	}
	// The same again stays as it is.
	r.send(t, device, "r1", "text")
	r.once(t, 0)
}

// What is refused is on record, and the staff see an alarm of the device.
func TestRefusedIsTold(t *testing.T) {
	r := newRig(t, Config{Scanner: &scanner{said: today, verdict: clamd.Verdict{Signature: "Some.Thing"}}})
	r.send(t, device, "r1", "text")
	r.once(t, 1)
	list, _, err := r.db.Events(t.Context(), data.EventQuery{Regions: []string{"eu"}, Kinds: []string{"upload.refused"}, Limit: 9})
	if err != nil || len(list) != 1 || list[0].Request != "r1" || list[0].Device != device || list[0].Severity != 1 || list[0].Personal.Fields["found"] != "Some.Thing" {
		t.Errorf("%+v %v", list, err)
	}
	rows, _, err := r.db.Feed(t.Context(), data.FeedQuery{Regions: []string{"eu"}, Limit: 9})
	if err != nil || len(rows) != 1 || rows[0].Notification.Code != data.AlarmUpload || rows[0].Notification.Severity != "high" {
		t.Errorf("%+v %v", rows, err)
	}
	// Refused stays refused, whatever a scanner says later.
	r.now = r.now.Add(time.Hour)
	r.once(t, 0)
}

// Logs that were deleted while they waited take no place among those that are
// looked at.
func TestDeletedWhileItWaits(t *testing.T) {
	r := newRig(t, Config{Scanner: &scanner{said: today, verdict: clamd.Verdict{Clean: true}}})
	for n := range atOnce {
		r.send(t, device, fmt.Sprintf("a%02d", n), "gone")
	}
	if _, err := r.db.ErasePerson(t.Context(), "a@b.example", "ada@vendor.example"); err != nil {
		t.Fatal(err)
	}
	r.register(t, "bc-0000000000000002", "b@b.example")
	r.send(t, "bc-0000000000000002", "b", "kept")
	r.once(t, 0)
	r.once(t, 1)
	if state, text := r.state(t, "b"); state != "" || text != "kept" {
		t.Errorf("%s, %s", state, text)
	}
}

// The real daemon, over its socket and over TCP: found, clean, stopped, gone,
// and with signatures that were not renewed.
func TestRealClamd(t *testing.T) { // P13
	_, port, _ := net.SplitHostPort(freeport.Address(t))
	c := clamdtest.For(t, "TCPSocket "+port, "TCPAddr 127.0.0.1")
	if said, err := (clamd.Clamd{Address: "127.0.0.1:" + port}).Describe(t.Context()); err != nil {
		t.Errorf("over TCP: %q %v", said, err)
	}
	var r *rig
	wall := func(t *testing.T, s clamd.Scanner) {
		t.Helper()
		r = newRig(t, Config{Scanner: s, Signatures: c.Signatures})
		r.now = time.Now()
	}
	wall(t, clamd.Clamd{Socket: c.Socket, Stall: time.Second, Think: time.Second})
	r.send(t, device, "good", "2026-11-26 08:00:12 PUMP diluent pressure 3.1 bar")
	r.send(t, device, "evil", "a line\n"+clamdtest.Malware+"\nanother")
	r.once(t, 2)
	if state, text := r.state(t, "good"); state != "" || !strings.HasPrefix(text, "2026") {
		t.Errorf("good: %q", state)
	}
	if state, why := r.state(t, "evil"); state != data.UploadRefused || !strings.Contains(why, clamdtest.SignatureName) {
		t.Errorf("evil: %q %q", state, why)
	}
	// Signatures of last month.
	old := time.Now().Add(-31 * 24 * time.Hour)
	files, err := filepath.Glob(filepath.Join(c.Signatures, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.Chtimes(f, old, old); err != nil {
			t.Fatal(err)
		}
	}
	r.send(t, device, "later", "text")
	r.once(t, 1)
	if state, why := r.state(t, "later"); state != data.UploadUnavailable || !strings.Contains(why, "older than") {
		t.Errorf("old signatures: %q %q", state, why)
	}
	for _, f := range files {
		if err := os.Chtimes(f, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r.now = r.now.Add(time.Minute)
	r.once(t, 1)
	if state, _ := r.state(t, "later"); state != "" {
		t.Errorf("renewed signatures: %q", state)
	}
	// Stopped, then gone.
	if err := syscall.Kill(c.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	r.send(t, device, "stopped", "text")
	r.once(t, 1)
	if state, why := r.state(t, "stopped"); state != data.UploadUnavailable || !strings.Contains(why, "too long") {
		t.Errorf("stopped: %q %q", state, why)
	}
	if err := syscall.Kill(c.Pid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	c.Stop()
	r.send(t, device, "gone", "text")
	r.once(t, 1)
	if state, _ := r.state(t, "gone"); state != data.UploadUnavailable {
		t.Errorf("gone: %q", state)
	}
}
