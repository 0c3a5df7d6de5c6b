package channel

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"time"
)

// DeviceSessionTemplate is what the device's own key signs for a session's RSA
// key. The device ID is in it for the reader's sake; what counts is the ID in
// the device certificate above it.
func DeviceSessionTemplate(deviceID string, notBefore, notAfter time.Time) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: deviceID},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}, nil
}

// NewKey makes a session key. It takes seconds: make it ahead of need.
func NewKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, KeyBits)
	if err != nil {
		return nil, fmt.Errorf("channel: make RSA-%d key: %w", KeyBits, err)
	}
	return key, nil
}

// IssueSession signs a session certificate with the device's certificate and
// key, and gives both together as HostConfig.Certificate wants them.
func IssueSession(device tls.Certificate, key crypto.Signer, notBefore, notAfter time.Time) (tls.Certificate, error) {
	if len(device.Certificate) == 0 {
		return tls.Certificate{}, errors.New("channel: issue session certificate: no device certificate")
	}
	parent, err := x509.ParseCertificate(device.Certificate[0])
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("channel: issue session certificate: device certificate: %w", err)
	}
	if notAfter.After(parent.NotAfter) {
		notAfter = parent.NotAfter
	}
	template, err := DeviceSessionTemplate(parent.Subject.CommonName, notBefore, notAfter)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), device.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("channel: issue session certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der, device.Certificate[0]}, PrivateKey: key}, nil
}
