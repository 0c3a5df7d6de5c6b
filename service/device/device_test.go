package device

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/store/keys"
)

// authority is a device CA of the test's own.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "device CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 1000),
		IsCA: true, MaxPathLen: 1, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{t, key, cert}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) issue(public any, id string, change func(*x509.Certificate)) string {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: id},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 100),
		IsCA: true, MaxPathLenZero: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// cloud answers registrations over TLS.
func cloud(t testing.TB, answer func(cloudapi.RegisterRequest, *x509.CertificateRequest) (int, any)) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request cloudapi.RegisterRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || r.URL.Path != cloudapi.PathDevices {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		block, _ := pem.Decode([]byte(request.CSR))
		csr, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil || csr.CheckSignature() != nil {
			http.Error(w, "bad csr", http.StatusBadRequest)
			return
		}
		status, body := answer(request, csr)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(server.Close)
	return server
}

func roots(server *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(server.Certificate())
	return p
}

func open(t testing.TB, config Config) *Device {
	t.Helper()
	if config.Dir == "" {
		config.Dir = filepath.Join(t.TempDir(), "keys")
	}
	if config.Wrapper == nil {
		config.Wrapper = keys.Default(config.Dir)
	}
	if config.CloudCA == nil {
		config.CloudCA = x509.NewCertPool()
	}
	if config.DeviceCA == nil {
		config.DeviceCA = x509.NewCertPool()
	}
	if config.Client == nil {
		config.Client = netdialtest.Client(config.CloudURL)
	}
	d, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var form = Form{Email: "lab@hospital.example", Name: "Lab One", InstrumentType: "DxH 900", Serial: "SN-1", Region: "eu", TermsVersion: "1"}

func TestTheKeyIsMadeOnceAndKeptWrapped(t *testing.T) { // P10
	dir := filepath.Join(t.TempDir(), "keys")
	first := open(t, Config{Dir: dir})
	again := open(t, Config{Dir: dir})
	if first.ID() != again.ID() || !strings.HasPrefix(first.ID(), "bc-") || len(first.ID()) != 19 {
		t.Errorf("IDs %q and %q", first.ID(), again.ID())
	}
	raw, err := os.ReadFile(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(first.key)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), string(plain[40:60])) {
		t.Error("the key is readable in its file")
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(filepath.Join(dir, KeyFile), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Config{Dir: dir, Wrapper: keys.Default(dir), Client: netdialtest.Client(), CloudCA: x509.NewCertPool(), DeviceCA: x509.NewCertPool()})
	if err == nil || !strings.Contains(err.Error(), "register this PC again") {
		t.Errorf("a damaged key: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, keys.MasterFile)); err == nil {
		if _, err := Open(Config{Dir: dir, Wrapper: keys.Default(dir), Client: netdialtest.Client(), CloudCA: x509.NewCertPool(), DeviceCA: x509.NewCertPool()}); err == nil {
			t.Error("a lost master key made a new device")
		}
	}
}

func TestRegister(t *testing.T) { // P13
	ca := newAuthority(t)
	server := cloud(t, func(r cloudapi.RegisterRequest, csr *x509.CertificateRequest) (int, any) {
		id, err := IDOf(csr.PublicKey.(*ecdsa.PublicKey))
		if err != nil {
			t.Error(err)
		}
		if r.Email != form.Email || r.Serial != form.Serial || r.V != cloudapi.Version || r.TermsVersion != "1" {
			t.Errorf("request %+v", r)
		}
		return http.StatusCreated, cloudapi.RegisterReply{DeviceID: id, Certificate: ca.issue(csr.PublicKey, id, nil)}
	})
	dir := filepath.Join(t.TempDir(), "keys")
	d := open(t, Config{Dir: dir, CloudURL: server.URL, CloudCA: roots(server), DeviceCA: ca.pool()})
	if _, ok := d.Certificate(); ok {
		t.Fatal("a certificate before the registration")
	}
	r, err := d.Register(t.Context(), form)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Registration(); ok {
		t.Error("taken up before it was kept")
	}
	if err := d.Restore(r); err != nil {
		t.Fatal(err)
	}
	again := open(t, Config{Dir: dir, CloudURL: server.URL, CloudCA: roots(server), DeviceCA: ca.pool()})
	if err := again.Restore(r); err != nil {
		t.Fatal(err)
	}
	if got, ok := again.Registration(); !ok || got != r {
		t.Errorf("after a restart %+v", got)
	}
	r.DeviceID = "bc-0000000000000000"
	if err := again.Restore(r); err == nil {
		t.Error("another device's registration was restored")
	}
}

func TestRegisterRefuses(t *testing.T) {
	ca, foreign := newAuthority(t), newAuthority(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	reply := func(change func(*cloudapi.RegisterReply, *x509.CertificateRequest)) func(cloudapi.RegisterRequest, *x509.CertificateRequest) (int, any) {
		return func(_ cloudapi.RegisterRequest, csr *x509.CertificateRequest) (int, any) {
			id, _ := IDOf(csr.PublicKey.(*ecdsa.PublicKey))
			r := cloudapi.RegisterReply{DeviceID: id, Certificate: ca.issue(csr.PublicKey, id, nil)}
			change(&r, csr)
			return http.StatusOK, r
		}
	}
	fail := func(status int, body any) func(cloudapi.RegisterRequest, *x509.CertificateRequest) (int, any) {
		return func(cloudapi.RegisterRequest, *x509.CertificateRequest) (int, any) { return status, body }
	}
	for _, row := range []struct {
		name, code string
		retryable  bool
		answer     func(cloudapi.RegisterRequest, *x509.CertificateRequest) (int, any)
	}{
		{"another's ID", "certificate-invalid", false, reply(func(r *cloudapi.RegisterReply, _ *x509.CertificateRequest) { r.DeviceID = "bc-1" })},
		{"another's key", "certificate-invalid", false, reply(func(r *cloudapi.RegisterReply, _ *x509.CertificateRequest) {
			r.Certificate = ca.issue(&other.PublicKey, r.DeviceID, nil)
		})},
		{"another CA", "certificate-invalid", false, reply(func(r *cloudapi.RegisterReply, c *x509.CertificateRequest) {
			r.Certificate = foreign.issue(c.PublicKey, r.DeviceID, nil)
		})},
		{"another CA, brought along", "certificate-invalid", false, reply(func(r *cloudapi.RegisterReply, c *x509.CertificateRequest) {
			r.Certificate = foreign.issue(c.PublicKey, r.DeviceID, nil)
			r.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: foreign.cert.Raw}))
		})},
		{"no authority", "certificate-invalid", false, reply(func(r *cloudapi.RegisterReply, c *x509.CertificateRequest) {
			r.Certificate = ca.issue(c.PublicKey, r.DeviceID, func(x *x509.Certificate) {
				x.IsCA, x.MaxPathLenZero, x.KeyUsage = false, false, x509.KeyUsageDigitalSignature
			})
		})},
		{"not PEM", "certificate-invalid", false, reply(func(r *cloudapi.RegisterReply, _ *x509.CertificateRequest) { r.Certificate = "x" })},
		{"said why", "serial-unknown", false, fail(http.StatusForbidden, cloudapi.Error{Code: "serial-unknown"})},
		{"said badly", "cloud-refused", false, fail(http.StatusForbidden, cloudapi.Error{Code: "<b>no</b>"})},
		{"busy", "cloud-busy", true, fail(http.StatusServiceUnavailable, cloudapi.Error{Code: "busy"})},
		{"redirected", "cloud-refused", false, fail(http.StatusFound, nil)},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := cloud(t, row.answer)
			d := open(t, Config{CloudURL: server.URL, CloudCA: roots(server), DeviceCA: ca.pool()})
			_, err := d.Register(t.Context(), form)
			var e *Error
			if !errors.As(err, &e) || e.Code != row.code || e.Retryable != row.retryable {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRegisterTrustsOnlyTheCloudCA(t *testing.T) { // scenario 55
	server := cloud(t, func(cloudapi.RegisterRequest, *x509.CertificateRequest) (int, any) {
		t.Error("the form reached a server that is not ours")
		return http.StatusOK, nil
	})
	var e *Error
	_, err := open(t, Config{CloudURL: server.URL}).Register(t.Context(), form)
	if !errors.As(err, &e) || e.Code != "cloud-not-trusted" || e.Retryable {
		t.Errorf("%v", err)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	if _, err = open(t, Config{CloudURL: old.URL, CloudCA: roots(old)}).Register(t.Context(), form); !errors.As(err, &e) {
		t.Errorf("TLS 1.1: %v", err) // P9
	}
	server.Close()
	if _, err = open(t, Config{CloudURL: server.URL}).Register(t.Context(), form); !errors.As(err, &e) || e.Code != "cloud-unreachable" || !e.Retryable {
		t.Errorf("away: %v", err)
	}
}

func TestFormIsChecked(t *testing.T) { // scenarios 15, 44
	for _, row := range []struct {
		name, code string
		change     func(*Form)
	}{
		{"no e-mail", "email-invalid", func(f *Form) { f.Email = "x" }},
		{"e-mail with a name", "email-invalid", func(f *Form) { f.Email = "Lab <lab@x.example>" }},
		{"two lines", "name-invalid", func(f *Form) { f.Name = "a\nb" }},
		{"right to left", "name-invalid", func(f *Form) { f.Name = "a\u202eb" }},
		{"empty serial", "serial-invalid", func(f *Form) { f.Serial = "  " }},
		{"long type", "instrument-type-invalid", func(f *Form) { f.InstrumentType = strings.Repeat("x", 121) }},
		{"not text", "name-invalid", func(f *Form) { f.Name = "\xff" }},
	} {
		f := form
		row.change(&f)
		var e *Error
		if err := f.Check(); !errors.As(err, &e) || e.Code != row.code {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	if err := form.Check(); err != nil {
		t.Error(err)
	}
}

func TestSessionCertificates(t *testing.T) { // P10
	ca := newAuthority(t)
	d := open(t, Config{DeviceCA: ca.pool()})
	var e *Error
	if _, err := d.Session(t.Context()); !errors.As(err, &e) || e.Code != "not-registered" {
		t.Fatalf("before the registration: %v", err)
	}
	if err := d.Restore(Registration{DeviceID: d.ID(), Certificate: ca.issue(&d.key.PublicKey, d.ID(), nil)}); err != nil {
		t.Fatal(err)
	}
	short, cut := context.WithCancel(t.Context())
	cut()
	if _, err := d.Session(short); !errors.As(err, &e) || !e.Retryable {
		t.Fatalf("no key ready: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	session, err := d.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	leaf, err := x509.ParseCertificate(session.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := leaf.PublicKey.(*rsa.PublicKey); !ok || key.N.BitLen() != 4096 {
		t.Error("the session key is not RSA-4096")
	}
	device, err := x509.ParseCertificate(session.Certificate[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := leaf.CheckSignatureFrom(device); err != nil {
		t.Error(err)
	}
}

func TestEverySessionHasItsOwnKey(t *testing.T) {
	ca := newAuthority(t)
	fast := func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	d := open(t, Config{DeviceCA: ca.pool(), newKey: fast})
	if err := d.Restore(Registration{DeviceID: d.ID(), Certificate: ca.issue(&d.key.PublicKey, d.ID(), nil)}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = d.Run(ctx) }() // ends with ctx
	seen := map[string]bool{}
	for range 3 {
		session, err := d.Session(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n := session.PrivateKey.(*rsa.PrivateKey).N.String()
		if seen[n] {
			t.Error("a key was used twice")
		}
		seen[n] = true
	}
}
