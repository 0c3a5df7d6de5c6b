package cloud_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
)

func TestRegistration(t *testing.T) { // P10, P13
	r := start(t)
	d := &device{running: r, key: newKey(t)}
	reply := d.again(t)
	block, _ := pem.Decode([]byte(reply.Certificate))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Subject.CommonName != reply.DeviceID || reply.DeviceID != cloudapi.DeviceID(cert.RawSubjectPublicKeyInfo) ||
		!cert.IsCA || !cert.MaxPathLenZero || cert.MaxPathLen != 0 {
		t.Errorf("certificate: %+v", cert.Subject)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: r.roots.DeviceCA, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	again := d.again(t, func(req *cloudapi.RegisterRequest) { req.Name = "Max Neu" })
	if again.DeviceID != reply.DeviceID {
		t.Error("the same key became another device")
	}
	if got, err := r.DB().Device(t.Context(), d.id); err != nil || got.Name != "Max Neu" {
		t.Errorf("%+v %v", got, err)
	}
	if status, _ := post(t, r.client(r.register(t).cert), r.BaseURL()+cloudapi.PathDevices, registration(csrPEM(t, d.key)), nil); status != http.StatusConflict {
		t.Errorf("registered over another device's connection: %d", status)
	}
	for _, secret := range []string{"Lena Lab", "lab@hospital.example", "Max Neu"} {
		if strings.Contains(r.logs.String(), secret) {
			t.Errorf("the log names %q", secret)
		}
	}
}

func TestRegistrationRefusals(t *testing.T) {
	r := start(t)
	key := newKey(t)
	good := csrPEM(t, key)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	// Signed with one key, naming another: no proof of possession.
	block, _ := pem.Decode([]byte(good))
	block.Bytes[len(block.Bytes)-1] ^= 1
	forged := string(pem.EncodeToMemory(block))
	for name, change := range map[string]func(*cloudapi.RegisterRequest){
		"version":          func(q *cloudapi.RegisterRequest) { q.V = 99 },
		"terms (P19)":      func(q *cloudapi.RegisterRequest) { q.TermsVersion = "" },
		"no e-mail":        func(q *cloudapi.RegisterRequest) { q.Email = "" },
		"display e-mail":   func(q *cloudapi.RegisterRequest) { q.Email = "System <a@b.example>" },
		"no name":          func(q *cloudapi.RegisterRequest) { q.Name = "" },
		"right-to-left":    func(q *cloudapi.RegisterRequest) { q.Name = "a\u202eb" }, // scenario 15
		"line break":       func(q *cloudapi.RegisterRequest) { q.Serial = "1\r\n2" }, // scenario 49
		"10 kB":            func(q *cloudapi.RegisterRequest) { q.Name = strings.Repeat("x", 10_000) },
		"region":           func(q *cloudapi.RegisterRequest) { q.Region = "../eu" },
		"log verifier":     func(q *cloudapi.RegisterRequest) { q.LogVerifier = "x" },
		"no CSR":           func(q *cloudapi.RegisterRequest) { q.CSR = "" },
		"two PEM blocks":   func(q *cloudapi.RegisterRequest) { q.CSR = good + good },
		"P-384":            func(q *cloudapi.RegisterRequest) { q.CSR = csrPEM(t, p384) },
		"RSA":              func(q *cloudapi.RegisterRequest) { q.CSR = csrPEM(t, rsaKey) },
		"not its own key":  func(q *cloudapi.RegisterRequest) { q.CSR = forged },
		"serial missing":   func(q *cloudapi.RegisterRequest) { q.Serial = "" },
		"type not printed": func(q *cloudapi.RegisterRequest) { q.InstrumentType = "\x1b[31mred" },
	} {
		q := registration(good)
		change(&q)
		if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathDevices, q, nil); status != http.StatusBadRequest || failure.Message == "" {
			t.Errorf("%s: %d %+v", name, status, failure)
		}
	}
	if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathDevices, registration(good), nil, "Content-Type", "text/plain"); status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", status)
	}
	if status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathDevices, strings.Repeat("x", 20<<10), nil); status != http.StatusRequestEntityTooLarge {
		t.Errorf("20 kB: %d", status)
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathDevices, nil); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
}

func TestRegistrationIsLimited(t *testing.T) {
	r := start(t, func(c *cloud.Config) { c.RegistrationsPerMinute = 2 })
	var last int
	for range 3 {
		last, _ = post(t, r.client(), r.BaseURL()+cloudapi.PathDevices, registration(csrPEM(t, newKey(t))), nil)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the third registration of a minute: %d, want 429", last)
	}
}

func TestSerialNumberTwice(t *testing.T) {
	r := start(t)
	r.register(t)
	list, err := r.DB().Notifications(t.Context(), r.register(t).id, 10)
	if err != nil || len(list) != 1 || list[0].Code != "CLOUD-SERIAL-TWICE" {
		t.Errorf("staff is told %+v, %v", list, err)
	}
}

func TestTransport(t *testing.T) { // P9, scenario 55
	r := start(t)
	config := r.tlsConfig()
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if c, err := tls.Dial("tcp", r.Addr(), config); err == nil {
		c.Close()
		t.Error("TLS 1.1 was accepted")
	}
	// A client certificate of another authority is no certificate.
	c := r.client()
	c.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{selfSigned(t)}, PrivateKey: strangerKey}, nil
	}
	if resp, err := c.Get(r.BaseURL() + cloudapi.PathHealth); err == nil {
		resp.Body.Close()
		t.Error("a foreign certificate was accepted")
	}
}
