package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// How the way to a mail server is protected.
const (
	STARTTLS = "starttls" // port 587; a server that does not offer it gets nothing
	Implicit = "implicit" // port 465
	NoTLS    = "none"     // loopback only
)

// Server names a mail server.
type Server struct {
	Address      string // host:port
	TLS          string // STARTTLS when empty
	From         string // "Name <address>"
	User         string // "": no sign-in
	PasswordFile string // read for each message, so that it can be changed
	CA           string // PEM file; "": the system's
}

const smtpTimeout = 30 * time.Second

// Check says what is wrong with the configuration.
func (s Server) Check() error {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not host:port of a mail server", s.Address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q has no usable port", s.Address)
	}
	if from, err := mail.ParseAddress(s.From); err != nil || !Address(from.Address) || strings.ContainsFunc(from.Name, hidden) {
		return fmt.Errorf("%q is not an address mail can come from", s.From)
	}
	ip := net.ParseIP(host)
	switch s.TLS {
	case "", STARTTLS, Implicit:
	case NoTLS:
		if ip == nil || !ip.IsLoopback() {
			return errors.New("without TLS a mail server must have a loopback address")
		}
		if s.User != "" {
			return errors.New("a password is not sent without TLS")
		}
	default:
		return fmt.Errorf("tls %q is none of %s, %s and %s", s.TLS, STARTTLS, Implicit, NoTLS)
	}
	if (s.User == "") != (s.PasswordFile == "") {
		return errors.New("user and password_file belong together")
	}
	if s.CA != "" {
		if _, err := s.roots(); err != nil {
			return err
		}
	}
	return nil
}

// SMTP is the Transport to a mail server.
type SMTP struct{ Server }

// Deliver implements Transport: one connection a message, which mail is rare
// enough for.
func (s SMTP) Deliver(ctx context.Context, m Message) error {
	if err := Check(m); err != nil {
		return err
	}
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*smtpTimeout)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, msg)
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.Reason == gomail.ErrSMTPRcptTo && !refused.IsTemp() {
		return ErrRefused
	}
	if err != nil {
		// The error may name the address, which belongs into no log.
		return fmt.Errorf("mail: %s: %s", s.Address, strings.ReplaceAll(err.Error(), m.To, "…"))
	}
	return nil
}

func (s SMTP) compose(m Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.From), msg.To(m.To)); err != nil {
		return nil, fmt.Errorf("mail: %w", ErrMessage)
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no vacation notes in return
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

func (s SMTP) client() (*gomail.Client, error) {
	host, portText, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if s.CA != "" {
		if config.RootCAs, err = s.roots(); err != nil {
			return nil, err
		}
	}
	options := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(smtpTimeout), gomail.WithTLSConfig(config), gomail.WithHELO("beckmanconnect-cloud")}
	switch s.TLS {
	case Implicit:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.User != "" {
		password, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("mail: password: %w", err)
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(strings.TrimRight(string(password), "\r\n")))
	}
	return gomail.NewClient(host, options...)
}

func (s Server) roots() (*x509.CertPool, error) {
	pem, err := os.ReadFile(s.CA)
	if err != nil {
		return nil, fmt.Errorf("mail: ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("mail: ca: %s holds no certificate", s.CA)
	}
	return pool, nil
}
