package channel

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// verifyEngineer checks an engineer's certificate: chain, validity, use, key.
func verifyEngineer(certs []*x509.Certificate, ca *x509.CertPool, now time.Time) (*x509.Certificate, error) {
	chains, err := verifyChain(certs, ca, now)
	if err != nil {
		return nil, err
	}
	leaf := chains[0][0]
	if err := checkLeaf(leaf, x509.ExtKeyUsageClientAuth); err != nil {
		return nil, err
	}
	if _, err := EngineerIdentity(leaf); err != nil {
		return nil, &Refused{What: "engineer", Err: err}
	}
	return leaf, nil
}

// verifyDevice checks a host's certificates: device CA → device certificate of
// this ID → session leaf.
func verifyDevice(certs []*x509.Certificate, ca *x509.CertPool, id string, now time.Time) (*x509.Certificate, error) {
	chains, err := verifyChain(certs, ca, now)
	if err != nil {
		return nil, err
	}
	leaf := chains[0][0]
	if err := checkLeaf(leaf, x509.ExtKeyUsageServerAuth); err != nil {
		return nil, err
	}
	// The leaf says what the device likes; who the device is, the CA above it
	// said. So the ID is read from the certificate that signed the leaf, and
	// that one must not be a root: a CA that signs leaves directly is no device.
	for _, chain := range chains {
		if len(chain) < 3 {
			continue
		}
		device := chain[1]
		if device.Subject.CommonName == id && leaf.Subject.CommonName == id &&
			device.IsCA && device.MaxPathLen == 0 && device.MaxPathLenZero {
			return leaf, nil
		}
	}
	return nil, &Refused{What: "device", Err: fmt.Errorf("the other end is not %q", id)}
}

func verifyChain(certs []*x509.Certificate, ca *x509.CertPool, now time.Time) ([][]*x509.Certificate, error) {
	if len(certs) == 0 {
		return nil, &Refused{What: "certificate", Err: errors.New("none shown")}
	}
	above := x509.NewCertPool()
	for _, c := range certs[1:] {
		above.AddCert(c)
	}
	chains, err := certs[0].Verify(x509.VerifyOptions{
		Roots: ca, Intermediates: above, CurrentTime: now,
		// The leaf's own use is checked in checkLeaf; a device certificate is
		// for client authentication at the cloud and would not nest.
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, &Refused{What: "certificate", Err: err}
	}
	return chains, nil
}

func checkLeaf(leaf *x509.Certificate, use x509.ExtKeyUsage) error {
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return &Refused{What: "key", Err: fmt.Errorf("%s instead of RSA", leaf.PublicKeyAlgorithm)}
	case key.N.BitLen() != KeyBits:
		return &Refused{What: "key", Err: fmt.Errorf("RSA-%d instead of RSA-%d", key.N.BitLen(), KeyBits)}
	case leaf.IsCA:
		return &Refused{What: "certificate", Err: errors.New("an authority is no end of a session")}
	case leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return &Refused{What: "certificate", Err: errors.New("not made for signatures")}
	case !slices.Contains(leaf.ExtKeyUsage, use):
		return &Refused{What: "certificate", Err: errors.New("made for another use")}
	}
	return nil
}
