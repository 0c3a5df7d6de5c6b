package channel

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// HandshakeTimeout bounds the nested handshake when the caller's context does
// not end earlier. Generous: a link with 2 s round trips must make it.
const HandshakeTimeout = 30 * time.Second

// KeyBits is the size of both ends' RSA keys (P10).
const KeyBits = 4096

// suite is the one cipher suite.
const suite = tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384

// HostConfig is the instrument PC's side.
type HostConfig struct {
	// Certificate is the session leaf with the device certificate behind it,
	// as IssueSession makes it.
	Certificate tls.Certificate
	// StaffCA issues the engineers' certificates.
	StaffCA *x509.CertPool
	// Now is the clock certificates are held against; nil means time.Now.
	Now func() time.Time
	// Verify decides about a person whose certificate is sound: allowlist,
	// region, request. It is required; an error ends the handshake.
	Verify func(engineer *x509.Certificate) error
}

// EngineerConfig is the engineer's side.
type EngineerConfig struct {
	// Certificate is the engineer's; its PrivateKey may be any crypto.Signer or
	// crypto.MessageSigner, a non-extractable WebCrypto key among them.
	Certificate tls.Certificate
	// DeviceCA is above every device certificate.
	DeviceCA *x509.CertPool
	// DeviceID is who must be at the other end.
	DeviceID string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

func (c HostConfig) tls() (*tls.Config, error) {
	switch {
	case c.StaffCA == nil:
		return nil, errors.New("channel: no staff CA")
	case c.Verify == nil:
		return nil, errors.New("channel: no decision about engineers")
	case len(c.Certificate.Certificate) < 2:
		return nil, errors.New("channel: the host's certificate lacks the device certificate")
	}
	conf := base(c.Certificate, c.Now)
	// The chain is verified in VerifyConnection, together with everything else,
	// so that there is one place that says yes.
	conf.ClientAuth = tls.RequireAnyClientCert
	conf.SessionTicketsDisabled = true
	conf.VerifyConnection = func(s tls.ConnectionState) error {
		if err := checkParameters(s); err != nil {
			return err
		}
		leaf, err := verifyEngineer(s.PeerCertificates, c.StaffCA, conf.Time())
		if err != nil {
			return err
		}
		if err := c.Verify(leaf); err != nil {
			return &Refused{What: "engineer", Err: err}
		}
		return nil
	}
	return conf, nil
}

func (c EngineerConfig) tls() (*tls.Config, error) {
	switch {
	case c.DeviceCA == nil:
		return nil, errors.New("channel: no device CA")
	case c.DeviceID == "":
		return nil, errors.New("channel: no device ID")
	}
	conf := base(c.Certificate, c.Now)
	cert := c.Certificate
	// Always our certificate, whatever authorities the host may hint at.
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
	// A device has no DNS name, so crypto/tls's own check does not fit: the
	// chain, its shape and the device ID are checked in VerifyConnection, and
	// the handshake fails there or not at all.
	conf.InsecureSkipVerify = true
	conf.VerifyConnection = func(s tls.ConnectionState) error {
		if err := checkParameters(s); err != nil {
			return err
		}
		_, err := verifyDevice(s.PeerCertificates, c.DeviceCA, c.DeviceID, conf.Time())
		return err
	}
	return conf, nil
}

func base(cert tls.Certificate, now func() time.Time) *tls.Config {
	if now == nil {
		now = time.Now
	}
	return &tls.Config{
		Certificates:     []tls.Certificate{cert},
		MinVersion:       tls.VersionTLS12,
		MaxVersion:       tls.VersionTLS12,
		CipherSuites:     []uint16{suite},
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP384, tls.CurveP256},
		Time:             now,
		// Measured: small first records cost more than they give here.
		DynamicRecordSizingDisabled: true,
	}
}

// checkParameters asserts what was negotiated (P9, P10).
func checkParameters(s tls.ConnectionState) error {
	switch {
	case s.Version != tls.VersionTLS12:
		return &Refused{What: "version", Err: fmt.Errorf("%s", tls.VersionName(s.Version))}
	case s.CipherSuite != suite:
		return &Refused{What: "cipher suite", Err: fmt.Errorf("%s", tls.CipherSuiteName(s.CipherSuite))}
	case s.DidResume:
		return &Refused{What: "resumption", Err: errors.New("a resumed handshake proves no certificate")}
	}
	return nil
}

// Refused says which check ended the handshake.
type Refused struct {
	What string // "version", "certificate", "key", "device", "engineer", …
	Err  error
}

func (r *Refused) Error() string { return "channel: " + r.What + " refused: " + r.Err.Error() }
func (r *Refused) Unwrap() error { return r.Err }
