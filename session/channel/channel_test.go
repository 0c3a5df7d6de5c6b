package channel_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/wire"
)

const device = "bc-0123456789abcdef"

type ends struct {
	host, engineer *channel.Conn
	hostErr, err   error
}

// meet runs both handshakes over a loopback connection.
func meet(t *testing.T, h channel.HostConfig, e channel.EngineerConfig) ends {
	t.Helper()
	a, b := loopback(t)
	return meetOver(t, a, b, h, e)
}

// loopback is a pair with buffers, unlike net.Pipe: when one side sends an
// alert while the other still writes its flight, both get through.
func loopback(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func meetOver(t *testing.T, a, b net.Conn, h channel.HostConfig, e channel.EngineerConfig) ends {
	t.Helper()
	var r ends
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.host, r.hostErr = channel.Host(t.Context(), a, h)
	}()
	r.engineer, r.err = channel.Engineer(t.Context(), b, e)
	<-done
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	return r
}

func allow(*x509.Certificate) error { return nil }

func hostOf(k *channeltest.Kit) channel.HostConfig {
	return channel.HostConfig{Certificate: k.Host(), StaffCA: k.StaffCA.Pool(), Verify: allow}
}

func engineerOf(k *channeltest.Kit) channel.EngineerConfig {
	return channel.EngineerConfig{Certificate: k.Engineer(channeltest.Anna()), DeviceCA: k.DeviceCA.Pool(), DeviceID: device}
}

func TestTheTwoEndsMeet(t *testing.T) {
	k := channeltest.New(t, device)
	a, b := net.Pipe()
	r := meetOver(t, a, b, hostOf(k), engineerOf(k))
	if r.hostErr != nil || r.err != nil {
		t.Fatal(r.hostErr, r.err)
	}
	if r.host.Words() != r.engineer.Words() || len(strings.Fields(r.host.Words())) != 3 {
		t.Errorf("words %q and %q", r.host.Words(), r.engineer.Words())
	}
	x, _ := r.host.Exporter("EXPORTER-Channel-Binding")
	y, _ := r.engineer.Exporter("EXPORTER-Channel-Binding")
	if len(x) != 32 || !bytes.Equal(x, y) {
		t.Errorf("exporters differ: %x %x", x, y)
	}
	id, err := channel.EngineerIdentity(r.host.Peer())
	if err != nil || id.Account != "anna.weber@vendor.example" || id.Name != "Anna Weber" || id.Regions[0] != "eu" {
		t.Errorf("identity %+v, %v", id, err)
	}
	if r.engineer.Peer().Subject.CommonName != device {
		t.Errorf("the engineer sees %q", r.engineer.Peer().Subject.CommonName)
	}

	for _, size := range []int{0, 1, 100, 127, 128, 16_383, 16_384, 70_000, wire.MaxFrame} {
		sent := bytes.Repeat([]byte{7}, size)
		fail := make(chan error, 1)
		go func() { fail <- r.host.Send(t.Context(), wire.FrameScreen, sent) }()
		kind, got, err := r.engineer.Receive(t.Context())
		if err != nil || kind != wire.FrameScreen || !bytes.Equal(got, sent) {
			t.Fatalf("%d bytes: type %d, %d bytes, %v", size, kind, len(got), err)
		}
		if err := <-fail; err != nil {
			t.Fatal(err)
		}
	}
	if err := r.host.Send(t.Context(), 1, make([]byte, wire.MaxFrame+1)); !errors.Is(err, channel.ErrTooLarge) {
		t.Errorf("a frame too large: %v", err)
	}
}

// B1, scenario 29: whoever stands in between fails the session.
func TestRefused(t *testing.T) {
	k := channeltest.New(t, device)
	other := channeltest.New(t, device)
	elsewhere := channeltest.New(t, "bc-fedcba9876543210")
	otherDevice := k.DeviceCA.Device(t, "bc-fedcba9876543210")

	tests := []struct {
		name   string
		change func(h *channel.HostConfig, e *channel.EngineerConfig)
		want   string
	}{
		{"device of another CA", func(h *channel.HostConfig, _ *channel.EngineerConfig) { h.Certificate = other.Host() }, "certificate"},
		{"another device", func(h *channel.HostConfig, _ *channel.EngineerConfig) { h.Certificate = elsewhere.Host() }, "certificate"},
		{"another device of the same CA", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			stray := *k
			stray.Device = otherDevice
			h.Certificate = stray.Host()
		}, "device"},
		{"another device that borrows the ID in its leaf", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			template, _ := channel.DeviceSessionTemplate(device, time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
			parent, _ := x509.ParseCertificate(otherDevice.Certificate[0])
			key := channeltest.HostKey(t)
			leaf := channeltest.Sign(t, template, parent, key.Public(), otherDevice.PrivateKey.(crypto.Signer))
			h.Certificate = tls.Certificate{Certificate: [][]byte{leaf.Raw, parent.Raw}, PrivateKey: key}
		}, "device"},
		{"leaf by the CA itself", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			template, _ := channel.DeviceSessionTemplate(device, time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
			key := channeltest.HostKey(t)
			leaf := channeltest.Sign(t, template, k.DeviceCA.Cert, key.Public(), k.DeviceCA.Key)
			h.Certificate = tls.Certificate{Certificate: [][]byte{leaf.Raw, k.DeviceCA.Cert.Raw}, PrivateKey: key}
		}, "device"},
		{"host key too short", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			h.Certificate = k.HostWith(channeltest.ShortKey(t))
		}, "key"},
		{"host certificate expired", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			h.Certificate, _ = channel.IssueSession(k.Device, channeltest.HostKey(t), time.Now().Add(-30*time.Minute), time.Now().Add(-time.Minute))
		}, "certificate"},
		{"engineer of another CA", func(_ *channel.HostConfig, e *channel.EngineerConfig) {
			e.Certificate = other.Engineer(channeltest.Anna())
		}, "certificate"},
		{"engineer key too short", func(_ *channel.HostConfig, e *channel.EngineerConfig) {
			e.Certificate = k.StaffCA.Engineer(t, channeltest.Anna(), channeltest.ShortKey(t))
		}, "key"},
		{"engineer certificate expired", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			h.Now = func() time.Time { return time.Now().Add(30 * time.Minute) }
		}, "certificate"},
		{"engineer certificate for servers", func(_ *channel.HostConfig, e *channel.EngineerConfig) {
			key := channeltest.EngineerKey(t)
			leaf := channeltest.Sign(t, &x509.Certificate{
				SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "Anna", Organization: []string{"Service"}},
				NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
				KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			}, k.StaffCA.Cert, key.Public(), k.StaffCA.Key)
			e.Certificate = tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
		}, "certificate"},
		{"engineer without certificate", func(_ *channel.HostConfig, e *channel.EngineerConfig) { e.Certificate = tls.Certificate{} }, ""},
		{"not on the allowlist (P21)", func(h *channel.HostConfig, _ *channel.EngineerConfig) {
			h.Verify = func(*x509.Certificate) error { return errors.New("not on the list") }
		}, "engineer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, e := hostOf(k), engineerOf(k)
			tt.change(&h, &e)
			r := meet(t, h, e)
			if r.hostErr == nil || (r.err == nil && received(t, r.engineer) == nil) {
				t.Fatalf("host %v, engineer %v", r.hostErr, r.err)
			}
			if tt.want == "" {
				return
			}
			var refused *channel.Refused
			if !errors.As(r.hostErr, &refused) && !errors.As(r.err, &refused) {
				t.Fatalf("host %v, engineer %v", r.hostErr, r.err)
			}
			if refused.What != tt.want {
				t.Errorf("refused for its %s, want %s: %v", refused.What, tt.want, refused)
			}
		})
	}
}

// In TLS 1.2 the client may be done before the server refuses: then its first
// read fails.
func received(t *testing.T, c *channel.Conn) error {
	_, _, err := c.Receive(t.Context())
	return err
}

func TestTheWrongTLSIsRefused(t *testing.T) {
	k := channeltest.New(t, device)
	engineer := k.Engineer(channeltest.Anna())
	tests := []struct {
		name string
		conf *tls.Config
	}{
		{"TLS 1.3 only (scenario 55)", &tls.Config{MinVersion: tls.VersionTLS13}},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11}},
		{"ChaCha20", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}}},
		{"AES-128", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.conf.InsecureSkipVerify = true
			tt.conf.Certificates = []tls.Certificate{engineer}
			a, b := loopback(t)
			defer b.Close()
			go func() { _ = tls.Client(b, tt.conf).HandshakeContext(t.Context()) }()
			if _, err := channel.Host(t.Context(), a, hostOf(k)); err == nil {
				t.Error("the host went on")
			}
		})
		t.Run(tt.name+", the other way", func(t *testing.T) {
			conf := tt.conf.Clone()
			conf.Certificates = []tls.Certificate{k.Host()}
			a, b := loopback(t)
			defer a.Close()
			go func() { _ = tls.Server(a, conf).HandshakeContext(t.Context()) }()
			if _, err := channel.Engineer(t.Context(), b, engineerOf(k)); err == nil {
				t.Error("the engineer went on")
			}
		})
	}
}

// Scenario 29: a relay that ends both channels and joins them cannot, because
// it has neither key; one that splices bytes of two sessions breaks both.
func TestSplicedSessionsFail(t *testing.T) {
	k := channeltest.New(t, device)
	hostA, relayHostA := loopback(t)
	engA, relayEngA := loopback(t)
	hostB, relayHostB := loopback(t)
	engB, relayEngB := loopback(t)
	for _, c := range []net.Conn{relayHostA, relayEngA, relayHostB, relayEngB} {
		t.Cleanup(func() { c.Close() })
	}
	// The first flight of each side goes to its own session, the rest crosses.
	go splice(relayEngA, relayHostA, relayHostB)
	go splice(relayEngB, relayHostB, relayHostA)
	go splice(relayHostA, relayEngA, relayEngB)
	go splice(relayHostB, relayEngB, relayEngA)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	errs := make(chan error, 4)
	for _, c := range []net.Conn{hostA, hostB} {
		go func() { _, err := channel.Host(ctx, c, hostOf(k)); c.Close(); errs <- err }()
	}
	for _, c := range []net.Conn{engA, engB} {
		go func() { _, err := channel.Engineer(ctx, c, engineerOf(k)); c.Close(); errs <- err }()
	}
	for range 4 {
		if err := <-errs; err == nil {
			t.Error("a spliced session opened")
		}
	}
}

func splice(from, first, then net.Conn) {
	buf := make([]byte, 64<<10)
	to := first
	for {
		n, err := from.Read(buf)
		if err == nil {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			first.Close()
			then.Close()
			return
		}
		to = then
	}
}

func TestACancelledReceiveEndsTheChannel(t *testing.T) {
	k := channeltest.New(t, device)
	r := meet(t, hostOf(k), engineerOf(k))
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() { _, _, err := r.engineer.Receive(ctx); got <- err }()
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := r.host.Receive(t.Context()); err == nil {
		t.Error("the other end did not notice")
	}
}

// counting counts what is written below TLS.
type counting struct {
	net.Conn
	writes, bytes, longest int
}

func (c *counting) Write(p []byte) (int, error) {
	c.writes++
	c.bytes += len(p)
	c.longest = max(c.longest, len(p))
	return c.Conn.Write(p)
}

// A small frame is one TLS record, written at once: one message of the relay's
// WebSocket. Beside the payload it costs 31 bytes.
func TestASmallFrameIsOneRecord(t *testing.T) {
	k := channeltest.New(t, device)
	a, b := loopback(t)
	under := &counting{Conn: a}
	r := meetOver(t, under, b, hostOf(k), engineerOf(k))
	if r.hostErr != nil || r.err != nil {
		t.Fatal(r.hostErr, r.err)
	}
	for size, header := range map[int]int{0: 2, 20: 2, 127: 2, 128: 3, 16_000: 3} {
		under.writes, under.bytes = 0, 0
		if err := r.host.Send(t.Context(), wire.FrameCursor, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if tls := 5 + 8 + 16; under.writes != 1 || under.bytes != size+header+tls {
			t.Errorf("%d bytes: %d writes, %d bytes", size, under.writes, under.bytes)
		}
		if _, got, err := r.engineer.Receive(t.Context()); err != nil || len(got) != size {
			t.Fatal(len(got), err)
		}
	}
}

// Each record of a large frame fits, with the WebSocket's header, into one
// record of the TLS outside.
func TestALargeFramesRecordsFitOutside(t *testing.T) {
	k := channeltest.New(t, device)
	a, b := loopback(t)
	under := &counting{Conn: a}
	r := meetOver(t, under, b, hostOf(k), engineerOf(k))
	if r.hostErr != nil || r.err != nil {
		t.Fatal(r.hostErr, r.err)
	}
	for range 3 { // TLS begins a connection with short records
		sent := make(chan error, 1)
		go func() { sent <- r.host.Send(t.Context(), wire.FrameCursor, make([]byte, 200_000)) }()
		if _, got, err := r.engineer.Receive(t.Context()); err != nil || len(got) != 200_000 {
			t.Fatal(len(got), err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
	const outside, header = 16 << 10, 8
	if under.longest > outside-header || under.longest < outside-256 {
		t.Errorf("the longest record has %d bytes", under.longest)
	}
}
