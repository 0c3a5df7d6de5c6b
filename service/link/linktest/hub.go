// Package linktest is a double of Azure IoT Hub and of its provisioning
// service, built from Azure's documentation: it refuses what they refuse, and
// notes what a device did that they do not allow. It says nothing about what
// Azure does beside its documentation.
package linktest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Limits as documented.
const (
	maxMessage       = 256 << 10
	maxKeepAlive     = 1177
	maxSubscriptions = 5
	path             = "/$iothub/websocket"
	apiVersion       = "2021-04-12"
)

// Device is an identity in the hub's registry, or an enrolment.
type Device struct {
	Key      []byte // symmetric; nil: X.509 alone
	Disabled bool
}

// Message is what a device published.
type Message struct {
	Device     string
	Properties url.Values
	Payload    []byte
}

// Hub is a running double. It ends with the test.
type Hub struct {
	mqtt.HookBase
	Host  string // HOST:PORT
	Roots *x509.CertPool
	// Certificate is the one root among Roots.
	Certificate *x509.Certificate
	// Take is given each message before it is acknowledged; an error closes the
	// connection instead. It may be called again with what it had before.
	Take func(Message) error

	t      testing.TB
	server *mqtt.Server
	http   *httptest.Server

	mu         sync.Mutex
	devices    map[string]Device
	open       map[*conn]bool
	violations []string
	connects   int
	provision  *provision // nil: a hub
	silent     bool
}

// conn is a device's connection with what TLS said of it.
type conn struct {
	net.Conn
	ws     *websocket.Conn
	name   string // in the client's certificate
	topics int
}

// NewHub starts a hub that knows these devices.
func NewHub(t testing.TB, devices map[string]Device) *Hub {
	t.Helper()
	h := &Hub{t: t, devices: devices, open: map[*conn]bool{}, Take: func(Message) error { return nil }}
	h.start()
	return h
}

func (h *Hub) start() {
	h.t.Helper()
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumQos = 2 // the hook closes the connection instead, as documented
	h.server = mqtt.New(&mqtt.Options{Capabilities: capabilities, InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	if err := h.server.AddHook(h, nil); err != nil {
		h.t.Fatal(err)
	}
	if err := h.server.Serve(); err != nil {
		h.t.Fatal(err)
	}
	certificate, roots := authority(h.t)
	h.Roots, h.Certificate = roots, certificate.Leaf
	h.http = httptest.NewUnstartedServer(http.HandlerFunc(h.accept))
	h.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.http.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequestClientCert}
	h.http.StartTLS()
	h.Host = strings.TrimPrefix(h.http.URL, "https://")
	h.t.Cleanup(func() {
		h.Cut()
		h.http.Close()
		_ = h.server.Close()
	})
}

func (h *Hub) accept(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != path {
		h.violate("path %q", r.URL.Path)
		http.NotFound(w, r)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		return
	}
	if ws.Subprotocol() != "mqtt" {
		h.violate("subprotocol %q", ws.Subprotocol())
	}
	ws.SetReadLimit(-1)
	c := &conn{Conn: websocket.NetConn(context.Background(), ws, websocket.MessageBinary), ws: ws}
	if len(r.TLS.PeerCertificates) > 0 {
		c.name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	h.mu.Lock()
	h.open[c] = true
	h.mu.Unlock()
	_ = h.server.EstablishConnection("ws", c) // how it ends is the device's affair
	h.mu.Lock()
	delete(h.open, c)
	h.mu.Unlock()
	_ = ws.CloseNow()
}

// Cut ends every connection as a network does, without a word.
func (h *Hub) Cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.open {
		_ = c.ws.CloseNow()
	}
}

// Violations are what devices did that is not allowed.
func (h *Hub) Violations() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.violations...)
}

// Connects counts the connections that were accepted.
func (h *Hub) Connects() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.connects
}

// Set adds or changes a device; Forget takes it away.
func (h *Hub) Set(id string, d Device) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.devices[id] = d
}

// Forget takes a device out of the registry.
func (h *Hub) Forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.devices, id)
}

// Send sends a message to a device.
func (h *Hub) Send(device string, payload []byte) error {
	return h.server.Publish("devices/"+device+"/messages/devicebound/%24.mid=1", payload, false, 1)
}

func (h *Hub) violate(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.violations = append(h.violations, fmt.Sprintf(format, args...))
}

// ID implements mqtt.Hook.
func (h *Hub) ID() string { return "iothub" }

// Provides implements mqtt.Hook.
func (h *Hub) Provides(what byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnSubscribe}, what) >= 0
}

// OnConnect implements mqtt.Hook.
func (h *Hub) OnConnect(_ *mqtt.Client, pk packets.Packet) error {
	if pk.ProtocolVersion != 4 {
		h.violate("MQTT version %d", pk.ProtocolVersion)
		return packets.ErrUnsupportedProtocolVersion
	}
	if pk.Connect.Keepalive > maxKeepAlive || pk.Connect.Keepalive == 0 {
		h.violate("keepalive %d", pk.Connect.Keepalive)
	}
	if pk.Connect.WillFlag {
		h.violate("a will")
	}
	return nil
}

// OnConnectAuthenticate implements mqtt.Hook: client ID, user name, and a token
// or a certificate.
func (h *Hub) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return false
	}
	h.mu.Lock()
	provisioning := h.provision
	device, known := h.devices[cl.ID]
	h.mu.Unlock()
	host, _, _ := net.SplitHostPort(h.Host)
	user, resource, policy := host+"/"+cl.ID+"/?api-version="+apiVersion, host+"/devices/"+cl.ID, ""
	if provisioning != nil {
		resource = provisioning.scope + "/registrations/" + cl.ID
		user, policy = resource+"/api-version=2019-03-31", "registration"
	}
	if string(pk.Connect.Username) != user {
		h.violate("user %q, want %q", pk.Connect.Username, user)
		return false
	}
	if !known || provisioning == nil && device.Disabled {
		return false
	}
	if device.Key == nil {
		if c.name != cl.ID || len(pk.Connect.Password) > 0 {
			return false
		}
		h.accepted()
		return true
	}
	until, err := checkToken(string(pk.Connect.Password), resource, policy, device.Key)
	if err != nil {
		h.violate("token: %v", err)
		return false
	}
	// A connection does not outlive what it signed in with.
	timer := time.AfterFunc(time.Until(until), func() { _ = c.ws.CloseNow() })
	h.t.Cleanup(func() { timer.Stop() })
	h.accepted()
	return true
}

func (h *Hub) accepted() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.connects++
}

// OnACLCheck implements mqtt.Hook: documented topics only.
func (h *Hub) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	if cl.Net.Inline {
		return true
	}
	h.mu.Lock()
	provisioning := h.provision
	h.mu.Unlock()
	allowed := false
	switch {
	case provisioning != nil && write:
		allowed = strings.HasPrefix(topic, "$dps/registrations/PUT/iotdps-register/?$rid=") ||
			strings.HasPrefix(topic, "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=")
	case provisioning != nil:
		allowed = strings.HasPrefix(topic, "$dps/registrations/res/")
	case write:
		allowed = strings.HasPrefix(topic, "devices/"+cl.ID+"/messages/events/")
	default:
		rest, ok := strings.CutPrefix(topic, "devices/"+cl.ID+"/messages/devicebound/")
		allowed = ok && (rest == "#" || !strings.ContainsAny(rest, "#+"))
	}
	if !allowed {
		h.violate("topic %q, write %v", topic, write)
	}
	return allowed
}

// OnSubscribe implements mqtt.Hook: five topics at most, QoS 1 at most.
func (h *Hub) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return pk
	}
	c.topics += len(pk.Filters)
	if c.topics > maxSubscriptions {
		h.violate("%d subscriptions", c.topics)
		cl.Stop(errors.New("too many subscriptions"))
	}
	for i := range pk.Filters {
		pk.Filters[i].Qos = min(pk.Filters[i].Qos, 1)
	}
	return pk
}

// OnPublish implements mqtt.Hook.
func (h *Hub) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	stop := func(format string, args ...any) (packets.Packet, error) {
		h.violate(format, args...)
		cl.Stop(errors.New("closed as documented"))
		return pk, packets.ErrRejectPacket
	}
	switch {
	case pk.FixedHeader.Qos > 1:
		return stop("QoS %d", pk.FixedHeader.Qos)
	case len(pk.Payload)+len(pk.TopicName) > maxMessage:
		return stop("a message of %d bytes", len(pk.Payload))
	}
	if pk.FixedHeader.Retain {
		h.violate("a retained message")
	}
	h.mu.Lock()
	provisioning := h.provision
	h.mu.Unlock()
	if provisioning != nil {
		go h.answer(pk.TopicName, cl.ID, pk.Payload) // not while the client's own packet is under way
		return pk, nil
	}
	properties, err := url.ParseQuery(strings.TrimPrefix(pk.TopicName, "devices/"+cl.ID+"/messages/events/"))
	if err != nil {
		return stop("properties %q", pk.TopicName)
	}
	if err := h.Take(Message{Device: cl.ID, Properties: properties, Payload: bytes.Clone(pk.Payload)}); err != nil {
		cl.Stop(err)
		return pk, packets.ErrRejectPacket
	}
	return pk, packets.CodeSuccessIgnore // acknowledged, and for nobody else
}

// authority makes a certificate for loopback that is its own root.
func authority(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// Certificate makes a device's certificate. The hub looks at its name only, as
// with a thumbprint that was registered.
func Certificate(t testing.TB, device string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: device}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
