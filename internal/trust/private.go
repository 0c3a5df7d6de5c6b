package trust

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cosign"
)

// Authority is a CA with its key.
type Authority struct {
	Certificate *x509.Certificate
	PEM         []byte
	Key         crypto.Signer
}

// LoadAuthority pairs a CA certificate with its key and checks that they
// belong together.
func LoadAuthority(certFile, keyFile string) (*Authority, error) {
	key, err := LoadKey(keyFile)
	if err != nil {
		return nil, err
	}
	return AuthorityOf(certFile, key)
}

// AuthorityOf is LoadAuthority with a key that lies elsewhere, on a token.
func AuthorityOf(certFile string, key crypto.Signer) (*Authority, error) {
	certPEM, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("trust: load authority: %w", err)
	}
	block, _ := pem.Decode(certPEM)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("trust: load authority: %s holds no certificate", certFile)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("trust: load authority: %s: %w", certFile, err)
	}
	public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(key.Public()) {
		return nil, fmt.Errorf("trust: load authority: the key is not that of %s", certFile)
	}
	return &Authority{Certificate: cert, PEM: certPEM, Key: key}, nil
}

// LoadKey reads a PKCS#8 private key in PEM, as Init writes them.
func LoadKey(path string) (crypto.Signer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trust: load key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("trust: load key: %s holds no PKCS#8 key in PEM", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("trust: load key: %s: %w", path, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("trust: load key: %s cannot sign", path)
	}
	return signer, nil
}

// LoadChain reads certificates in PEM, the holder's first.
func LoadChain(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trust: load certificates: %w", err)
	}
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("trust: load certificates: %s holds %q", path, block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("trust: load certificates: %s: %w", path, err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("trust: load certificates: %s holds none", path)
	}
	return chain, nil
}

// LoadNoteSigner reads a signer as Init writes it (policy.key, vendor.key).
func LoadNoteSigner(path string) (note.Signer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trust: load note key: %w", err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(data)))
	if err != nil {
		// The parser's error could quote the key.
		return nil, fmt.Errorf("trust: load note key: %s: %w", path, errNoteKey)
	}
	return signer, nil
}

var errNoteKey = errors.New("not a note signing key")

// Private is what the cloud needs online of a private folder.
type Private struct {
	Cloud, Device, Staff *Authority
	Vendor               note.Signer
	Witness              *cosign.Signer // nil: the roots have no witness
}

// LoadPrivate reads the cloud's online keys: private is the folder with the
// keys, roots the one with their certificates.
func LoadPrivate(roots, private string) (*Private, error) {
	return LoadPrivateWith(roots, private, nil)
}

// LoadPrivateWith is LoadPrivate with the CA of engineers' certificates given;
// its key file need not be there. nil: it is read like the others.
func LoadPrivateWith(roots, private string, staff *Authority) (*Private, error) {
	p := Private{Staff: staff}
	for _, a := range []struct {
		to        **Authority
		cert, key string
	}{
		{&p.Cloud, FileCloudCA, KeyCloudCA},
		{&p.Device, FileDeviceCA, KeyDeviceCA},
		{&p.Staff, FileStaffCA, KeyStaffCA},
	} {
		if *a.to != nil {
			continue
		}
		authority, err := LoadAuthority(filepath.Join(roots, a.cert), filepath.Join(private, a.key))
		if err != nil {
			return nil, notOfTheseRoots(private, roots, err)
		}
		*a.to = authority
	}
	var err error
	p.Vendor, err = LoadNoteSigner(filepath.Join(private, KeyVendor))
	if err != nil {
		return nil, notOfTheseRoots(private, roots, err)
	}
	if p.Witness, err = loadWitnessSigner(roots, private); err != nil {
		return nil, notOfTheseRoots(private, roots, err)
	}
	return &p, nil
}

// loadWitnessSigner: roots that name a witness need its key, and that very one.
func loadWitnessSigner(roots, private string) (*cosign.Signer, error) {
	var r Roots
	if err := r.loadWitness(roots); err != nil || r.Witness == nil {
		return nil, err
	}
	path := filepath.Join(private, KeyWitness)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trust: load witness key: %w", err)
	}
	signer, err := cosign.NewSigner(strings.TrimSpace(string(text)), nil)
	if err != nil {
		return nil, fmt.Errorf("trust: load witness key: %s: %w", path, err)
	}
	if signer.VerifierKey() != r.Witness.Key() {
		return nil, fmt.Errorf("trust: load witness key: %s is not the key of %s", path, filepath.Join(roots, FileWitness))
	}
	return signer, nil
}

func notOfTheseRoots(private, roots string, err error) error {
	return fmt.Errorf("%w; put the keys that belong to %s into %s", err, roots, private)
}
