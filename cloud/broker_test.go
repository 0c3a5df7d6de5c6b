package cloud_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"crypto/rand"

	"encoding/json"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
)

func waiting(id string) cloudapi.Request {
	return cloudapi.Request{ID: id, State: "waiting", Reason: "The probe is stuck", SinceMS: 1, ExpiresMS: 1 + int64(10*time.Minute/time.Millisecond)}
}

func alarm(id uint64) cloudapi.Notification {
	return cloudapi.Notification{ID: id, Code: "E-17", Severity: "high", State: "raised", Source: "log", Subject: "pump", Title: "Pump", Count: 1, LastMS: int64(id)}
}

func TestDeviceIsToldTheTime(t *testing.T) { each(t, deviceIsToldTheTime) }

func deviceIsToldTheTime(t *testing.T, r *running) {
	d := r.register(t)
	l := d.connect(t)
	if code := l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1); code > 1 {
		t.Fatalf("SUBACK %#x", code)
	}
	e := <-l.bound
	var signed cloudapi.SignedTime
	if err := json.Unmarshal(e.Body, &signed); err != nil || e.Kind != cloudapi.KindTime {
		t.Fatal(e.Kind, err)
	}
	n, err := note.Open([]byte(signed.Note), r.roots.Vendor)
	if err != nil || !strings.HasPrefix(n.Text, "beckmanconnect time\n") {
		t.Errorf("signed time: %v %+v", err, n)
	}
	if err := r.Send(d.id, cloudapi.KindMessage, map[string]string{"text": "hello"}); err != nil {
		t.Fatal(err)
	}
	if e := <-l.bound; e.Kind != cloudapi.KindMessage {
		t.Errorf("got %q", e.Kind)
	}
}

func TestMessagesHaveEffectOnce(t *testing.T) { each(t, messagesHaveEffectOnce) } // scenarios 42, 43

func messagesHaveEffectOnce(t *testing.T, r *running) {
	d := r.register(t)
	l := d.connect(t)
	for range 3 {
		l.say(d.id, cloudapi.KindNotification, "e", 2, alarm(2)) // early, and again
		l.say(d.id, cloudapi.KindNotification, "e", 1, alarm(1))
		l.say(d.id, cloudapi.KindSessionEvent, "e", 3, cloudapi.SessionEvent{Request: "req-1", Kind: "asked"})
	}
	for _, bad := range []any{"text", 7, map[string]any{"id": "x"}, alarm(0)} { // malformed: dropped, and not sent for ever
		l.say(d.id, cloudapi.KindNotification, "e", 4, bad)
	}
	l.say(d.id, "unknown", "e", 5, alarm(5))
	l.say(d.id, cloudapi.KindNotification, "", 0, alarm(6))
	l.Disconnect(100)
	d.connect(t).say(d.id, cloudapi.KindSessionEvent, "e", 3, cloudapi.SessionEvent{Request: "req-1", Kind: "asked"})

	var list []cloudapi.Notification
	anna := r.bearer(t, "anna.weber@vendor.example")
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathAlarms+"?device="+d.id, &list, anna...); status != http.StatusOK || len(list) != 2 || list[0].ID != 2 {
		t.Errorf("notifications: %d %+v", status, list)
	}
	if events, err := r.DB().SessionEvents(t.Context(), "req-1"); err != nil || len(events) != 1 {
		t.Errorf("session log: %+v %v", events, err)
	}
}

// TestDeviceReachesItsOwnTopicsOnly is the broker's access control.
func TestDeviceReachesItsOwnTopicsOnly(t *testing.T) { each(t, deviceReachesItsOwnTopicsOnly) } // scenario 42

func deviceReachesItsOwnTopicsOnly(t *testing.T, r *running) {
	d, other := r.register(t), r.register(t)
	l := d.connect(t)
	for _, filter := range []string{"#", "+/#", "$SYS/#", cloudapi.DeviceBoundFilter(other.id), "devices/+/messages/devicebound/#",
		cloudapi.EventsTopic(d.id) + "#", "devices/" + d.id + "/#", "$share/g/" + cloudapi.DeviceBoundFilter(d.id)} {
		if code := l.subscribe(filter, 1); code != 0x80 {
			t.Errorf("subscription to %q was granted (%#x)", filter, code)
		}
	}
	for _, topic := range []string{cloudapi.EventsTopic(other.id), cloudapi.DeviceBoundTopic(other.id), cloudapi.DeviceBoundTopic(d.id), "x"} {
		l := d.connect(t)
		l.Publish(topic, 1, false, `{}`)
		l.lost()
	}
	for _, c := range []struct {
		name   string
		qos    byte
		retain bool
	}{{"QoS 2", 2, false}, {"retain", 1, true}} {
		l := d.connect(t)
		l.Publish(cloudapi.EventsTopic(d.id), c.qos, c.retain, `{}`)
		l.lost()
	}
	l = d.connect(t)
	many := map[string]byte{}
	for _, s := range strings.Split("abcdef", "") {
		many[cloudapi.DeviceBoundTopic(d.id)+s] = 1
	}
	l.SubscribeMultiple(many, nil)
	l.lost()
	l = d.connect(t)
	l.Publish(cloudapi.EventsTopic(d.id), 1, false, make([]byte, 300<<10))
	l.lost()
}

func TestWhoMayConnect(t *testing.T) { each(t, whoMayConnect) }

func whoMayConnect(t *testing.T, r *running) {
	d, other := r.register(t), r.register(t)
	refused := func(name string, id string, cert tls.Certificate) {
		t.Helper()
		if _, err := d.dial(t, d.options(id, cert)); err == nil {
			t.Errorf("%s: connected", name)
		}
	}
	refused("no certificate", d.id, tls.Certificate{})
	refused("another device's ID", other.id, d.cert)
	refused("no ID", "", d.cert)

	// A device may sign session certificates. One that signs a certificate for
	// another device's name must not become that device (scenario 29).
	key := newKey(t)
	parent, err := x509.ParseCertificate(d.cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: other.id}, NotAfter: parent.NotAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, parent, key.Public(), d.key)
	if err != nil {
		t.Fatal(err)
	}
	refused("a certificate the device made itself", other.id, tls.Certificate{Certificate: [][]byte{der, d.cert.Certificate[0]}, PrivateKey: key})

	o := d.options(d.id, d.cert)
	o.SetWill(cloudapi.DeviceBoundTopic(other.id), "boo", 1, false)
	if _, err := d.dial(t, o); err == nil {
		t.Error("a will was accepted")
	}
	o = d.options(d.id, d.cert)
	o.SetHTTPHeaders(http.Header{"Origin": {"https://evil.example"}})
	if _, err := d.dial(t, o); err == nil {
		t.Error("a page connected")
	}

	first := d.connect(t)
	d.connect(t) // one connection a device: the newer takes over
	first.lost()
}

func TestWitnessOfTheDeviceLog(t *testing.T) { each(t, witnessOfTheDeviceLog) } // scenario 48

func witnessOfTheDeviceLog(t *testing.T, r *running) {
	signing, verifier, err := note.GenerateKey(rand.Reader, "device-log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	d := r.register(t, func(req *cloudapi.RegisterRequest) { req.LogVerifier = verifier })
	l := d.connect(t)
	seq := uint64(0)
	say := func(text string, signer note.Signer) {
		t.Helper()
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		l.say(d.id, cloudapi.KindCheckpoint, "e", seq, cloudapi.Checkpoint{Note: string(signed), Verifier: "ignored: one is known"})
	}
	root := func(c string) string { return strings.Repeat(c, 43) + "=" }
	foreignKey, _, err := note.GenerateKey(rand.Reader, "device-log")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := note.NewSigner(foreignKey)
	if err != nil {
		t.Fatal(err)
	}
	say("device-log\n10\n"+root("A")+"\n", signer)
	say("device-log\n9\n"+root("E")+"\n", signer)
	say("device-log\n10\n"+root("I")+"\n", signer)
	say("device-log\n11\n"+root("A")+"\n", foreign)
	list, err := r.DB().Notifications(t.Context(), d.id, 10)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, n := range list {
		found[n.Code] = true
	}
	for _, code := range []string{"CLOUD-LOG-SHRUNK", "CLOUD-LOG-FORKED", "CLOUD-LOG-SIGNATURE"} {
		if !found[code] {
			t.Errorf("no alarm %s among %+v", code, list)
		}
	}
}
