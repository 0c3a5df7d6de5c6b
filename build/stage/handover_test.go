package stage

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/engineer"
)

// live opens an engineer's desk and reads it until it is as wanted.
func (d *desk) live(what string, ok func(cloudapi.Live) bool) cloudapi.Live {
	d.t.Helper()
	address := strings.Replace(d.api.Base.String(), "https", "wss", 1) + cloudapi.PathLive
	ws, _, err := websocket.Dial(d.ctx, address, &websocket.DialOptions{HTTPClient: &http.Client{Transport: d.api.Client.Transport}, HTTPHeader: d.api.Header()})
	if err != nil {
		d.t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	for {
		_, raw, err := ws.Read(d.ctx)
		if err != nil {
			d.t.Fatalf("%s: %v", what, err)
		}
		var l cloudapi.Live
		if err := json.Unmarshal(raw, &l); err != nil {
			d.t.Fatal(err)
		}
		if ok(l) {
			return l
		}
	}
}

// act does something on a case, and gives the answer's status.
func (d *desk) act(a cloudapi.CaseAct) int {
	d.t.Helper()
	body, err := json.Marshal(a)
	if err != nil {
		d.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(d.ctx, http.MethodPost, d.api.Base.String()+cloudapi.PathCase, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header = d.api.Header()
	request.Header.Set("Content-Type", "application/json")
	reply, err := d.api.Client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	reply.Body.Close()
	return reply.StatusCode
}

// A hand-over in mid-session with the real cloud and the real service: the
// first engineer's session ends on the PC by the vendor's staff; the colleague
// is asked for again, by a code of their own, and the first one gets nowhere
// (P5, P23, scenario 18).
func TestHandedOverInMidSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// The site lists both: whom the vendor hands a case to is not let in by that.
	s.write("policy.toml", strings.Replace(sitePolicy, `staff = ["`+EngineerAccount+`"]`, `staff = ["`+EngineerAccount+`", "`+ColleagueAccount+`"]`, 1))
	if _, err := run(s.ctx, nil, s.h.bin("beckmanconnect-cloud"), "policy", "sign", "--key", filepath.Join(s.h.Keys(), "policy.key"),
		"--in", s.path("policy.toml"), "--out", s.path("site-policy.note")); err != nil {
		t.Fatal(err)
	}
	s.h.cloudUp(t, s.ctx)
	s.serviceUp()
	s.register()
	anna := s.h.signIn(t, s.ctx)
	api, err := s.h.SignInAs(s.ctx, ColleagueAccount)
	if err != nil {
		t.Fatal(err)
	}
	bob := &desk{t: t, ctx: s.ctx, api: api}
	bob.live("the desk", func(cloudapi.Live) bool { return true })

	v := s.connected(anna)
	l := bob.live("who is in session", func(l cloudapi.Live) bool {
		return slices.ContainsFunc(l.Cases, func(c cloudapi.Case) bool { return c.Engineer != nil && c.Engineer.Account == EngineerAccount })
	})
	number := l.Cases[0].Number
	if status := bob.act(cloudapi.CaseAct{Case: number, Act: cloudapi.ActEnd}); status != http.StatusForbidden {
		t.Errorf("a colleague who is no lead ended it: %d", status)
	}
	if status := anna.act(cloudapi.CaseAct{Case: number, Act: cloudapi.ActHandOver, To: ColleagueAccount}); status != http.StatusOK {
		t.Fatal(status)
	}
	if why := v.ended(); why != engineer.WhyVendor {
		t.Errorf("the engineer reads %q", why)
	}
	if why := s.over(); why != "vendor" {
		t.Errorf("the technician reads %q", why)
	}

	help := s.requestHelp()
	s.listed(bob, help.RequestId)
	if why := anna.join(help.RequestId).ended(); why != engineer.WhyRefused {
		t.Errorf("who handed it over: %q", why)
	}
	w := bob.join(help.RequestId)
	w.phase(engineer.Code)
	if err := w.client.Try(w.ctx, help.Code); err != nil {
		t.Fatal(err)
	}
	w.phase(engineer.Session)
	support := s.status().GetSupport()
	if support.GetEngineer().GetAccount() != ColleagueAccount || len(support.GetLeases()) != 0 {
		t.Errorf("on the PC: %v", support)
	}
	l = anna.live("the colleague's session", func(l cloudapi.Live) bool {
		return slices.ContainsFunc(l.Cases, func(c cloudapi.Case) bool { return c.Engineer != nil && c.Engineer.Account == ColleagueAccount })
	})
	if c := l.Cases[0]; c.Number != number || c.Mine {
		t.Errorf("another case: %+v", c)
	}
	if status := bob.act(cloudapi.CaseAct{Case: number, Act: cloudapi.ActEnd}); status != http.StatusOK {
		t.Fatal(status)
	}
	if why := s.over(); why != "vendor" {
		t.Errorf("ended by staff: %q", why)
	}
	s.proven()
}
