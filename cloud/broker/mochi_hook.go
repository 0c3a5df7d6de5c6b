package broker

import (
	"bytes"

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
	cl.State.Keepalive = keepAlive(cl.State.Keepalive)
	return mayConnect(&pk)
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
	h.b.came(cl.ID, mochiSession{cl})
}

func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) { h.b.gone(cl.ID, mochiSession{cl}) }

// OnACLCheck: write to the own events topic, read the own devicebound topics.
// mochi asks for filters and for each delivery alike.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	allowed := mayRead(cl.ID, topic)
	if write {
		allowed = cloudapi.DeviceOfEvents(topic) == cl.ID
	}
	if !allowed {
		h.b.Log.Warn("topic refused", "device", cl.ID, "write", write)
	}
	return allowed
}

// OnPacketRead closes the connection where IoT Hub would: QoS 2, retain, a
// sixth subscription.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	why := tooMuch(&pk, cl.State.Subscriptions.Len())
	if why == "" {
		return pk, nil
	}
	h.b.Log.Warn("device link closed", "device", cl.ID, "why", why)
	return pk, packets.ErrRejectPacket
}

func (h *hook) OnPacketProcessed(cl *mqtt.Client, pk packets.Packet, err error) {
	if err == nil && pk.FixedHeader.Type == packets.Subscribe && cl.State.Subscriptions.Len() > 0 {
		h.b.heard(cl.ID)
	}
}

// OnQosPublish: a message got the number its acknowledgement will carry.
func (h *hook) OnQosPublish(cl *mqtt.Client, pk packets.Packet, _ int64, _ int) {
	h.b.onItsWay(cl.ID, mochiSession{cl}, pk.PacketID, pk.TopicName)
}

// OnQosComplete: the device has acknowledged something.
func (h *hook) OnQosComplete(cl *mqtt.Client, pk packets.Packet) {
	h.b.acknowledged(cl.ID, mochiSession{cl}, pk.PacketID)
}

// OnPublish takes a device's message in before mochi acknowledges it. Nobody
// subscribes to events inside the broker, so nothing is passed on.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline { // our own, on its way to a device
		return pk, nil
	}
	if err := h.b.take(cl.ID, mochiSession{cl}, pk.Payload); err != nil {
		cl.Stop(err)
		return pk, packets.ErrRejectPacket
	}
	return pk, packets.CodeSuccessIgnore
}
