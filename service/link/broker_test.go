package link

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/freeport"
)

const device = "bc-0123456789abcdef"

// broker is a real one on loopback, behind TLS and WebSocket, that counts what
// it gets and loses connections at random when it is told to.
type broker struct {
	mqtt.HookBase
	t       testing.TB
	server  *mqtt.Server
	url     string
	roots   *x509.CertPool
	drop    float64 // chance that a message kills its connection
	deny    bool    // refuse subscriptions
	answers []byte  // codes of a SUBACK instead of the right one
	// anyOrder: numbers may come early, as the cloud takes them.
	anyOrder bool
	seen     map[uint64]bool
	// ask is what the device is asked for when it says what it keeps; nil: nothing.
	ask func(cloudapi.Kept) []cloudapi.Range

	mu       sync.Mutex
	got      []cloudapi.Envelope // numbered ones, each once, as the cloud keeps them
	last     uint64
	again    int
	statuses int
	lost     int
	kept     *cloudapi.Kept // what the device said last
	news     chan struct{}
}

func (b *broker) ID() string { return "test" }
func (b *broker) Provides(what byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnPacketEncode}, what) >= 0
}

func (b *broker) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	name := string(pk.Connect.Username)
	if cl.ID != device || !strings.HasPrefix(name, "127.0.0.1/"+device+"/?api-version=") || pk.ProtocolVersion != 4 || !pk.Connect.Clean {
		b.t.Errorf("client %q user %q", cl.ID, name)
	}
	return true
}

func (b *broker) OnACLCheck(_ *mqtt.Client, topic string, write bool) bool {
	if want := cloudapi.EventsTopic(device); write && topic != want {
		b.t.Errorf("topic %q", topic)
	}
	return write || !b.deny
}

func (b *broker) OnPacketEncode(_ *mqtt.Client, pk packets.Packet) packets.Packet {
	if pk.FixedHeader.Type == packets.Suback && b.answers != nil {
		pk.ReasonCodes = b.answers
	}
	return pk
}

func (b *broker) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	var e cloudapi.Envelope
	if err := json.Unmarshal(pk.Payload, &e); err != nil || pk.FixedHeader.Qos != 1 || pk.FixedHeader.Retain {
		b.t.Errorf("%s QoS %d: %v", pk.Payload, pk.FixedHeader.Qos, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	kill := mathrand.Float64() < b.drop
	if kill {
		b.lost++
		if mathrand.N(2) == 0 { // before it was taken in
			cl.Stop(errors.New("test"))
			return pk, packets.ErrRejectPacket
		}
	}
	switch {
	case e.Kind == cloudapi.KindStatus:
		b.statuses++
	case e.Kind == cloudapi.KindKept:
		b.kept = &cloudapi.Kept{}
		if err := json.Unmarshal(e.Body, b.kept); err != nil || e.Seq != 0 || e.Epoch != "" {
			b.t.Errorf("%s: %v", pk.Payload, err)
		}
		if b.ask != nil {
			b.askFor(b.ask(*b.kept))
		}
	case e.Kind == cloudapi.KindCheckpoint: // no number: only the newest counts
		if e.Seq != 0 || e.Epoch != "" {
			b.t.Errorf("a checkpoint with number %d", e.Seq)
		}
		b.got = append(b.got, e)
	case b.anyOrder && b.seen[e.Seq]:
		b.again++
	case b.anyOrder:
		if b.seen == nil {
			b.seen = map[uint64]bool{}
		}
		b.seen[e.Seq] = true
		b.got = append(b.got, e)
	case e.Seq <= b.last:
		b.again++
	case e.Seq != b.last+1:
		b.t.Errorf("number %d after %d", e.Seq, b.last)
	default:
		b.last = e.Seq
		b.got = append(b.got, e)
	}
	select {
	case b.news <- struct{}{}:
	default:
	}
	if kill { // taken in, but never acknowledged
		cl.Stop(errors.New("test"))
		return pk, packets.ErrRejectPacket
	}
	return pk, packets.CodeSuccessIgnore
}

// askFor asks the device for messages again; b.mu is held.
func (b *broker) askFor(ranges []cloudapi.Range) {
	if len(ranges) == 0 {
		return
	}
	body, err := json.Marshal(cloudapi.Again{V: cloudapi.AgainVersion, Epoch: b.kept.Epoch, Ranges: ranges})
	if err != nil {
		b.t.Error(err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindAgain, Body: body})
	if err != nil {
		b.t.Error(err)
	}
	go func() { _ = b.server.Publish(cloudapi.DeviceBoundTopic(device), payload, false, 1) }() // it may be gone again
}

func (b *broker) until(what string, ok func() bool) {
	b.t.Helper()
	for {
		b.mu.Lock()
		done := ok()
		b.mu.Unlock()
		if done {
			return
		}
		select {
		case <-b.news:
		case <-b.t.Context().Done():
			b.t.Fatalf("%s never came", what)
		}
	}
}

func selfSigned(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	return signedUntil(t, time.Now().Add(time.Hour))
}

func signedUntil(t testing.TB, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test", Organization: []string{"Test Hospital IT"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func newBroker(t testing.TB) *broker {
	t.Helper()
	certificate, roots := selfSigned(t)
	b := &broker{t: t, roots: roots, news: make(chan struct{}, 1)}
	b.server = mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	if err := b.server.AddHook(b, nil); err != nil {
		t.Fatal(err)
	}
	// The listener tells no port when it chose one itself: choose before.
	address := freeport.Address(t)
	ws := listeners.NewWebsocket(listeners.Config{ID: "ws", Address: address, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}})
	if err := b.server.AddListener(ws); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.server.Close() })
	b.url = "https://" + address
	return b
}
