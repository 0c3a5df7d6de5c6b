package broker

import (
	"context"
	"encoding/json"
	"hash/fnv"

	"beckmanconnect/internal/cloudapi"
)

// What nodes tell each other of a device.
const (
	toldTook     = "took"     // it is connected here now
	toldLeft     = "left"     // its connection here is over
	toldCut      = "cut"      // it may not be here any more
	toldMessages = "messages" // of none: messages wait
	toldHello    = "hello"    // of none: this node is new, and knows nobody to be connected
)

// track is a device's present connection, and what went to it over that one. A
// message goes once over each, until it was acknowledged.
type track struct {
	number  uint64 // of the connection, counted by the broker
	session session
	sent    map[string]bool   // nil: none
	waiting map[uint16]string // for an acknowledgement, by packet number; nil: none
}

// change has comings and goings of one device recorded one after the other. It
// gives what ends it.
func (b *Broker) change(device string) func() {
	h := fnv.New32a()
	_, _ = h.Write([]byte(device))
	one := &b.changing[h.Sum32()%uint32(len(b.changing))]
	one.Lock()
	return one.Unlock
}

// came: a device is connected. The connection it had before is over.
func (b *Broker) came(device string, s session) {
	defer b.change(device)()
	b.mu.Lock()
	before := b.here[device]
	// The time, so that it goes on also over another node, and counted up.
	b.made = max(b.made+1, uint64(b.Now().UnixMicro()))
	b.here[device] = &track{number: b.made, session: s}
	b.mu.Unlock()
	if before != nil {
		before.session.stop(errTaken)
	}
	b.engine.tell(toldTook, device)
	b.Presence(b.ctx, device, true)
	// It may have been turned away between its coming and here.
	if b.Refuse(b.ctx, device).Code != "" {
		s.stop(errCut)
	}
}

// gone: a device is gone only when its latest connection is; one that was taken
// over by a newer one says nothing.
func (b *Broker) gone(device string, s session) {
	defer b.change(device)()
	if !b.forget(device, s) {
		return
	}
	// Also when it is the broker's own end that disconnects it.
	b.Presence(context.WithoutCancel(b.ctx), device, false)
	b.engine.tell(toldLeft, device)
}

// forget takes a connection out when it is the device's present one.
func (b *Broker) forget(device string, s session) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.here[device]
	if t == nil || t.session != s {
		return false
	}
	delete(b.here, device)
	return true
}

// present gives a device's track, if s is its present connection or nil.
func (b *Broker) present(device string, s session) *track {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.here[device]
	if t == nil || s != nil && t.session != s {
		return nil
	}
	return t
}

func (b *Broker) connected() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	devices := make([]string, 0, len(b.here))
	for device := range b.here {
		devices = append(devices, device)
	}
	return devices
}

// Cut ends a device's connection, at whichever node: it may not be here any
// more.
func (b *Broker) Cut(device string) {
	b.cut(device)
	b.engine.tell(toldCut, device)
}

func (b *Broker) cut(device string) {
	if t := b.present(device, nil); t != nil {
		b.Log.Warn("device link cut", "device", device)
		t.session.stop(errCut)
	}
}

// told is what another node says.
func (b *Broker) told(what, device string) {
	switch what {
	case toldTook:
		// It says so itself that the device is there: this one says nothing.
		if t := b.present(device, nil); t != nil && b.forget(device, t.session) {
			t.session.stop(errTaken)
		}
	case toldLeft:
		if b.present(device, nil) != nil {
			b.Presence(b.ctx, device, true)
		}
	case toldCut:
		b.cut(device)
	case toldMessages:
		b.tellMessages()
	case toldHello:
		for _, here := range b.connected() {
			if b.ctx.Err() != nil {
				return
			}
			if b.present(here, nil) != nil {
				b.Presence(b.ctx, here, true)
			}
		}
	}
}

// take takes a message in. Nil: it may be acknowledged.
func (b *Broker) take(device string, s session, payload []byte) error {
	err := b.Inbox.Receive(b.ctx, device, payload)
	switch {
	case err == nil:
		b.seen(device, s, payload)
	case b.Refused(err):
		b.Log.Warn("message dropped", "device", device, "bytes", len(payload), "error", err)
	default:
		// Not on disk, so not acknowledged: the device sends it again over a
		// new connection.
		b.Log.Error("message not stored", "device", device, "error", err)
		return err
	}
	return nil
}

// seen passes on what a status says of where the device is; only over its
// present connection: what an older one still had on its way is over.
func (b *Broker) seen(device string, s session, payload []byte) {
	if b.Seen == nil {
		return
	}
	var e cloudapi.Envelope
	var status cloudapi.Status
	if json.Unmarshal(payload, &e) != nil || e.Kind != cloudapi.KindStatus || json.Unmarshal(e.Body, &status) != nil {
		return
	}
	if t := b.present(device, s); t != nil {
		b.Seen(b.ctx, device, t.number, status)
	}
}
