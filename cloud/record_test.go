package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/cloudapi"
)

const (
	anna = "anna.weber@vendor.example"
	bob  = "bob.stone@vendor.example"
	carl = "carl.us@vendor.example"
)

// issue asks for a certificate as account does, and gives the answer's status.
func (r *running) issue(t *testing.T, request, account string) int {
	t.Helper()
	return r.certificate(t, request, r.bearer(t, account))
}

func (r *running) certificate(t *testing.T, request string, header []string) int {
	t.Helper()
	key, err := staffKey()
	if err != nil {
		t.Fatal(err)
	}
	status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathCert,
		cloudapi.CertificateRequest{CSR: csrPEM(t, key), Request: request}, nil, header...)
	return status
}

// own is the caller's own part of the record.
func (r *running) own(t *testing.T, account string) []cloudapi.StaffSession {
	t.Helper()
	var list []cloudapi.StaffSession
	// What a caller adds to the address changes nothing.
	address := r.BaseURL() + cloudapi.PathSessions + "?account=" + bob + "&engineer=" + bob
	if status, failure := get(t, r.client(), address, &list, r.bearer(t, account)...); status != http.StatusOK {
		t.Fatalf("sessions of %s: %d %+v", account, status, failure)
	}
	return list
}

func kinds(s cloudapi.StaffSession) string {
	var list []string
	for _, e := range s.Events {
		list = append(list, e.Kind)
	}
	return strings.Join(list, " ")
}

// teller sends one device's session events in order.
type teller struct {
	*link
	device string
	seq    uint64
}

func (d *device) teller(t *testing.T) *teller {
	t.Helper()
	return &teller{link: d.connect(t), device: d.id}
}

func (l *teller) request(id, state string) {
	l.t.Helper()
	l.seq++
	r := waiting(id)
	r.State = state
	l.say(l.device, cloudapi.KindRequest, "e", l.seq, r)
}

func (l *teller) event(request, session, kind, engineer string, fields ...string) {
	l.t.Helper()
	l.seq++
	e := cloudapi.SessionEvent{Request: request, Session: session, Kind: kind, Engineer: engineer, Fields: map[string]string{}}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Fields[fields[i]] = fields[i+1]
	}
	l.say(l.device, cloudapi.KindSessionEvent, "e", l.seq, e)
}

// P14, P24: the engineer reads what the device logged of its own session, also
// after the cloud was started again; other engineers read nothing of it.
func TestEngineersOwnRecord(t *testing.T) {
	folder, database := datatest.Dir(t), datatest.Database(t)
	same := func(c *cloud.Config) { c.Data, c.Database = folder, database }
	t.Run("first run", func(t *testing.T) {
		r := start(t, same)
		l := r.register(t).teller(t)
		l.request("req-1", "waiting")
		l.event("req-1", "", "code-issued", "")
		if status := r.issue(t, "req-1", anna); status != http.StatusOK {
			t.Fatal(status)
		}
		l.event("req-1", "", "wrong-code", "", "try", "1")
		l.event("req-1", "", "channel-refused", "", "what", "certificate")
		l.event("req-1", "s-1", "authenticated", anna, "ticket", "4711", "reason", "pump pressure")
		l.event("req-1", "s-1", "asked", anna, "capability", "view")
		l.event("req-1", "s-1", "answered", anna, "capability", "view", "answer", "allowed", "duration", "15min")
		l.event("req-1", "s-1", "throttled", anna)
		l.event("req-1", "s-1", "lease-end", anna, "capability", "view", "why", "revoked")
		l.event("req-1", "s-1", "file", anna, "state", "finished", "sha256", strings.Repeat("ab", 32), "size", "17")
		l.event("req-1", "s-1", "ended", "", "why", "kill-key") // as after a crash: by its session alone
		l.request("req-1", "ended")
	})
	r := start(t, same)
	list := r.own(t, anna)
	if len(list) != 1 {
		t.Fatalf("%d sessions", len(list))
	}
	s := list[0]
	if s.Request != "req-1" || s.Session != "s-1" || s.Serial != "BX12345" || s.Type != "DxH 900" || s.Region != "eu" ||
		s.Ticket != "4711" || s.Reason != "pump pressure" || s.EndedWhy != "kill-key" || s.EndedBy != "technician" || s.Open || s.More {
		t.Errorf("%+v", s)
	}
	if s.JoinedMS == 0 || s.BegunMS < s.JoinedMS || s.EndedMS < s.BegunMS {
		t.Errorf("times: %d %d %d", s.JoinedMS, s.BegunMS, s.EndedMS)
	}
	const want = "code-issued wrong-code channel-refused authenticated asked answered throttled lease-end file ended"
	if got := kinds(s); got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	if f := s.Events[8].Fields; f["sha256"] != strings.Repeat("ab", 32) || f["size"] != "17" {
		t.Errorf("the file: %v", f)
	}
	for _, other := range []string{bob, carl} {
		if list := r.own(t, other); len(list) != 0 {
			t.Errorf("%s reads %+v", other, list)
		}
	}
	if status, failure := get(t, r.client(), r.BaseURL()+cloudapi.PathSessions, nil); status != http.StatusUnauthorized || failure.Code != "signed-out" {
		t.Errorf("signed out: %d %+v", status, failure)
	}
	if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathSessions, nil, nil, r.bearer(t, anna)...); status != http.StatusMethodNotAllowed {
		t.Errorf("a post: %d", status)
	}
}

// A device cannot write into another device's record, nor into that of an
// engineer who never had a certificate for the request (P24, scenario 42).
func TestRecordCannotBeForged(t *testing.T) {
	r := start(t)
	d, evil := r.register(t), r.register(t)
	l, e := d.teller(t), evil.teller(t)
	// Before anybody named the request: kept as the hostile device's own word.
	e.event("req-1", "s-1", "authenticated", anna)
	l.request("req-1", "waiting")
	for _, account := range []string{anna, bob} {
		if status := r.issue(t, "req-1", account); status != http.StatusOK {
			t.Fatal(status)
		}
		r.invite(t, "req-1", anna, bob)
	}
	l.event("req-1", "", "code-issued", "")
	l.event("req-1", "", "wrong-code", "") // of which of the two, nobody knows
	l.event("req-1", "", "wrong-code", bob, "try", "2")
	l.event("req-1", "s-1", "authenticated", bob)
	l.event("req-1", "s-1", "asked", carl, "capability", "control") // who has no certificate for it
	e.event("req-1", "s-1", "asked", bob, "capability", "files")    // refused: the request is another's
	l.event("req-1", "s-1", "ended", bob, "why", "engineer")
	// A request of its own, in the name of somebody who never came.
	e.request("req-2", "waiting")
	e.event("req-2", "s-2", "authenticated", anna)

	list := r.own(t, bob)
	if len(list) != 1 || kinds(list[0]) != "code-issued wrong-code authenticated ended" || list[0].Device != d.id || list[0].EndedBy != "engineer" {
		t.Errorf("bob reads %+v", list)
	}
	list = r.own(t, anna)
	if len(list) != 1 || list[0].Request != "req-1" || kinds(list[0]) != "code-issued" || list[0].Session != "" || list[0].BegunMS != 0 {
		t.Errorf("anna reads %+v", list)
	}
	// All of it is kept, each under the device that said it.
	log, err := r.DB().SessionEvents(t.Context(), "req-1")
	if err != nil || len(log) != 7 || log[0].Device != evil.id {
		t.Errorf("kept: %d %v", len(log), err)
	}
	if log, err := r.DB().SessionEvents(t.Context(), "req-2"); err != nil || len(log) != 1 {
		t.Errorf("kept: %+v %v", log, err)
	}
}

// P16: who is not trained any more for a region reads nothing of it, one's own
// sessions included.
func TestRecordOfTrainedRegionsOnly(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.teller(t)
	l.request("req-1", "waiting")
	if status := r.issue(t, "req-1", anna); status != http.StatusOK {
		t.Fatal(status)
	}
	if list := r.own(t, anna); len(list) != 1 || !list[0].Open {
		t.Fatalf("%+v", list)
	}
	d.again(t, func(q *cloudapi.RegisterRequest) { q.Region = "us" }) // the device moved
	if list := r.own(t, anna); len(list) != 0 {
		t.Errorf("anna, trained for eu, reads %+v", list)
	}
}

// An account that was removed gets nothing from that moment, whatever sign-in
// it still holds; one that cannot be looked up neither (P16, P20).
func TestRemovedAccount(t *testing.T) {
	file := filepath.Join(t.TempDir(), "removed")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# nobody yet\n")
	r := start(t, func(c *cloud.Config) { c.StaffRemoved = file })
	l := r.register(t).teller(t)
	l.request("req-1", "waiting")
	held, page, other := r.bearer(t, anna), r.browser(t, anna), r.bearer(t, bob)
	token := r.idToken(t, anna, "n")
	if status := r.certificate(t, "req-1", held); status != http.StatusOK {
		t.Fatal(status)
	}
	write("carl.us@vendor.example\n Anna.Weber@vendor.example # left on 1 March\n")
	if status := r.certificate(t, "req-1", held); status != http.StatusUnauthorized {
		t.Errorf("a certificate: %d", status)
	}
	if e, status := r.relay(t, r.client(), "req-1", "engineer", held...); e != nil || status != http.StatusForbidden {
		t.Errorf("the relay: %d", status)
	}
	if status, _ := get(t, page, r.BaseURL()+cloudapi.PathMe, nil); status != http.StatusUnauthorized {
		t.Errorf("the page: %d", status)
	}
	if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: token, Nonce: "n"}, nil); status != http.StatusForbidden || failure.Code != "removed" {
		t.Errorf("a new sign-in: %d %+v", status, failure)
	}
	if status := r.certificate(t, "req-1", other); status != http.StatusOK {
		t.Errorf("somebody else: %d", status)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if status := r.certificate(t, "req-1", other); status != http.StatusUnauthorized {
		t.Errorf("without the file: %d", status)
	}
}

// A sign-in that is over, and a request that is, give no certificate (P16, P20).
func TestNoCertificateAfterTheSignIn(t *testing.T) {
	var ahead atomic.Int64
	r := start(t, func(c *cloud.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	l := r.register(t).teller(t)
	l.request("req-1", "waiting")
	held := r.bearer(t, anna)
	if status := r.certificate(t, "req-1", held); status != http.StatusOK {
		t.Fatal(status)
	}
	ahead.Store(int64(11 * time.Minute))
	if status := r.certificate(t, "req-1", held); status != http.StatusForbidden {
		t.Errorf("for a code that has expired: %d", status)
	}
	ahead.Store(int64(8*time.Hour + time.Minute))
	l.request("req-2", "waiting")
	if status := r.certificate(t, "req-2", held); status != http.StatusUnauthorized {
		t.Errorf("after the sign-in ended: %d", status)
	}
}
