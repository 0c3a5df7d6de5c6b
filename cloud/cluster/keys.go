package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Life of what MakeKeys makes.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	nodeLife      = 2 * 365 * 24 * time.Hour
)

// Files of MakeKeys.
const (
	FileAuthority    = "nodes.pem"
	FileAuthorityKey = "nodes-authority.key" // belongs on no node
)

// MakeKeys makes, below dir, certificates NODE.pem with NODE.key for nodes, by
// an authority of their own, which it makes when it is not there. names may
// have addresses and host names: of a NATS server.
func MakeKeys(dir string, now time.Time, node string, names ...string) error {
	if !nodeName.MatchString(node) {
		return fmt.Errorf("cluster: %q is not a plain name of small letters and digits", node)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cluster: keys: %w", err)
	}
	ca, caKey, err := authority(dir, now)
	if err != nil {
		return fmt.Errorf("cluster: authority: %w", err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: node}, DNSNames: []string{node}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(nodeLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if _, err = issue(dir, node+".pem", node+".key", template, ca, caKey); err != nil {
		return fmt.Errorf("cluster: certificate of %s: %w", node, err)
	}
	return nil
}

func authority(dir string, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certFile, keyFile := filepath.Join(dir, FileAuthority), filepath.Join(dir, FileAuthorityKey)
	if _, err := os.Stat(keyFile); errors.Is(err, os.ErrNotExist) {
		template := &x509.Certificate{
			Subject: pkix.Name{CommonName: "BeckmanConnect nodes"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife),
			KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		}
		key, err := issue(dir, FileAuthority, FileAuthorityKey, template, template, nil)
		if err != nil {
			return nil, nil, err
		}
		cert, err := readCertificate(certFile)
		return cert, key, err
	}
	cert, err := readCertificate(certFile)
	if err != nil {
		return nil, nil, err
	}
	block, err := readPEM(keyFile)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("%s is not a key of ours", keyFile)
	}
	return cert, ec, nil
}

// issue writes a new key and its certificate; by nil: by itself.
func issue(dir, certName, keyName string, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if by == nil {
		by = key
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, keyName), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return nil, err
	}
	return key, os.WriteFile(filepath.Join(dir, certName), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", file)
	}
	return block.Bytes, nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
