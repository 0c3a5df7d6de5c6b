package netdial

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"beckmanconnect/internal/hostconfig"
)

// The one thing that a program on this PC may say of an address: what of it is
// used, and what never.
func TestUserProxyIsChecked(t *testing.T) {
	for _, row := range []struct {
		name    string
		said    UserProxy
		checked UserProxy
		ok      bool
	}{
		{"nothing", UserProxy{}, UserProxy{}, true},
		{"a proxy", UserProxy{Proxy: "proxy.example:3128", Bypass: "<local>"}, UserProxy{Proxy: "proxy.example:3128", Bypass: "<local>"}, true},
		{"a list", UserProxy{Proxy: "http=a.example:1;https=b.example:2;socks=c.example:3"}, UserProxy{Proxy: "b.example:2"}, true},
		{"for other protocols", UserProxy{Proxy: "ftp=a.example:1"}, UserProxy{}, true},
		{"with its scheme", UserProxy{Proxy: "https=http://b.example:2/"}, UserProxy{Proxy: "b.example:2"}, true},
		{"without a port", UserProxy{Proxy: "b.example"}, UserProxy{Proxy: "b.example:80"}, true},
		{"by number", UserProxy{Proxy: "10.1.2.3:8080"}, UserProxy{Proxy: "10.1.2.3:8080"}, true},
		{"a script", UserProxy{PAC: "http://wpad.example/wpad.dat?x=1", Detect: true}, UserProxy{PAC: "http://wpad.example/wpad.dat?x=1", Detect: true}, true},
		{"socks", UserProxy{Proxy: "socks5://b.example:2"}, UserProxy{}, false},
		{"https proxy", UserProxy{Proxy: "https://b.example:2"}, UserProxy{}, false},
		{"with a log-in", UserProxy{Proxy: "http://me:secret@b.example:2"}, UserProxy{}, false},
		{"port 0", UserProxy{Proxy: "b.example:0"}, UserProxy{}, false},
		{"port 70000", UserProxy{Proxy: "b.example:70000"}, UserProxy{}, false},
		{"no port", UserProxy{Proxy: "b.example:x"}, UserProxy{}, false},
		{"this PC", UserProxy{Proxy: "127.0.0.1:80"}, UserProxy{}, false},
		{"this PC in another spelling", UserProxy{Proxy: "127.1:80"}, UserProxy{}, false},
		{"this PC as a number", UserProxy{Proxy: "2130706433:80"}, UserProxy{}, false},
		{"this PC in hex", UserProxy{Proxy: "0x7f000001:80"}, UserProxy{}, false},
		{"this PC by name", UserProxy{Proxy: "localhost:80"}, UserProxy{}, false},
		{"this PC by a longer name", UserProxy{Proxy: "x.localhost:80"}, UserProxy{}, false},
		{"nowhere", UserProxy{Proxy: "0.0.0.0:80"}, UserProxy{}, false},
		{"whoever is next", UserProxy{Proxy: "169.254.169.254:80"}, UserProxy{}, false},
		{"line break", UserProxy{Proxy: "b.example:2\r\nX: y"}, UserProxy{}, false},
		{"a path", UserProxy{Proxy: "b.example:2/x"}, UserProxy{}, false},
		{"endless", UserProxy{Proxy: strings.Repeat("a", 2000)}, UserProxy{}, false},
		{"endless exceptions", UserProxy{Bypass: strings.Repeat("a", 5000)}, UserProxy{}, false},
		{"umlaut", UserProxy{Proxy: "pröxy.example:2"}, UserProxy{}, false},
		{"a script in a file", UserProxy{PAC: "file:///c:/x.pac"}, UserProxy{}, false},
		{"a script on a share", UserProxy{PAC: `\\evil\x.pac`}, UserProxy{}, false},
		{"a script on this PC", UserProxy{PAC: "http://127.0.0.1:9000/p.pac"}, UserProxy{}, false},
		{"a script on this PC, mapped", UserProxy{PAC: "http://[::ffff:127.0.0.1]/p.pac"}, UserProxy{}, false},
		{"a script with a log-in", UserProxy{PAC: "http://a:b@wpad.example/"}, UserProxy{}, false},
	} {
		got, err := CheckUserProxy(row.said)
		if got != row.checked || (err == nil) != row.ok || err != nil && !errors.Is(err, ErrUserProxy) {
			t.Errorf("%s: %+v %v", row.name, got, err)
		}
		if again, err := CheckUserProxy(got); row.ok && (err != nil || again != got) {
			t.Errorf("%s, checked again: %+v %v", row.name, again, err)
		}
	}
}

func FuzzUserProxy(f *testing.F) {
	f.Add("https=b.example:2", "http://wpad.example/")
	f.Fuzz(func(t *testing.T, proxy, pac string) {
		u, err := CheckUserProxy(UserProxy{Proxy: proxy, PAC: pac})
		if err != nil {
			return
		}
		if u.Proxy != "" {
			r, err := parseRoute("http://"+u.Proxy, FromUser)
			if err != nil || r.proxy.User != nil || r.proxy.Port() == "" || r.proxy.Path != "" || elsewhere(r.proxy.Hostname()) != "" {
				t.Errorf("%q became %q: %+v %v", proxy, u.Proxy, r.proxy, err)
			}
		}
		if again, err := CheckUserProxy(u); err != nil || again != u {
			t.Errorf("%+v, checked again: %+v %v", u, again, err)
		}
	})
}

// The desktop's is the last to be asked, and a script of its own is held to the
// same rules.
func TestUserProxyComesLast(t *testing.T) {
	user := UserProxy{Proxy: "u.example:1", Bypass: "near.example"}
	to := func(host string) route { return route{proxy: &url.URL{Scheme: "http", Host: host}} }
	for _, row := range []struct {
		name, configured, https, host string
		user                          UserProxy
		system, script                route
		proxy, source, code           string
	}{
		{name: "alone", user: user, proxy: "http://u.example:1", source: FromUser},
		{name: "nobody", source: ""},
		{name: "configured", configured: "http://a.example:1", user: user, proxy: "http://a.example:1", source: FromConfiguration},
		{name: "direct by configuration", configured: "direct", user: user, source: FromConfiguration},
		{name: "environment", https: "http://b.example:2", user: user, proxy: "http://b.example:2", source: FromEnvironment},
		{name: "system", system: route{&url.URL{Scheme: "http", Host: "c.example:3"}, FromSystem}, user: user, proxy: "http://c.example:3", source: FromSystem},
		{name: "none by the system", system: route{source: FromSystem}, user: user, source: FromSystem},
		{name: "excepted", host: "near.example", user: user, source: FromUser},
		{name: "script", user: UserProxy{PAC: "http://wpad.example/"}, script: to("s.example:4"), proxy: "http://s.example:4", source: FromUser},
		{name: "script says none", user: UserProxy{PAC: "http://wpad.example/"}, source: FromUser},
		{name: "script names this PC", user: UserProxy{PAC: "http://wpad.example/"}, script: to("127.0.0.1:4"), source: FromUser, code: CodeProxyPAC},
		{name: "unchecked", user: UserProxy{Proxy: "127.0.0.1:1"}, source: FromUser, code: CodeProxySettings},
		{name: "searched", user: UserProxy{Detect: true}, script: to("w.example:5"), proxy: "http://w.example:5", source: FromUser},
	} {
		t.Run(row.name, func(t *testing.T) {
			withoutEnvironment(t)
			t.Setenv("HTTPS_PROXY", row.https)
			d := New(Config{
				Proxy: hostconfig.Proxy{URL: row.configured}, User: func() UserProxy { return row.user },
				system: func(*url.URL, string) (route, error) { return row.system, nil },
				script: func(*url.URL, string) (route, error) { return row.script, nil },
			})
			host := row.host
			if host == "" {
				host = "cloud.example"
			}
			r, err := d.route(host, 443)
			d.remember(r)
			if proxy, source := d.Way(); proxy != row.proxy || source != row.source || codeFor(err) != row.code {
				t.Errorf("%q %q %v", proxy, source, err)
			}
		})
	}
}

// A proxy of the desktop's that wants a log-in gets none: no password, and no
// account of this PC.
func TestUserProxyGetsNoLogIn(t *testing.T) {
	withoutEnvironment(t)
	p := newProxy(t, func(w io.Writer, _ *http.Request, _ int) (bool, bool) {
		return wants(w, true, "Negotiate", "NTLM", "Basic realm=x")
	})
	asked := 0
	d := New(Config{Proxy: hostconfig.Proxy{User: "u"}, scheme: func([]string, credentials, string) (authenticator, error) {
		asked++
		return nil, io.EOF
	}})
	_, err := d.tunnel(t.Context(), route{&url.URL{Scheme: "http", Host: p.Addr().String()}, FromUser}, "cloud.example:443", credentials{})
	if codeFor(err) != CodeProxyAuth || asked != 0 {
		t.Errorf("%v, asked for a log-in %d times", err, asked)
	}
	if _, err := d.tunnel(t.Context(), route{&url.URL{Scheme: "http", Host: p.Addr().String()}, FromSystem}, "cloud.example:443", credentials{}); err == nil || asked != 1 {
		t.Errorf("the system's: %v, asked %d times", err, asked)
	}
}
