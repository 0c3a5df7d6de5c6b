package cloud_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// invite has by invite to to the case of a request, as somebody who was at the
// desk before.
func (r *running) invite(t *testing.T, request, by, to string) {
	t.Helper()
	c := r.caseOf(t, request)
	for _, u := range users {
		if u.Account == to {
			r.seen(t, cloudapi.Staff{Account: to, Name: u.Name, Organisation: u.Organisation, Regions: u.Regions})
		}
	}
	if status, failure := r.act(t, r.bearer(t, by), cloudapi.CaseAct{Case: c.Number, Act: cloudapi.ActInvite, To: to}, nil); status != http.StatusOK {
		t.Fatalf("invite: %d %+v", status, failure)
	}
}

func (r *running) seen(t *testing.T, who cloudapi.Staff) {
	t.Helper()
	if err := r.DB().SeeColleague(t.Context(), who); err != nil {
		t.Fatal(err)
	}
}

func (r *running) caseOf(t *testing.T, request string) *data.Case {
	t.Helper()
	c, err := r.DB().CaseOfRequest(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *running) act(t *testing.T, header []string, a cloudapi.CaseAct, reply any) (int, cloudapi.Error) {
	t.Helper()
	return post(t, r.client(), r.BaseURL()+cloudapi.PathCase, a, reply, header...)
}

// place waits for a device's place in the queue that is as wanted.
func (l *link) place(what string, ok func(cloudapi.QueuePlace) bool) cloudapi.QueuePlace {
	l.t.Helper()
	end := time.After(20 * time.Second)
	var last cloudapi.QueuePlace
	for {
		select {
		case e := <-l.bound:
			if e.Kind != cloudapi.KindQueue {
				continue
			}
			if strings.Contains(string(e.Body), "@") {
				l.t.Errorf("an account reached the device: %s", e.Body)
			}
			last = cloudapi.QueuePlace{}
			if err := json.Unmarshal(e.Body, &last); err != nil {
				l.t.Fatal(err)
			}
			if ok(last) {
				return last
			}
		case <-end:
			l.t.Fatalf("%s: the device was told %+v last", what, last)
		}
	}
}

// Of many who take a case at once one has it; the technician hears who, and the
// others get no certificate for it (P5).
func TestTakeRace(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.teller(t)
	l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1)
	l.request("req-1", "waiting")
	first := l.place("waiting", func(p cloudapi.QueuePlace) bool { return p.Place == 1 && p.Waiting == 1 })
	c := r.caseOf(t, "req-1")
	if first.Case != c.Number || first.Request != "req-1" || first.Taken != "" {
		t.Errorf("the device was told %+v, the case is %s", first, c.Number)
	}
	headers := map[string][]string{anna: r.bearer(t, anna), bob: r.bearer(t, bob)}
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		won   []string
	)
	for range 4 {
		for account, header := range headers {
			group.Go(func() {
				var got cloudapi.Case
				status, _ := r.act(t, header, cloudapi.CaseAct{Case: c.Number, Act: cloudapi.ActTake}, &got)
				mu.Lock()
				defer mu.Unlock()
				switch status {
				case http.StatusOK:
					won = append(won, account)
					if !got.Mine || got.Holder.Account != account {
						t.Errorf("%s was told %+v", account, got)
					}
				case http.StatusConflict:
				default:
					t.Errorf("%s: %d", account, status)
				}
			})
		}
	}
	group.Wait()
	slices.Sort(won)
	if len(slices.Compact(won)) != 1 {
		t.Fatalf("the case is %v's", won)
	}
	winner, loser := anna, bob
	name := "Anna Weber"
	if won[0] == bob {
		winner, loser, name = bob, anna, "Bob Stone"
	}
	if p := l.place("taken", func(p cloudapi.QueuePlace) bool { return p.Place == 0 }); p.Taken != name {
		t.Errorf("the technician reads %q, the case is %s's", p.Taken, name)
	}
	if status := r.certificate(t, "req-1", headers[loser]); status != http.StatusForbidden {
		t.Errorf("who lost got a certificate: %d", status)
	}
	if status := r.certificate(t, "req-1", headers[winner]); status != http.StatusOK {
		t.Errorf("who won got none: %d", status)
	}
	// Given back it keeps its place, and is free.
	if status, failure := r.act(t, headers[winner], cloudapi.CaseAct{Case: c.Number, Act: cloudapi.ActGiveBack}, nil); status != http.StatusOK {
		t.Fatal(status, failure)
	}
	l.place("back", func(p cloudapi.QueuePlace) bool { return p.Place == 1 && p.Taken == "" })
	if status := r.certificate(t, "req-1", headers[loser]); status != http.StatusOK {
		t.Errorf("a free case: %d", status)
	}
}

// A device that comes back while it waits hears its place again.
func TestPlaceAfterConnecting(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.teller(t)
	l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1)
	l.request("req-1", "waiting")
	l.place("first", func(p cloudapi.QueuePlace) bool { return p.Place == 1 })
	l.Disconnect(0)
	again := d.connect(t)
	again.subscribe(cloudapi.DeviceBoundFilter(d.id), 1)
	again.place("again", func(p cloudapi.QueuePlace) bool { return p.Place == 1 && p.Request == "req-1" })
}

// Ended by staff: both ends are cut, the host is told why, also when it comes
// only later, and nobody gets back in.
func TestEndByStaff(t *testing.T) {
	r := start(t)
	d := r.register(t)
	l := d.teller(t)
	l.request("req-1", "waiting")
	annas := r.bearer(t, anna)
	if status := r.certificate(t, "req-1", annas); status != http.StatusOK {
		t.Fatal(status)
	}
	host := r.host(t, d, "req-1")
	engineer, status := r.relay(t, r.client(), "req-1", "engineer", annas...)
	if engineer == nil {
		t.Fatal(status)
	}
	engineer.send([]byte("x"))
	host.receives([]byte("x"))
	number := r.caseOf(t, "req-1").Number
	// No session runs yet.
	if status, failure := r.act(t, annas, cloudapi.CaseAct{Case: number, Act: cloudapi.ActEnd}, nil); status != http.StatusConflict || failure.Code != "no-session" {
		t.Errorf("%d %+v", status, failure)
	}
	l.request("req-1", "connected")
	l.event("req-1", "s-1", "authenticated", anna)
	// Somebody else's session is a lead's to end.
	if status, _ := r.act(t, r.bearer(t, bob), cloudapi.CaseAct{Case: number, Act: cloudapi.ActEnd}, nil); status != http.StatusForbidden {
		t.Errorf("a colleague: %d", status)
	}
	if status, failure := r.act(t, annas, cloudapi.CaseAct{Case: number, Act: cloudapi.ActEnd}, nil); status != http.StatusOK {
		t.Fatal(status, failure)
	}
	if code := host.closed(); code != cloudapi.CloseByStaff {
		t.Errorf("closed with %d", code)
	}
	if code := engineer.closed(); code != cloudapi.CloseByStaff {
		t.Errorf("closed with %d", code)
	}
	late, status := r.relay(t, r.client(d.cert), "req-1", "host")
	if late == nil {
		t.Fatalf("the host that comes back: %d", status)
	}
	if code := late.closed(); code != cloudapi.CloseByStaff {
		t.Errorf("closed with %d", code)
	}
	if e, status := r.relay(t, r.client(), "req-1", "engineer", annas...); e != nil || status != http.StatusForbidden {
		t.Errorf("the engineer came back: %d", status)
	}
	l.event("req-1", "s-1", "ended", "", "why", "vendor", "by", "service")
	var f cloudapi.CaseFile
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathCase+"?case="+number, &f, annas...); status != http.StatusOK {
		t.Fatal(status)
	}
	if q := f.Requests[0]; q.State != "ended" || q.EndedWhy != "vendor" || q.Engineer == nil || q.Engineer.Account != anna || q.BegunMS == 0 || q.EndedMS < q.BegunMS {
		t.Errorf("%+v", q)
	}
}
