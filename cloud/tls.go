package cloud

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"

	"beckmanconnect/internal/trust"
)

// Life of a certificate issued at start, and when the next one is made.
const (
	serverCertLife  = 90 * 24 * time.Hour
	serverCertRenew = 30 * 24 * time.Hour
)

// serverCert gives the cloud's own TLS certificate: from files, or issued by
// the cloud CA and renewed in time.
type serverCert struct {
	ca    *trust.Authority
	names []string
	now   func() time.Time

	mu   sync.Mutex
	cert *tls.Certificate
}

func loadServerCert(c *Config, ca *trust.Authority) (*serverCert, error) {
	if c.Certificate != "" {
		cert, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, fmt.Errorf("cloud: TLS certificate: %w", err)
		}
		return &serverCert{cert: &cert, now: c.Now}, nil
	}
	s := &serverCert{ca: ca, names: c.Names, now: c.Now}
	_, err := s.get(nil)
	return s, err
}

// get is for tls.Config.GetCertificate.
func (s *serverCert) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cert != nil && (s.ca == nil || s.now().Add(serverCertRenew).Before(s.cert.Leaf.NotAfter)) {
		return s.cert, nil
	}
	cert, err := s.issue()
	if err != nil {
		return nil, fmt.Errorf("cloud: issue TLS certificate: %w", err)
	}
	s.cert = cert
	return cert, nil
}

func (s *serverCert) issue() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: s.names[0]},
		NotBefore:             s.now().Add(-time.Hour),
		NotAfter:              s.now().Add(serverCertLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range s.names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, s.ca.Certificate, key.Public(), s.ca.Key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// tlsConfig: TLS 1.2 or newer (P9), a device's certificate when it has one.
func (s *serverCert) tlsConfig(devices *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: s.get,
		ClientAuth:     tls.VerifyClientCertIfGiven,
		ClientCAs:      devices,
		Time:           s.now,
		NextProtos:     []string{"http/1.1"}, // WebSockets need it, and one protocol is enough
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all of this kind
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
}
