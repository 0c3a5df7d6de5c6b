package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/build/brokers/brokerstest"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// atHub is a cloud's broker with devices that sign in at a hub.
type atHub struct {
	*Broker
	t  *testing.T
	e  *brokerstest.Hub
	db *data.DB

	mu        sync.Mutex
	stored    []string // "DEVICE PAYLOAD"
	broken    bool
	online    map[string]bool
	refused   map[string]string // codes
	waiting   []Message
	delivered []string
	ahead     time.Duration
}

func newAtHub(t *testing.T, e *brokerstest.Hub) *atHub {
	t.Helper()
	h := &atHub{t: t, e: e, online: map[string]bool{}, refused: map[string]string{}}
	db, err := data.Open(t.Context(), t.TempDir(), h.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h.db = db
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *atHub) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

// start makes a broker on what is in the database, stop ends it.
func (h *atHub) start() {
	h.t.Helper()
	signing, _, err := note.GenerateKey(nil, "vendor")
	if err != nil {
		h.t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Broker, err = New(Config{
		Engine: Engine{Kind: IoTHub, Hub: h.e.Settings, TLS: h.e.TLS()}, Places: h.db, Inbox: h, Refused: func(error) bool { return false },
		Refuse: func(_ context.Context, device string) cloudapi.Error {
			h.mu.Lock()
			defer h.mu.Unlock()
			return cloudapi.Error{Code: h.refused[device]}
		},
		Presence: func(_ context.Context, device string, on bool) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.online[device] = on
		},
		Waiting: func(context.Context, string) []Message {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Clone(h.waiting)
		},
		Delivered: func(_ context.Context, device, id string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.delivered = append(h.delivered, device+" "+id)
			h.waiting = nil
		},
		Time: signer, Log: slog.New(slog.DiscardHandler), Now: h.now,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	until(h.t, "the hub", h.Up)
}

func (h *atHub) stop() {
	h.t.Helper()
	if err := h.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *atHub) Receive(_ context.Context, device string, payload []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken {
		return errors.New("the disk is full")
	}
	h.stored = append(h.stored, device+" "+string(payload))
	return nil
}

func (h *atHub) set(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func (h *atHub) until(what string, ok func() bool) {
	h.t.Helper()
	until(h.t, what, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return ok()
	})
}

// has waits until exactly this was stored, in this order.
func (h *atHub) has(want ...string) {
	h.t.Helper()
	h.until(fmt.Sprintf("%q", want), func() bool { return len(h.stored) >= len(want) })
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.stored, want) {
		h.t.Errorf("stored %q, want %q", h.stored, want)
	}
}

// place waits until a partition's place is this.
func (h *atHub) place(partition string, want int64) {
	h.t.Helper()
	until(h.t, "the place", func() bool {
		time.Sleep(20 * time.Millisecond) // each look is a change in the database
		leases, err := h.db.LeasePartitions(h.t.Context(), h.Engine.Hub.Stream(), []string{"0", "1"}, time.Minute)
		return err == nil && slices.ContainsFunc(leases, func(l data.HubLease) bool { return l.Partition == partition && l.Place == want })
	})
}

// What a device sends is taken in by the name that the hub stamped on it, in
// order, and the place is kept behind what is stored: what was not comes again,
// also to the next process (scenario 43).
func TestHubMessagesAreStoredBeforeThePlaceIs(t *testing.T) { // B13
	e := brokerstest.IoTHub(t)
	h := newAtHub(t, e)
	h.set(func() { h.refused["bc-unknown"] = "unknown-device" })
	e.Send("0", "bc-unknown", "nobody's")
	e.Event(brokerstest.HubEvent{Partition: "0", Body: "of a module", Annotations: map[string]any{
		"iothub-connection-device-id": "bc-1", "iothub-connection-module-id": "m", "iothub-message-source": "Telemetry"}})
	e.Event(brokerstest.HubEvent{Partition: "0", Body: "of a twin", Annotations: map[string]any{
		"iothub-connection-device-id": "bc-1", "iothub-message-source": "twinChangeEvents"}})
	e.Event(brokerstest.HubEvent{Partition: "0", Body: "of nobody", Properties: map[string]any{"iothub-connection-device-id": "bc-1", "deviceId": "bc-1"}})
	e.Send("0", "bc-1", `{"device":"bc-2"}`)
	e.Send("1", "bc-3", "of the other partition")
	h.until("two messages", func() bool { return len(h.stored) == 2 })
	h.set(func() { slices.Sort(h.stored) })
	h.has(`bc-1 {"device":"bc-2"}`, "bc-3 of the other partition")
	h.place("0", 4)

	h.set(func() { h.stored, h.broken = nil, true })
	e.Send("0", "bc-1", "one")
	e.Send("0", "bc-1", "two")
	h.place("0", 4)
	h.stop()
	h.set(func() { h.broken = false })
	for len(e.Opened) > 0 {
		<-e.Opened
	}
	h.start()
	h.has("bc-1 one", "bc-1 two")
	h.place("0", 6)
	for range 2 {
		r := <-e.Opened
		if want := map[string]string{"0": "amqp.annotation.x-opt-sequence-number > '4'", "1": "amqp.annotation.x-opt-sequence-number > '0'"}[r.Partition]; r.Filter != want || r.Group != "$Default" || r.Epoch < 2 {
			t.Errorf("%+v, want %q", r, want)
		}
	}
	if refused := e.Refused(); len(refused) > 0 {
		t.Errorf("the hub refused: %q", refused)
	}
}

// hears gives the next message to a device of this kind.
func (h *atHub) hears(kind string) brokerstest.HubMessage {
	h.t.Helper()
	for {
		select {
		case m := <-h.e.Down:
			if strings.Contains(m.Body, `"kind":"`+kind+`"`) {
				return m
			}
		case <-h.t.Context().Done():
			h.t.Fatalf("no %s came", kind)
		}
	}
}

// A device that connects hears the time and what waits for it, once, and its
// taking it is heard of. A hub that is busy is asked again.
func TestHubSendsToDevices(t *testing.T) {
	e := brokerstest.IoTHub(t)
	h := newAtHub(t, e)
	h.set(func() { h.waiting = []Message{{ID: "m1", Note: "a"}} })
	e.Connect("0", "bc-1", true, 1)
	m := h.hears(cloudapi.KindTime)
	if m.To != "/devices/bc-1/messages/devicebound" || m.ID != "" || m.Ack != "" || m.Life < 60 || m.Life > 130 {
		t.Errorf("time as %+v", m)
	}
	m = h.hears(cloudapi.KindMessage)
	if m.To != "/devices/bc-1/messages/devicebound" || m.ID != "m1" || m.Ack != "positive" || m.Life < 300 {
		t.Errorf("message as %+v", m)
	}
	h.TellMessages()
	e.Taken("bc-1", "m1")
	h.until("the feedback", func() bool { return slices.Equal(h.delivered, []string{"bc-1 m1"}) })
	if f := <-e.Feedback; f != "accepted" {
		t.Errorf("feedback %s", f)
	}
	e.Busy(1)
	if err := h.Send("bc-1", cloudapi.KindWitness, "x"); err != nil {
		t.Fatal(err)
	}
	if m := <-e.Down; !strings.Contains(m.Body, cloudapi.KindWitness) { // and not m1 again
		t.Errorf("came %+v", m)
	}
	if err := h.Send("bc-1", cloudapi.KindWitness, strings.Repeat("x", 64<<10)); err == nil {
		t.Error("more was sent than a hub takes")
	}
}

// Who is there the hub says; its words count in its own order, and outlive the
// process. Of whom only a message came is there for a while.
func TestHubSaysWhoIsThere(t *testing.T) { // P13
	e := brokerstest.IoTHub(t)
	h := newAtHub(t, e)
	there := func(device string, on bool) {
		t.Helper()
		h.until(fmt.Sprint(device, on), func() bool { now, known := h.online[device]; return known && now == on })
	}
	e.Connect("0", "bc-1", true, 5)
	there("bc-1", true)
	e.Connect("0", "bc-1", false, 4)
	e.Connect("0", "bc-2", true, 1)
	there("bc-2", true)
	there("bc-1", true)
	e.Connect("0", "bc-2", false, 2)
	there("bc-2", false)
	if h.Connected() != 1 {
		t.Errorf("%d devices are connected", h.Connected())
	}

	h.stop()
	h.set(func() { clear(h.online) })
	h.start()
	there("bc-1", true)

	e.Send("1", "bc-3", "x")
	there("bc-3", true)
	hub := h.engine.(*hub)
	hub.lookNow()
	there("bc-3", true)
	h.set(func() { h.ahead = hubUnsure + time.Minute })
	hub.lookNow()
	there("bc-3", false)
	there("bc-1", true)
	e.Send("1", "bc-3", "y")
	there("bc-3", true)
	e.Connect("1", "bc-3", true, 9)
	e.Connect("1", "bc-4", true, 9) // read behind it
	there("bc-4", true)
	h.set(func() { h.ahead *= 3 })
	hub.lookNow()
	there("bc-3", true)
}

// A device that may not be here is switched off in the hub, what it sends is
// dropped and nothing is sent to it; it is switched on again only by who
// switched it off. What cannot be told is asked again.
func TestHubKeepsDevicesOut(t *testing.T) {
	e := brokerstest.IoTHub(t)
	h := newAtHub(t, e)
	for device, status := range map[string]string{"bc-1": "enabled", "bc-2": "enabled", "bc-3": "disabled"} {
		e.Identity(device, map[string]any{"deviceId": device, "etag": "1", "status": status, "statusReason": "", "authentication": map[string]any{"type": "sas"}})
	}
	status := func(device, want string) {
		t.Helper()
		until(t, device+" "+want, func() bool { s, _ := e.Status(device); return s == want })
	}
	h.set(func() { h.refused["bc-1"] = cloudapi.CodeDeviceRevoked })
	h.Cut("bc-1")
	status("bc-1", "disabled")
	if _, reason := e.Status("bc-1"); reason == "" {
		t.Error("no reason is written")
	}
	h.set(func() { h.refused["bc-2"] = cloudapi.CodeDeviceCopied })
	e.Send("0", "bc-2", "too late")
	status("bc-2", "disabled")
	if err := h.Send("bc-2", cloudapi.KindWitness, "x"); err == nil {
		t.Error("sent to a device that may not be here")
	}
	h.set(func() { clear(h.refused) })
	h.Admit("bc-3")
	h.Admit("bc-1")
	status("bc-1", "enabled")
	status("bc-3", "disabled")

	h.set(func() { h.refused["bc-4"] = codeInternal })
	e.Send("0", "bc-4", "x")
	e.Send("1", "bc-5", "y")
	h.has("bc-5 y")
	h.Cut("bc-4") // of a device that is not in the hub's registry nothing is asked
	h.set(func() { clear(h.refused) })
	h.has("bc-5 y", "bc-4 x")
}

// A hub that is away is waited for; nothing that was in it is lost.
func TestHubAwayAndBack(t *testing.T) {
	e := brokerstest.IoTHub(t)
	h := newAtHub(t, e)
	e.Off(true)
	until(t, "that it is away", func() bool { return !h.Up() })
	if err := h.Send("bc-1", cloudapi.KindWitness, "x"); err == nil {
		t.Error("sent into nothing")
	}
	if h.Ready() == nil {
		t.Error("the node calls itself ready")
	}
	e.Send("0", "bc-1", "meanwhile")
	e.Off(false)
	h.has("bc-1 meanwhile")
	until(t, "the hub again", h.Up)
}

// A hub with another authority's certificate, or one that does not take this
// policy's key, is none.
func TestHubIsVerified(t *testing.T) {
	e := brokerstest.IoTHub(t)
	h := newAtHub(t, e)
	h.stop()
	for name, change := range map[string]func(*Engine){
		"authority": func(g *Engine) { g.TLS = &tls.Config{MinVersion: tls.VersionTLS12} },
		"policy":    func(g *Engine) { g.Hub.Policy = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			g := Engine{Kind: IoTHub, Hub: e.Settings, TLS: e.TLS()}
			change(&g)
			c := h.Config
			c.Engine = g
			before := len(e.Refused())
			said := &lines{}
			c.Log = slog.New(slog.NewTextHandler(said, nil))
			b, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			until(t, "a refusal", func() bool { return name == "policy" && len(e.Refused()) > before || said.has("certificate") })
			if b.Up() {
				t.Error("it is taken for the hub")
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	h.start() // as a control: with the right ones it is there
}

type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}
