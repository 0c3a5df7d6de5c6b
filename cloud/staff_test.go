package cloud_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/oauth2"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel"
)

var formID = regexp.MustCompile(`name="id" value="([^"]*)"`)

// fillForm signs in on the page a browser has come to and gives the answer
// after all redirects (or the redirect itself, when the client follows none).
func fillForm(t *testing.T, c *http.Client, page *http.Response, account, secret string) *http.Response {
	t.Helper()
	body, err := io.ReadAll(page.Body)
	page.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	id := formID.FindSubmatch(body)
	if id == nil {
		t.Fatalf("no sign-in form at %s: %s", page.Request.URL, body)
	}
	for _, field := range []string{`id="username"`, `id="password"`, `id="submit"`} {
		if !strings.Contains(string(body), field) {
			t.Errorf("the sign-in page has no %s", field)
		}
	}
	target, err := page.Request.URL.Parse("/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.PostForm(target.String(), url.Values{"id": {string(id[1])}, "username": {account}, "password": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// browser signs in to the hosted console as a browser does.
func (r *running) browser(t *testing.T, account string) *http.Client {
	t.Helper()
	c := r.client()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Jar = jar
	page, err := c.Get(r.BaseURL() + cloudapi.PathLogin)
	if err != nil {
		t.Fatal(err)
	}
	done := fillForm(t, c, page, account, password)
	defer done.Body.Close()
	if done.StatusCode != http.StatusOK || done.Request.URL.Path != cloudapi.PathCallback {
		body, _ := io.ReadAll(done.Body)
		t.Fatalf("sign-in of %s ended at %s with %d: %s", account, done.Request.URL.Path, done.StatusCode, body)
	}
	return c
}

// idToken signs in as beckmanconnect-desk does and gives the ID token.
func (r *running) idToken(t *testing.T, account, nonce string) string {
	t.Helper()
	var config cloudapi.OIDCConfig
	get(t, r.client(), r.BaseURL()+cloudapi.PathOIDC, &config)
	o := oauth2.Config{ClientID: config.ClientID, RedirectURL: "http://127.0.0.1:45678/callback", Scopes: config.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: config.Issuer + "/authorize", TokenURL: config.Issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams}}
	verifier := oauth2.GenerateVerifier()
	c := &http.Client{CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if req.URL.Port() == "45678" { // where the program listens
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := c.Get(o.AuthCodeURL("state", oauth2.SetAuthURLParam("nonce", nonce), oauth2.S256ChallengeOption(verifier)))
	if err != nil {
		t.Fatal(err)
	}
	back := fillForm(t, c, page, account, password)
	back.Body.Close()
	target, err := back.Location()
	if err != nil || target.Query().Get("state") != "state" {
		t.Fatalf("no way back from the sign-in: %v %v", target, err)
	}
	token, err := o.Exchange(t.Context(), target.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	return raw
}

// bearer signs in natively and gives the header.
func (r *running) bearer(t *testing.T, account string) []string {
	t.Helper()
	return r.bearerNonce(t, account, "n-"+account)
}

func (r *running) bearerNonce(t *testing.T, account, nonce string) []string {
	t.Helper()
	var reply cloudapi.TokenReply
	status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathToken,
		cloudapi.TokenRequest{IDToken: r.idToken(t, account, nonce), Nonce: nonce}, &reply)
	if status != http.StatusOK || reply.Token == "" {
		t.Fatalf("token: %d %+v", status, failure)
	}
	return []string{"Authorization", "Bearer " + reply.Token}
}

func TestBrowserSignIn(t *testing.T) { // P16
	r := start(t)
	c := r.browser(t, "anna.weber@vendor.example")
	var who cloudapi.Staff
	if status, _ := get(t, c, r.BaseURL()+cloudapi.PathMe, &who); status != http.StatusOK || who.Name != "Anna Weber" || !slices.Equal(who.Regions, []string{"eu"}) {
		t.Fatalf("signed in as %+v (%d)", who, status)
	}
	base, _ := url.Parse(r.BaseURL())
	for _, cookie := range c.Jar.Cookies(base) {
		if cookie.Name != "__Host-staff" {
			t.Errorf("cookie %q was left behind", cookie.Name)
		}
	}

	// Scenario 44: what changes something comes from our own origin only.
	for _, origin := range []string{"", "null", "https://evil.example", "http://" + base.Host} {
		if status, _ := post(t, c, r.BaseURL()+cloudapi.PathLogout, nil, nil, "Origin", origin); status != http.StatusForbidden {
			t.Errorf("sign-out with origin %q: %d", origin, status)
		}
	}
	if status, _ := get(t, c, r.BaseURL()+cloudapi.PathMe, nil, "Sec-Fetch-Site", "cross-site"); status != http.StatusUnauthorized {
		t.Errorf("another site's page read the session: %d", status)
	}
	if status, _ := post(t, c, r.BaseURL()+cloudapi.PathLogout, nil, nil, "Origin", r.BaseURL()); status != http.StatusNoContent {
		t.Errorf("sign-out: %d", status)
	}
	if status, _ := get(t, c, r.BaseURL()+cloudapi.PathMe, nil); status != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", status)
	}
}

func TestSignInRefusals(t *testing.T) { // scenarios 27, 45
	r := start(t)
	t.Run("wrong password", func(t *testing.T) {
		c := r.client()
		c.Jar, _ = cookiejar.New(nil)
		page, err := c.Get(r.BaseURL() + cloudapi.PathLogin)
		if err != nil {
			t.Fatal(err)
		}
		resp := fillForm(t, c, page, users[0].Account, "wrong")
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
	t.Run("callback in another browser", func(t *testing.T) {
		c := r.client()
		c.Jar, _ = cookiejar.New(nil)
		page, err := c.Get(r.BaseURL() + cloudapi.PathLogin)
		if err != nil {
			t.Fatal(err)
		}
		c.Jar, _ = cookiejar.New(nil) // the victim's browser follows the attacker's link
		resp := fillForm(t, c, page, users[0].Account, password)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
	t.Run("address not verified", func(t *testing.T) {
		token := r.idToken(t, "mallory@vendor.example", "n")
		if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: token, Nonce: "n"}, nil); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	})

	good := r.idToken(t, users[0].Account, "n")
	parts := strings.Split(good, ".")
	for _, c := range []struct{ name, token, nonce string }{
		{"another nonce", good, "m"},
		{"no nonce", good, ""},
		{"alg none", "eyJhbGciOiJub25lIn0." + parts[1] + ".", "n"},
		{"forged", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "n"},
		{"empty", "", "n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: c.token, Nonce: c.nonce}, nil); status != http.StatusForbidden {
				t.Errorf("status %d", status)
			}
		})
	}
	t.Run("from a page", func(t *testing.T) {
		if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: good, Nonce: "n"}, nil, "Origin", r.BaseURL()); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	})
	t.Run("used twice", func(t *testing.T) {
		for i, want := range []int{http.StatusOK, http.StatusForbidden} {
			if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: good, Nonce: "n"}, nil); status != want {
				t.Errorf("use %d: %d, want %d", i+1, status, want)
			}
		}
	})
	t.Run("wrong audience", func(t *testing.T) {
		other := start(t, func(c *cloud.Config) { c.OIDC.Native = "another-program" })
		token := other.idToken(t, users[0].Account, "n")
		if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: token, Nonce: "n"}, nil); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	})
	if strings.Contains(r.logs.String(), users[0].Account) {
		t.Error("the log names a person")
	}
}

func TestStaffFromElsewhereIsRefused(t *testing.T) { // P21
	r := start(t, func(c *cloud.Config) {
		c.StaffNetworks = c.StaffNetworks[:0:0]
		c.StaffNetworks = append(c.StaffNetworks, documentation)
	})
	for _, path := range []string{cloudapi.PathLogin, cloudapi.PathOIDC, cloudapi.PathMe, cloudapi.PathLive, cloudapi.PathFleet, cloudapi.PathSessions,
		cloudapi.PathFeed, cloudapi.PathPresence, cloudapi.PathHelpLogs, cloudapi.PathMessage} {
		if status, failure := get(t, r.client(), r.BaseURL()+path, nil); status != http.StatusForbidden || failure.Code != "network" {
			t.Errorf("%s: %d %+v", path, status, failure)
		}
	}
	for _, path := range []string{cloudapi.PathToken, cloudapi.PathCert, cloudapi.PathMessage} {
		if status, failure := post(t, r.client(), r.BaseURL()+path, nil, nil); status != http.StatusForbidden || failure.Code != "network" {
			t.Errorf("%s: %d %+v", path, status, failure)
		}
	}
	if d := r.register(t); d.id == "" { // devices come from anywhere
		t.Error("no device ID")
	}
}

// staffKey is one RSA-4096 key for all tests.
var staffKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 4096) })

func TestEngineerCertificate(t *testing.T) { // P10, P20
	r := start(t)
	d := r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	key, err := staffKey()
	if err != nil {
		t.Fatal(err)
	}
	anna := r.bearer(t, "anna.weber@vendor.example")
	ask := func(csr, request string, header []string) (cloudapi.CertificateReply, int) {
		t.Helper()
		var reply cloudapi.CertificateReply
		status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathCert, cloudapi.CertificateRequest{CSR: csr, Request: request}, &reply, header...)
		return reply, status
	}
	reply, status := ask(csrPEM(t, key), "req-1", anna)
	if status != http.StatusOK || reply.DeviceID != d.id {
		t.Fatalf("status %d, %+v", status, reply)
	}
	block, _ := pem.Decode([]byte(reply.Certificate))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: r.roots.StaffCA, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	id, err := channel.EngineerIdentity(cert)
	if err != nil || id.Account != "anna.weber@vendor.example" || id.Request != "req-1" || !slices.Equal(id.Regions, []string{"eu"}) {
		t.Errorf("the certificate names %+v, %v", id, err)
	}
	if life := cert.NotAfter.Sub(cert.NotBefore).Minutes(); life > 12 {
		t.Errorf("the certificate lives %v minutes", life)
	}
	issued, err := r.DB().Certificates(t.Context(), "req-1") // P24
	if err != nil || len(issued) != 1 || issued[0].Who.Account != id.Account || issued[0].Device != d.id {
		t.Errorf("kept for audit: %+v, %v", issued, err)
	}

	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, csr, request string
		header             []string
		want               int
	}{
		{"trained for another region", csrPEM(t, key), "req-1", r.bearer(t, "carl.us@vendor.example"), http.StatusForbidden},
		{"no such request", csrPEM(t, key), "req-2", anna, http.StatusForbidden},
		{"RSA-2048", csrPEM(t, small), "req-1", anna, http.StatusBadRequest},
		{"ECDSA", csrPEM(t, newKey(t)), "req-1", anna, http.StatusBadRequest},
		{"no CSR", "hello", "req-1", anna, http.StatusBadRequest},
		{"signed out", csrPEM(t, key), "req-1", nil, http.StatusUnauthorized},
		{"a made-up token", csrPEM(t, key), "req-1", []string{"Authorization", "Bearer x"}, http.StatusUnauthorized},
	} {
		if _, status := ask(c.csr, c.request, c.header); status != c.want {
			t.Errorf("%s: %d, want %d", c.name, status, c.want)
		}
	}
	post(t, r.client(), r.BaseURL()+cloudapi.PathLogout, nil, nil, anna...)
	if _, status := ask(csrPEM(t, key), "req-1", anna); status != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", status)
	}
	anna = r.bearer(t, "anna.weber@vendor.example")
	l.say(d.id, cloudapi.KindRequest, "e", 2, cloudapi.Request{ID: "req-1", State: "ended"})
	if _, status := ask(csrPEM(t, key), "req-1", anna); status != http.StatusForbidden {
		t.Errorf("after the request ended: %d", status)
	}
}

func TestLiveList(t *testing.T) {
	r := start(t)
	d := r.register(t)
	c := r.browser(t, "anna.weber@vendor.example")
	address := "wss" + strings.TrimPrefix(r.BaseURL(), "https") + cloudapi.PathLive
	for _, origin := range []string{"", "https://evil.example"} { // scenario 44
		if ws, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPClient: c, HTTPHeader: http.Header{"Origin": {origin}}}); err == nil {
			ws.CloseNow()
			t.Errorf("a page of %q reads the live list", origin)
		}
	}
	ws, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPClient: c, HTTPHeader: http.Header{"Origin": {r.BaseURL()}}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	until := func(what string, ok func(cloudapi.Live) bool) {
		t.Helper()
		for {
			_, text, err := ws.Read(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			var live cloudapi.Live
			if err := json.Unmarshal(text, &live); err != nil {
				t.Fatal(err)
			}
			if ok(live) {
				return
			}
		}
	}
	until("first look", func(l cloudapi.Live) bool { return len(l.Devices) == 1 && !l.Devices[0].Online })
	link := d.connect(t)
	until("online", func(l cloudapi.Live) bool { return l.Devices[0].Online })
	link.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	until("request", func(l cloudapi.Live) bool {
		return len(l.Requests) == 1 && l.Requests[0].Technician == "Lena Lab" && l.Requests[0].Serial == "BX12345" && l.Requests[0].Device == d.id
	})
	link.say(d.id, cloudapi.KindRequest, "e", 2, cloudapi.Request{ID: "req-1", State: "ended"})
	until("ended", func(l cloudapi.Live) bool { return len(l.Requests) == 0 })
	link.Disconnect(100)
	until("offline", func(l cloudapi.Live) bool { return !l.Devices[0].Online })

	var list []cloudapi.Device // P16: another region's staff sees nothing
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathFleet, &list, r.bearer(t, "carl.us@vendor.example")...); status != http.StatusOK || len(list) != 0 {
		t.Errorf("staff of another region sees %+v (%d)", list, status)
	}
}
