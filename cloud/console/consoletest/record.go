package consoletest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beckmanconnect/internal/cloudapi"
)

// Handler serves the other side with a page, and what the cloud keeps of the
// engineer's sessions.
func (o *Other) Handler(page http.Handler) http.Handler {
	cloud := o.Cloud.Handler(page)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !o.answer(w, r) {
			cloud.ServeHTTP(w, r)
		}
	})
	mux.HandleFunc("GET "+cloudapi.PathSessions, func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie("__Host-staff")
		if err != nil && (o.Cloud.Bearer == "" || r.Header.Get("Authorization") != "Bearer "+o.Cloud.Bearer) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		o.mu.Lock()
		list := o.sessions
		o.mu.Unlock()
		if list == nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(list)
	})
	return mux
}

// SetSessions changes the engineer's record; nil is a cloud that cannot read it.
func (o *Other) SetSessions(list []cloudapi.StaffSession) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sessions = list
}

// Sessions is a record with one session of each kind, and one whose every
// field is a script or a word that scripts know (scenario 44).
func Sessions() []cloudapi.StaffSession {
	const script = `<img src=x onerror=alert(1)><script>alert(1)</script>`
	at := time.Date(2026, 11, 24, 8, 12, 9, 0, time.UTC)
	event := func(kind string, fields ...string) cloudapi.StaffEvent {
		at = at.Add(41 * time.Second)
		e := cloudapi.StaffEvent{Kind: kind, TimeMS: at.UnixMilli(), DeviceMS: at.UnixMilli(), Fields: map[string]string{}}
		for i := 0; i+1 < len(fields); i += 2 {
			e.Fields[fields[i]] = fields[i+1]
		}
		return e
	}
	whole := []cloudapi.StaffEvent{
		event("code-issued"), event("wrong-code", "try", "1"), event("authenticated", "ticket", "4711"),
		event("asked", "capability", "view"), event("answered", "capability", "view", "answer", "allowed", "duration", "15min"),
		event("asked", "capability", "control"), event("answered", "capability", "control", "answer", "timeout"),
		event("asked", "capability", "control"), event("answered", "capability", "control", "answer", "allowed", "duration", "once"),
		event("asked", "capability", "files", "size", "48213", "sha256", strings.Repeat("3f9a", 16)),
		event("answered", "capability", "files", "answer", "allowed"),
		event("file", "state", "finished", "size", "48213", "sha256", strings.Repeat("3f9a", 16)),
		event("lease-end", "capability", "control", "why", "revoked"), event("ended", "why", "kill-key"),
	}
	hostile := []cloudapi.StaffEvent{event("constructor", "__proto__", "toString", script, script), event("ended", "why", "constructor")}
	hostile[0].DeviceMS = 1 << 62
	first := at.Add(-26 * time.Hour)
	return []cloudapi.StaffSession{
		{Request: "req-1", Session: "0f6c1b7d9c5e4a21", Device: DeviceID, Serial: "AV12345", Type: "DxH 900", Region: "eu", Ticket: "4711", Reason: "Pump pressure alarm",
			JoinedMS: whole[0].TimeMS, BegunMS: whole[2].TimeMS, EndedMS: whole[13].TimeMS, EndedWhy: "kill-key", EndedBy: "technician", Events: whole},
		{Request: "req-9", Session: "s-9", Device: script, Serial: script, Type: script, Region: script, Ticket: script, Reason: script,
			JoinedMS: hostile[0].TimeMS, BegunMS: hostile[0].TimeMS, EndedMS: hostile[1].TimeMS, EndedWhy: "constructor", EndedBy: "__proto__", Events: hostile, More: true},
		{Request: "req-8", Device: "bc-2", Serial: "BK00871", Type: "DxFLEX", Region: "eu", JoinedMS: first.UnixMilli(), Events: []cloudapi.StaffEvent{}},
	}
}

// readRecord goes through the engineer's own part of the record, from the
// summary of a session that has just ended.
func readRecord(tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	o.SetSessions(nil)
	b.Click("#to-record")
	b.Wait(`document.querySelector(".record")?.dataset.state === "failed"`)
	o.SetSessions([]cloudapi.StaffSession{})
	b.Click("#record-retry")
	b.Wait(`document.querySelector(".record").dataset.state === "empty"`)
	b.Shot("record-empty")
	o.SetSessions(Sessions()) // what the device wrote has arrived
	b.Wait(`document.querySelectorAll("#sessions button").length === 3`)
	b.Wait(`document.querySelector("#session-detail").dataset.id === "req-1"`)
	if n := b.Text(`document.querySelectorAll(".event").length`); n != "14" {
		tb.Errorf("%s events are shown", n)
	}
	text := b.Text(`document.querySelector("#session-detail").innerText`)
	for _, want := range []string{"4711", "Pump pressure alarm", "No answer", "Allowed: Control, Once", "File received, 48 kB", strings.Repeat("3f9a", 16),
		"The technician stopped the session with the stop key.", "the technician"} {
		if !strings.Contains(text, want) {
			tb.Errorf("the record does not say %q", want)
		}
	}
	b.Shot("record")
	// By keyboard: down the list, one opened.
	b.Do("down the list and open", chromedp.Focus(`#sessions button`, chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	b.Wait(`document.querySelector("#session-detail").dataset.id === "req-9"`)
	// Scenario 44: what a device wrote is text, in every field.
	if n := b.Text(`document.querySelectorAll("#view img, #view script").length`); n != "0" {
		tb.Errorf("%s elements came out of a device's texts", n)
	}
	if text := b.Text(`document.querySelector("#session-detail").innerText`); strings.Count(text, "<script>alert(1)</script>") < 6 || !strings.Contains(text, "constructor") {
		tb.Errorf("a device's words are not shown as they are: %s", text)
	}
	b.Shot("record-hostile")
	b.Click("#record-back")
	b.Wait(`document.body.dataset.phase === "home"`)
	b.Click("#my-sessions")
	b.Wait(`document.querySelectorAll("#sessions button").length === 3`)
	b.Click("#record-back")
}
