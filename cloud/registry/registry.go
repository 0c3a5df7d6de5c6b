// Package registry takes devices in: it checks that a device holds the key it
// names, gives it a certificate, and keeps who registered it (P10, P13, P19).
package registry

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/logbinding"
	"beckmanconnect/internal/trust"
)

// certificateLife is how long a device certificate lasts; a device registers
// again with the same key well before.
const certificateLife = 2 * 365 * 24 * time.Hour

// maxBody of a registration; a real one has about two kilobytes.
const maxBody = 16 << 10

// Config is what a Registry works with.
type Config struct {
	Data     *data.DB
	DeviceCA *trust.Authority
	Log      *slog.Logger
	Now      func() time.Time
	Changed  func() // called after the fleet changed

	Regions      []string          // that this deployment is for; none: any
	Elsewhere    map[string]string // where devices of other regions register
	Confirmation *Confirmation     // asks who registered; nil: nobody does
	Events       events.Sink       // nil: none

	PerMinute, Burst int // registrations of one address; 0: 6 and 12
}

// Registry registers devices.
type Registry struct {
	Config
	limit web.Limiter
}

// New makes a Registry.
func New(c Config) *Registry {
	if c.PerMinute == 0 {
		c.PerMinute = 6
	}
	if c.Burst == 0 {
		c.Burst = 12
	}
	return &Registry{Config: c, limit: web.Limiter{Every: rate.Every(time.Minute / time.Duration(c.PerMinute)), Burst: c.Burst}}
}

// Handler serves cloudapi.PathDevices.
func (g *Registry) Handler() http.Handler {
	return web.Method(http.MethodPost, g.limit.Limit(g.register))
}

func (g *Registry) register(w http.ResponseWriter, r *http.Request) {
	var req cloudapi.RegisterRequest
	if !web.Decode(w, r, &req, maxBody) {
		return
	}
	if problem := check(&req); problem != "" {
		web.Fail(w, http.StatusBadRequest, "registration", problem)
		return
	}
	if len(g.Regions) > 0 && !slices.Contains(g.Regions, req.Region) {
		message := "This deployment does not serve that region."
		if there := g.Elsewhere[req.Region]; there != "" {
			message = "Devices of that region register at " + there + "."
		}
		web.Fail(w, http.StatusMisdirectedRequest, "other-region", message)
		return
	}
	csr, problem := parseCSR(req.CSR)
	if problem != "" {
		web.Fail(w, http.StatusBadRequest, "csr", problem)
		return
	}
	id := cloudapi.DeviceID(csr.RawSubjectPublicKeyInfo)
	// A certificate that was shown must be the same device's: somebody who
	// registers with one identity in hand and another on paper is mistaken.
	if shown := web.DeviceID(r); shown != "" && shown != id {
		web.Fail(w, http.StatusConflict, "other-device", "The connection was made with another device's certificate.")
		return
	}
	if req.LogBinding != "" && logbinding.Check(csr.RawSubjectPublicKeyInfo, id, req.LogVerifier, req.LogBinding) != nil {
		web.Fail(w, http.StatusBadRequest, "log-binding", "The log's verifier key is not signed with the device's key.")
		return
	}
	reply, err := g.admit(r.Context(), id, csr, &req)
	switch {
	case errors.Is(err, data.ErrRevoked), errors.Is(err, data.ErrCopied):
		refusal := Refusal(err)
		g.Log.Warn("registration refused", "device", id, "why", refusal.Code)
		web.Fail(w, http.StatusForbidden, refusal.Code, refusal.Message)
		g.Changed() // it may have been found out just now
	case errors.Is(err, data.ErrCloned):
		g.Log.Warn("registration refused", "device", id, "why", "cloned ID")
		web.Fail(w, http.StatusConflict, "cloned", "This device ID belongs to another key.")
	case err != nil:
		g.Log.Error("registration failed", "device", id, "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "The registration could not be stored; try again.")
	default:
		g.Log.Info("device registered", "device", id, "region", req.Region)
		g.registered(r, id, req.Region)
		web.JSON(w, reply)
	}
}

// admit stores the registration before it hands out the certificate: a device
// that can prove itself is always one we know.
func (g *Registry) admit(ctx context.Context, id string, csr *x509.CertificateRequest, req *cloudapi.RegisterRequest) (cloudapi.RegisterReply, error) {
	hash := sha256.Sum256(csr.RawSubjectPublicKeyInfo)
	certificate, err := g.issue(id, csr.PublicKey)
	if err != nil {
		return cloudapi.RegisterReply{}, err
	}
	err = g.Data.Register(ctx, data.Registration{
		Device: id, KeyHash: hash[:], Region: req.Region, Serial: req.Serial, Type: req.InstrumentType,
		Terms: req.TermsVersion, Email: req.Email, Name: req.Name, LogVerifier: req.LogVerifier,
		LogBound: req.LogBinding != "", PublicKey: csr.RawSubjectPublicKeyInfo, Machine: req.Machine,
	})
	if err != nil {
		return cloudapi.RegisterReply{}, err
	}
	reply := cloudapi.RegisterReply{DeviceID: id, Certificate: certificate, CA: string(g.DeviceCA.PEM)}
	if g.Confirmation != nil {
		reply.Confirm = !g.Confirmation.MayAsk(ctx, id)
	}
	return reply, nil
}

// registered tells everybody that a device came in, or that something about it
// changed.
func (g *Registry) registered(r *http.Request, id, region string) {
	g.Changed()
	if g.Confirmation != nil {
		g.Confirmation.Wake()
	}
	if g.Events == nil {
		return
	}
	err := g.Events.Emit(r.Context(), events.Event{Kind: events.Registered, Severity: events.Info, Actor: "device:" + id, Region: region, Device: id, Address: web.Address(r)})
	if err != nil { // it stands in the record of identities
		g.Log.Error("a registration is not among the events", "device", id, "error", err)
	}
}

// issue makes a device certificate: an authority of path length 0, because the
// device signs its own session certificates with it (design: keys).
func (g *Registry) issue(id string, key crypto.PublicKey) (string, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return "", fmt.Errorf("registry: serial number: %w", err)
	}
	now := g.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: id},
		NotBefore:             now.Add(-5 * time.Minute),
		NotAfter:              earlier(now.Add(certificateLife), g.DeviceCA.Certificate.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, g.DeviceCA.Certificate, key, g.DeviceCA.Key)
	if err != nil {
		return "", fmt.Errorf("registry: issue certificate: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// parseCSR reads a certificate request and checks the proof of possession.
// Nothing but the key is taken from it: the cloud decides the rest. problem
// says what is wrong, for people.
func parseCSR(text string) (csr *x509.CertificateRequest, problem string) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(rest) > 0 {
		return nil, "The certificate request is not one PEM block."
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, "The certificate request cannot be read."
	}
	key, ok := csr.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, "A device's key must be ECDSA P-256."
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, "The certificate request is not signed with its own key."
	}
	return csr, ""
}
