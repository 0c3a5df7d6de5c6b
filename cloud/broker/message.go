package broker

import (
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"

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

// track is what went to a device over its present connection. A message goes
// once over each, until it was acknowledged.
type track struct {
	number  uint64 // of the connection, counted by the broker
	client  *mqtt.Client
	sent    map[string]bool
	waiting map[uint16]string // for an acknowledgement, by packet number
}

func newTrack(cl *mqtt.Client, number uint64) *track {
	return &track{number: number, client: cl, sent: map[string]bool{}, waiting: map[uint16]string{}}
}

// TellMessages sends what waits to every device that is connected. The others
// get it when they come.
func (b *Broker) TellMessages() {
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
	t := b.tracks[device]
	// One that has not subscribed yet gets them when it does.
	if t == nil || t.sent[id] || len(t.waiting) >= maxOnTheirWay || t.client.State.Subscriptions.Len() == 0 {
		return false
	}
	t.sent[id] = true
	return true
}

func messageID(topic string) string {
	_, id, _ := strings.Cut(topic, messageProperty)
	return id
}

func (b *Broker) onItsWay(cl *mqtt.Client, packet uint16, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.tracks[cl.ID]; t != nil && t.client == cl {
		t.waiting[packet] = id
	}
}

func (b *Broker) acknowledged(cl *mqtt.Client, packet uint16) {
	b.mu.Lock()
	t := b.tracks[cl.ID]
	if t == nil || t.client != cl || t.waiting[packet] == "" {
		b.mu.Unlock()
		return
	}
	id := t.waiting[packet]
	delete(t.waiting, packet)
	last := len(t.waiting) == 0
	b.mu.Unlock()
	b.Delivered(b.ctx, cl.ID, id)
	if last {
		b.sendMessages(cl.ID)
	}
}
