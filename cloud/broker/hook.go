package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"beckmanconnect/internal/cloudapi"
)

// hook is where mochi asks us.
type hook struct {
	mqtt.HookBase
	b *Broker
}

func (h *hook) ID() string { return "beckmanconnect" }

func (h *hook) Provides(what byte) bool {
	return bytes.IndexByte([]byte{
		mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnSessionEstablished, mqtt.OnDisconnect,
		mqtt.OnACLCheck, mqtt.OnPacketRead, mqtt.OnPacketProcessed, mqtt.OnPublish, mqtt.OnQosPublish, mqtt.OnQosComplete,
	}, what) >= 0
}

// OnConnect bounds what a client may ask for.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	if k := cl.State.Keepalive; k == 0 || k > maxKeepAlive {
		cl.State.Keepalive = maxKeepAlive // a link that is silent for longer is dead
	}
	if pk.ProtocolVersion != 4 {
		return packets.ErrUnsupportedProtocolVersion
	}
	if pk.Connect.WillFlag { // mochi would publish it without asking the ACL
		return packets.ErrNotAuthorized
	}
	return nil
}

// OnConnectAuthenticate: client ID = device ID = name in the certificate.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	conn, ok := cl.Net.Conn.(*deviceConn)
	if ok && cl.ID == conn.device && pk.Connect.ClientIdentifier == conn.device {
		return true
	}
	if ok {
		h.b.Log.Warn("device link refused", "device", conn.device, "why", "another client ID")
	}
	return false
}

func (h *hook) OnSessionEstablished(cl *mqtt.Client, _ packets.Packet) {
	h.b.changing.Lock()
	defer h.b.changing.Unlock()
	h.b.mu.Lock()
	h.b.present[cl.ID] = cl
	h.b.made++
	h.b.tracks[cl.ID] = newTrack(cl, h.b.made)
	h.b.mu.Unlock()
	h.b.Presence(h.b.ctx, cl.ID, true)
	// It may have been turned away between its coming and here.
	if h.b.Refuse(h.b.ctx, cl.ID).Code != "" {
		cl.Stop(errCut)
	}
}

// OnDisconnect: a device is gone only when its latest connection is; one that
// was taken over by a newer one says nothing.
func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	h.b.changing.Lock()
	defer h.b.changing.Unlock()
	h.b.mu.Lock()
	latest := h.b.present[cl.ID] == cl
	if latest {
		delete(h.b.present, cl.ID)
		delete(h.b.tracks, cl.ID)
	}
	h.b.mu.Unlock()
	if latest {
		// Also when it is the broker's own end that disconnects it.
		h.b.Presence(context.WithoutCancel(h.b.ctx), cl.ID, false)
	}
}

// OnACLCheck: write to the own events topic, read the own devicebound topics.
// mochi asks for filters and for each delivery alike.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	allowed := false
	if write {
		allowed = cloudapi.DeviceOfEvents(topic) == cl.ID
	} else if rest, ok := strings.CutPrefix(topic, cloudapi.DeviceBoundTopic(cl.ID)); ok {
		allowed = rest == "" || rest == "#" || !strings.ContainsAny(rest, "#+")
	}
	if !allowed {
		h.b.Log.Warn("topic refused", "device", cl.ID, "write", write)
	}
	return allowed
}

// OnPacketRead closes the connection where IoT Hub would: QoS 2, retain, a
// sixth subscription.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	why := ""
	switch pk.FixedHeader.Type {
	case packets.Publish:
		if pk.FixedHeader.Qos > 1 {
			why = "QoS 2"
		} else if pk.FixedHeader.Retain {
			why = "retain"
		}
	case packets.Subscribe:
		if cl.State.Subscriptions.Len()+len(pk.Filters) > maxSubscriptions {
			why = "too many subscriptions"
		}
	}
	if why == "" {
		return pk, nil
	}
	h.b.Log.Warn("device link closed", "device", cl.ID, "why", why)
	return pk, packets.ErrRejectPacket
}

// OnPacketProcessed: a device that has subscribed can hear the time, and what
// the vendor switched off and revoked.
func (h *hook) OnPacketProcessed(cl *mqtt.Client, pk packets.Packet, err error) {
	if err == nil && pk.FixedHeader.Type == packets.Subscribe && cl.State.Subscriptions.Len() > 0 {
		h.b.sendTime(cl.ID)
		h.b.sendPolicy(cl.ID)
		h.b.sendMessages(cl.ID)
	}
}

// OnQosPublish: a message got the number its acknowledgement will carry.
func (h *hook) OnQosPublish(cl *mqtt.Client, pk packets.Packet, _ int64, _ int) {
	if id := messageID(pk.TopicName); id != "" {
		h.b.onItsWay(cl, pk.PacketID, id)
	}
}

// OnQosComplete: the device has acknowledged something.
func (h *hook) OnQosComplete(cl *mqtt.Client, pk packets.Packet) { h.b.acknowledged(cl, pk.PacketID) }

// OnPublish takes a device's message in before mochi acknowledges it. Nobody
// subscribes to events inside the broker, so nothing is passed on.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline { // our own, on its way to a device
		return pk, nil
	}
	err := h.b.Inbox.Receive(h.b.ctx, cl.ID, pk.Payload)
	switch {
	case err == nil:
		h.seen(cl, pk.Payload)
	case h.b.Refused(err):
		h.b.Log.Warn("message dropped", "device", cl.ID, "bytes", len(pk.Payload), "error", err)
	default:
		// Not on disk, so not acknowledged: the device sends it again over a
		// new connection.
		h.b.Log.Error("message not stored", "device", cl.ID, "error", err)
		cl.Stop(err)
		return pk, packets.ErrRejectPacket
	}
	return pk, packets.CodeSuccessIgnore
}

// seen passes on what a status says of where the device is; only over its
// present connection: what an older one still had on its way is over.
func (h *hook) seen(cl *mqtt.Client, payload []byte) {
	if h.b.Seen == nil {
		return
	}
	var e cloudapi.Envelope
	var s cloudapi.Status
	if json.Unmarshal(payload, &e) != nil || e.Kind != cloudapi.KindStatus || json.Unmarshal(e.Body, &s) != nil {
		return
	}
	h.b.mu.Lock()
	t := h.b.tracks[cl.ID]
	present := t != nil && t.client == cl
	h.b.mu.Unlock()
	if present {
		h.b.Seen(h.b.ctx, cl.ID, t.number, s)
	}
}
