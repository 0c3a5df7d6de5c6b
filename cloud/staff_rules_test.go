package cloud_test

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"beckmanconnect/build/devsso/provider"
	"beckmanconnect/build/mailbox/box"
	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
)

func init() {
	person := func(account string, change func(*provider.User)) {
		u := provider.User{Account: account, Name: "Somebody", Organisation: "Vendor EU", Regions: []string{"eu"}, Password: password}
		change(&u)
		users = append(users, u)
	}
	person("lead@vendor.example", func(u *provider.User) { u.Roles = []string{"lead"} })
	person("audit@vendor.example", func(u *provider.User) { u.Roles = []string{"auditor"} })
	person("ada@vendor.example", func(u *provider.User) { u.Roles = []string{"administrator"} })
	person("ben@vendor.example", func(u *provider.User) { u.Roles = []string{"administrator"} })
	person("root@vendor.example", func(u *provider.User) { u.Roles = []string{"root"} })
	person("once@vendor.example", func(u *provider.User) {
		u.Regions, u.Training = nil, []provider.Training{{Region: "eu", Until: "2020-12-31"}}
	})
	person("site@vendor.example", func(u *provider.User) { u.Sites = []string{"site-1"} })
	person("pwd@vendor.example", func(u *provider.User) { u.Factors = []string{"pwd"} })
}

// P16, P20: what each role gets of each path; who watches or administers gets
// no certificate and no socket.
func TestRoles(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	key, err := staffKey()
	if err != nil {
		t.Fatal(err)
	}
	csr := csrPEM(t, key)
	for account, want := range map[string]struct{ cert, queue, acts, fleet int }{
		"anna.weber@vendor.example": {0, 1, 403, 1}, // in TestEngineerCertificate: who gets one takes the case
		"lead@vendor.example":       {200, 1, 403, 1},
		"audit@vendor.example":      {403, 1, 403, 1},
		"ada@vendor.example":        {403, -1, 200, 1},
		"root@vendor.example":       {403, -1, 403, -1}, // a role that nobody knows
		"once@vendor.example":       {403, 0, 403, 0},   // the training has ended
		"carl.us@vendor.example":    {403, 0, 403, 0},   // trained elsewhere
		"site@vendor.example":       {403, 0, 403, 0},   // assigned to another site
	} {
		t.Run(account, func(t *testing.T) {
			in := r.bearer(t, account)
			if want.cert == 0 {
				want.cert = http.StatusOK
			} else if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathCert, cloudapi.CertificateRequest{CSR: csr, Request: "req-1"}, nil, in...); status != want.cert {
				t.Errorf("certificate: %d, want %d", status, want.cert)
			}
			if want.cert != http.StatusOK {
				if ws, status := r.relay(t, r.client(), "req-1", "engineer", in...); ws != nil || status != http.StatusForbidden {
					t.Errorf("relay: %d", status)
				}
			}
			count := func(path string) int {
				var list []map[string]any
				if status, _ := get(t, r.client(), r.BaseURL()+path, &list, in...); status != http.StatusOK {
					return -1
				}
				return len(list)
			}
			if n := count(cloudapi.PathRequests); n != want.queue {
				t.Errorf("queue: %d, want %d", n, want.queue)
			}
			if n := count(cloudapi.PathFleet); n != want.fleet {
				t.Errorf("fleet: %d, want %d", n, want.fleet)
			}
			for _, path := range []string{cloudapi.PathActs, cloudapi.PathPeople} {
				if status, _ := get(t, r.client(), r.BaseURL()+path, nil, in...); status != want.acts {
					t.Errorf("%s: %d, want %d", path, status, want.acts)
				}
			}
		})
	}
}

func TestSecondFactor(t *testing.T) { // P16: fail closed
	r := start(t)
	token := r.idToken(t, "pwd@vendor.example", "n")
	if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: token, Nonce: "n"}, nil); status != http.StatusForbidden || failure.Code != "second-factor" {
		t.Errorf("a password alone: %d %+v", status, failure)
	}
}

// Scenario 27, P21: removal in mid-session, by a file, counts within seconds.
func TestCutInMidSession(t *testing.T) {
	file := filepath.Join(t.TempDir(), "removed")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(c *cloud.Config) { c.StaffRemoved = file })
	d := r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	anna := r.bearer(t, "anna.weber@vendor.example")
	host, engineer := r.host(t, d, "req-1"), r.engineer(t, "req-1", anna)
	engineer.send([]byte("x"))
	host.receives([]byte("x"))
	if err := os.WriteFile(file, []byte("Anna.Weber@vendor.example # left\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := engineer.closed(); code != cloudapi.CloseEnded {
		t.Errorf("closed with %d", code)
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, anna...); status != http.StatusUnauthorized {
		t.Errorf("still signed in: %d", status)
	}
}

// Four eyes over HTTP: one proposes, another confirms, and it counts at once.
func TestTrainingByTwo(t *testing.T) {
	r := start(t)
	r.register(t)
	anna, ada, ben := r.bearer(t, "anna.weber@vendor.example"), r.bearer(t, "ada@vendor.example"), r.bearer(t, "ben@vendor.example")
	ask := func(path string, body any, in []string) (cloudapi.Act, int) {
		var act cloudapi.Act
		status, _ := post(t, r.client(), r.BaseURL()+path, body, &act, in...)
		return act, status
	}
	act, status := ask(cloudapi.PathActs, cloudapi.ActProposal{Kind: "staff.training", Params: []byte(`{"account":"anna.weber@vendor.example","training":[{"region":"eu","until":"2020-01-31"}]}`), Reason: "course missed"}, ada)
	if status != http.StatusOK {
		t.Fatalf("proposed: %d", status)
	}
	d := cloudapi.ActDecision{ID: act.ID, Digest: act.Digest}
	if _, status := ask(cloudapi.PathActConfirm, d, ada); status != http.StatusConflict {
		t.Errorf("confirmed by the proposer: %d", status)
	}
	if _, status := ask(cloudapi.PathActConfirm, d, anna); status != http.StatusForbidden {
		t.Errorf("confirmed by an engineer: %d", status)
	}
	var fleet []cloudapi.Device
	if get(t, r.client(), r.BaseURL()+cloudapi.PathFleet, &fleet, anna...); len(fleet) != 1 {
		t.Fatalf("before: %d devices", len(fleet))
	}
	if act, status := ask(cloudapi.PathActConfirm, d, ben); status != http.StatusOK || act.State != cloudapi.ActDone {
		t.Fatalf("confirmed: %d %+v", status, act)
	}
	if get(t, r.client(), r.BaseURL()+cloudapi.PathFleet, &fleet, anna...); len(fleet) != 0 {
		t.Errorf("afterwards: %d devices", len(fleet))
	}
}

var mailLink = regexp.MustCompile(`https?://\S+token=\S+`)

// P18: a sign-in from a new place waits for the link in a mail, opened in the
// same browser, once; the next one from there does not.
func TestNewPlace(t *testing.T) {
	b := box.New()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	smtp := b.Server(nil, "", "")
	done := make(chan error, 1)
	go func() { done <- smtp.Serve(listener) }()
	t.Cleanup(func() { _ = smtp.Close(); <-done })
	r := start(t, func(c *cloud.Config) {
		c.Staff.NewPlaces = "mail"
		c.Mail = cloud.Mail{Server: listener.Addr().String(), TLS: "none", From: "no-reply@vendor.example"}
	})
	const account = "anna.weber@vendor.example"
	signIn := func(c *http.Client) int {
		page, err := c.Get(r.BaseURL() + cloudapi.PathLogin)
		if err != nil {
			t.Fatal(err)
		}
		done := fillForm(t, c, page, account, password)
		_, _ = io.Copy(io.Discard, done.Body)
		done.Body.Close()
		return done.StatusCode
	}
	browser := func() *http.Client {
		c := r.client()
		c.Jar, _ = cookiejar.New(nil)
		return c
	}
	mine := browser()
	if status := signIn(mine); status != http.StatusAccepted {
		t.Fatalf("from a new place: %d", status)
	}
	if status, _ := get(t, mine, r.BaseURL()+cloudapi.PathMe, nil); status != http.StatusUnauthorized {
		t.Errorf("signed in before it was confirmed: %d", status)
	}
	mail, ok := b.Wait(t.Context().Done(), account, 1)
	if !ok {
		t.Fatal("no mail")
	}
	link := mailLink.FindString(mail.Text)
	if !strings.HasPrefix(link, r.BaseURL()+cloudapi.PathPlace) {
		t.Fatalf("the mail leads to %q", link)
	}
	open := func(c *http.Client) int {
		resp, err := c.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if status := open(browser()); status != http.StatusForbidden {
		t.Errorf("in another browser: %d", status)
	}
	if status := open(mine); status != http.StatusOK {
		t.Errorf("in the same browser: %d", status)
	}
	if status, _ := get(t, mine, r.BaseURL()+cloudapi.PathMe, nil); status != http.StatusOK {
		t.Errorf("after the link: %d", status)
	}
	if status := open(mine); status != http.StatusForbidden {
		t.Errorf("a second time: %d", status)
	}
	if status := signIn(browser()); status != http.StatusOK {
		t.Errorf("from there again: %d", status)
	}

	// beckmanconnect-desk is another kind of browser.
	var reply cloudapi.TokenReply
	status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: r.idToken(t, account, "n"), Nonce: "n", Return: "http://127.0.0.1:45678/confirm"}, &reply, "User-Agent", "beckmanconnect-desk")
	if status != http.StatusOK || reply.Token != "" || reply.Pending == "" {
		t.Fatalf("natively: %d %+v", status, reply)
	}
	mail, _ = b.Wait(t.Context().Done(), account, 2)
	link = mailLink.FindString(mail.Text)
	_, token, _ := strings.Cut(link, "token=")
	for _, c := range []struct {
		req  cloudapi.PlaceRequest
		want int
	}{{cloudapi.PlaceRequest{Token: token}, 403}, {cloudapi.PlaceRequest{Token: token, Pending: reply.Pending}, 200}, {cloudapi.PlaceRequest{Token: token, Pending: reply.Pending}, 403}} {
		if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathPlace, c.req, nil, "User-Agent", "beckmanconnect-desk"); status != c.want {
			t.Errorf("%+v: %d, want %d", c.req, status, c.want)
		}
	}
	status, _ = post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: r.idToken(t, account, "m"), Nonce: "m", Return: "https://evil.example/confirm"}, nil, "User-Agent", "Firefox/140")
	if status != http.StatusForbidden {
		t.Errorf("a link to elsewhere: %d", status)
	}
}
