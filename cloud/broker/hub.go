package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"beckmanconnect/cloud/broker/iothub"
	"beckmanconnect/internal/cloudapi"
)

const (
	// hubPassing is how long a hub keeps what is lost without a connection, and
	// hubKept what is sent again until it was acknowledged.
	hubPassing = 2 * time.Minute
	hubKept    = 10 * time.Minute
	// hubUnsure is how long a device counts as connected of which only a message
	// came: a hub says of a connection within a minute or so.
	hubUnsure = 3 * time.Minute
	hubLook   = time.Minute
	hubAtOnce = 8 // devices that are told what they have to hear
)

// codeInternal is Config.Refuse's answer when it cannot tell.
const codeInternal = "internal"

var errNotAtHub = errors.New("broker: the device may not be here, or that cannot be told")

// hub is an engine at which the devices sign in themselves: an Azure IoT Hub.
// The door is closed. What devices send is taken in as at the door, by the name
// that the hub stamped on it.
type hub struct {
	b      *Broker
	client *iothub.Hub
	coming chan string   // devices that have to hear something
	begun  chan struct{} // closed when the broker has this engine: before, nothing of it may be used
	over   context.CancelFunc
	work   sync.WaitGroup

	mu sync.Mutex
	of map[string]map[string]*hubSession // by partition and device
}

// hubSession is a device's connection to the hub, as far as it is known.
type hubSession struct {
	h      *hub
	device string
	last   time.Time // a message came; zero: the hub itself said that it is connected
	sent   time.Time // since when sent messages are remembered
}

// stop implements session: nothing of it is here but what keeps a device out.
func (s *hubSession) stop(why error) {
	if errors.Is(why, errCut) {
		s.h.keepOut(s.device)
	}
}

// listens implements session: the hub keeps it until the device does.
func (s *hubSession) listens() bool { return true }

func newHub(b *Broker) (*hub, error) {
	ctx, over := context.WithCancel(context.Background())
	h := &hub{b: b, coming: make(chan string, 1024), begun: make(chan struct{}), over: over, of: map[string]map[string]*hubSession{}}
	var err error
	if h.client, err = iothub.Open(iothub.Config{
		Settings: b.Engine.Hub, TLS: b.Engine.TLS, Store: b.Places, Handler: hubHandler{h}, Log: b.Log, Now: b.Now,
	}); err != nil {
		over()
		return nil, err
	}
	for range hubAtOnce {
		h.work.Go(func() { h.tellComing(ctx) })
	}
	h.work.Go(func() { h.look(ctx) })
	return h, nil
}

// serve is never called: the door is closed.
func (h *hub) serve(conn *deviceConn) error { return errNotAtHub }

// publish sends to a device that may be here.
func (h *hub) publish(topic string, payload []byte) error {
	device, properties, ok := strings.Cut(strings.TrimPrefix(topic, "devices/"), "/messages/devicebound/")
	if !ok {
		return fmt.Errorf("broker: %q is no topic of a device", topic)
	}
	if h.b.Refuse(h.b.ctx, device).Code != "" {
		return errNotAtHub
	}
	id, life := strings.TrimPrefix(properties, messageProperty), hubPassing
	if id != "" {
		life = hubKept
	}
	return h.client.Send(h.b.ctx, device, id, payload, life)
}

// tell: other nodes hear of devices by the hub. To be cut is to be switched off
// there.
func (h *hub) tell(what, device string) {
	if what == toldCut {
		h.keepOut(device)
	}
}

// keepOut switches a device off that was turned away. One that is not known
// here, or of which nothing can be told now, is the hub's own business.
func (h *hub) keepOut(device string) {
	switch h.b.Refuse(h.b.ctx, device).Code {
	case cloudapi.CodeDeviceRevoked, cloudapi.CodeDeviceCopied:
		h.client.Switch(device, false)
	}
}

func (h *hub) up() bool { return h.client.Up() }

func (h *hub) close() error {
	err := h.client.Close()
	h.over()
	h.work.Wait()
	return err
}

// tellComing has devices hear what they have to, until ctx ends.
func (h *hub) tellComing(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case device := <-h.coming:
			h.b.heard(device)
		}
	}
}

// look lets devices go of which nothing was heard, and sends again what was not
// acknowledged, until ctx ends.
func (h *hub) look(ctx context.Context) {
	tick := time.NewTicker(hubLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.lookNow()
		}
	}
}

func (h *hub) lookNow() {
	now := h.b.Now()
	var silent, waiting []*hubSession
	h.mu.Lock()
	for _, devices := range h.of {
		for device, s := range devices {
			if !s.last.IsZero() && now.Sub(s.last) >= hubUnsure {
				silent = append(silent, s)
				delete(devices, device)
			} else if h.b.forgetSent(device, s, now) {
				waiting = append(waiting, s)
			}
		}
	}
	h.mu.Unlock()
	for _, s := range silent {
		h.b.gone(s.device, s)
	}
	for _, s := range waiting {
		h.b.sendMessages(s.device)
	}
}

// forgetSent tells whether a device was sent messages; after hubKept they may
// be sent again.
func (b *Broker) forgetSent(device string, s *hubSession, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.here[device]
	if t == nil || t.session != s || len(t.sent) == 0 {
		s.sent = time.Time{}
		return false
	}
	switch {
	case s.sent.IsZero():
		s.sent = now
	case now.Sub(s.sent) >= hubKept:
		t.sent, s.sent = nil, time.Time{}
	}
	return true
}

// Admit: a device may be here again that was cut.
func (b *Broker) Admit(device string) {
	if h, ok := b.engine.(*hub); ok {
		h.client.Switch(device, true)
	}
}

// hubHandler is what the hub's client tells.
type hubHandler struct{ *hub }

// Reads implements iothub.Handler: what the hub said before, to whichever node.
// What these devices have to hear may have changed while nobody read.
func (h hubHandler) Reads(ctx context.Context, partition string) error {
	if err := h.await(ctx); err != nil {
		return err
	}
	devices, err := h.b.Places.HubConnected(ctx, h.b.Engine.Hub.Stream(), partition)
	if err != nil {
		return err
	}
	for _, device := range devices {
		if h.b.Refuse(ctx, device).Code == "" {
			h.came(partition, device, time.Time{})
			h.hears(ctx, device)
		}
	}
	return nil
}

// Left implements iothub.Handler: another node says of its devices from now on.
func (h hubHandler) Left(partition string) {
	h.mu.Lock()
	devices := h.of[partition]
	delete(h.of, partition)
	h.mu.Unlock()
	for device, s := range devices {
		h.b.forget(device, s)
	}
}

// Message implements iothub.Handler.
func (h hubHandler) Message(ctx context.Context, m iothub.Message) error {
	if ok, err := h.may(ctx, m.Device); !ok {
		return err
	}
	s, news := h.session(m.Partition, m.Device), false
	if s == nil {
		s, news = h.came(m.Partition, m.Device, h.b.Now()), true
	} else {
		h.mu.Lock()
		if !s.last.IsZero() {
			s.last = h.b.Now()
		}
		h.mu.Unlock()
	}
	if news {
		h.hears(ctx, m.Device)
	}
	return h.b.take(m.Device, s, m.Payload)
}

// Connection implements iothub.Handler.
func (h hubHandler) Connection(ctx context.Context, c iothub.Connection) error {
	if ok, err := h.may(ctx, c.Device); !ok {
		return err
	}
	newer, err := h.b.Places.HubSaid(ctx, h.b.Engine.Hub.Stream(), c.Partition, c.Device, c.On, c.Number)
	if err != nil || !newer {
		return err
	}
	s := h.session(c.Partition, c.Device)
	switch {
	case c.On && s == nil:
		h.came(c.Partition, c.Device, time.Time{})
		h.hears(ctx, c.Device)
	case c.On:
		h.mu.Lock()
		s.last = time.Time{}
		h.mu.Unlock()
	case s != nil:
		h.mu.Lock()
		delete(h.of[c.Partition], c.Device)
		h.mu.Unlock()
		h.b.gone(c.Device, s)
	}
	return nil
}

// Delivered implements iothub.Handler.
func (h hubHandler) Delivered(ctx context.Context, device, id string) error {
	if h.b.Delivered == nil {
		return nil
	}
	if err := h.await(ctx); err != nil {
		return err
	}
	h.b.Delivered(ctx, device, id)
	if h.b.present(device, nil) != nil {
		h.b.sendMessages(device)
	}
	return nil
}

// await waits until the broker has this engine. A hub may speak before: no
// message and no connection comes before Reads.
func (h hubHandler) await(ctx context.Context) error {
	select {
	case <-h.begun:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// may tells whether a device may be here. One that may not is switched off in
// the hub, and what it sent is dropped; when that cannot be told it comes again.
func (h hubHandler) may(ctx context.Context, device string) (bool, error) {
	refusal := h.b.Refuse(ctx, device)
	switch refusal.Code {
	case "":
		return true, nil
	case codeInternal:
		return false, errNotAtHub
	}
	h.keepOut(device)
	h.b.Log.Warn("message dropped", "device", device, "why", refusal.Code)
	return false, nil
}

func (h hubHandler) session(partition, device string) *hubSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of[partition][device]
}

func (h hubHandler) came(partition, device string, last time.Time) *hubSession {
	s := &hubSession{h: h.hub, device: device, last: last}
	h.mu.Lock()
	if h.of[partition] == nil {
		h.of[partition] = map[string]*hubSession{}
	}
	h.of[partition][device] = s
	h.mu.Unlock()
	h.b.came(device, s)
	return s
}

// hears has a device hear what it has to, soon.
func (h hubHandler) hears(ctx context.Context, device string) {
	select {
	case h.coming <- device:
	case <-ctx.Done():
	}
}
