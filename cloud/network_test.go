package cloud_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/cloudapi"

	"errors"
)

// documentation is a network nobody in these tests comes from.
var documentation = netip.MustParsePrefix("192.0.2.0/24")

var strangerKey, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)

func selfSigned(t *testing.T) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, strangerKey.Public(), strangerKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestOnlyKnownNamesAreAnswered(t *testing.T) { // scenario 5: DNS rebinding
	r := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathHealth, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	if status, failure := send(t, r.client(), req, nil); status != http.StatusMisdirectedRequest || failure.Code != "host" {
		t.Errorf("%d %+v", status, failure)
	}
	var health struct {
		OK      bool
		Version string
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathHealth, &health); status != http.StatusOK || !health.OK || health.Version == "" {
		t.Errorf("health: %d %+v", status, health)
	}
}

// TestScriptIsInert: what a device sends reaches staff as JSON text, never as
// markup (scenario 44).
func TestScriptIsInert(t *testing.T) {
	r := start(t)
	const script = `<script>alert(1)</script>`
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Name, q.Serial, q.InstrumentType = script, script, script })
	l := d.connect(t)
	request := waiting("req-1")
	request.Reason = script
	l.say(d.id, cloudapi.KindRequest, "e", 1, request)
	n := alarm(1)
	n.Title = script
	l.say(d.id, cloudapi.KindNotification, "e", 2, n)
	l.say(d.id, cloudapi.KindSessionEvent, "e", 3, cloudapi.SessionEvent{Request: "req-1", Session: "s", Kind: "ended",
		Engineer: "anna.weber@vendor.example", Fields: map[string]string{"why": script, "ticket": script, script: script}})
	r.issue(t, "req-1", "anna.weber@vendor.example")
	c, header := r.client(), r.bearer(t, "anna.weber@vendor.example")
	for _, path := range []string{cloudapi.PathRequests, cloudapi.PathFleet, cloudapi.PathAlarms + "?device=" + d.id, cloudapi.PathSessions} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(header[0], header[1])
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(body, "<>") || !bytes.Contains(body, []byte("alert(1)")) {
			t.Errorf("%s: %s", path, body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestUpgradesAreServed(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	for path, content := range map[string]string{filepath.Join(dir, "targets", "a.bin"): "0123456789", outside: "secret"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(c *cloud.Config) { c.Upgrades = dir })
	fetch := func(path, span string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathUpgrades+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if span != "" {
			req.Header.Set("Range", span)
		}
		resp, err := r.client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if status, body := fetch("targets/a.bin", ""); status != http.StatusOK || body != "0123456789" {
		t.Errorf("%d %q", status, body)
	}
	if status, body := fetch("targets/a.bin", "bytes=5-"); status != http.StatusPartialContent || body != "56789" {
		t.Errorf("resumed: %d %q", status, body)
	}
	for _, path := range []string{"", "targets", "targets/", "link", "none", "%2e%2e/secret", "..%2fsecret"} {
		if status, body := fetch(path, ""); status != http.StatusNotFound || strings.Contains(body, "secret\n") {
			t.Errorf("%q: %d %q", path, status, body)
		}
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	r := start(t)
	base := r.Config
	for _, c := range []struct {
		name   string
		change func(*cloud.Config)
		want   string
	}{
		{"port taken", func(c *cloud.Config) { c.Listen = r.Addr(); c.Data = datatest.Dir(t) }, "taken by another program"},
		{"data in use", func(c *cloud.Config) { c.Listen = "127.0.0.1:0" }, "another process uses this"},
		{"no networks", func(c *cloud.Config) { c.StaffNetworks = nil }, "staff_networks"},
		{"no names", func(c *cloud.Config) { c.Names = nil }, "names"},
		{"no roots", func(c *cloud.Config) { c.Roots = t.TempDir() }, "trust"},
		{"foreign URL", func(c *cloud.Config) { c.URL = "https://elsewhere.example" }, "url"},
		{"plain URL", func(c *cloud.Config) { c.URL = "http://localhost" }, "url"},
	} {
		config := base
		c.change(&config)
		opened, err := cloud.New(config)
		if err == nil {
			err = errors.Join(errors.New("it started"), opened.Close())
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestLoadConfig(t *testing.T) {
	const good = `
listen = "127.0.0.1:0"
names = ["Cloud.Example"]
data = "d"
roots = "r"
private = "p"
upgrades = "u"
staff_networks = ["192.0.2.0/24"]
[oidc]
issuer = "https://sso.example"
client = "console"
secret = "s"
native = "desk"
[staff]
new_places = "off"
`
	file := filepath.Join(t.TempDir(), "cloud.toml")
	load := func(text string) (cloud.Config, error) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return cloud.LoadConfig(file)
	}
	c, err := load(good)
	if err != nil || c.Names[0] != "cloud.example" || c.StaffNetworks[0] != documentation || c.OIDC.Native != "desk" {
		t.Errorf("%+v %v", c, err)
	}
	for name, text := range map[string]string{
		"unknown key":             "colour = 1\n" + good,
		"new places without mail": strings.Replace(good, "\"off\"", "\"mail\"", 1),
		"new places":              strings.Replace(good, "\"off\"", "\"no\"", 1),
		"a password":              good + "[staff.second_factor]\namr = [\"pwd\"]\n",
		"a long day":              strings.Replace(good, "[staff]", "[staff]\nsession = \"100h\"", 1),
		"idle":                    strings.Replace(good, "[staff]", "[staff]\nidle = \"soon\"", 1),
		"a PIN":                   strings.Replace(good, "[staff]", "[staff]\nsession_ca = \"pkcs11:token=a;object=b?module-path=/m&pin-value=1\"", 1),
		"syntax":                  "listen =",
		"empty":                   "",
		"network":                 strings.Replace(good, "/24", "", 1),
		"name":                    strings.Replace(good, "Cloud.Example", "cloud/x", 1),
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), "cloud.toml") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
