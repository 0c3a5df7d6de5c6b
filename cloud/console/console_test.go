package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/wire"
)

// The whole session in a real Chromium, with the channel in WASM.
func TestHostedConsole(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "en-US")
	b.Look(1440, 900, 1, false)
	b.Go(server.URL)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Shot("sign-in")
	b.Click("#sign-in")
	consoletest.Play(t, b, other)
	b.Click("#sign-out")
	b.Wait(`document.body.dataset.phase === "sign-in"`)
}

// The looks of the page: dark, twice the pixels, German. Whoever changes the
// page keeps these pictures by BECKMANCONNECT_SHOTS and looks at them.
func TestOtherLooks(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "de-DE")
	b.Look(1180, 760, 2, true)
	b.Go(server.URL)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Shot("dark-sign-in")
	b.Click("#sign-in")
	b.Wait(`document.querySelectorAll("#waiting .request").length === 3`)
	if got := b.Text(`document.querySelector("#waiting-title").textContent`); got != "Warten auf Hilfe" {
		t.Errorf("in German: %q", got)
	}
	b.Shot("dark-home")
	if out := b.Text(`[...document.querySelectorAll(".top *")].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth).map(e => e.id || e.className).join(" ")`); out != "" {
		t.Errorf("the bar on top is wider than the page: %s", out)
	}
	b.Click(`.request[data-id="req-1"] .join`)
	b.Fill("#reason", "Alarm Pumpendruck")
	b.Fill("#ticket", "4711")
	b.Shot("dark-join")
	// Reason and code together, as an engineer on the telephone may do it.
	b.Fill("#code", "k7qmxw3p")
	b.Click("#join-confirm")
	b.Wait(`document.body.dataset.phase === "session"`)
	b.Shot("dark-no-view")
	desktop := consoletest.NewDesktop(1920, 1080)
	other.Host.Show(desktop.Frame())
	b.Click("#ask-view")
	b.AwaitPicture(desktop.Hash())
	b.Shot("dark-fit")
	b.Click("#actual")
	b.Shot("dark-actual")
	b.Click("#fit")
	for _, why := range []string{"timeout", "pin-missing"} {
		other.Host.Answer = func(wire.Message) wire.Message { return wire.Message{Why: why} }
		b.Click("#ask-control")
		b.Wait(`document.querySelector("#ask-control").dataset.why === "` + why + `"`)
		b.Shot("dark-no-" + why)
	}
	// Why there is no picture, in words.
	for _, tt := range []struct{ state, says string }{
		{"locked", "Der Bildschirm des Geräts ist gesperrt"}, {"masked", "Der ganze Bildschirm ist verdeckt"},
		{"no-helper", "Das Bildschirmprogramm läuft nicht"}, {"off", "Der Bildschirm des Geräts ist aus"},
	} {
		other.Host.Say(wire.Message{Type: "screen", State: tt.state})
		b.Wait(`document.querySelector("#cover").checkVisibility() && document.querySelector("#cover").innerText.includes("` + tt.says + `")`)
		b.Shot("dark-screen-" + tt.state)
	}
	other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.View, Why: "revoked", Generation: 9})
	b.Wait(`document.querySelector("#cover").innerText.includes("Vom Labor beendet")`)
	other.Host.Say(wire.Message{Type: "end", Why: "kill-key"})
	b.Wait(`document.querySelector("#summary")?.dataset.why === "kill-key"`)
	b.Shot("dark-summary")
	other.SetSessions(consoletest.Sessions())
	b.Click("#to-record")
	b.Wait(`document.querySelector("#session-detail")?.dataset.id === "req-1"`)
	b.Shot("dark-record")
	b.Look(700, 900, 1, false)
	b.Shot("narrow-record")
	b.Look(1000, 760, 1, false)
	b.Click("#record-back")
	b.Shot("narrow-home")
	b.Clean()
}

func needPage(t *testing.T) {
	t.Helper()
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
}

// Scenario 44: the policy of every answer, and nothing beyond the page.
func TestPolicy(t *testing.T) {
	needPage(t)
	for _, mode := range []string{console.Hosted, console.Desk} {
		h := console.Handler(console.Config{Mode: mode})
		for _, path := range []string{"/", "/assets/app.js", "/assets/worker.js", "/assets/style.css", "/assets/mark.svg"} {
			w := get(h, path, nil)
			csp := w.Header().Get("Content-Security-Policy")
			if w.Code != http.StatusOK || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
				!strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'self' 'wasm-unsafe-eval';") ||
				!strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") {
				t.Errorf("%s %s: %d, %q", mode, path, w.Code, csp)
			}
			if again := get(h, path, http.Header{"If-None-Match": {w.Header().Get("ETag")}}); again.Code != http.StatusNotModified {
				t.Errorf("%s %s again: %d", mode, path, again.Code)
			}
		}
		for _, path := range []string{"/index.html", "/assets/", "/assets/main.wasm.gz", "/dist/app.js", "/../console.go", "/desk.json"} {
			if w := get(h, path, nil); w.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d", mode, path, w.Code)
			}
		}
		page := get(h, "/", nil).Body.String()
		if !strings.Contains(page, `name="console-mode" content="`+mode+`"`) {
			t.Errorf("the page does not know that it is %s", mode)
		}
	}
}

func TestPackedProgram(t *testing.T) {
	needPage(t)
	h := console.Handler(console.Config{})
	packed := get(h, "/assets/main.wasm", http.Header{"Accept-Encoding": {"gzip, br"}})
	plain := get(h, "/assets/main.wasm", nil)
	if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" {
		t.Error("the encoding does not say what was sent")
	}
	if !strings.HasPrefix(plain.Body.String(), "\x00asm") || plain.Header().Get("Content-Type") != "application/wasm" {
		t.Error("not a WASM program")
	}
	if w := get(console.Handler(console.Config{Mode: console.Desk}), "/assets/main.wasm", nil); w.Code != http.StatusNotFound {
		t.Errorf("the local console serves a program it has no use for: %d", w.Code)
	}
}

func get(h http.Handler, path string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://x", nil)
	r.URL.Path = path
	if header != nil {
		r.Header = header
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
