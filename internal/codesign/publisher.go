package codesign

import (
	"crypto"
	"crypto/x509"
	"path/filepath"

	"beckmanconnect/internal/trust"
)

// Publisher signs manifests; releases are packed with it.
type Publisher struct {
	Chain []*x509.Certificate // the signer's, then those between it and the CA
	Key   crypto.Signer       // in a file or on a token
}

// Sign signs the exact bytes of a manifest.
func (p Publisher) Sign(manifest []byte) ([]byte, error) { return Sign(manifest, p.Chain, p.Key) }

// LoadPublisher reads the publisher of a private folder, as trust.Init makes it.
func LoadPublisher(private string) (Publisher, error) {
	chain, err := trust.LoadChain(filepath.Join(private, trust.FileCode))
	if err != nil {
		return Publisher{}, err
	}
	key, err := trust.LoadKey(filepath.Join(private, trust.KeyCode))
	return Publisher{Chain: chain, Key: key}, err
}
