package cloud_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"beckmanconnect/build/brokers/brokerstest"
	"beckmanconnect/cloud"
	"beckmanconnect/cloud/broker"
	"beckmanconnect/internal/cloudapi"
)

// sent is a message as a device writes it.
func sent(t *testing.T, kind, epoch string, seq uint64, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Epoch: epoch, Seq: seq, Time: time.Now().UnixMilli(), Body: text})
	if err != nil {
		t.Fatal(err)
	}
	return string(payload)
}

// A whole cloud whose devices sign in at a hub: what they send has effect once,
// who they are the hub says and not the message, one that was revoked is
// switched off there, and the cloud's own door is closed for them.
func TestCloudBehindAHub(t *testing.T) { // B13, scenarios 42, 43
	e := brokerstest.IoTHub(t)
	r := start(t, func(c *cloud.Config) {
		c.Broker = cloud.Broker{Engine: broker.IoTHub, CA: e.CAFile, IoTHub: e.Settings}
	})
	r.until("the hub", r.EngineUp)
	d, other := r.register(t), r.register(t)
	e.Identity(d.id, map[string]any{"deviceId": d.id, "etag": "1", "status": "enabled", "authentication": map[string]any{"type": "selfSigned"}})
	if _, err := d.dial(t, d.options(d.id, d.cert)); err == nil {
		t.Error("the door is open")
	}

	e.Connect("0", d.id, true, 1)
	online := func(want bool) {
		t.Helper()
		r.until("presence", func() bool {
			known, err := r.DB().Device(t.Context(), d.id)
			return err == nil && known.Online == want
		})
	}
	online(true)
	for range 2 {
		e.Send("0", d.id, sent(t, cloudapi.KindRequest, "e", 3, waiting("req-1")))
		e.Send("0", d.id, sent(t, cloudapi.KindNotification, "e", 1, alarm(1)))
		e.Send("0", d.id, sent(t, cloudapi.KindSessionEvent, "e", 2, cloudapi.SessionEvent{Request: "req-1", Kind: "asked"}))
	}
	e.Send("0", d.id, "not a message")
	e.Send("0", other.id, sent(t, cloudapi.KindSessionEvent, "e", 1, cloudapi.SessionEvent{Request: "req-1", Kind: "forged"})) // of another device's request
	e.Send("0", "bc-nobody", sent(t, cloudapi.KindNotification, "e", 1, alarm(1)))
	e.Send("0", d.id, sent(t, cloudapi.KindNotification, "e", 5, alarm(3)))
	var list []cloudapi.Notification
	anna := r.bearer(t, "anna.weber@vendor.example")
	r.until("the last one", func() bool {
		status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathAlarms+"?device="+d.id, &list, anna...)
		return status == http.StatusOK && len(list) == 2
	})
	if list[0].ID != 3 || list[1].ID != 1 || list[1].Count != 1 {
		t.Errorf("notifications %+v", list)
	}
	if events, err := r.DB().SessionEvents(t.Context(), "req-1"); err != nil || len(events) != 1 || events[0].Kind != "asked" {
		t.Errorf("session log: %+v %v", events, err)
	}

	if err := r.DB().Revoke(t.Context(), d.id, "operator", "stolen"); err != nil {
		t.Fatal(err)
	}
	r.until("that it is switched off", func() bool { status, _ := e.Status(d.id); return status == "disabled" })
	e.Send("0", d.id, sent(t, cloudapi.KindNotification, "e", 6, alarm(4)))
	e.Send("0", other.id, sent(t, cloudapi.KindNotification, "e", 1, alarm(1))) // behind it
	r.until("what is behind it", func() bool {
		n, err := r.DB().Notifications(t.Context(), other.id, 10)
		return err == nil && len(n) == 1
	})
	if n, err := r.DB().Notifications(t.Context(), d.id, 10); err != nil || len(n) != 2 {
		t.Errorf("a revoked device has %d notifications (%v)", len(n), err)
	}
	if refused := e.Refused(); len(refused) > 0 {
		t.Errorf("the hub refused: %q", refused)
	}
}
