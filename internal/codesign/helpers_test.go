package codesign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"

	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

var vendor = trust.Publisher{Organisation: "Example Diagnostics", Name: "Example Remote Support"}

const manifest = `{"product":"com.beckmanconnect.remotesupport","version":"1.2.3","programs":{}}`

// issued is a certificate with its key.
type issued struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue makes a certificate under parent, or a CA of its own when there is none.
func issue(t testing.TB, parent *issued, edit func(*x509.Certificate)) *issued {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		Subject: pkix.Name{Organization: []string{vendor.Organisation}, CommonName: vendor.Name},
	}
	i := &issued{key: newKey(t)}
	if parent == nil {
		template.IsCA, template.KeyUsage, template.Subject.CommonName = true, x509.KeyUsageCertSign, "CA"
		parent = &issued{template, i.key}
	} else {
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, i.key.Public(), parent.key)
	if err == nil {
		i.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func authority(c *x509.Certificate) {
	c.IsCA, c.KeyUsage, c.ExtKeyUsage, c.Subject.CommonName = true, x509.KeyUsageCertSign, nil, "Sub CA"
}

func gate(ca *issued) Gate {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return Gate{Roots: pool, Publisher: vendor, Product: release.Product}
}

// signing is a signature with everything that can be wrong about it.
type signing struct {
	content  string
	digest   asn1.ObjectIdentifier
	signers  []*issued
	extra    []*x509.Certificate
	config   pkcs7.SignerInfoConfig
	attached bool
	bare     bool // no signed attributes
}

func (s signing) der(t testing.TB) []byte {
	t.Helper()
	data, err := pkcs7.NewSignedData([]byte(s.content))
	if err != nil {
		t.Fatal(err)
	}
	if s.digest == nil {
		s.digest = pkcs7.OIDDigestAlgorithmSHA256
	}
	data.SetDigestAlgorithm(s.digest)
	for _, signer := range s.signers {
		if s.bare {
			err = data.SignWithoutAttr(signer.cert, signer.key, s.config)
		} else {
			err = data.AddSigner(signer.cert, signer.key, s.config)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range s.extra {
		data.AddCertificate(c)
	}
	if !s.attached {
		data.Detach()
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}
