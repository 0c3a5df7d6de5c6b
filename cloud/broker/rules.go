package broker

import (
	"strings"

	"github.com/mochi-mqtt/server/v2/packets"

	"beckmanconnect/internal/cloudapi"
)

// keepAlive is how long a device may be silent, in seconds: a link that is
// silent for longer than IoT Hub allows is dead.
func keepAlive(wanted uint16) uint16 {
	if wanted == 0 || wanted > maxKeepAlive {
		return maxKeepAlive
	}
	return wanted
}

// mayConnect tells what no device may ask for when it connects.
func mayConnect(pk *packets.Packet) error {
	if pk.ProtocolVersion != 4 {
		return packets.ErrUnsupportedProtocolVersion
	}
	if pk.Connect.WillFlag { // it would be published without asking who may
		return packets.ErrNotAuthorized
	}
	return nil
}

// mayRead: a device reads its own devicebound topics; a filter or a topic.
func mayRead(device, topic string) bool {
	rest, ok := strings.CutPrefix(topic, cloudapi.DeviceBoundTopic(device))
	return ok && (rest == "" || rest == "#" || !strings.ContainsAny(rest, "#+"))
}

// tooMuch says what IoT Hub would close the connection for, "" for nothing.
func tooMuch(pk *packets.Packet, subscriptions int) string {
	switch pk.FixedHeader.Type {
	case packets.Publish:
		if pk.FixedHeader.Qos > 1 {
			return "QoS 2"
		}
		if pk.FixedHeader.Retain {
			return "retain"
		}
	case packets.Subscribe:
		if subscriptions+len(pk.Filters) > maxSubscriptions {
			return "too many subscriptions"
		}
	}
	return ""
}
