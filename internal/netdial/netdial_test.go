package netdial

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
)

// cloud is a TLS server that says hello, and a table that allows it.
func cloud(t *testing.T) (*httptest.Server, func() endpoints.Table) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, tableOf(t, s.URL)
}

func tableOf(t *testing.T, address string) func() endpoints.Table {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	return func() endpoints.Table { return endpoints.Table{{Host: host, Port: number}} }
}

func rootsOf(s *httptest.Server) *tls.Config {
	return &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
}

// hello asks the cloud by a dialer.
func hello(t *testing.T, d *Dialer, s *httptest.Server) error {
	t.Helper()
	client := d.Client(rootsOf(s))
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && string(text) != "hello" {
		t.Errorf("%q", text)
	}
	return err
}

func codeFor(err error) string {
	reason, _ := Explain(err)
	return reason.Code
}

// withoutEnvironment: the machine that runs the tests may be behind a proxy.
func withoutEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "auto_proxy"} {
		t.Setenv(name, "")
	}
}

// Nothing that does not stand in the table is dialled, and outside development
// nothing but port 443; it is told once (B14).
func TestGuard(t *testing.T) {
	withoutEnvironment(t)
	var told []string
	dialled := 0
	c := Config{
		Table: func() endpoints.Table {
			return endpoints.Allowed("eu", hostconfig.Config{Cloud: hostconfig.Cloud{URL: "https://c.example:8443"}}, endpoints.Policy{})
		},
		Refused: func(host string, _ int) { told = append(told, host) },
		dial: func(context.Context, string, string) (net.Conn, error) {
			dialled++
			return nil, io.EOF
		},
	}
	d := New(c)
	for _, address := range []string{"evil.example:443", "evil.example:443", "x.beckman.com:80", "c.example:8443", "c.example:443", "10.0.0.1:443", ":443"} {
		if _, err := d.DialContext(t.Context(), "tcp", address); !errors.Is(err, ErrNotAllowed) || codeFor(err) != CodeEndpoint {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := d.DialContext(t.Context(), "udp", "x.beckman.com:443"); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("udp: %v", err)
	}
	if dialled > 0 {
		t.Fatalf("%d were dialled", dialled)
	}
	if want := "evil.example x.beckman.com c.example c.example 10.0.0.1 "; strings.Join(told, " ") != want {
		t.Errorf("told %q, want %q", strings.Join(told, " "), want)
	}
	if _, err := d.DialContext(t.Context(), "tcp", "x.beckman.com:443"); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	c.Development = true
	if _, err := New(c).DialContext(t.Context(), "tcp", "c.example:8443"); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, err := New(Config{}).DialContext(t.Context(), "tcp", "x.beckman.com:443"); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("without a table: %v", err)
	}
}

// fakeProxy answers CONNECT as a test says.
type fakeProxy struct {
	net.Listener
	t *testing.T

	mu    sync.Mutex
	asked []string // values of Proxy-Authorization, "-" for none
	lines int      // TCP connections
}

// newProxy starts a proxy. answer writes the answer to one CONNECT and says
// whether the connection goes on; nil lets through.
func newProxy(t *testing.T, answer func(w io.Writer, r *http.Request, nth int) (tunnel, goOn bool)) *fakeProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &fakeProxy{Listener: l, t: t}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.lines++
			p.mu.Unlock()
			all.Go(func() { p.serve(c, answer) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return p
}

func (p *fakeProxy) serve(c net.Conn, answer func(io.Writer, *http.Request, int) (bool, bool)) {
	defer c.Close()
	r := &proxyLine{Conn: c, r: bufio.NewReader(c)}
	for nth := 0; ; nth++ {
		request, err := http.ReadRequest(r.r)
		if err != nil {
			return
		}
		p.mu.Lock()
		said := request.Header.Get("Proxy-Authorization")
		if said == "" {
			said = "-"
		}
		p.asked = append(p.asked, said)
		p.mu.Unlock()
		tunnel, goOn := answer(c, request, nth)
		if tunnel {
			splice(r, request.Host)
			return
		}
		if !goOn {
			return
		}
	}
}

func splice(c net.Conn, host string) {
	far, err := net.Dial("tcp", host)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, c)
		far.Close()
	}()
	_, _ = io.Copy(c, far)
}

func (p *fakeProxy) said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

func ok(w io.Writer) (bool, bool) {
	_, _ = io.WriteString(w, "HTTP/1.1 200 Connection established\r\n\r\n")
	return true, false
}

func wants(w io.Writer, goOn bool, schemes ...string) (bool, bool) {
	text := "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n"
	for _, s := range schemes {
		text += "Proxy-Authenticate: " + s + "\r\n"
	}
	if !goOn {
		text += "Connection: close\r\n"
	}
	_, _ = io.WriteString(w, text+"\r\npage")
	return false, goOn
}

func password(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Basic: asked, then logged in once; on the same connection or on another.
func TestBasic(t *testing.T) { // scenario 54
	withoutEnvironment(t)
	s, table := cloud(t)
	right := "Basic " + base64.StdEncoding.EncodeToString([]byte("lab:s:e c\u00e4"))
	for name, goOn := range map[string]bool{"the same connection": true, "another connection": false} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, func(w io.Writer, r *http.Request, _ int) (bool, bool) {
				if r.Header.Get("Proxy-Authorization") == right {
					return ok(w)
				}
				return wants(w, goOn, `Basic realm="hospital"`)
			})
			d := New(Config{Table: table, Development: true, Proxy: hostconfig.Proxy{URL: "http://" + p.Addr().String(), User: "lab", PasswordFile: password(t, "s:e c\u00e4")}})
			if err := hello(t, d, s); err != nil {
				t.Fatal(err)
			}
			if got := p.said(); len(got) != 2 || got[0] != "-" || got[1] != right {
				t.Errorf("%q", got)
			}
			if proxy, source := d.Way(); proxy != "http://"+p.Addr().String() || source != FromConfiguration {
				t.Errorf("%s %s", proxy, source)
			}
		})
	}
}

// A proxy that says no, whatever for, is a clear state and never a reason to go
// around it; a log-in that was refused is tried twice at most, and then not
// again for a while, whoever dials (scenario 54).
func TestProxySaysNo(t *testing.T) {
	withoutEnvironment(t)
	s, table := cloud(t)
	reached := false
	s.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	page := func(head string) func(io.Writer, *http.Request, int) (bool, bool) {
		return func(w io.Writer, _ *http.Request, _ int) (bool, bool) {
			_, _ = io.WriteString(w, head+"Content-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")
			return false, false
		}
	}
	always := func(schemes ...string) func(io.Writer, *http.Request, int) (bool, bool) {
		return func(w io.Writer, _ *http.Request, _ int) (bool, bool) { return wants(w, true, schemes...) }
	}
	for _, row := range []struct {
		name, code string
		user       bool
		most       int // CONNECTs in three attempts
		answer     func(io.Writer, *http.Request, int) (bool, bool)
	}{
		{"no log-in configured", CodeProxyAuth, false, 3, always("Basic realm=x")},
		{"wrong password, for ever", CodeProxyDenied, true, 2, always("Basic realm=x")},
		{"Digest", CodeProxyScheme, true, 3, always(`Digest realm="x", nonce="1"`)},
		{"Negotiate without an account", CodeProxyScheme, false, 3, always("Negotiate", "NTLM")},
		{"NTLM without an end", CodeProxyDenied, true, 3, always("NTLM")},
		{"NTLM that closes the connection", CodeProxyLoop, true, 2, func(w io.Writer, r *http.Request, nth int) (bool, bool) {
			if r.Header.Get("Proxy-Authorization") == "" {
				return wants(w, true, "NTLM")
			}
			return wants(w, false, "NTLM "+base64.StdEncoding.EncodeToString(ntlmChallenge()))
		}},
		{"a log-in page", CodePortal, true, 3, page("HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n")},
		{"network log-in", CodePortal, true, 3, page("HTTP/1.1 511 Network Authentication Required\r\n")},
		{"forbidden", CodeProxyBlocked, true, 3, page("HTTP/1.1 403 Forbidden\r\n")},
		{"no DNS behind it", CodeProxyFailed, true, 3, page("HTTP/1.1 503 Service Unavailable\r\n")},
		{"no proxy at all", CodeProxyUnreachable, true, 3, func(w io.Writer, _ *http.Request, _ int) (bool, bool) {
			_, _ = io.WriteString(w, "220 mail.example ESMTP\r\n")
			return false, false
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newProxy(t, row.answer)
			c := hostconfig.Proxy{URL: "http://" + p.Addr().String()}
			if row.user {
				c.User, c.PasswordFile = `HOSPITAL\lab`, password(t, "wrong")
			}
			d := New(Config{Table: table, Development: true, Proxy: c})
			for range 3 {
				err := hello(t, d, s)
				if got := codeFor(err); got != row.code {
					t.Fatalf("%s: %v", got, err)
				}
				if reason, _ := Explain(err); !strings.Contains(reason.Text, "; ") || strings.Contains(reason.Text, "\n") {
					t.Errorf("%q", reason.Text)
				}
			}
			if got := p.said(); len(got) > row.most {
				t.Errorf("asked %d times: %q", len(got), got)
			}
		})
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	d := New(Config{Table: table, Development: true, Proxy: hostconfig.Proxy{URL: "http://" + closed.Addr().String()}})
	if err := hello(t, d, s); codeFor(err) != CodeProxyUnreachable {
		t.Errorf("away: %v", err)
	}
	if reached {
		t.Error("somebody went around the proxy")
	}
}

// A refused log-in is tried again once the time is over or the password was
// corrected.
func TestHoldOff(t *testing.T) { // scenario 54
	withoutEnvironment(t)
	s, table := cloud(t)
	right := "Basic " + base64.StdEncoding.EncodeToString([]byte("lab:right"))
	p := newProxy(t, func(w io.Writer, r *http.Request, _ int) (bool, bool) {
		if r.Header.Get("Proxy-Authorization") == right {
			return ok(w)
		}
		return wants(w, true, "Basic realm=x")
	})
	now := time.Now()
	file := password(t, "wrong")
	d := New(Config{
		Table: table, Development: true, Now: func() time.Time { return now },
		Proxy: hostconfig.Proxy{URL: "http://" + p.Addr().String(), User: "lab", PasswordFile: file},
	})
	for range 5 {
		if err := hello(t, d, s); codeFor(err) != CodeProxyDenied {
			t.Fatal(err)
		}
	}
	if got := len(p.said()); got != 2 {
		t.Errorf("asked %d times", got)
	}
	now = now.Add(11 * time.Minute)
	if err := hello(t, d, s); codeFor(err) != CodeProxyDenied {
		t.Fatal(err)
	}
	if got := len(p.said()); got != 4 {
		t.Errorf("asked %d times", got)
	}
	if err := os.WriteFile(file, []byte("right"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := hello(t, d, s); err != nil {
		t.Error(err)
	}
}

// chain is a log-in of some steps on one connection, as NTLM and Negotiate are.
type chain struct{ steps, done int }

func (c *chain) next([]string) (string, error) {
	c.done++
	return token("NTLM", []byte{byte(c.done)}), nil
}
func (c *chain) more([]string) bool { return c.done < c.steps }
func (c *chain) bound() bool        { return true }
func (c *chain) close()             {}

// All of an NTLM log-in is on one TCP connection; one that never ends is left.
func TestOneConnection(t *testing.T) { // scenario 54
	withoutEnvironment(t)
	s, table := cloud(t)
	for _, row := range []struct {
		name  string
		needs int // steps until the proxy lets through
		code  string
	}{{"two steps", 2, ""}, {"three steps", 3, ""}, {"no end", 1000, CodeProxyLoop}} {
		t.Run(row.name, func(t *testing.T) {
			p := newProxy(t, func(w io.Writer, r *http.Request, nth int) (bool, bool) {
				if nth == row.needs {
					return ok(w)
				}
				return wants(w, true, "NTLM")
			})
			d := New(Config{
				Table: table, Development: true, Proxy: hostconfig.Proxy{URL: "http://" + p.Addr().String()},
				scheme: func([]string, credentials, string) (authenticator, error) { return &chain{steps: 1000}, nil },
			})
			if err := hello(t, d, s); codeFor(err) != row.code {
				t.Fatal(err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.lines != 1 || len(p.asked) > 4 {
				t.Errorf("%d connections, asked %q", p.lines, p.asked)
			}
		})
	}
}

// configured → environment → system, and what cannot be used is named.
func TestWhichProxy(t *testing.T) { // scenario 54
	for _, row := range []struct {
		name, configured, https, no, auto string
		system                            route
		proxy, source, code               string
	}{
		{name: "none"},
		{name: "configured", configured: "http://a:1", https: "http://b:2", system: route{proxy: &url.URL{Scheme: "http", Host: "c:3"}}, proxy: "http://a:1", source: FromConfiguration},
		{name: "direct", configured: "direct", https: "http://b:2", source: FromConfiguration},
		{name: "environment", https: "b:2", system: route{proxy: &url.URL{Scheme: "http", Host: "c:3"}}, proxy: "http://b:2", source: FromEnvironment},
		{name: "without a port", https: "http://b", proxy: "http://b:80", source: FromEnvironment},
		{name: "excepted", https: "http://b:2", no: "cloud.example", source: FromEnvironment},
		{name: "system", system: route{&url.URL{Scheme: "http", Host: "c:3"}, FromSystem}, proxy: "http://c:3", source: FromSystem},
		{name: "socks", https: "socks5://b:2", source: FromEnvironment, code: CodeProxySettings},
	} {
		t.Run(row.name, func(t *testing.T) {
			withoutEnvironment(t)
			t.Setenv("HTTPS_PROXY", row.https)
			t.Setenv("NO_PROXY", row.no)
			d := New(Config{Proxy: hostconfig.Proxy{URL: row.configured}, system: func(*url.URL, string) (route, error) { return row.system, nil }})
			r, err := d.route("cloud.example", 443)
			d.remember(r)
			if proxy, source := d.Way(); proxy != row.proxy || source != row.source || codeFor(err) != row.code {
				t.Errorf("%q %q %v", proxy, source, err)
			}
		})
	}
}

// A PAC script is evaluated by Windows; elsewhere it is named, and nothing goes
// around it.
func TestPAC(t *testing.T) { // scenario 54
	withoutEnvironment(t)
	for name, d := range map[string]*Dialer{
		"configured":  New(Config{Proxy: hostconfig.Proxy{URL: "pac+http://wpad.hospital.example/wpad.dat"}}),
		"environment": New(Config{}),
	} {
		if name == "environment" {
			t.Setenv("auto_proxy", "http://wpad.hospital.example/wpad.dat")
		}
		if r, err := d.route("cloud.example", 443); codeFor(err) != CodeProxyPAC || r.proxy != nil {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	asked := ""
	d := New(Config{
		Proxy:  hostconfig.Proxy{URL: "pac+http://wpad.hospital.example/wpad.dat"},
		system: func(_ *url.URL, pac string) (route, error) { asked = pac; return route{}, nil },
	})
	if _, err := d.route("cloud.example", 443); err != nil || asked != "http://wpad.hospital.example/wpad.dat" {
		t.Errorf("%q %v", asked, err)
	}
}

func TestListsOfWindows(t *testing.T) {
	for list, want := range map[string]string{
		"": "", "p:1": "p:1", "http=a:1;https=b:2": "b:2", "http=a:1": "", "HTTPS=b:2": "b:2", "p:1;q:2": "p:1", "p:1 q:2": "p:1", "ftp=f:1;p:1": "p:1",
	} {
		if got := firstProxy(list); got != want {
			t.Errorf("%q: %q", list, got)
		}
	}
	for _, row := range []struct {
		host, list string
		want       bool
	}{
		{"cloud.example", "", false}, {"cloud.example", "*.example", true}, {"CLOUD.example", "cloud.EXAMPLE", true},
		{"cloud", "<local>", true}, {"cloud.example", "<local>;x", false}, {"10.1.2.3", "10.*", true}, {"::1", "<local>", false},
	} {
		if got := bypassed(row.host, row.list); got != row.want {
			t.Errorf("%s by %q: %v", row.host, row.list, got)
		}
	}
}

// Every code has words and something to do.
func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes {
		if seen[c.Code] || c.Means == "" || c.Do == "" || strings.ContainsAny(c.Means+c.Do, "\n|") {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
	}
}
