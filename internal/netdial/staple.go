package netdial

import (
	"crypto/tls"
	"errors"
	"fmt"

	"golang.org/x/crypto/ocsp"
)

// ErrRevoked: the answer about revocation that the server staples says that its
// certificate was revoked.
var ErrRevoked = errors.New("the server's certificate was revoked")

// stapled looks at the answer about revocation that comes with the handshake,
// the only one that costs no other connection (B14). Where there is none the
// certificate's short life and the product's own roots have to do; one that is
// there and does not hold is refused.
func stapled(next func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		if len(s.OCSPResponse) > 0 {
			if err := checkStaple(s); err != nil {
				return err
			}
		}
		if next != nil {
			return next(s)
		}
		return nil
	}
}

func checkStaple(s tls.ConnectionState) error {
	if len(s.VerifiedChains) == 0 || len(s.VerifiedChains[0]) < 2 {
		return nil // a root by itself: nobody above it could revoke it
	}
	leaf, issuer := s.VerifiedChains[0][0], s.VerifiedChains[0][1]
	answer, err := ocsp.ParseResponseForCert(s.OCSPResponse, leaf, issuer)
	if err != nil {
		return fmt.Errorf("%w, or what is stapled to it does not hold: %w", ErrRevoked, err)
	}
	if answer.Status == ocsp.Revoked {
		return fmt.Errorf("%w on %s", ErrRevoked, answer.RevokedAt.Format("2006-01-02"))
	}
	return nil
}
