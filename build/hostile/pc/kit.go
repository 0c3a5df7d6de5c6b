package pc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel/channeltest"
)

// TB lets the makers of test certificates be used by a program: what they
// could not do is a fault of the machine, and ends it.
type TB struct{ testing.TB }

// Helper does nothing.
func (TB) Helper() {}

// Fatal ends the program.
func (TB) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// NewKit makes two CAs and a device whose ID is that of its key, as
// registration gives it. The RSA-4096 keys of the sessions are the published
// ones: making one takes seconds.
func NewKit() (*channeltest.Kit, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	id := cloudapi.DeviceID(spki)
	k := channeltest.New(TB{}, id)
	k.Device = Device(k.DeviceCA, id, key)
	return k, nil
}

// Device issues a device certificate for a key.
func Device(ca *channeltest.CA, id string, key *ecdsa.PrivateKey) tls.Certificate {
	cert := channeltest.Sign(TB{}, &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: id},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, MaxPathLenZero: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca.Cert, key.Public(), ca.Key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}
