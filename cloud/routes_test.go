package cloud_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/internal/cloudapi"
)

// How a route is reached.
type door int

const (
	open       door = iota // by anybody: it says what nobody has to be for
	byDevice               // with a device's certificate, or a proof in the request
	signIn                 // by staff's networks, before there is a session
	staff                  // by staff's networks, signed in
	page                   // the console's files: by staff's networks
	staffLive              // as staff, a WebSocket
	meeting                // the relay's: device or staff, asked inside
	staffShort             // as staff; answers others without saying whether somebody is signed in
)

// route is how a pattern is asked in this test.
type route struct {
	door    door
	methods []string // that are answered
	path    string   // where it differs from the pattern
}

var (
	get1  = []string{http.MethodGet}
	post1 = []string{http.MethodPost}
	both2 = []string{http.MethodGet, http.MethodPost}
)

// routes is every route there is. One that is registered and not listed fails
// the test: whoever adds a route says here who may reach it.
var routes = map[string]route{
	cloudapi.PathHealth:                {open, get1, ""},
	cloudapi.PathUpgrades:              {open, get1, cloudapi.PathUpgrades + "metadata/timestamp.json"},
	cloudapi.PathDevices:               {byDevice, post1, ""},
	cloudapi.PathMQTT:                  {byDevice, get1, ""},
	cloudapi.PathRelay:                 {meeting, get1, cloudapi.PathRelay + "req-1?role=engineer"},
	cloudapi.PathOIDC:                  {signIn, get1, ""},
	cloudapi.PathLogin:                 {signIn, get1, ""},
	cloudapi.PathCallback:              {signIn, get1, ""},
	cloudapi.PathToken:                 {signIn, post1, ""},
	cloudapi.PathLogout:                {staffShort, post1, ""},
	cloudapi.PathMe:                    {staff, get1, ""},
	cloudapi.PathRequests:              {staff, get1, ""},
	cloudapi.PathFleet:                 {staff, get1, ""},
	cloudapi.PathAlarms:                {staff, get1, ""},
	cloudapi.PathSessions:              {staff, get1, ""},
	cloudapi.PathLive:                  {staffLive, get1, ""},
	cloudapi.PathFeed:                  {staff, get1, ""},
	cloudapi.PathPresence:              {staff, get1, ""},
	cloudapi.PathHelpLogs:              {staff, get1, ""},
	cloudapi.PathMessage:               {staff, both2, ""},
	cloudapi.PathCert:                  {staff, post1, ""},
	cloudapi.PathEvents:                {staff, get1, ""},
	cloudapi.PathCase:                  {staff, both2, ""},
	cloudapi.PathColleagues:            {staff, get1, ""},
	cloudapi.PathHistory:               {staff, get1, ""},
	cloudapi.PathEventsExport:          {staff, get1, cloudapi.PathEventsExport + "?format=csv"},
	"/staff/place":                     {signIn, both2, ""},
	"/api/v1/staff/active":             {staff, post1, ""},
	"/staff/logout-all":                {staff, post1, ""},
	"/api/v1/staff/acts":               {staff, both2, ""},
	"/api/v1/staff/acts/confirm":       {staff, post1, ""},
	"/api/v1/staff/acts/reject":        {staff, post1, ""},
	"/api/v1/staff/people":             {staff, get1, ""},
	"/api/v1/staff/people/sign-out":    {staff, post1, ""},
	"/confirm":                         {open, both2, ""},
	"/api/v1/devices/token":            {byDevice, post1, ""},
	"/api/v1/staff/instruments":        {staff, get1, ""},
	"/api/v1/staff/instruments.csv":    {staff, get1, ""},
	"/api/v1/staff/instrument":         {staff, get1, ""},
	"/api/v1/staff/places":             {staff, get1, ""},
	"/api/v1/staff/sites":              {staff, post1, ""},
	"/api/v1/staff/groups":             {staff, post1, ""},
	"/api/v1/staff/instruments/move":   {staff, post1, ""},
	"/api/v1/staff/instruments/note":   {staff, post1, ""},
	"/api/v1/staff/instruments/ask":    {staff, post1, ""},
	"/api/v1/staff/instruments/rotate": {staff, post1, ""},
	"/api/v1/staff/person":             {staff, post1, ""},
	"/":                                {page, get1, ""},
}

func (x route) behindNetworks() bool {
	return x.door != open && x.door != byDevice && x.door != meeting
}

// asked sends one request and gives status and headers.
func (r *running) asked(t *testing.T, method, path string, body io.Reader, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.BaseURL()+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Set(header[i], header[i+1])
	}
	c := r.client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// everyAnswer is what holds for every answer, whatever was asked.
func everyAnswer(t *testing.T, what string, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q", what, name, h.Get(name))
		}
	}
	csp := h.Get("Content-Security-Policy")
	form := "form-action 'none'"
	if strings.HasPrefix(what, "/confirm,") && strings.Contains(csp, "style-src") { // the one page with a form of its own
		form = "form-action 'self'"
	}
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", form} {
		if !strings.Contains(csp, want) {
			t.Errorf("%s: the policy %q lacks %s", what, csp, want)
		}
	}
	if strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") || strings.Contains(csp, "*") {
		t.Errorf("%s: the policy is wide: %s", what, csp)
	}
	if cache := h.Get("Cache-Control"); !strings.Contains(cache, "no-store") && !strings.Contains(cache, "no-cache") {
		t.Errorf("%s: Cache-Control is %q", what, cache)
	}
	if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
		t.Errorf("%s: Permissions-Policy is %q", what, h.Get("Permissions-Policy"))
	}
	if h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: it is open to other origins", what)
	}
	for _, cookie := range h.Values("Set-Cookie") {
		if !strings.HasPrefix(cookie, "__Host-") || !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=") {
			t.Errorf("%s: cookie %q", what, cookie)
		}
	}
}

// Scenarios 27, 44, 45, P16, P20, P21: every route, asked as it should not be.
func TestEveryRoute(t *testing.T) {
	withPage := func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) }
	r := start(t, withPage)
	outside := start(t, withPage, func(c *cloud.Config) { c.StaffNetworks = []netip.Prefix{documentation} })
	who := cloudapi.Staff{Account: "boss@vendor.example", Regions: []string{"eu"}, Roles: []cloudapi.Role{cloudapi.RoleLead, cloudapi.RoleAuditor, cloudapi.RoleAdministrator, cloudapi.RoleEngineer}}
	bearer := r.session(t, who)
	cookie := "__Host-staff=" + strings.TrimPrefix(bearer[1], "Bearer ")
	there := outside.session(t, who)
	registered := r.Routes()
	for pattern := range routes {
		if !slices.Contains(registered, pattern) {
			t.Errorf("%s is listed, and not registered", pattern)
		}
	}
	refused := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests} // the last one: this test asks often
	for _, pattern := range registered {
		x, ok := routes[pattern]
		if !ok {
			t.Errorf("%s is registered, and nobody says in this test who may reach it", pattern)
			continue
		}
		path := pattern
		if x.path != "" {
			path = x.path
		}
		method := x.methods[0]
		check := func(what string, want []int, status int, h http.Header, body string) {
			t.Helper()
			if pattern != cloudapi.PathUpgrades || body != "" { // one that says nothing is as short as it can be: PCs ask for it all day
				everyAnswer(t, pattern+", "+what, h)
			}
			if !slices.Contains(want, status) {
				t.Errorf("%s, %s: %d, want %v: %.200s", pattern, what, status, want, body)
			}
		}
		// Nobody signed in.
		status, h, body := r.asked(t, method, path, strings.NewReader("{}"), "Content-Type", "application/json")
		switch x.door {
		case staff, staffLive, meeting:
			check("signed out", refused, status, h, body)
		case byDevice:
			check("no certificate", []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}, status, h, body)
		default:
			check("signed out", []int{200, 302, 204, 400, 401, 403, 404, 502}, status, h, body)
		}
		// A name that is not ours.
		status, h, body = r.asked(t, method, path, nil, "Host", "evil.example", bearer[0], bearer[1])
		check("another name", []int{http.StatusMisdirectedRequest}, status, h, body)
		// From outside the network, with a session, and whatever a header says.
		if x.behindNetworks() {
			status, h, body = outside.asked(t, method, path, nil, there[0], there[1], "X-Forwarded-For", "192.0.2.1", "Forwarded", "for=192.0.2.1")
			check("another network", []int{http.StatusForbidden}, status, h, body)
		}
		if x.door == meeting {
			status, h, body = outside.asked(t, method, path, nil, there[0], there[1], "X-Forwarded-For", "192.0.2.1")
			check("another network", refused, status, h, body)
		}
		// Every method it does not answer.
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace} {
			if slices.Contains(x.methods, m) {
				continue
			}
			status, h, body = r.asked(t, m, path, nil, bearer[0], bearer[1])
			want := []int{http.StatusMethodNotAllowed}
			if x.door == meeting || pattern == cloudapi.PathMQTT || x.door == staffLive {
				want = append(want, 400, 401, 403, 404, http.StatusUpgradeRequired)
			}
			check(m, want, status, h, body)
		}
		// A page of somebody else's, with the cookie the browser brings along.
		for _, m := range x.methods {
			cross := []string{"Cookie", cookie, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Content-Type", "application/json"}
			status, h, body = r.asked(t, m, path, strings.NewReader("{}"), cross...)
			switch x.door {
			case staff, staffLive, staffShort, meeting:
				check(m+" from another page", refused, status, h, body)
			case signIn:
				check(m+" from another page", []int{200, 302, 400, 403, 502}, status, h, body)
			}
			if x.door == staffLive || x.door == meeting {
				status, h, body = r.asked(t, m, path, nil, append(cross, "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")...)
				check("WebSocket from another page", refused, status, h, body)
			}
		}
		// Eight megabytes.
		for _, m := range x.methods {
			if m != http.MethodPost {
				continue
			}
			huge := bytes.NewReader(append([]byte(`{"v":"`), bytes.Repeat([]byte("a"), 8<<20)...))
			status, h, body = r.asked(t, m, path, huge, bearer[0], bearer[1], "Content-Type", "application/json")
			check("a huge body", []int{204, 400, 401, 403, 404, 413, 429}, status, h, body)
			status, h, body = r.asked(t, m, path, strings.NewReader("a=b"), bearer[0], bearer[1], "Content-Type", "application/x-www-form-urlencoded")
			check("a form", []int{204, 400, 401, 403, 404, 415, 429}, status, h, body)
		}
	}
	// Beside the routes.
	for _, path := range []string{"/nothing", "/.git/config", "/api/v1/none", "/assets/../../etc/passwd", "//evil.example/", "/%2e%2e/x"} {
		status, h, body := r.asked(t, http.MethodGet, path, nil, bearer[0], bearer[1])
		if status != http.StatusNotFound && status != http.StatusBadRequest && status/100 != 3 {
			t.Errorf("%s: %d %.100s", path, status, body)
		}
		if to := h.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "evil") && !strings.HasPrefix(to, "/") {
			t.Errorf("%s leads to %s", path, to)
		}
		everyAnswer(t, path, h)
	}
	if t.Failed() {
		fmt.Println("registered:", strings.Join(registered, " "))
	}
}
