package broker

import (
	"log/slog"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
)

// readBuffer is what mochi holds for each device: enough for a header. What is
// longer is read past it.
const readBuffer = 64

// mochi is the engine that is built in.
type mochi struct {
	server *mqtt.Server
}

func newMochi(b *Broker) (*mochi, error) {
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumClients = b.MaxClients
	capabilities.MaximumPacketSize = maxPacket // 0, the default, is a hole before authentication
	capabilities.MaximumClientWritesPending = maxPending
	capabilities.MaximumInflight = maxInflight
	capabilities.ReceiveMaximum = maxInflight
	capabilities.MaximumSessionExpiryInterval = sessionLife
	capabilities.MinimumProtocolVersion = 4
	capabilities.MaximumQos = 1
	capabilities.RetainAvailable = 0
	capabilities.SharedSubAvailable = 0
	capabilities.TopicAliasMaximum = 0
	m := &mochi{server: mqtt.New(&mqtt.Options{
		Capabilities: capabilities,
		InlineClient: true,
		// mochi logs whole packets, and with them what devices send; what
		// matters is logged by our hook.
		Logger:                  slog.New(slog.DiscardHandler),
		SysTopicResendInterval:  int64((24 * time.Hour).Seconds()),
		ClientNetReadBufferSize: readBuffer,
	})}
	if err := m.server.AddHook(&hook{b: b}, nil); err != nil {
		return nil, err
	}
	return m, m.server.Serve()
}

func (m *mochi) serve(conn *deviceConn) error { return m.server.EstablishConnection("tls", conn) }

func (m *mochi) publish(topic string, payload []byte) error {
	return m.server.Publish(topic, payload, false, 1)
}

// tell: there is no other node.
func (m *mochi) tell(string, string) {}

func (m *mochi) up() bool { return true }

func (m *mochi) close() error { return m.server.Close() }

// mochiSession is a device's connection as mochi knows it.
type mochiSession struct{ *mqtt.Client }

func (s mochiSession) stop(why error) { s.Stop(why) }
func (s mochiSession) listens() bool  { return s.State.Subscriptions.Len() > 0 }
