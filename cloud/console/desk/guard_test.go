package desk_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// page is a browser that opened the start address.
func (r *running) page(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := stranger()
	c.Jar = jar
	if code := ask(t, c, http.MethodGet, r.start, nil); code != http.StatusSeeOther {
		t.Fatalf("the start address: %d", code)
	}
	return c
}

// stranger is any other program or browser.
func stranger() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// port of the desk, "45678".
func (r *running) port() string { return r.origin[strings.LastIndex(r.origin, ":")+1:] }

// guarded are the paths that only the started page reaches.
var guarded = []string{cloudapi.PathMe, cloudapi.PathRequests, cloudapi.PathFleet, cloudapi.PathAlarms, cloudapi.PathSessions,
	cloudapi.PathLive, cloudapi.PathLogin, "/desk/session"}

// Scenario 5: other names, other pages, other programs.
func TestOnlyTheStartedPageGetsIn(t *testing.T) {
	r := run(t)
	stranger := stranger()
	for _, address := range []string{"/start", "/start?token=", "/start?token=guess", "/start?TOKEN=" + r.start[strings.LastIndex(r.start, "=")+1:]} {
		if code := ask(t, stranger, http.MethodGet, r.origin+address, nil); code != http.StatusForbidden {
			t.Errorf("%s: %d", address, code)
		}
	}
	page := r.page(t)
	if code := ask(t, stranger, http.MethodGet, r.start, nil); code != http.StatusForbidden {
		t.Errorf("the address a second time, elsewhere: %d", code)
	}
	if code := ask(t, page, http.MethodGet, r.start, nil); code != http.StatusSeeOther {
		t.Errorf("the address a second time, in the same browser: %d", code)
	}

	me := r.origin + cloudapi.PathMe
	tests := []struct {
		name   string
		client *http.Client
		method string
		url    string
		header http.Header
		want   int
	}{
		{"its own page, signed out", page, http.MethodGet, me, http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusUnauthorized},
		{"without the cookie", stranger, http.MethodGet, me, nil, http.StatusForbidden},
		{"a rebound name", page, http.MethodGet, me, http.Header{"Host": {"evil.example"}}, http.StatusMisdirectedRequest},
		{"localhost by name", page, http.MethodGet, me, http.Header{"Host": {"localhost"}}, http.StatusMisdirectedRequest},
		{"another page", page, http.MethodGet, me, http.Header{"Origin": {"https://evil.example"}}, http.StatusForbidden},
		{"a page of another port", page, http.MethodGet, me, http.Header{"Origin": {"http://127.0.0.1:1"}}, http.StatusForbidden},
		{"across sites", page, http.MethodGet, me, http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		{"from a page of the same site, another port", page, http.MethodGet, r.origin + cloudapi.PathLogin, http.Header{"Sec-Fetch-Site": {"same-site"}}, http.StatusForbidden},
		{"a post that does not say from where", page, http.MethodPost, r.origin + cloudapi.PathLogout, nil, http.StatusForbidden},
		{"a path that is the program's own", page, http.MethodPost, r.origin + cloudapi.PathCert, http.Header{"Origin": {r.origin}}, http.StatusMethodNotAllowed},
		{"the relay", page, http.MethodGet, r.origin + cloudapi.PathRelay + "req-1", nil, http.StatusNotFound},
		{"a callback nobody began", page, http.MethodGet, r.origin + "/callback?state=&code=x", nil, http.StatusBadRequest},
		{"a callback with another state", page, http.MethodGet, r.origin + "/callback?state=x&code=x", nil, http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if code := ask(t, tt.client, tt.method, tt.url, tt.header); code != tt.want {
				t.Errorf("answered %d, want %d", code, tt.want)
			}
		})
	}

	for _, origin := range []string{"", "http://127.0.0.1:1", "https://evil.example"} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		ws, _, err := websocket.Dial(t.Context(), r.origin+"/desk/session", &websocket.DialOptions{HTTPClient: page, HTTPHeader: header})
		if err == nil {
			ws.CloseNow()
			t.Errorf("a socket from %q was let in", origin)
		}
	}
	ws, _, err := websocket.Dial(t.Context(), r.origin+"/desk/session", &websocket.DialOptions{HTTPClient: page, HTTPHeader: http.Header{"Origin": {r.origin}}})
	if err != nil {
		t.Fatal("its own socket:", err)
	}
	ws.CloseNow()
}

// DNS rebinding: a name that somebody else controls, every spelling of this
// machine, and a port that is not ours, on every path, whatever else is right.
func TestOnlyTheLiteralAddressIsAnswered(t *testing.T) {
	r := run(t)
	page := r.page(t)
	hosts := []string{"evil.example", "evil.example:" + r.port(), "localhost:" + r.port(), "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:" + r.port(),
		"127.1:" + r.port(), "2130706433:" + r.port(), "0x7f000001:" + r.port(), "0.0.0.0:" + r.port(), "[::1]:" + r.port(), "[::ffff:127.0.0.1]:" + r.port(),
		"127.0.0.1:0" + r.port(), "127.0.0.1:" + r.port() + ".evil.example", "127.0.0.1.nip.io:" + r.port()}
	for _, path := range append([]string{"/", "/assets/app.js", "/start", "/callback"}, guarded...) {
		for _, host := range hosts {
			if code := ask(t, page, http.MethodGet, r.origin+path, http.Header{"Host": {host}, "Origin": {"http://" + host}}); code != http.StatusMisdirectedRequest {
				t.Errorf("%s as %q: %d", path, host, code)
			}
		}
	}
	address := "127.0.0.1:" + r.port()
	for name, tt := range map[string]struct {
		request string
		want    int
	}{
		"no name at all":              {"GET /api/v1/staff/me HTTP/1.0\r\n\r\n", http.StatusMisdirectedRequest},
		"no name":                     {"GET /api/v1/staff/me HTTP/1.1\r\n\r\n", http.StatusBadRequest},
		"an empty name":               {"GET /api/v1/staff/me HTTP/1.1\r\nHost:\r\n\r\n", http.StatusMisdirectedRequest},
		"two names":                   {"GET /api/v1/staff/me HTTP/1.1\r\nHost: " + address + "\r\nHost: evil.example\r\n\r\n", http.StatusBadRequest},
		"another name in the address": {"GET http://evil.example/api/v1/staff/me HTTP/1.1\r\nHost: " + address + "\r\n\r\n", http.StatusMisdirectedRequest},
		"a proxy's word":              {"GET /api/v1/staff/me HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: " + address + "\r\n\r\n", http.StatusMisdirectedRequest},
	} {
		if code := raw(t, address, tt.request); code != tt.want {
			t.Errorf("%s: %d, want %d", name, code, tt.want)
		}
	}
}

// Pages of other origins: nothing of theirs is answered, with the cookie or
// without, over a socket or not (scenarios 5, 44).
func TestOtherOriginsAreRefused(t *testing.T) {
	r := run(t)
	page := r.page(t)
	origins := []string{"null", "https://evil.example", "http://localhost:" + r.port(), "https://127.0.0.1:" + r.port(), "http://127.0.0.1", "http://127.0.0.1:1",
		"http://127.0.0.1:" + r.port() + ".evil.example", "http://127.0.0.1:" + r.port() + "/", "http://127.0.0.1:" + r.port() + "@evil.example", "file://"}
	for _, path := range append([]string{"/", "/start", "/callback"}, guarded...) {
		for _, origin := range origins {
			if code := ask(t, page, http.MethodGet, r.origin+path, http.Header{"Origin": {origin}}); code != http.StatusForbidden {
				t.Errorf("%s from %q: %d", path, origin, code)
			}
		}
	}
	for _, path := range guarded {
		for _, site := range []string{"cross-site", "same-site", "none", "x"} {
			if code := ask(t, page, http.MethodGet, r.origin+path, http.Header{"Sec-Fetch-Site": {site}}); code != http.StatusForbidden {
				t.Errorf("%s from a page that is %q: %d", path, site, code)
			}
		}
		if code := ask(t, stranger(), http.MethodGet, r.origin+path, http.Header{"Origin": {r.origin}, "Sec-Fetch-Site": {"same-origin"}}); code != http.StatusForbidden {
			t.Errorf("%s without the cookie: %d", path, code)
		}
	}
	for _, path := range []string{"/desk/session", cloudapi.PathLive} {
		for _, tt := range []struct {
			name   string
			client *http.Client
			header http.Header
		}{
			{"no origin", page, nil},
			{"another origin", page, http.Header{"Origin": {"https://evil.example"}}},
			{"the null origin", page, http.Header{"Origin": {"null"}}},
			{"another port", page, http.Header{"Origin": {"http://127.0.0.1:1"}}},
			{"across sites", page, http.Header{"Origin": {r.origin}, "Sec-Fetch-Site": {"cross-site"}}},
			{"no cookie", stranger(), http.Header{"Origin": {r.origin}}},
			{"a made-up cookie", stranger(), http.Header{"Origin": {r.origin}, "Cookie": {"desk-" + r.port() + "=x"}}},
			{"a rebound name", page, http.Header{"Origin": {r.origin}, "Host": {"evil.example:" + r.port()}}},
		} {
			options := &websocket.DialOptions{HTTPClient: tt.client, HTTPHeader: tt.header, Host: tt.header.Get("Host")}
			if ws, _, err := websocket.Dial(t.Context(), r.origin+path, options); err == nil {
				ws.CloseNow()
				t.Errorf("a socket to %s with %s was let in", path, tt.name)
			}
		}
	}
}

// The start address opens one page, however many ask at once.
func TestStartAddressIsGoodOnce(t *testing.T) {
	r := run(t)
	var group sync.WaitGroup
	var opened atomic.Int32
	for range 50 {
		group.Go(func() {
			if ask(t, stranger(), http.MethodGet, r.start, nil) == http.StatusSeeOther {
				opened.Add(1)
			}
		})
	}
	group.Wait()
	if opened.Load() != 1 {
		t.Errorf("it opened %d pages", opened.Load())
	}
}

// Every answer says that nothing but its own may run, and that nobody may
// frame it; what is no page may run nothing at all (scenario 44).
func TestAnswersRunNothingForeign(t *testing.T) {
	r := run(t)
	page := r.page(t)
	for path, own := range map[string]string{
		"/": "script-src 'self' 'wasm-unsafe-eval'", "/assets/app.js": "script-src 'self' 'wasm-unsafe-eval'",
		"/start": "", "/callback": "", "/nothing": "", cloudapi.PathMe: "", cloudapi.PathSessions: "", "/desk/session": "",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.origin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := page.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, own) ||
			(own == "" && strings.Contains(policy, "script-src")) || strings.Contains(policy, "unsafe-inline") ||
			resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("X-Frame-Options") != "DENY" || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
}

// raw sends a request as it stands and gives the answer's status.
func raw(t *testing.T, address, request string) int {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func ask(t *testing.T, c *http.Client, method, address string, header http.Header) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v[0]
			continue
		}
		req.Header[k] = v
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
