// Package codesign is the second gate of an upgrade: whatever the repository's
// metadata say, a release is installed only when the publisher's own
// code-signing certificate signed it too.
//
// What is signed is release.json, which names the product and every program by
// its SHA-256: a detached CMS signature (DER) over its exact bytes. Windows
// programs carry an Authenticode signature besides, which Gate.Program verifies
// on the handle that is executed.
//
// A signature is accepted when
//
//   - exactly one signer made it, with SHA-256 or better, over the content and
//     attributes that say so, and nothing else is in it: no further signer, no
//     unsigned attribute, no certificate beside the chain, no byte behind it;
//   - the signer's certificate is for code signing, names the publisher exactly,
//     and leads to the code-signing CA of the trust roots. The system's own
//     certificates are not asked;
//   - it was valid at the time of signing, which the signature itself states, and
//     that time is not ahead of now where the present time is known (Gate.Now);
//   - neither it nor a CA above it is revoked in the trust roots.
//
// A certificate that has expired since does not matter: a release stays
// installable, and installed, for as long as the repository's metadata, which do
// expire, offer it. Who holds an expired key could state an earlier time; such a
// key is revoked, and a release signed by it would need both targets keys too.
package codesign

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// ErrRefused is the kind of every refusal: the signature is not the publisher's
// over this content.
var ErrRefused = errors.New("the code signature is not accepted")

func refuse(format string, a ...any) error {
	return fmt.Errorf("codesign: %w: %w", ErrRefused, fmt.Errorf(format, a...))
}

// maxAhead is how far a signer's clock may be ahead of this one.
const maxAhead = 24 * time.Hour

// Gate decides about code signatures. The zero Gate refuses all.
type Gate struct {
	Roots     *x509.CertPool
	Publisher trust.Publisher
	Product   string
	Revoked   []string // SHA-256 of certificates, hex
	// Now is the time that no signature may be ahead of. Nil: not asked, as on
	// instrument PCs, whose clock may be years off; what is current is said there
	// by the repository's metadata, which were signed after the release.
	Now func() time.Time
	// Private: the CA is not among those that Windows knows, as a development
	// CA never is. Windows' own verdict must be good in every other respect.
	Private bool
}

// New is the gate of these trust roots for this product; for now see Gate.
func New(roots *trust.Roots, now func() time.Time) Gate {
	return Gate{
		Roots: roots.CodeCA, Publisher: roots.Publisher, Product: release.Product, Revoked: roots.Revoked, Now: now,
		Private: roots.Development,
	}
}

// accept decides about a signer's certificate, others being those that came
// with it, for a signature made at the time signed.
func (g Gate) accept(signer *x509.Certificate, others []*x509.Certificate, signed time.Time) error {
	switch {
	case g.Roots == nil || g.Publisher.Organisation == "" || g.Publisher.Name == "" || g.Product == "":
		return refuse("this installation names no publisher")
	case g.Now != nil && signed.After(g.Now().Add(maxAhead)):
		return refuse("it was signed at %s, which is ahead of now", signed.UTC().Format(time.RFC3339))
	case signer.IsCA || !slices.Contains(signer.ExtKeyUsage, x509.ExtKeyUsageCodeSigning):
		return refuse("the certificate of %q is not for code signing", signer.Subject.CommonName)
	case signer.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return refuse("the certificate of %q is not for signatures", signer.Subject.CommonName)
	}
	intermediates := x509.NewCertPool()
	for _, c := range others {
		intermediates.AddCert(c)
	}
	chains, err := signer.Verify(x509.VerifyOptions{
		Roots: g.Roots, Intermediates: intermediates, CurrentTime: signed,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	})
	if err != nil {
		return refuse("%w", err)
	}
	chain := chains[0]
	for _, c := range chain {
		if sum := Fingerprint(c); slices.Contains(g.Revoked, sum) {
			return refuse("the certificate %s of %q was revoked", sum, c.Subject.CommonName)
		}
	}
	for _, c := range others {
		if !slices.ContainsFunc(chain, c.Equal) {
			return refuse("it brings the certificate of %q, which does not belong to it", c.Subject.CommonName)
		}
	}
	if s := signer.Subject; len(s.Organization) != 1 || s.Organization[0] != g.Publisher.Organisation || s.CommonName != g.Publisher.Name {
		return refuse("it is of %q (%q), not of the publisher", s.CommonName, s.Organization)
	}
	return nil
}

// Fingerprint is a certificate's SHA-256 in hex, by which trust roots revoke it.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}
