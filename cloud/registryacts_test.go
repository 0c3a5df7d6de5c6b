package cloud_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// byTwo has ada propose an act and ben confirm it, and gives what came of it.
func (r *running) byTwo(t *testing.T, kind string, params map[string]string) (cloudapi.Act, int) {
	t.Helper()
	text, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	var act cloudapi.Act
	status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathActs, cloudapi.ActProposal{Kind: kind, Params: text, Reason: "agreed"}, &act, r.bearerNonce(t, "ada@vendor.example", "p-"+kind+params["device"]+params["subject"])...)
	if status != http.StatusOK {
		return act, status
	}
	status, _ = post(t, r.client(), r.BaseURL()+cloudapi.PathActConfirm, cloudapi.ActDecision{ID: act.ID, Digest: act.Digest}, &act, r.bearerNonce(t, "ben@vendor.example", "c-"+act.ID)...)
	return act, status
}

// kept is how often what happened is in the log of events.
func (r *running) kept(t *testing.T, kind string, fits func(data.Event) bool) (n int) {
	t.Helper()
	list, err := r.DB().EventsAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Kind == kind && fits(e) {
			n++
		}
	}
	return n
}

// The registry's acts from one administrator's proposal to the wire: a device
// whose life is over is cut off and never comes back, one that goes to another
// deployment is told where, and a person's data is gone (P13, P16, P18).
func TestRegistryActsByTwo(t *testing.T) {
	r := start(t)
	on := func(act cloudapi.Act) {
		t.Helper()
		for _, kind := range []string{"act.proposed", "act.confirmed"} {
			if n := r.kept(t, kind, func(e data.Event) bool { return e.Personal.Fields["act"] == act.ID }); n != 1 {
				t.Errorf("%s of %s is %d times on record", kind, act.Kind, n)
			}
		}
	}
	serial := func(text string) func(*cloudapi.RegisterRequest) {
		return func(q *cloudapi.RegisterRequest) { q.Serial = text }
	}
	retired, released, person := r.register(t, serial("S-1")), r.register(t, serial("S-2")), r.register(t, serial("S-3"), func(q *cloudapi.RegisterRequest) {
		q.Email, q.Name = "erika.canary@hospital.example", "Erika Canary"
	})
	link := retired.connect(t)
	act, status := r.byTwo(t, "device.retire", map[string]string{"device": retired.id})
	if status != http.StatusOK || act.State != cloudapi.ActDone || act.Region != "eu" {
		t.Fatalf("retired: %d %+v", status, act)
	}
	on(act)
	link.lost()
	retired.turnedAway(t, cloudapi.CodeDeviceRevoked)
	if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathDevices, registration(csrPEM(t, retired.key)), nil); status == http.StatusOK {
		t.Errorf("its key registers again: %d %+v", status, failure)
	}
	if _, status := r.byTwo(t, "device.retire", map[string]string{"device": retired.id}); status != http.StatusConflict {
		t.Errorf("a second time: %d", status)
	}

	act, status = r.byTwo(t, "device.release", map[string]string{"device": released.id, "to": "https://us.vendor.example"})
	if status != http.StatusOK || act.State != cloudapi.ActDone {
		t.Fatalf("released: %d %+v", status, act)
	}
	on(act)
	r.until("the device to be turned away", func() bool {
		_, failure := get(t, released.client(released.cert), r.BaseURL()+cloudapi.PathMQTT, nil)
		return strings.Contains(failure.Message, "https://us.vendor.example")
	})

	act, status = r.byTwo(t, "person.erase", map[string]string{"subject": "erika.canary@hospital.example"})
	if status != http.StatusOK || act.State != cloudapi.ActDone {
		t.Fatalf("erased: %d %+v", status, act)
	}
	on(act)
	if d, err := r.DB().Device(t.Context(), person.id); err != nil || strings.Contains(d.Name, "anary") {
		t.Errorf("still there: %q %v", d.Name, err)
	}
	if d, err := r.DB().Device(t.Context(), retired.id); err != nil || d.Name != "Lena Lab" {
		t.Errorf("somebody else's is gone: %+v %v", d, err)
	}
	for name, refused := range map[string]struct {
		kind   string
		params map[string]string
	}{
		"nowhere":   {"device.release", map[string]string{"device": person.id, "to": "http://us.vendor.example"}},
		"no device": {"device.retire", map[string]string{"device": "bc-0000000000000000"}},
		"more":      {"device.retire", map[string]string{"device": person.id, "too": "x"}},
		"nobody":    {"person.erase", map[string]string{"subject": ""}},
	} {
		if act, status := r.byTwo(t, refused.kind, refused.params); status != http.StatusConflict {
			t.Errorf("%s: %d %+v", name, status, act)
		}
	}
	person.connect(t) // nothing of all that touched it
}
