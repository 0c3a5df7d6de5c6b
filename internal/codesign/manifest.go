package codesign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"

	"github.com/smallstep/pkcs7"
)

// Manifest verifies the publisher's signature (CMS, DER, detached) over the
// exact bytes of a release's manifest, and that it is of the right product. The
// upgrade service and the release officers' check ask it for every release.
func (g Gate) Manifest(manifest, signature []byte) error {
	p, err := parse(signature)
	if err != nil {
		return err
	}
	if len(p.Content) > 0 {
		return refuse("it holds a content of its own")
	}
	p.Content = manifest
	if err := g.verify(p, pkcs7.OIDData); err != nil {
		return err
	}
	// A map, because a struct would take "Product" for "product".
	var fields map[string]json.RawMessage
	var product string
	if err := json.Unmarshal(manifest, &fields); err != nil {
		return refuse("the manifest is not readable: %w", err)
	}
	if err := json.Unmarshal(fields["product"], &product); err != nil || product != g.Product {
		return refuse("it is of the product %q", product)
	}
	return nil
}

// Sign signs a manifest as the publisher. chain is the signer's certificate and
// those between it and the CA, which itself stays out. The key may be on a token.
func Sign(manifest []byte, chain []*x509.Certificate, key crypto.Signer) ([]byte, error) {
	der, err := sign(manifest, chain, key)
	if err != nil {
		return nil, fmt.Errorf("codesign: sign: %w", err)
	}
	return der, nil
}

func sign(manifest []byte, chain []*x509.Certificate, key crypto.Signer) ([]byte, error) {
	if len(chain) == 0 {
		return nil, fmt.Errorf("there is no certificate")
	}
	if public, ok := chain[0].PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(key.Public()) {
		return nil, fmt.Errorf("the key does not belong to the certificate of %q", chain[0].Subject.CommonName)
	}
	if err := strongKey(chain); err != nil {
		return nil, err
	}
	data, err := pkcs7.NewSignedData(manifest)
	if err != nil {
		return nil, err
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSignerChain(chain[0], key, chain[1:], pkcs7.SignerInfoConfig{}); err != nil {
		return nil, err
	}
	data.Detach()
	return data.Finish()
}

// strongKey: RSA below 3072 bits is not enough for code since 2021, and other
// kinds of keys than these two are not verified everywhere.
func strongKey(chain []*x509.Certificate) error {
	for _, c := range chain {
		switch key := c.PublicKey.(type) {
		case *rsa.PublicKey:
			if key.N.BitLen() < 3072 {
				return refuse("the key of %q has only %d bits", c.Subject.CommonName, key.N.BitLen())
			}
		case *ecdsa.PublicKey:
			if key.Curve.Params().BitSize < 256 {
				return refuse("the key of %q is too short", c.Subject.CommonName)
			}
		default:
			return refuse("the key of %q is of another kind than RSA and ECDSA", c.Subject.CommonName)
		}
	}
	return nil
}
