package codesign

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"github.com/smallstep/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of a signature: far above a real one.
const (
	maxSignature    = 64 << 10
	maxDepth        = 24
	maxCertificates = 5
)

// parse reads a signature that is strict DER from its first to its last byte:
// what two readers could read differently is not read at all.
func parse(der []byte) (*pkcs7.PKCS7, error) {
	if len(der) == 0 || len(der) > maxSignature {
		return nil, refuse("it has %d bytes", len(der))
	}
	rest := cryptobyte.String(der)
	if !strict(&rest, maxDepth) || !rest.Empty() {
		return nil, refuse("it is not DER")
	}
	p, err := pkcs7.Parse(der)
	if err != nil {
		return nil, refuse("%w", err)
	}
	switch {
	case len(p.Signers) != 1:
		return nil, refuse("it has %d signers instead of one", len(p.Signers))
	case len(p.CRLs) > 0:
		return nil, refuse("it brings revocation lists")
	case len(p.Certificates) == 0 || len(p.Certificates) > maxCertificates:
		return nil, refuse("it brings %d certificates", len(p.Certificates))
	}
	return p, nil
}

// strict takes one element, with all that is in it, off s.
func strict(s *cryptobyte.String, depth int) bool {
	var inner cryptobyte.String
	var tag casn1.Tag
	if depth == 0 || !s.ReadAnyASN1(&inner, &tag) { // definite and shortest lengths only
		return false
	}
	const constructed = 0x20
	if tag&constructed == 0 {
		return true
	}
	for !inner.Empty() {
		if !strict(&inner, depth-1) {
			return false
		}
	}
	return true
}

var (
	digests    = []asn1.ObjectIdentifier{pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512}
	signatures = []asn1.ObjectIdentifier{
		pkcs7.OIDEncryptionAlgorithmRSA, // with one of digests
		pkcs7.OIDEncryptionAlgorithmRSASHA256, pkcs7.OIDEncryptionAlgorithmRSASHA384, pkcs7.OIDEncryptionAlgorithmRSASHA512,
		pkcs7.OIDDigestAlgorithmECDSASHA256, pkcs7.OIDDigestAlgorithmECDSASHA384, pkcs7.OIDDigestAlgorithmECDSASHA512,
	}
)

func among(all []asn1.ObjectIdentifier, oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(all, oid.Equal)
}

// verify checks p's signature over p.Content, which must be of the kind content,
// and the certificate behind it. Of unsigned attributes only those in unsigned
// may be there.
func (g Gate) verify(p *pkcs7.PKCS7, content asn1.ObjectIdentifier, unsigned ...asn1.ObjectIdentifier) error {
	s := p.Signers[0]
	if !among(digests, s.DigestAlgorithm.Algorithm) || !among(signatures, s.DigestEncryptionAlgorithm.Algorithm) {
		return refuse("its algorithms (%v, %v) are not strong enough", s.DigestAlgorithm.Algorithm, s.DigestEncryptionAlgorithm.Algorithm)
	}
	seen := map[string]bool{}
	for _, a := range s.AuthenticatedAttributes {
		if seen[a.Type.String()] {
			return refuse("it has the attribute %v twice", a.Type)
		}
		seen[a.Type.String()] = true
		var value asn1.RawValue
		if rest, err := asn1.Unmarshal(a.Value.Bytes, &value); err != nil || len(rest) > 0 {
			return refuse("its attribute %v has not one value", a.Type)
		}
	}
	for _, a := range s.UnauthenticatedAttributes {
		if !among(unsigned, a.Type) {
			return refuse("it has the unsigned attribute %v", a.Type)
		}
	}
	var kind asn1.ObjectIdentifier
	var signed time.Time
	if err := p.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind); err != nil || !kind.Equal(content) {
		return refuse("it is over content of the kind %v", kind)
	}
	if err := p.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &signed); err != nil {
		return refuse("it does not say when it was made")
	}
	if err := p.Verify(); err != nil { // digest, signature, signer's validity at that time
		return refuse("%w", err)
	}
	signer := p.GetOnlySigner()
	others := slices.DeleteFunc(slices.Clone(p.Certificates), signer.Equal)
	if len(others)+1 != len(p.Certificates) {
		return refuse("it brings its signer's certificate twice")
	}
	if err := strongKey(append([]*x509.Certificate{signer}, others...)); err != nil {
		return err
	}
	return g.accept(signer, others, signed)
}
