package device

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/internal/cloudapi"
)

// stableCode is the form of an error code that may go on to the window.
var stableCode = regexp.MustCompile(`^[a-z][a-z0-9-]{0,48}$`)

const (
	registerTimeout = 30 * time.Second
	maxReply        = 64 << 10
)

// Form is what the person who registers fills in (P13).
type Form struct {
	Email          string
	Name           string
	InstrumentType string
	Serial         string
	Region         string
	TermsVersion   string // that was accepted
	LogVerifier    string // note verifier of this PC's log, for the cloud as its witness
}

// Registration is the form as sent, with the cloud's answer.
type Registration struct {
	DeviceID       string
	Email          string
	Name           string
	InstrumentType string
	Serial         string
	Region         string
	At             time.Time
	Certificate    string // PEM, the device's
	CA             string // PEM, the one above it
}

// Error is a failure that says whether trying again can help.
type Error struct {
	Op        string
	Code      string // stable: "not-registered", "cloud-unreachable", "cloud-not-trusted", …
	Retryable bool
	Err       error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "device: " + e.Op + ": " + e.Code
	}
	return "device: " + e.Op + ": " + e.Code + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Check says what is wrong with the form; Code names the field.
func (f Form) Check() error {
	bad := func(field, why string) error {
		return &Error{Op: "register", Code: field + "-invalid", Err: errors.New(why)}
	}
	address, err := mail.ParseAddress(f.Email)
	if err != nil || address.Address != f.Email || len(f.Email) > 254 {
		return bad("email", "this is not an e-mail address")
	}
	for _, row := range []struct {
		field, value string
		most         int
	}{{"name", f.Name, 100}, {"instrument-type", f.InstrumentType, 100}, {"serial", f.Serial, 64}} {
		if err := checkLine(row.value, row.most); err != nil {
			return bad(row.field, err.Error())
		}
	}
	return nil
}

// checkLine refuses what could not be shown as one plain line (scenarios 15, 44, 49).
func checkLine(s string, most int) error {
	switch {
	case s == "":
		return errors.New("it is empty")
	case strings.TrimSpace(s) != s:
		return errors.New("it begins or ends with a space")
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("it is longer than %d characters", most)
	case !utf8.ValidString(s):
		return errors.New("it is not text")
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return errors.New("it holds characters that cannot be seen")
		}
	}
	return nil
}

// Register sends the form with a certificate request: its signature proves
// that the key is here. The result is verified but not yet taken up: the
// caller keeps it in the store first and then calls Restore.
func (d *Device) Register(ctx context.Context, form Form) (Registration, error) {
	if err := form.Check(); err != nil {
		return Registration{}, err
	}
	switch state := d.State(); state {
	case StateKeysAway, StateKeyLost:
		return Registration{}, &Error{Op: "register", Code: "device-" + state, Err: errors.New("this PC's key cannot be used")}
	case StateCopied:
		return Registration{}, &Error{Op: "register", Code: "device-copied", Err: errors.New("this identity belongs to another PC; IT has to renew it first")}
	case StateRevoked:
		return Registration{}, &Error{Op: "register", Code: "device-revoked", Err: errors.New("the vendor took this identity back; IT has to renew it first")}
	}
	binding, err := d.BindLog(form.LogVerifier)
	if err != nil {
		return Registration{}, err
	}
	key, id := d.keyAndID()
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: id}}, key)
	if err != nil {
		return Registration{}, fmt.Errorf("device: certificate request: %w", err)
	}
	reply, err := d.post(ctx, cloudapi.RegisterRequest{
		V:     cloudapi.Version,
		CSR:   string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
		Email: form.Email, Name: form.Name, InstrumentType: form.InstrumentType, Serial: form.Serial,
		Region: form.Region, TermsVersion: form.TermsVersion,
		LogVerifier: form.LogVerifier, LogBinding: binding, Machine: d.MachineID(),
	})
	if err != nil {
		return Registration{}, err
	}
	r := Registration{
		DeviceID: reply.DeviceID, Email: form.Email, Name: form.Name, InstrumentType: form.InstrumentType, Serial: form.Serial,
		Region: form.Region, At: d.config.Now(), Certificate: reply.Certificate, CA: reply.CA,
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, _, err := d.verify(r); err != nil {
		return Registration{}, &Error{Op: "register", Code: "certificate-invalid", Err: err}
	}
	return r, nil
}

func (d *Device) post(ctx context.Context, body cloudapi.RegisterRequest) (cloudapi.RegisterReply, error) {
	var reply cloudapi.RegisterReply
	data, err := json.Marshal(body)
	if err != nil {
		return reply, fmt.Errorf("device: encode: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.config.CloudURL+cloudapi.PathDevices, bytes.NewReader(data))
	if err != nil {
		return reply, fmt.Errorf("device: request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	// Without the certificate of before: the request is signed by the key, and
	// with one that has ended no connection would come about.
	c := d.TLS()
	c.GetClientCertificate = nil
	client := d.config.Client(c)
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return reply, classify(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	if err != nil {
		return reply, classify(err)
	}
	if response.StatusCode >= 300 || len(answer) > maxReply {
		return reply, refused(response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return reply, &Error{Op: "register", Code: "cloud-not-understood", Err: err}
	}
	return reply, nil
}

// classify tells a cloud that is away, where trying again helps, from one that
// is not ours.
func classify(err error) error {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	if errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) {
		return &Error{Op: "register", Code: "cloud-not-trusted", Err: err}
	}
	return &Error{Op: "register", Code: "cloud-unreachable", Retryable: true, Err: err}
}

func refused(status int, answer []byte) error {
	var said cloudapi.Error
	_ = json.Unmarshal(answer, &said) // a proxy's page is no JSON: the status tells
	err := fmt.Errorf("status %d %s", status, said.Message)
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		return &Error{Op: "register", Code: "cloud-busy", Retryable: true, Err: err}
	case stableCode.MatchString(said.Code):
		return &Error{Op: "register", Code: said.Code, Err: err}
	default:
		return &Error{Op: "register", Code: "cloud-refused", Err: err}
	}
}

// verify holds a registration's certificate against this device's key and the
// device CA; mu is held.
func (d *Device) verify(r Registration) (chain [][]byte, leaf *x509.Certificate, err error) {
	block, _ := pem.Decode([]byte(r.Certificate))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, nil, errors.New("no certificate in PEM")
	}
	leaf, err = x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	public, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(&d.key.PublicKey) {
		return nil, nil, errors.New("the certificate is for another key")
	}
	if r.DeviceID != d.id {
		return nil, nil, fmt.Errorf("the certificate names device %q, this is %q", r.DeviceID, d.id)
	}
	intermediates := x509.NewCertPool()
	intermediates.AppendCertsFromPEM([]byte(r.CA))
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: d.config.DeviceCA, Intermediates: intermediates,
		// At its own beginning: a PC whose clock is wrong keeps its identity
		// and says what is wrong when the cloud refuses it.
		CurrentTime: leaf.NotBefore.Add(time.Second),
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}); err != nil {
		return nil, nil, err
	}
	if !leaf.IsCA || !leaf.MaxPathLenZero {
		return nil, nil, errors.New("the certificate may not sign session certificates")
	}
	return [][]byte{block.Bytes}, leaf, nil
}
