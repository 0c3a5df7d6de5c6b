package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// explain says in one plain line why the link is down (scenarios 54, 55).
func explain(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case err == nil:
		return "the connection ended"
	case errors.As(err, &dns):
		return "the cloud's name cannot be resolved; check the network and DNS"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the cloud's certificate does not fit this PC's clock; check date and time"
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return "something between this PC and the cloud shows a certificate of its own; the connection is refused"
	case errors.As(err, &host):
		return "the server that answers is not the cloud; the connection is refused"
	case errors.As(err, &alert):
		return "the cloud refused this PC's certificate; register again"
	case errors.As(err, &record):
		return "what answers does not speak TLS; a proxy or a log-in page may be in between"
	case strings.Contains(text, "Proxy Authentication Required"):
		return "the proxy asks for a log-in that is not configured"
	case strings.Contains(text, "bad handshake"):
		return "what answers is not the cloud's message service; a proxy or a log-in page may be in between, or this PC must be registered again"
	case errors.Is(err, packets.ErrorRefusedNotAuthorised), errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedIDRejected):
		return "the cloud does not accept this PC; register again"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at the cloud's address"
	case errors.Is(err, errNoAnswer), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "the cloud does not answer in time"
	case errors.Is(err, errPacketTooLarge), errors.Is(err, errSuback):
		return "the cloud sent more than it may"
	default:
		return "the connection to the cloud was lost"
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
