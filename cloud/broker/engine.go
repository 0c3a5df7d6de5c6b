package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"beckmanconnect/cloud/broker/iothub"
)

// Kinds of engine.
const (
	Embedded  = "embedded"  // built in; for one node
	Mosquitto = "mosquitto" // an Eclipse Mosquitto on a private address
	NATS      = "nats"      // MQTT of a NATS server or cluster, on a private address
	IoTHub    = "iothub"    // an Azure IoT Hub, at which the devices sign in
)

// Engine names the MQTT broker behind the nodes. It carries what the cloud
// sends to devices; what devices send, the node that has the connection stores
// itself before it acknowledges.
type Engine struct {
	Kind    string
	Address string      // mqtts://HOST:PORT; mqtt:// on a loopback address only
	TLS     *tls.Config // for mqtts
	Node    string      // this node's name, unlike any other's
	// Two accounts of the engine. Devices' connections, under the device ID as
	// client ID, sign in with the first, which may read devicebound topics only;
	// the node itself with the second.
	DeviceUser, DevicePassword string
	NodeUser, NodePassword     string
	// Hub is the engine IoTHub's; it has none of the above but TLS.
	Hub iothub.Settings
}

// topicNodes is where nodes tell each other of devices.
const topicNodes = "beckmanconnect/nodes/"

// Check says what is wrong with it; ready gives the address to dial and
// whether it is TLS.
func (e Engine) ready() (address string, secure bool, err error) {
	u, err := url.Parse(e.Address)
	if err != nil || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" {
		return "", false, fmt.Errorf("%q is not mqtts://HOST:PORT", e.Address)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil || port == "" {
		return "", false, fmt.Errorf("%q names no port", e.Address)
	}
	switch u.Scheme {
	case "mqtts":
		return u.Host, true, nil
	case "mqtt":
		if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
			return "", false, fmt.Errorf("%q goes over a network without TLS; write mqtts://, or 127.0.0.1 for an engine on this machine", e.Address)
		}
		return u.Host, false, nil
	}
	return "", false, fmt.Errorf("%q is not mqtts://HOST:PORT", e.Address)
}

// Check says what is wrong with it.
func (e *Engine) Check() error {
	if e.Kind != IoTHub && e.Hub != (iothub.Settings{}) {
		return fmt.Errorf("[broker.iothub] is for the engine %q alone", IoTHub)
	}
	switch e.Kind {
	case "", Embedded:
		if e.Address != "" {
			return errors.New("the engine built in has no address; name the kind of engine at this address")
		}
		return nil
	case Mosquitto, NATS:
	case IoTHub:
		if e.Address != "" || e.DeviceUser != "" || e.NodeUser != "" {
			return errors.New("an IoT hub has no address and no accounts; name it in [broker.iothub]")
		}
		return e.Hub.Check()
	default:
		return fmt.Errorf("there is no engine %q; there are %s, %s, %s and %s", e.Kind, Embedded, Mosquitto, NATS, IoTHub)
	}
	if _, _, err := e.ready(); err != nil {
		return err
	}
	if e.Node == "" || strings.ContainsAny(e.Node, "/+#. \t") || len(e.Node) > 64 {
		return fmt.Errorf("%q is no name for a node: give each one of its own, of letters, digits and -", e.Node)
	}
	if e.DeviceUser == "" || e.DevicePassword == "" || e.NodeUser == "" || e.NodePassword == "" {
		return errors.New("the engine's two accounts are missing, or their passwords")
	}
	if e.DeviceUser == e.NodeUser {
		return errors.New("devices and nodes have the same account at the engine: then it keeps no device from another one's topics")
	}
	return nil
}
