package netdial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"beckmanconnect/internal/redact"
)

// Reason is why the cloud cannot be reached.
type Reason struct {
	Code string
	Text string // plain English, one line, with what to do
	Who  string // what was found in between: a certificate's issuer, a name; "" when nothing was
}

// StatusError is an answer over HTTP other than the one that was wanted.
type StatusError struct {
	Status int
	Page   bool   // it was a page for people
	Code   string // cloudapi.Error's, where the cloud said one
	Err    error
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d %s", e.Status, e.Code) }
func (e *StatusError) Unwrap() error { return e.Err }

// Explain says in one plain line why err kept this PC from the cloud, or
// nothing when it is none that this package knows (scenarios 54, 55).
func Explain(err error) (Reason, bool) {
	if err == nil {
		return Reason{}, false
	}
	code, who := judge(err)
	row, ok := Find(code)
	if !ok {
		return Reason{}, false
	}
	text := row.Means
	if who != "" {
		text += ": " + who
	}
	return Reason{Code: code, Text: text + "; " + row.Do, Who: who}, true
}

func judge(err error) (code, who string) {
	var proxy *ProxyError
	var status *StatusError
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &proxy):
		return proxy.Code, proxy.Proxy
	case errors.Is(err, ErrNotAllowed):
		return CodeEndpoint, ""
	case errors.Is(err, ErrRevoked):
		return CodeRevoked, ""
	case errors.As(err, &status):
		return status.judge(), ""
	case errors.Is(err, http.ErrSchemeMismatch): // an answer in clear where TLS should be
		return CodePortal, ""
	case errors.As(err, &record):
		if string(record.RecordHeader[:]) == "HTTP/" {
			return CodePortal, ""
		}
		return CodeNoTLS, ""
	case errors.As(err, &dns):
		return CodeDNS, ""
	}
	if code, who := judgeCertificate(err); code != "" {
		return code, who
	}
	switch text := err.Error(); {
	case errors.As(err, &op) && op.Op == "remote error" && strings.Contains(text, "protocol version"), strings.Contains(text, "unsupported protocol version"):
		return CodeOldTLS, ""
	case errors.As(err, &op) && op.Op == "remote error": // a TLS alert
		return CodeCertificateRefused, ""
	case errors.Is(err, errConnectionRefused):
		return CodeRefused, ""
	case errors.Is(err, errNetUnreachable), errors.Is(err, errHostUnreachable):
		return CodeUnreachable, ""
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return CodeNoAnswer, ""
	}
	return "", ""
}

func (e *StatusError) judge() string {
	switch {
	case e.Code == "unknown-device", e.Code == "no-certificate":
		return CodeCertificateRefused
	case e.Status >= 300 && e.Status < 400, e.Status == http.StatusNetworkAuthenticationRequired:
		return CodePortal
	// Whoever answers has proved to be the cloud's own door, with a page or without.
	case e.Status == http.StatusTooManyRequests, e.Status >= 500:
		return CodeCloudBusy
	case e.Page:
		return CodePortal
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return CodeCertificateRefused
	}
	return CodeNotTheCloud
}

// judgeCertificate looks at a server's certificate that does not hold. One for
// the cloud's own name by an authority that is not the vendor's was made by
// something in between.
func judgeCertificate(err error) (code, who string) {
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var shown []*x509.Certificate
	if errors.As(err, &verification) {
		shown = verification.UnverifiedCertificates
	}
	switch {
	case errors.As(err, &host):
		return CodePortal, nameOn(host.Certificate)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CodeClock, ""
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return CodeInspection, issuer(shown)
	}
	return "", ""
}

const longest = 80 // characters of a name that a stranger chose

// issuer names who made the last certificate that was shown: the organisation
// whose device opens connections.
func issuer(shown []*x509.Certificate) string {
	if len(shown) == 0 {
		return ""
	}
	by := shown[len(shown)-1].Issuer
	for _, names := range [][]string{by.Organization, {by.CommonName}, by.OrganizationalUnit} {
		if len(names) > 0 && redact.Line(names[0], longest) != "" {
			return redact.Line(names[0], longest)
		}
	}
	return ""
}

func nameOn(c *x509.Certificate) string {
	switch {
	case c == nil:
		return ""
	case len(c.DNSNames) > 0:
		return redact.Line(c.DNSNames[0], longest)
	}
	return redact.Line(c.Subject.CommonName, longest)
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
