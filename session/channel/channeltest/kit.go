// Package channeltest makes certificates for tests of a session's two ends.
// Its RSA keys are published with the source, because making one takes
// seconds; they are worth nothing outside tests.
package channeltest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/channel"
)

//go:embed host.test.pem
var hostPEM string

//go:embed engineer.test.pem
var engineerPEM string

//go:embed short.test.pem
var shortPEM string

// Kit is a device CA with one device, and a staff CA.
type Kit struct {
	tb       testing.TB
	DeviceID string
	// Device is the device's own certificate (P-256), as registration gives it.
	Device   tls.Certificate
	DeviceCA *CA
	StaffCA  *CA
}

// CA is an authority made for one test.
type CA struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

// Pool holds the authority alone.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}

// PEM is the authority's certificate.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Cert.Raw})
}

// New makes a kit for the device with this ID.
func New(tb testing.TB, deviceID string) *Kit {
	tb.Helper()
	k := &Kit{tb: tb, DeviceID: deviceID, DeviceCA: NewCA(tb, "Test Device CA"), StaffCA: NewCA(tb, "Test Staff CA")}
	k.Device = k.DeviceCA.Device(tb, deviceID)
	return k
}

// NewCA makes an authority.
func NewCA(tb testing.TB, name string) *CA {
	tb.Helper()
	key := p256(tb)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return &CA{Cert: Sign(tb, template, template, key.Public(), key), Key: key}
}

// Device issues a device certificate, as the cloud does on registration.
func (ca *CA) Device(tb testing.TB, id string) tls.Certificate {
	tb.Helper()
	key := p256(tb)
	cert := Sign(tb, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: id},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, MaxPathLenZero: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca.Cert, key.Public(), ca.Key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// Host is a session certificate of the kit's device.
func (k *Kit) Host() tls.Certificate { return k.HostWith(HostKey(k.tb)) }

// HostWith is Host with another key.
func (k *Kit) HostWith(key crypto.Signer) tls.Certificate {
	k.tb.Helper()
	cert, err := channel.IssueSession(k.Device, key, time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
	if err != nil {
		k.tb.Fatal(err)
	}
	return cert
}

// Anna is an engineer as staff sign-in would describe her.
func Anna() channel.Identity {
	return channel.Identity{Account: "anna.weber@vendor.example", Name: "Anna Weber", Organisation: "Service", Regions: []string{"eu"}}
}

// Engineer is a certificate for an engineer.
func (k *Kit) Engineer(id channel.Identity) tls.Certificate {
	return k.StaffCA.Engineer(k.tb, id, EngineerKey(k.tb))
}

// Engineer issues an engineer's certificate for key.
func (ca *CA) Engineer(tb testing.TB, id channel.Identity, key crypto.Signer) tls.Certificate {
	tb.Helper()
	return tls.Certificate{Certificate: [][]byte{ca.Sign(tb, id, key.Public()).Raw}, PrivateKey: key}
}

// Sign issues an engineer's certificate for a public key, as PathCert does.
func (ca *CA) Sign(tb testing.TB, id channel.Identity, public crypto.PublicKey) *x509.Certificate {
	tb.Helper()
	template, err := channel.EngineerTemplate(id, time.Now().Add(-time.Minute), time.Now().Add(10*time.Minute))
	if err != nil {
		tb.Fatal(err)
	}
	return Sign(tb, template, ca.Cert, public, ca.Key)
}

// Sign issues any certificate.
func Sign(tb testing.TB, template, parent *x509.Certificate, public crypto.PublicKey, by crypto.Signer) *x509.Certificate {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, by)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return cert
}

// HostKey, EngineerKey and ShortKey (RSA-2048) are the published keys.
func HostKey(tb testing.TB) *rsa.PrivateKey     { return parse(tb, hostPEM) }
func EngineerKey(tb testing.TB) *rsa.PrivateKey { return parse(tb, engineerPEM) }
func ShortKey(tb testing.TB) *rsa.PrivateKey    { return parse(tb, shortPEM) }

func parse(tb testing.TB, text string) *rsa.PrivateKey {
	tb.Helper()
	// Named "TESTING KEY" in the file so that no scanner takes it for a secret.
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, "TESTING KEY", "PRIVATE KEY")))
	if block == nil {
		tb.Fatal("channeltest: unreadable key")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func p256(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
