package cloud_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// session makes a session of the staff's as a sign-in would, for roles that
// the test's sign-in service does not give.
func (r *running) session(t *testing.T, who cloudapi.Staff) []string {
	t.Helper()
	token := rand.Text()
	if err := r.DB().PutStaffSession(t.Context(), token, who, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + token}
}

func (r *running) found(t *testing.T, header []string, query string) (page cloudapi.EventPage, status int) {
	t.Helper()
	status, _ = get(t, r.client(), r.BaseURL()+cloudapi.PathEvents+"?"+query, &page, header...)
	return page, status
}

var (
	auditor = cloudapi.Staff{Account: "audit@vendor.example", Name: "Audit", Regions: []string{"eu"}, Roles: []cloudapi.Role{cloudapi.RoleAuditor}}
	lead    = cloudapi.Staff{Account: "lead@vendor.example", Name: "Lead", Regions: []string{"eu"}, Roles: []cloudapi.Role{cloudapi.RoleLead}}
)

// P14, P16, P20, P24: who reads what of the record.
func TestEventsForWhom(t *testing.T) {
	r := start(t)
	eu := r.register(t)
	us := r.register(t, func(q *cloudapi.RegisterRequest) { q.Region = "us" })
	r.bearer(t, "anna.weber@vendor.example") // a sign-in, of no region
	for _, c := range []struct {
		who               cloudapi.Staff
		status            int
		eu, us, ofTheRest bool
	}{
		{auditor, http.StatusOK, true, false, true},
		{lead, http.StatusOK, true, false, false},
		{cloudapi.Staff{Account: "x@vendor.example", Regions: []string{"us"}, Roles: []cloudapi.Role{cloudapi.RoleAuditor}}, http.StatusOK, false, true, true},
		{cloudapi.Staff{Account: "y@vendor.example", Roles: []cloudapi.Role{cloudapi.RoleLead}}, http.StatusForbidden, false, false, false},
		{cloudapi.Staff{Account: "e@vendor.example", Regions: []string{"eu"}}, http.StatusForbidden, false, false, false},
		{cloudapi.Staff{Account: "a@vendor.example", Regions: []string{"eu"}, Roles: []cloudapi.Role{cloudapi.RoleAdministrator}}, http.StatusForbidden, false, false, false},
		{cloudapi.Staff{Account: "s@vendor.example", Regions: []string{"eu"}, Roles: []cloudapi.Role{cloudapi.RoleLead}, Sites: []string{"elsewhere"}}, http.StatusOK, false, false, false},
	} {
		header := r.session(t, c.who)
		page, status := r.found(t, header, "")
		var has [3]bool
		for _, e := range page.Rows {
			has[0] = has[0] || e.Device == eu.id
			has[1] = has[1] || e.Device == us.id
			has[2] = has[2] || e.Kind == string(events.SignIn)
		}
		if status != c.status || has != [3]bool{c.eu, c.us, c.ofTheRest} {
			t.Errorf("%s: %d %v", c.who.Account, status, has)
		}
		// Asking for somebody else's region gives nothing.
		if page, status := r.found(t, header, "region=us"); status == http.StatusOK && !c.us && len(page.Rows) > 0 {
			t.Errorf("%s: region=us gives %v", c.who.Account, page.Rows)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathEventsExport+"?format=jsonl", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(header[0], header[1])
		resp, err := r.client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || bytes.Contains(body, []byte(us.id)) != c.us || bytes.Contains(body, []byte(eu.id)) != c.eu {
			t.Errorf("%s: export: %d %v %s", c.who.Account, resp.StatusCode, err, body)
		}
	}
	if page, status := r.found(t, nil, ""); status != http.StatusUnauthorized || len(page.Rows) > 0 {
		t.Errorf("without a sign-in: %d", status)
	}
	for _, bad := range []string{"kind=x", "severity=9", "from=x", "before=-1", "after=x", "actor=" + strings.Repeat("x", 300)} {
		if _, status := r.found(t, r.session(t, auditor), bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, status)
		}
	}
}

// P24: reading and exporting are on record, and a look that follows along is
// one look.
func TestEventsRecordTheReader(t *testing.T) {
	r := start(t)
	header := r.session(t, auditor)
	count := func(kind events.Kind) int {
		t.Helper()
		page, _ := r.found(t, header, "after=1&actor="+url.QueryEscape(auditor.Account)+"&kind="+string(kind))
		return len(page.Rows)
	}
	r.register(t)
	before := count(events.RecordRead)
	r.found(t, header, "kind="+string(events.SignInRefused))
	if n := count(events.RecordRead); n != before+1 {
		t.Errorf("%d looks are on record, not %d", n, before+1)
	}
	var text strings.Builder
	resp, err := func() (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathEventsExport+"?format=csv", nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set(header[0], header[1])
		return r.client().Do(req)
	}()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(&text, resp.Body); err != nil || !strings.HasPrefix(text.String(), "\ufeffnumber,") || resp.Header.Get("Content-Disposition") != `attachment; filename="events.csv"` {
		t.Errorf("%v %v %q", err, resp.Header, text.String())
	}
	if count(events.RecordExported) != 1 {
		t.Error("the export is not on record")
	}
}

// P18, P21: who is turned away at the door is on record with the address, and
// in the line that shuts an address out.
func TestRefusalsAreEvents(t *testing.T) {
	r := start(t)
	c := r.client()
	post(t, c, r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: "forged", Nonce: "n"}, nil)
	get(t, c, r.BaseURL()+cloudapi.PathMe, nil, "Cookie", "__Host-staff=x", "Sec-Fetch-Site", "cross-site")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.BaseURL()+cloudapi.PathHealth, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	send(t, c, req, nil)
	page, _ := r.found(t, r.session(t, auditor), "region=&severity=4")
	var kinds []string
	for _, e := range page.Rows {
		if e.Address == "127.0.0.1" {
			kinds = append(kinds, e.Kind+" "+e.Fields["why"])
		}
	}
	want := []string{"abuse.origin host", "abuse.origin origin", "signin.refused sign-in"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
	for _, kind := range []string{"signin.refused", "abuse.origin"} {
		if !strings.Contains(r.logs.String(), `msg="refused at the door" event=`+kind+" address=127.0.0.1") {
			t.Errorf("%s is not in the log", kind)
		}
	}
	// From outside the network.
	out := start(t, func(c *cloud.Config) { c.StaffNetworks = []netip.Prefix{documentation} })
	get(t, out.client(), out.BaseURL()+cloudapi.PathMe, nil)
	list, err := out.DB().EventsAfter(t.Context(), 0, 10)
	if err != nil || len(list) != 1 || list[0].Kind != string(events.NetworkRefused) || list[0].Personal.Address != "127.0.0.1" {
		t.Errorf("%+v %v", list, err)
	}
}

// What a device says reaches the record as text and in its own region, and an
// address in it is nobody's address (scenarios 44, 49).
func TestDeviceCannotForgeEvents(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	l.say(d.id, cloudapi.KindSessionEvent, "e", 2, cloudapi.SessionEvent{Request: "req-1", Session: "s", Kind: "ended", Engineer: "boss@vendor.example",
		Fields: map[string]string{"address": "192.0.2.66", "actor": "boss@vendor.example", "why": scripted}})
	page, _ := r.found(t, r.session(t, auditor), "kind="+string(events.SessionEvent))
	if len(page.Rows) != 1 {
		t.Fatalf("%+v", page.Rows)
	}
	if e := page.Rows[0]; e.Actor != "device:"+d.id || e.Address != "" || e.Region != "eu" || e.Fields["why"] != scripted || e.Fields["engineer"] != "boss@vendor.example" {
		t.Errorf("%+v", e)
	}
	if page, _ := r.found(t, r.session(t, auditor), "actor=boss@vendor.example"); len(page.Rows) > 0 {
		t.Errorf("it stands under somebody else: %+v", page.Rows)
	}
	if strings.Contains(r.logs.String(), "192.0.2.66") {
		t.Error("an address of the device's choice is in the log")
	}
	text, err := json.Marshal(page)
	if err != nil || bytes.Contains(text, []byte("<script")) {
		t.Errorf("%s", text)
	}
}
