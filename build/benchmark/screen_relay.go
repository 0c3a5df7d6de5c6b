package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"time"

	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel"
)

// bareRelay is the cloud's relay without anything at its ends: what it carries
// between two sockets is the most that any transfer through it can reach here.
type bareRelay struct {
	relay  *relay.Relay
	server *http.Server
	line   *line // in front of the host's end, as with ours
	done   chan struct{}

	ca     tls.Certificate
	device tls.Certificate
	roots  *x509.CertPool
	port   int
}

const bareRequest = "0123456789abcdef0123456789abcdef"

func openBareRelay(port int) (*bareRelay, error) {
	b := &bareRelay{done: make(chan struct{}), roots: x509.NewCertPool()}
	var server tls.Certificate
	if err := inTurn(
		func() (err error) { b.ca, err = issue(nil, "bench CA", nil); return },
		func() (err error) { server, err = issue(&b.ca, "localhost", []string{"localhost"}); return },
		func() (err error) { b.device, err = issue(&b.ca, "", nil); return },
	); err != nil {
		return nil, err
	}
	b.roots.AddCert(b.ca.Leaf)
	b.relay = relay.New(relay.Config{
		Host:     func(context.Context, string, string) (time.Time, error) { return time.Now().Add(time.Hour), nil },
		Engineer: func(*http.Request, string) (relay.Engineer, error) { return relay.Engineer{Account: "bench"}, nil },
		Log:      slog.New(slog.DiscardHandler),
		Now:      time.Now,
	})
	mux := http.NewServeMux()
	mux.Handle(cloudapi.PathRelay, b.relay.Handler())
	b.server = &http.Server{Handler: mux, ConnContext: web.ConnContext, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		b.relay.Close()
		return nil, fmt.Errorf("the bench's own port: %w", err)
	}
	b.port = port
	secured := tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: b.roots, NextProtos: []string{"http/1.1"}})
	go func() {
		defer close(b.done)
		_ = b.server.Serve(secured) // until it is closed
	}()
	if b.line, err = openLine(port+1, l.Addr().String(), true); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bareRelay) close() {
	if b.line != nil {
		b.line.close()
	}
	b.server.Close()
	b.relay.Close()
	<-b.done
}

// issue makes a certificate; without an issuer it signs itself. Without a name
// it is a device's, which is named by its key.
func issue(by *tls.Certificate, name string, hosts []string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	if name == "" {
		name = cloudapi.DeviceID(spki)
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IsCA: hosts == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := t, key
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey.(*ecdsa.PrivateKey)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// rates pumps so many bytes through the relay in each direction, one after the
// other, and gives megabytes a second: to the host and from it.
func (b *bareRelay) rates(ctx context.Context, size int64) (toHost, toEngineer float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	client := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: b.roots}
	device := client.Clone()
	device.Certificates = []tls.Certificate{b.device}
	host, err := channel.DialRelay(ctx, fmt.Sprintf("wss://localhost:%d%s%s?role=host", b.line.port(), cloudapi.PathRelay, bareRequest), device, nil)
	if err != nil {
		return 0, 0, err
	}
	defer host.Close()
	engineer, err := channel.DialRelay(ctx, fmt.Sprintf("wss://localhost:%d%s%s?role=engineer", b.port, cloudapi.PathRelay, bareRequest), client, nil)
	if err != nil {
		return 0, 0, err
	}
	defer engineer.Close()
	if toHost, err = pumped(host, engineer, size); err != nil {
		return 0, 0, err
	}
	toEngineer, err = pumped(engineer, host, size)
	return toHost, toEngineer, err
}

// pumped carries bytes and gives megabytes a second, to the last one that came.
func pumped(to io.Reader, from io.Writer, size int64) (float64, error) {
	piece := make([]byte, 64<<10)
	_, _ = rand.Read(piece[1:]) // never fails; what begins so is no frame of a file lane
	began := time.Now()
	wrote := make(chan error, 1)
	go func() {
		for at := int64(0); at < size; at += int64(len(piece)) {
			if _, err := from.Write(piece[:min(int64(len(piece)), size-at)]); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	if _, err := io.CopyN(io.Discard, to, size); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return float64(size) / 1e6 / took.Seconds(), <-wrote
}
