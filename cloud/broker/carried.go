package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const (
	engineTimeout = 10 * time.Second
	engineRetry   = 5 * time.Second // longest pause between tries of a node
	toldAtOnce    = 1024
)

var errEngineDown = errors.New("broker: the engine does not answer")

// carried is an engine behind the node: an MQTT broker that has each device's
// connection carried to it, and this node as a client of its own.
type carried struct {
	b       *Broker
	address string
	secure  bool
	client  mqtt.Client
	news    chan [2]string // what other nodes told: what, device
	over    context.CancelFunc
	working sync.WaitGroup
}

// newCarried starts the node's own client. An engine that is not there yet is
// no error: devices are turned away until it is.
func newCarried(b *Broker) (*carried, error) {
	if err := b.Engine.Check(); err != nil {
		return nil, err
	}
	address, secure, err := b.Engine.ready()
	if err != nil {
		return nil, err
	}
	ctx, over := context.WithCancel(context.Background())
	c := &carried{b: b, address: address, secure: secure, news: make(chan [2]string, toldAtOnce), over: over}
	o := mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID("node-" + b.Engine.Node).SetProtocolVersion(4).
		SetUsername(b.Engine.NodeUser).SetPassword(b.Engine.NodePassword).SetCleanSession(true).SetOrderMatters(true).
		SetAutoReconnect(true).SetConnectRetry(true).SetConnectRetryInterval(time.Second).SetMaxReconnectInterval(engineRetry).
		SetConnectTimeout(engineTimeout).SetWriteTimeout(engineTimeout).SetKeepAlive(30 * time.Second).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) {
			b.Log.Error("the broker engine is away", "engine", b.Engine.Kind, "error", err)
		}).
		SetOnConnectHandler(c.connected).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) { return c.dial(ctx) })
	c.client = mqtt.NewClient(o)
	c.client.Connect()
	c.working.Go(func() { c.listen(ctx) })
	return c, nil
}

// dial opens a connection to the engine.
func (c *carried) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: engineTimeout}
	if !c.secure {
		return d.DialContext(ctx, "tcp", c.address)
	}
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	return (&tls.Dialer{NetDialer: &d, Config: c.b.Engine.TLS}).DialContext(ctx, "tcp", c.address)
}

// connected: the node's client is at the engine, for the first time or again.
func (c *carried) connected(client mqtt.Client) {
	c.b.Log.Info("the broker engine is there", "engine", c.b.Engine.Kind)
	client.Subscribe(topicNodes+"#", 0, func(_ mqtt.Client, m mqtt.Message) {
		node, what, ok := strings.Cut(strings.TrimPrefix(m.Topic(), topicNodes), "/")
		if ok && node != c.b.Engine.Node && len(m.Payload()) <= 64 {
			c.news <- [2]string{what, string(m.Payload())}
		}
	})
	// What was told while it was away nobody heard: the others say again whom
	// they have.
	c.tell(toldHello, "")
}

// listen acts on what other nodes tell, until ctx ends.
func (c *carried) listen(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-c.news:
			c.b.told(n[0], n[1])
		}
	}
}

// publish hands a message to the engine. It is not kept there: what must arrive
// the cloud keeps itself.
func (c *carried) publish(topic string, payload []byte) error {
	if !c.client.IsConnectionOpen() {
		return errEngineDown
	}
	token := c.client.Publish(topic, 0, false, payload)
	if !token.WaitTimeout(engineTimeout) {
		return errEngineDown
	}
	return token.Error()
}

func (c *carried) tell(what, device string) {
	if err := c.publish(topicNodes+c.b.Engine.Node+"/"+what, []byte(device)); err != nil {
		c.b.Log.Debug("other nodes not told", "what", what, "device", device, "error", err)
	}
}

func (c *carried) up() bool { return c.client.IsConnectionOpen() }

func (c *carried) close() error {
	c.over()
	c.client.Disconnect(250)
	// Its callbacks may be about to hand on one more.
	for done := false; !done; {
		select {
		case <-c.news:
		default:
			done = true
		}
	}
	c.working.Wait()
	return nil
}
