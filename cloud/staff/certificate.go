package staff

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel"
)

// certificateLife is how long an engineer's certificate lasts: long enough to
// type a code and to come back after a lost link, short enough to need no
// revocation.
const certificateLife = 10 * time.Minute

// certificate names the engineer to one device, for one request.
func (d *Desk) certificate(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
	var req cloudapi.CertificateRequest
	if !web.Decode(w, r, &req, 32<<10) {
		return
	}
	who, open, ok := d.Open(r, req.Request)
	if !ok {
		d.Log.Warn("staff: certificate refused", "why", "no such request in the regions trained for")
		web.Fail(w, http.StatusForbidden, "refused", "There is no such request in the regions you are trained for.")
		return
	}
	csr, problem := parseCSR(req.CSR)
	if problem != "" {
		web.Fail(w, http.StatusBadRequest, "csr", problem)
		return
	}
	chain, err := d.issue(r, who, open, csr)
	if err != nil {
		d.Log.Error("staff: certificate not issued", "device", open.Device, "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "The certificate could not be issued; try again.")
		return
	}
	d.Log.Info("engineer's certificate issued", "device", open.Device, "request", open.ID)
	web.JSON(w, cloudapi.CertificateReply{Certificate: chain, DeviceID: open.Device, DeviceCA: string(d.DeviceCA.PEM)})
}

// issue signs and keeps the certificate; it leaves only when it is kept (P24).
func (d *Desk) issue(r *http.Request, who cloudapi.Staff, open cloudapi.Request, csr *x509.CertificateRequest) (string, error) {
	now := d.Now()
	template, err := channel.EngineerTemplate(channel.Identity{
		Account: who.Account, Name: who.Name, Organisation: who.Organisation, Regions: who.Regions, Request: open.ID,
	}, now.Add(-time.Minute), now.Add(certificateLife))
	if err != nil {
		return "", err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, d.StaffCA.Certificate, csr.PublicKey, d.StaffCA.Key)
	if err != nil {
		return "", fmt.Errorf("staff: issue certificate: %w", err)
	}
	// On the record before it leaves (P24).
	if err := d.emitCertificate(r, who, open, template.SerialNumber.Text(16)); err != nil {
		return "", err
	}
	err = d.Data.LogCertificate(r.Context(), data.Issued{
		Serial: template.SerialNumber.Text(16), Device: open.Device, Request: open.ID, Who: who, NotAfter: template.NotAfter,
	})
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(d.StaffCA.PEM), nil
}

func (d *Desk) emitCertificate(r *http.Request, who cloudapi.Staff, open cloudapi.Request, serial string) error {
	if d.Events == nil {
		return nil
	}
	return d.Events.Emit(r.Context(), events.Event{
		Kind: events.Certificate, Severity: events.Info, Actor: who.Account, Region: open.Region, Device: open.Device, Request: open.ID,
		Address: web.Address(r), Fields: map[string]string{"serial": serial},
	})
}

// parseCSR takes nothing but the key from a certificate request, and that only
// when it is RSA-4096 and signed with itself (P10).
func parseCSR(text string) (csr *x509.CertificateRequest, problem string) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(rest) > 0 {
		return nil, "The certificate request is not one PEM block."
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, "The certificate request cannot be read."
	}
	key, ok := csr.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() != channel.KeyBits || key.E != 65537 {
		return nil, "An engineer's key must be RSA-4096."
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, "The certificate request is not signed with its own key."
	}
	return csr, ""
}
