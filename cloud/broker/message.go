package broker

import (
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// Message is a signed message to technicians.
type Message struct{ ID, Note string }

// messageProperty names a message in its topic, in IoT Hub's form of system
// properties: so it is known by name when the device acknowledges it.
const messageProperty = "%24.mid="

// maxOnTheirWay messages to one device at a time; the rest follows when they
// were acknowledged.
const maxOnTheirWay = 16

// TellMessages sends what waits to every device that is connected, at whichever
// node. The others get it when they come.
func (b *Broker) TellMessages() {
	b.engine.tell(toldMessages, "")
	b.tellMessages()
}

func (b *Broker) tellMessages() {
	for _, device := range b.connected() {
		if b.ctx.Err() != nil {
			return
		}
		b.sendMessages(device)
	}
}

// sendMessages sends a device what waits for it, if it listens.
func (b *Broker) sendMessages(device string) {
	if b.Waiting == nil {
		return
	}
	for _, m := range b.Waiting(b.ctx, device) {
		if !b.mayGo(device, m.ID) {
			continue
		}
		if err := b.send(device, messageProperty+m.ID, cloudapi.KindMessage, cloudapi.VendorMessage{Note: m.Note}); err != nil {
			b.Log.Error("message not sent", "device", device, "message", m.ID, "error", err)
		}
	}
}

func (b *Broker) mayGo(device, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.here[device]
	// One that has not subscribed yet gets them when it does.
	if t == nil || t.sent[id] || len(t.waiting) >= maxOnTheirWay || !t.session.listens() {
		return false
	}
	if t.sent == nil {
		t.sent = map[string]bool{}
	}
	t.sent[id] = true
	return true
}

// onItsWay: what goes out under a topic will be acknowledged by this number.
func (b *Broker) onItsWay(device string, s session, packet uint16, topic string) {
	_, id, _ := strings.Cut(topic, messageProperty)
	if id == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.here[device]; t != nil && t.session == s {
		if t.waiting == nil {
			t.waiting = map[uint16]string{}
		}
		t.waiting[packet] = id
	}
}

// acknowledged: the device has acknowledged what went out by this number.
func (b *Broker) acknowledged(device string, s session, packet uint16) {
	b.mu.Lock()
	t := b.here[device]
	if t == nil || t.session != s || t.waiting[packet] == "" {
		b.mu.Unlock()
		return
	}
	id := t.waiting[packet]
	delete(t.waiting, packet)
	last := len(t.waiting) == 0
	if last {
		t.waiting = nil
	}
	b.mu.Unlock()
	b.Delivered(b.ctx, device, id)
	if last {
		b.sendMessages(device)
	}
}
