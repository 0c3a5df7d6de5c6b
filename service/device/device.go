// Package device is this PC's identity: a P-256 key that is made on the first
// start and never leaves, the certificate the cloud gives for it at
// registration (P13), and the RSA-4096 certificates of single support sessions
// (P10), made ahead of need and signed by the device key.
package device

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store/keys"
)

// Config is what a Device needs.
type Config struct {
	Dir      string         // keys folder
	Wrapper  keys.Wrapper   // keeps the key on disk unreadable
	CloudURL string         // https://HOST[:PORT]
	CloudCA  *x509.CertPool // the only roots for the cloud's TLS
	DeviceCA *x509.CertPool // the only roots for device certificates
	// Client makes the way out with these roots (netdial.Dialer.Client). It
	// follows no redirect.
	Client func(*tls.Config) *http.Client
	Now    func() time.Time
	// Machine reads what this PC is told apart by; nil: ReadMachine.
	Machine func() Machine
	Log     *slog.Logger

	// newKey makes session keys; tests that do not look at them have them
	// made faster.
	newKey func() (*rsa.PrivateKey, error)
}

// Device is this PC's identity. It is safe for concurrent use.
type Device struct {
	config Config
	ahead  chan *rsa.PrivateKey

	mu           sync.Mutex
	key          *ecdsa.PrivateKey
	id           string
	place        place
	refused      string // by the cloud: StateCopied, StateRevoked
	absent       string // why there is no key: StateKeysAway, StateKeyLost; "": there is
	registration Registration
	chain        [][]byte // device certificate first, DER
	leaf         *x509.Certificate
}

// Open loads the device key, or makes it when there is none.
func Open(config Config) (*Device, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Client == nil {
		return nil, errors.New("device: the way out is missing")
	}
	if config.CloudCA == nil || config.DeviceCA == nil {
		return nil, errors.New("device: roots of trust are missing")
	}
	config = config.withDefaults()
	key, err := loadKey(config.Dir, config.Wrapper)
	if err != nil {
		return nil, err
	}
	id, err := IDOf(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	where, err := placed(config.Dir, config.Wrapper, id, config.Machine())
	if err != nil {
		return nil, err
	}
	if where.match == Copied {
		config.Log.Error("the identity is not this PC's: no link and no support until it is renewed", "why", where.why)
	}
	return &Device{config: config, key: key, id: id, place: where, ahead: make(chan *rsa.PrivateKey, 1)}, nil
}

// IDOf gives the device ID of a public key.
func IDOf(public *ecdsa.PublicKey) (string, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("device: public key: %w", err)
	}
	return cloudapi.DeviceID(spki), nil
}

// ID is the device's ID; it is known before the registration.
func (d *Device) ID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.id
}

// Registration is what the cloud knows this device by; ok is false until it is
// registered.
func (d *Device) Registration() (r Registration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.registration, d.leaf != nil
}

// Restore takes up a registration that was kept in the store. It verifies it
// again: the database is not a root of trust.
func (d *Device) Restore(r Registration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	chain, leaf, err := d.verify(r)
	if err != nil {
		return &Error{Op: "restore", Code: "certificate-invalid", Err: err}
	}
	d.registration, d.chain, d.leaf = r, chain, leaf
	return nil
}

// Certificate is the client certificate for the cloud: link and relay. A copy
// has none to show.
func (d *Device) Certificate() (tls.Certificate, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leaf == nil || d.place.match == Copied {
		return tls.Certificate{}, false
	}
	return tls.Certificate{Certificate: d.chain, PrivateKey: d.key, Leaf: d.leaf}, true
}

// Ending tells whether less than within is left of the device certificate.
func (d *Device) Ending(within time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.leaf != nil && d.leaf.NotAfter.Before(d.config.Now().Add(within))
}

// TLS is the configuration of every connection to the cloud: TLS 1.2 or newer
// (P9), the package's own roots and no others, the device certificate once
// there is one. There is no way to switch verification off (scenario 55).
func (d *Device) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    d.config.CloudCA,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, ok := d.Certificate()
			if !ok {
				return new(tls.Certificate), nil // none to send
			}
			return &certificate, nil
		},
	}
}

// Run makes session keys ahead of need until ctx ends.
func (d *Device) Run(ctx context.Context) error { return d.makeAhead(ctx) }
