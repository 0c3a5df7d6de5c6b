package cloud_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"beckmanconnect/internal/cloudapi"
)

// device is an instrument PC as the cloud sees it: its key and certificate.
type device struct {
	*running
	id   string
	key  *ecdsa.PrivateKey
	cert tls.Certificate
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func csrPEM(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "ignored"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func registration(csr string) cloudapi.RegisterRequest {
	return cloudapi.RegisterRequest{V: cloudapi.Version, CSR: csr, Email: "lab@hospital.example", Name: "Lena Lab",
		InstrumentType: "DxH 900", Serial: "BX12345", Region: "eu", TermsVersion: "1"}
}

// tlsConfig trusts the cloud CA alone; certs are what is shown.
func (r *running) tlsConfig(certs ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: r.roots.CloudCA, Certificates: certs, MinVersion: tls.VersionTLS12}
}

func (r *running) client(certs ...tls.Certificate) *http.Client {
	transport := &http.Transport{TLSClientConfig: r.tlsConfig(certs...)}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// post sends v as JSON and reads the answer into reply when it is a good one.
func post(t *testing.T, c *http.Client, url string, v, reply any, header ...string) (int, cloudapi.Error) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return send(t, c, req, reply, header...)
}

func get(t *testing.T, c *http.Client, url string, reply any, header ...string) (int, cloudapi.Error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, c, req, reply, header...)
}

func send(t *testing.T, c *http.Client, req *http.Request, reply any, header ...string) (int, cloudapi.Error) {
	t.Helper()
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var failure cloudapi.Error
	switch {
	case resp.StatusCode >= 400:
		if err := json.Unmarshal(body, &failure); err != nil || failure.Code == "" {
			t.Fatalf("%s: %d without an error body: %q", req.URL.Path, resp.StatusCode, body)
		}
	case reply != nil:
		if err := json.Unmarshal(body, reply); err != nil {
			t.Fatalf("%s: %v: %q", req.URL.Path, err, body)
		}
	}
	return resp.StatusCode, failure
}

// register makes a device and takes it in.
func (r *running) register(t *testing.T, change ...func(*cloudapi.RegisterRequest)) *device {
	t.Helper()
	d := &device{running: r, key: newKey(t)}
	d.again(t, change...)
	return d
}

// again registers the same key once more.
func (d *device) again(t *testing.T, change ...func(*cloudapi.RegisterRequest)) cloudapi.RegisterReply {
	t.Helper()
	req := registration(csrPEM(t, d.key))
	for _, f := range change {
		f(&req)
	}
	var reply cloudapi.RegisterReply
	if status, failure := post(t, d.client(), d.BaseURL()+cloudapi.PathDevices, req, &reply); status != http.StatusOK {
		t.Fatalf("register: %d %+v", status, failure)
	}
	block, _ := pem.Decode([]byte(reply.Certificate))
	d.id, d.cert = reply.DeviceID, tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: d.key}
	return reply
}

// link is a device's MQTT connection: the real client over the real port.
type link struct {
	mqtt.Client
	t     *testing.T
	logs  *logBuffer             // of the cloud
	down  chan error             // the connection was lost
	bound chan cloudapi.Envelope // what the cloud sent
}

func (d *device) options(id string, cert tls.Certificate) *mqtt.ClientOptions {
	return mqtt.NewClientOptions().
		AddBroker("wss" + strings.TrimPrefix(d.BaseURL(), "https") + cloudapi.PathMQTT).
		SetClientID(id).SetTLSConfig(d.tlsConfig(cert)).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(10 * time.Second).SetOrderMatters(true)
}

// connect brings the device online.
func (d *device) connect(t *testing.T) *link {
	t.Helper()
	l, err := d.dial(t, d.options(d.id, d.cert))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (d *device) dial(t *testing.T, o *mqtt.ClientOptions) (*link, error) {
	t.Helper()
	l := &link{t: t, logs: d.logs, down: make(chan error, 1), bound: make(chan cloudapi.Envelope, 16)}
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.down <- err })
	l.Client = mqtt.NewClient(o)
	if err := wait(t, l.Connect()); err != nil {
		return nil, err
	}
	t.Cleanup(func() { l.Disconnect(0) })
	return l, nil
}

func wait(t *testing.T, token mqtt.Token) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		t.Fatal("the broker did not answer")
		return nil
	}
}

// subscribe returns the code the broker granted.
func (l *link) subscribe(filter string, qos byte) byte {
	l.t.Helper()
	token := l.Subscribe(filter, qos, func(_ mqtt.Client, m mqtt.Message) {
		var e cloudapi.Envelope
		if err := json.Unmarshal(m.Payload(), &e); err == nil {
			l.bound <- e
		}
	})
	if err := wait(l.t, token); err != nil && !strings.Contains(err.Error(), "subscription") {
		l.t.Fatal(err)
	}
	code := byte(0x80)
	for _, code = range token.(*mqtt.SubscribeToken).Result() { // one; the client shortens the names of shared ones
	}
	return code
}

// say publishes an envelope and waits until it was acknowledged.
func (l *link) say(device, kind, epoch string, seq uint64, body any) {
	l.t.Helper()
	if err := l.publish(device, kind, epoch, seq, body); err != nil {
		l.t.Fatal(err)
	}
}

func (l *link) publish(device, kind, epoch string, seq uint64, body any) error {
	l.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		l.t.Fatal(err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Epoch: epoch, Seq: seq, Time: time.Now().UnixMilli(), Body: text})
	if err != nil {
		l.t.Fatal(err)
	}
	return wait(l.t, l.Publish(cloudapi.EventsTopic(device), 1, false, payload))
}

// lost waits for the broker to close the connection.
func (l *link) lost() {
	l.t.Helper()
	select {
	case <-l.down:
	case <-time.After(20 * time.Second):
		l.t.Fatalf("the broker kept the connection; the cloud's log:\n%s", l.logs)
	}
}
