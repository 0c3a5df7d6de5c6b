package broker

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/build/brokers/brokerstest"
	"beckmanconnect/internal/cloudapi"
)

// shared is what all nodes have in common: the database.
type shared struct {
	mu        sync.Mutex
	online    map[string]bool
	stored    []string
	broken    bool // nothing can be stored
	waiting   map[string][]Message
	delivered map[string]bool
}

func (s *shared) Receive(_ context.Context, _ string, payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("the disk is full")
	}
	s.stored = append(s.stored, string(payload))
	return nil
}

func (s *shared) is(what func() bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return what()
}

// node is one node, with a door that believes what a device says of itself.
type node struct {
	*Broker
	url string
}

func newNode(t *testing.T, s *shared, e Engine) *node {
	t.Helper()
	signing, _, err := note.GenerateKey(nil, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(Config{
		Engine: e, Inbox: s, Refused: func(error) bool { return false }, Refuse: func(context.Context, string) cloudapi.Error { return cloudapi.Error{} },
		Presence: func(_ context.Context, device string, on bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.online[device] = on
		},
		Waiting: func(_ context.Context, device string) []Message {
			s.mu.Lock()
			defer s.mu.Unlock()
			return append([]Message(nil), s.waiting[device]...)
		},
		Delivered: func(_ context.Context, _ string, id string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.delivered[id] = true
		},
		Time: signer, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrade(w, r, strings.TrimPrefix(r.URL.Path, "/"))
		if err == nil && b.keep(conn) {
			go b.serve(conn)
		}
	}))
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	n := &node{b, "ws" + strings.TrimPrefix(server.URL, "http")}
	until(t, "the engine", n.Up)
	return n
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-t.Context().Done():
			t.Fatalf("%s never came", what)
		case <-time.After(2 * time.Millisecond): // another program, and no way to be told
		}
	}
}

// pc is a device's real client.
type pc struct {
	mqtt.Client
	lost  chan error
	heard chan string // topics
}

func (n *node) dial(device string) (*pc, error) {
	p := &pc{lost: make(chan error, 1), heard: make(chan string, 100)}
	p.Client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker(n.url + "/" + device).SetClientID(device).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(10 * time.Second).SetKeepAlive(30 * time.Second).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { p.lost <- err }).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { p.heard <- m.Topic() }))
	if t := p.Connect(); !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		return nil, errors.Join(errors.New("not connected"), t.Error())
	}
	return p, nil
}

func (n *node) connect(t *testing.T, device string) *pc {
	t.Helper()
	p, err := n.dial(device)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Disconnect(0) })
	s := p.Subscribe(cloudapi.DeviceBoundFilter(device), 1, nil)
	if !s.WaitTimeout(20*time.Second) || s.Error() != nil || s.(*mqtt.SubscribeToken).Result()[cloudapi.DeviceBoundFilter(device)] != 1 {
		t.Fatalf("subscribe: %v", s.Error())
	}
	if topic := <-p.heard; topic != cloudapi.DeviceBoundTopic(device) { // the time
		t.Fatalf("first heard %q", topic)
	}
	return p
}

func (p *pc) cut(t *testing.T) {
	t.Helper()
	select {
	case <-p.lost:
	case <-t.Context().Done():
		t.Fatal("the connection stays")
	}
}

// eachEngine runs a test with as many nodes as it wants.
func eachEngine(t *testing.T, nodes int, run func(t *testing.T, s *shared, e *brokerstest.Engine, nodes []*node)) {
	for name, begin := range map[string]func(testing.TB) *brokerstest.Engine{"embedded": nil, "mosquitto": brokerstest.Mosquitto, "nats": brokerstest.NATS} {
		if begin == nil && nodes > 1 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := &shared{online: map[string]bool{}, waiting: map[string][]Message{}, delivered: map[string]bool{}}
			if begin == nil {
				run(t, s, nil, []*node{newNode(t, s, Engine{})})
				return
			}
			e := begin(t)
			var list []*node
			for i := range nodes {
				list = append(list, newNode(t, s, Engine{
					Kind: e.Kind, Address: e.Addresses[i%len(e.Addresses)], TLS: e.TLS(), Node: "node-" + string(rune('a'+i)),
					DeviceUser: "device", DevicePassword: brokerstest.DevicePassword, NodeUser: "node", NodePassword: brokerstest.NodePassword,
				}))
			}
			run(t, s, e, list)
		})
	}
}

// What was not stored is not acknowledged, on every engine (scenario 43).
func TestAcknowledgedMeansStored(t *testing.T) {
	eachEngine(t, 1, func(t *testing.T, s *shared, _ *brokerstest.Engine, nodes []*node) {
		p := nodes[0].connect(t, "bc-1")
		if token := p.Publish(cloudapi.EventsTopic("bc-1"), 1, false, "one"); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
			t.Fatal(token.Error())
		}
		if !s.is(func() bool { return len(s.stored) == 1 }) {
			t.Fatal("acknowledged before it was stored")
		}
		s.mu.Lock()
		s.broken = true
		s.mu.Unlock()
		token := p.Publish(cloudapi.EventsTopic("bc-1"), 1, false, "two")
		p.cut(t)
		if token.WaitTimeout(0) && token.Error() == nil {
			t.Error("acknowledged and not stored")
		}
		until(t, "offline", func() bool { return s.is(func() bool { return !s.online["bc-1"] }) })
	})
}

// A message waits for a device, comes once over a connection, and is delivered
// when the device has acknowledged it.
func TestMessagesWait(t *testing.T) {
	eachEngine(t, 1, func(t *testing.T, s *shared, _ *brokerstest.Engine, nodes []*node) {
		s.waiting["bc-1"] = []Message{{ID: "m1", Note: "a"}}
		p := nodes[0].connect(t, "bc-1")
		if topic := <-p.heard; topic != cloudapi.DeviceBoundTopic("bc-1")+messageProperty+"m1" {
			t.Fatalf("heard %q", topic)
		}
		until(t, "the acknowledgement", func() bool { return s.is(func() bool { return s.delivered["m1"] }) })
		nodes[0].TellMessages()
		if err := nodes[0].Send("bc-1", cloudapi.KindWitness, "end"); err != nil {
			t.Fatal(err)
		}
		if topic := <-p.heard; topic != cloudapi.DeviceBoundTopic("bc-1") {
			t.Errorf("heard %q again", topic)
		}
	})
}

// Devices at different nodes are reached from any, and one that changes its
// node is there once.
func TestNodes(t *testing.T) { // B13
	eachEngine(t, 2, func(t *testing.T, s *shared, _ *brokerstest.Engine, nodes []*node) {
		a, b := nodes[0], nodes[1]
		first := a.connect(t, "bc-1")
		if err := b.Send("bc-1", cloudapi.KindWitness, "x"); err != nil {
			t.Fatal(err)
		}
		<-first.heard
		s.mu.Lock()
		s.waiting["bc-1"] = []Message{{ID: "m1", Note: "a"}}
		s.mu.Unlock()
		b.TellMessages()
		if topic := <-first.heard; !strings.HasSuffix(topic, "m1") {
			t.Errorf("heard %q", topic)
		}
		second := b.connect(t, "bc-1")
		first.cut(t)
		until(t, "one connection", func() bool { return a.Connected() == 0 && b.Connected() == 1 })
		until(t, "online", func() bool { return s.is(func() bool { return s.online["bc-1"] }) })
		a.Cut("bc-1")
		second.cut(t)
		until(t, "offline", func() bool { return s.is(func() bool { return !s.online["bc-1"] }) })
	})
}

// A node that starts again says that nobody is there: the others say whom they
// have.
func TestNodeThatStarts(t *testing.T) {
	eachEngine(t, 2, func(t *testing.T, s *shared, _ *brokerstest.Engine, nodes []*node) {
		nodes[0].connect(t, "bc-1")
		s.mu.Lock()
		s.online["bc-1"] = false
		s.mu.Unlock()
		nodes[1].engine.tell(toldHello, "")
		until(t, "online", func() bool { return s.is(func() bool { return s.online["bc-1"] }) })
	})
}

// An engine that is away: devices are told by a closed connection, and nobody
// new comes in; when it is back all is as before.
func TestEngineDownAndBack(t *testing.T) {
	eachEngine(t, 1, func(t *testing.T, s *shared, e *brokerstest.Engine, nodes []*node) {
		if e == nil {
			t.Skip("it is built in")
		}
		p := nodes[0].connect(t, "bc-1")
		e.Stop()
		p.cut(t)
		until(t, "offline", func() bool { return s.is(func() bool { return !s.online["bc-1"] }) })
		if _, err := nodes[0].dial("bc-1"); err == nil {
			t.Error("a device came in")
		}
		until(t, "that it is away", func() bool { return !nodes[0].Up() })
		if err := nodes[0].Send("bc-1", cloudapi.KindWitness, "x"); err == nil {
			t.Error("sent into nothing")
		}
		e.Start()
		until(t, "the engine again", nodes[0].Up)
		until(t, "the device again", func() bool {
			again, err := nodes[0].dial("bc-1")
			if err == nil {
				again.Disconnect(0)
			}
			return err == nil
		})
	})
}

// The engine's own access list is a second wall: what the node's check let
// through, it does not (scenario 42).
func TestEnginesOwnWall(t *testing.T) {
	eachEngine(t, 1, func(t *testing.T, _ *shared, e *brokerstest.Engine, _ []*node) {
		if e == nil {
			t.Skip("it is built in")
		}
		inside := func(id, user, password string) (mqtt.Client, error) {
			c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tls" + strings.TrimPrefix(e.Addresses[0], "mqtts")).SetTLSConfig(e.TLS()).
				SetClientID(id).SetUsername(user).SetPassword(password).SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(10 * time.Second))
			token := c.Connect()
			token.WaitTimeout(20 * time.Second)
			t.Cleanup(func() { c.Disconnect(0) })
			return c, token.Error()
		}
		if _, err := inside("bc-1", "device", "wrong"); err == nil {
			t.Error("a wrong password is let in")
		}
		if _, err := inside("bc-1", "", ""); err == nil {
			t.Error("somebody without a name is let in")
		}
		heard := make(chan string, 10)
		listen := func(c mqtt.Client, filter string) {
			c.Subscribe(filter, 0, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() }).WaitTimeout(20 * time.Second)
		}
		device, err := inside("bc-1", "device", brokerstest.DevicePassword)
		if err != nil {
			t.Fatal(err)
		}
		listen(device, "beckmanconnect/nodes/#")
		listen(device, cloudapi.DeviceBoundFilter("bc-1"))
		other, err := inside("bc-2", "device", brokerstest.DevicePassword)
		if err != nil {
			t.Fatal(err)
		}
		other.Publish(cloudapi.DeviceBoundTopic("bc-1")+"forged", 0, false, "x").WaitTimeout(20 * time.Second)
		trusted, err := inside("node-z", "node", brokerstest.NodePassword)
		if err != nil {
			t.Fatal(err)
		}
		trusted.Publish("beckmanconnect/nodes/z/cut", 0, false, "bc-1").WaitTimeout(20 * time.Second)
		trusted.Publish(cloudapi.DeviceBoundTopic("bc-1"), 0, false, "x").WaitTimeout(20 * time.Second)
		if topic := <-heard; topic != cloudapi.DeviceBoundTopic("bc-1") {
			t.Errorf("the device heard %q", topic)
		}
	})
}
