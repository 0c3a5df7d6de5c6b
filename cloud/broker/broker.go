// Package broker is the embedded MQTT broker: mochi behind the cloud's one TLS
// port, narrowed to what Azure IoT Hub allows, so that devices speak the same
// to both: MQTT 3.1.1 over WebSocket, QoS at most 1, nothing retained, no
// wills, five subscriptions, one connection a device.
//
// A device publishes to its own events topic only and reads its own
// devicebound topics only; who it is, its certificate said. A message is
// acknowledged after it is on disk.
package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	mqtt "github.com/mochi-mqtt/server/v2"
	"golang.org/x/mod/sumdb/note"

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

var errDraining = errors.New("broker: this node is going down")

var errCut = errors.New("broker: the device may not be here any more")

// Inbox takes a device's message in. Nil and a final refusal both end in an
// acknowledgement; any other error in a closed connection, so that the device
// sends again.
type Inbox interface {
	Receive(ctx context.Context, device string, payload []byte) error
}

// Config is what a Broker works with.
type Config struct {
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
}

// Broker is a running broker. It listens nowhere itself.
type Broker struct {
	Config
	server *mqtt.Server
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	open   sync.WaitGroup

	changing sync.Mutex // held while a device's coming or going is recorded

	mu      sync.Mutex
	present map[string]*mqtt.Client
	tracks  map[string]*track
	made    uint64 // connections
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
	b := &Broker{Config: c, ctx: ctx, cancel: cancel, present: map[string]*mqtt.Client{}, tracks: map[string]*track{}}
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumClients = c.MaxClients
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
	b.server = mqtt.New(&mqtt.Options{
		Capabilities: capabilities,
		InlineClient: true,
		// mochi logs whole packets, and with them what devices send; what
		// matters is logged by our hook.
		Logger:                 slog.New(slog.DiscardHandler),
		SysTopicResendInterval: int64((24 * time.Hour).Seconds()),
	})
	if err := b.server.AddHook(&hook{b: b}, nil); err != nil {
		cancel()
		return nil, fmt.Errorf("broker: %w", err)
	}
	if err := b.server.Serve(); err != nil {
		cancel()
		return nil, fmt.Errorf("broker: %w", err)
	}
	b.open.Go(b.tellTime)
	return b, nil
}

// Close disconnects every device and ends the broker.
func (b *Broker) Close() error {
	b.mu.Lock() // so that accept sees it, or is waited for
	b.cancel()
	b.mu.Unlock()
	b.open.Wait()
	return b.server.Close()
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
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	b.mu.Lock()
	if b.ctx.Err() != nil {
		b.mu.Unlock()
		_ = ws.Close(cloudapi.CloseShutdown, "going down")
		return
	}
	b.open.Add(1)
	b.mu.Unlock()
	defer b.open.Done()

	conn := &deviceConn{Conn: websocket.NetConn(b.ctx, ws, websocket.MessageBinary), ws: ws, device: device}
	defer conn.Close()
	// Until CONNECT has come nothing else bounds the wait.
	_ = conn.SetDeadline(time.Now().Add(connectTimeout))
	if err := b.server.EstablishConnection("tls", conn); err != nil && b.ctx.Err() == nil {
		b.Log.Debug("device link ended", "device", device, "error", err)
	}
}

// Send publishes to a device. When the device is not there the message waits
// for it as long as its subscriptions do.
func (b *Broker) Send(device, kind string, body any) error {
	return b.send(device, "", kind, body)
}

func (b *Broker) send(device, properties, kind string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("broker: send: %w", err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Time: b.Now().UnixMilli(), Body: text})
	if err != nil {
		return fmt.Errorf("broker: send: %w", err)
	}
	if err := b.server.Publish(cloudapi.DeviceBoundTopic(device)+properties, payload, false, 1); err != nil {
		return fmt.Errorf("broker: send: %w", err)
	}
	return nil
}

// sendTime sends the signed time, the only time a device keeps as trusted.
func (b *Broker) sendTime(device string) {
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("beckmanconnect time\n%d\n", b.Now().Unix())}, b.Time)
	if err == nil {
		err = b.Send(device, cloudapi.KindTime, cloudapi.SignedTime{Note: string(signed)})
	}
	if err != nil {
		b.Log.Error("signed time not sent", "device", device, "error", err)
	}
}

// sendPolicy sends the vendor's policy, where there is one.
func (b *Broker) sendPolicy(device string) {
	signed := b.Policy()
	if signed == "" {
		return
	}
	if err := b.Send(device, cloudapi.KindPolicy, cloudapi.VendorPolicy{Note: signed}); err != nil {
		b.Log.Error("vendor policy not sent", "device", device, "error", err)
	}
}

// TellPolicy sends the vendor's policy to every device that is connected: it
// has changed. The others get it when they come.
func (b *Broker) TellPolicy() {
	for _, device := range b.connected() {
		b.sendPolicy(device)
	}
}

// Cut ends a device's connection: it may not be here any more.
func (b *Broker) Cut(device string) {
	b.mu.Lock()
	cl := b.present[device]
	b.mu.Unlock()
	if cl != nil {
		b.Log.Warn("device link cut", "device", device)
		cl.Stop(errCut)
	}
}

func (b *Broker) connected() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	devices := make([]string, 0, len(b.present))
	for device := range b.present {
		devices = append(devices, device)
	}
	return devices
}

// tellTime repeats the signed time to devices that stay connected for long.
func (b *Broker) tellTime() {
	tick := time.NewTicker(timeEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-tick.C:
		}
		for _, device := range b.connected() {
			b.sendTime(device)
		}
	}
}
