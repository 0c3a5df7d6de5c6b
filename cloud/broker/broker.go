// Package broker carries messages between devices and the cloud: MQTT 3.1.1
// over WebSocket through the cloud's one TLS port, narrowed to what Azure IoT
// Hub allows, so that devices speak the same to both: QoS at most 1, nothing
// retained, no wills, five subscriptions, one connection a device.
//
// A device publishes to its own events topic only and reads its own
// devicebound topics only; who it is, its certificate said. A message is
// acknowledged after it is on disk.
//
// An engine carries the way back, from the cloud to a device: the one built in,
// for one node, or an MQTT broker behind several nodes (Mosquitto, a NATS
// cluster). Everything above holds before all of them.
//
// Or the devices sign in at an Azure IoT Hub; then the door is closed, and what
// they send is read from there.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/cloud/broker/iothub"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Limits of IoT Hub, and of what one device may cost.
const (
	maxPacket        = 256 << 10
	maxSubscriptions = 5
	maxKeepAlive     = 1177 // seconds
	maxPending       = 64   // messages waiting to be written to one device
	maxInflight      = 64
	sessionLife      = 3600 // seconds a device's subscriptions outlive its connection
	connectTimeout   = 15 * time.Second
	timeEvery        = time.Hour
)

var (
	errCut      = errors.New("broker: the device may not be here any more")
	errTaken    = errors.New("broker: the device has a newer connection")
	errDraining = errors.New("broker: this node is going down")
)

// Inbox takes a device's message in. Nil and a final refusal both end in an
// acknowledgement; any other error in a closed connection, so that the device
// sends again.
type Inbox interface {
	Receive(ctx context.Context, device string, payload []byte) error
}

// Config is what a Broker works with.
type Config struct {
	Engine   Engine // the zero value: the one built in
	Inbox    Inbox
	Refused  func(error) bool                                        // whether an error of Inbox is final
	Refuse   func(ctx context.Context, device string) cloudapi.Error // why a device may not come in; no Code: it may
	Presence func(ctx context.Context, device string, on bool)       // a device came or went
	Time     note.Signer                                             // signs the time (design: only signed time is trusted)
	Policy   func() string                                           // the vendor's signed policy, "" for none
	// Seen is told of every status that came, and over which connection, which
	// are numbered in the order they were made. It may be nil.
	Seen func(ctx context.Context, device string, connection uint64, s cloudapi.Status)
	// Waiting gives the messages that wait for a device, oldest first, and
	// Delivered is told when the device has acknowledged one. Both may be nil.
	Waiting    func(ctx context.Context, device string) []Message
	Delivered  func(ctx context.Context, device, id string)
	Log        *slog.Logger
	Now        func() time.Time
	MaxClients int64 // 0: 10,000
	// Places keeps how far a hub's stream was read; for the engine IoTHub alone.
	Places Places
}

// Places is what an IoTHub's reading needs of the database.
type Places interface {
	iothub.Store
	HubSaid(ctx context.Context, hub, partition, device string, connected bool, number string) (newer bool, err error)
	HubConnected(ctx context.Context, hub, partition string) ([]string, error)
}

// session is a device's connection inside an engine.
type session interface {
	stop(why error) // may be called from anywhere, more than once
	listens() bool  // it has subscribed
}

// engine is what stands behind the door.
type engine interface {
	// serve carries one device's connection until it ends. What happens on it,
	// it tells the Broker: came, take, heard, onItsWay, acknowledged, gone.
	serve(conn *deviceConn) error
	// publish sends to a device, wherever it is connected. Nil does not say
	// that it is.
	publish(topic string, payload []byte) error
	// tell says something about a device, or about all ("") to the other nodes.
	tell(what, device string)
	// up tells whether devices can be reached.
	up() bool
	close() error
}

// Broker is a running broker. It listens nowhere itself.
type Broker struct {
	Config
	engine engine
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	open   sync.WaitGroup

	starting chan struct{}  // one for each device that is coming in
	changing [64]sync.Mutex // held while a device's coming or going is recorded; see change

	mu     sync.Mutex
	conns  map[*deviceConn]struct{}
	coming map[string]*place // by device: its place among those that come in
	here   map[string]*track // by device: its present connection
	made   uint64            // connections
}

// New starts a broker. Close ends it.
func New(c Config) (*Broker, error) {
	if c.MaxClients == 0 {
		c.MaxClients = 10_000
	}
	if c.Policy == nil {
		c.Policy = func() string { return "" }
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Broker{Config: c, ctx: ctx, cancel: cancel, starting: make(chan struct{}, maxStarting), conns: map[*deviceConn]struct{}{}, coming: map[string]*place{}, here: map[string]*track{}}
	var err error
	switch c.Engine.Kind {
	case "", Embedded:
		b.engine, err = newMochi(b)
	case IoTHub:
		b.engine, err = newHub(b)
	default:
		b.engine, err = newCarried(b)
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("broker: %w", err)
	}
	if h, ok := b.engine.(*hub); ok {
		close(h.begun)
	}
	b.open.Go(b.tellTime)
	return b, nil
}

// Close disconnects every device and ends the broker.
func (b *Broker) Close() error {
	b.mu.Lock() // so that accept sees it, or is waited for
	b.cancel()
	conns := make([]*deviceConn, 0, len(b.conns))
	for conn := range b.conns {
		conns = append(conns, conn)
	}
	b.mu.Unlock()
	for _, conn := range conns {
		conn.Close()
	}
	b.open.Wait()
	return b.engine.close()
}

// Up tells whether the engine answers.
func (b *Broker) Up() bool { return b.engine.up() }

// Ready is Up for readiness: nil, or why devices cannot be reached.
func (b *Broker) Ready() error {
	if !b.Up() {
		return errEngineDown
	}
	return nil
}

// Connected is how many devices are connected to this node.
func (b *Broker) Connected() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.here)
}

// Handler serves cloudapi.PathMQTT.
func (b *Broker) Handler() http.Handler { return http.HandlerFunc(b.accept) }

func (b *Broker) accept(w http.ResponseWriter, r *http.Request) {
	device := web.DeviceID(r)
	if device == "" {
		web.Fail(w, http.StatusUnauthorized, "no-certificate", "A device certificate is needed here.")
		return
	}
	if r.Header.Get("Origin") != "" { // devices are no browsers (scenario 44)
		web.Fail(w, http.StatusForbidden, "origin", "Pages have no business here.")
		return
	}
	if refusal := b.Refuse(r.Context(), device); refusal.Code != "" {
		web.Fail(w, http.StatusForbidden, refusal.Code, refusal.Message)
		return
	}
	if b.Engine.Kind == IoTHub {
		web.Fail(w, http.StatusForbidden, "at-the-hub", "Devices of this cloud sign in at its IoT hub.")
		return
	}
	if !b.begin() {
		w.Header().Set("Retry-After", "10")
		web.Fail(w, http.StatusServiceUnavailable, "busy", "Too many devices come in at this moment; try again.")
		return
	}
	conn, err := upgrade(w, r, device)
	if err != nil {
		<-b.starting
		b.Log.Debug("device link not opened", "device", device, "error", err)
		return // it was answered
	}
	b.starts(conn)
	if !b.keep(conn) {
		conn.settled()
		conn.Close()
		return
	}
	// In a goroutine of its own, with a small stack: that of the server went
	// through a TLS handshake, and its request and buffers go with it.
	go b.serve(conn)
}

// keep notes an open connection, unless the broker is going down, or full.
func (b *Broker) keep(conn *deviceConn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() != nil {
		return false
	}
	if int64(len(b.conns)) >= b.MaxClients {
		b.Log.Warn("device link refused", "device", conn.device, "why", "there are too many devices for this node")
		return false
	}
	b.conns[conn] = struct{}{}
	b.open.Add(1)
	return true
}

func (b *Broker) serve(conn *deviceConn) {
	defer b.open.Done()
	defer func() {
		conn.settled()
		conn.Close()
		b.mu.Lock()
		delete(b.conns, conn)
		b.mu.Unlock()
	}()
	// Until CONNECT has come nothing else bounds the wait.
	_ = conn.SetDeadline(time.Now().Add(connectTimeout))
	if err := b.engine.serve(conn); err != nil && b.ctx.Err() == nil {
		b.Log.Debug("device link ended", "device", conn.device, "error", err)
	}
}
