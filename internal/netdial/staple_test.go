package netdial

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// made is a certificate with its key.
type made struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func certificate(t *testing.T, name string, ca bool, by *made) *made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{name}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ca {
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	m := &made{key: key}
	if by == nil {
		by = &made{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if m.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return m
}

// Revocation without another connection: what is stapled counts (B14).
func TestStapledRevocation(t *testing.T) {
	withoutEnvironment(t)
	root := certificate(t, "Root", true, nil)
	leaf := certificate(t, "cloud", false, root)
	stranger := certificate(t, "Stranger", true, nil)
	answer := func(status int, by *made) []byte {
		t.Helper()
		der, err := ocsp.CreateResponse(by.cert, by.cert, ocsp.Response{
			Status: status, SerialNumber: leaf.cert.SerialNumber, ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour), RevokedAt: time.Now(),
		}, by.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for name, row := range map[string]struct {
		staple []byte
		code   string
	}{
		"none": {nil, ""}, "good": {answer(ocsp.Good, root), ""}, "revoked": {answer(ocsp.Revoked, root), CodeRevoked},
		"by a stranger": {answer(ocsp.Good, stranger), CodeRevoked}, "nonsense": {[]byte("x"), CodeRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.cert.Raw}, PrivateKey: leaf.key, OCSPStaple: row.staple}}}
			s.StartTLS()
			defer s.Close()
			roots := x509.NewCertPool()
			roots.AddCert(root.cert)
			client := New(Config{Table: tableOf(t, s.URL), Development: true}).Client(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
			defer client.CloseIdleConnections()
			response, err := client.Get(s.URL)
			if err == nil {
				response.Body.Close()
			}
			if codeFor(err) != row.code || err != nil && row.code == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

// A device in between that opens connections is named by its issuer's
// organisation, also through a proxy, on every try (scenarios 54, 55).
func TestInspectionIsNamed(t *testing.T) {
	withoutEnvironment(t)
	vendor := certificate(t, "Vendor", true, nil)
	roots := x509.NewCertPool()
	roots.AddCert(vendor.cert)
	inspector := certificate(t, "Hospital\u202e IT\nSecurity", true, nil)
	fake := certificate(t, "cloud", false, inspector)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{fake.cert.Raw, inspector.cert.Raw}, PrivateKey: fake.key}}}
	s.StartTLS()
	defer s.Close()
	d := New(Config{Table: tableOf(t, s.URL), Development: true})
	for range 3 {
		client := d.Client(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
		_, err := client.Get(s.URL)
		client.CloseIdleConnections()
		reason, _ := Explain(err)
		if reason.Code != CodeInspection || reason.Who != "Hospital IT Security" {
			t.Errorf("%+v from %v", reason, err)
		}
	}
}
