package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"beckmanconnect/build/mailbox/box"
	"beckmanconnect/cloud/data/dbtest"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/mail"
)

const to = "lena.lab@hospital.example"

// serve runs a mailbox and gives its address.
func serve(t *testing.T, b *box.Box, config *tls.Config, implicit bool, user, password string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	s := b.Server(config, user, password)
	if implicit {
		l, s.TLSConfig = tls.NewListener(l, config), nil
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Log(err)
		}
	})
	return address
}

// certificate is a mail server's own, with the file that vouches for it.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

func message() mail.Message {
	return mail.Message{To: to, Subject: "Bitte bestätigen: Gerät „DxH 900“", Text: "Grüße\n\n.\nhttps://cloud.example/confirm?token=ABC-" + strings.Repeat("x", 120) + "\n"}
}

func TestDelivered(t *testing.T) { // P18: with a real SMTP server in between
	config, ca := certificate(t)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		config   *tls.Config
		implicit bool
		user     string
		server   mail.Server
		fails    bool
	}{
		{name: "starttls", config: config, server: mail.Server{CA: ca}},
		{name: "implicit", config: config, implicit: true, server: mail.Server{CA: ca, TLS: mail.Implicit}},
		{name: "loopback without", server: mail.Server{TLS: mail.NoTLS}},
		{name: "signed in", config: config, user: "cloud", server: mail.Server{CA: ca, User: "cloud", PasswordFile: secret}},
		{name: "server without STARTTLS", server: mail.Server{CA: ca}, fails: true},
		{name: "certificate of nobody known", config: config, server: mail.Server{}, fails: true},
		{name: "wrong user", config: config, user: "cloud", server: mail.Server{CA: ca, User: "other", PasswordFile: secret}, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := box.New()
			c.server.Address, c.server.From = serve(t, b, c.config, c.implicit, c.user, "hunter2"), "Remote Support <no-reply@vendor.example>"
			if err := c.server.Check(); err != nil {
				t.Fatal(err)
			}
			err := mail.SMTP{Server: c.server}.Deliver(t.Context(), message())
			if c.fails {
				if err == nil || len(b.Messages("")) > 0 {
					t.Errorf("it was sent: %v", err)
				}
				if err != nil && strings.Contains(err.Error(), to) {
					t.Errorf("the error names a person: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := b.Messages(to)
			if len(got) != 1 || got[0].Subject != message().Subject || got[0].Text != message().Text || len(got[0].Headers["To"]) != 1 {
				t.Errorf("came as %+v", got)
			}
		})
	}
}

func TestServerCheck(t *testing.T) {
	good := mail.Server{Address: "smtp.vendor.example:587", From: "Support <no-reply@vendor.example>"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.Server){
		"no port":           func(s *mail.Server) { s.Address = "smtp.vendor.example" },
		"bad port":          func(s *mail.Server) { s.Address = "smtp.vendor.example:x" },
		"no sender":         func(s *mail.Server) { s.From = "" },
		"two senders":       func(s *mail.Server) { s.From = "a@b.example, c@d.example" },
		"unknown TLS":       func(s *mail.Server) { s.TLS = "maybe" },
		"no TLS outside":    func(s *mail.Server) { s.TLS = mail.NoTLS },
		"no TLS, a name":    func(s *mail.Server) { s.TLS, s.Address = mail.NoTLS, "localhost:25" },
		"password in clear": func(s *mail.Server) { s.TLS, s.Address, s.User, s.PasswordFile = mail.NoTLS, "127.0.0.1:25", "u", "f" },
		"half a sign-in":    func(s *mail.Server) { s.User = "u" },
		"no such CA":        func(s *mail.Server) { s.CA = "/nowhere" },
	} {
		s := good
		change(&s)
		if err := s.Check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// fleet of a queue over a real database, with a clock to turn.
type rig struct {
	*mail.Queue
	mu      sync.Mutex
	now     time.Time
	answers []error
	sent    []mail.Message
	said    []events.Event
	during  func() // what happens while a message is on its way; nil: nothing
}

func (r *rig) Deliver(_ context.Context, m mail.Message) error {
	if r.during != nil {
		r.during()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) > 0 {
		err := r.answers[0]
		r.answers = r.answers[1:]
		if err != nil {
			return err
		}
	}
	r.sent = append(r.sent, m)
	return nil
}

func (r *rig) Emit(_ context.Context, e events.Event) error { r.said = append(r.said, e); return nil }

func newRig(t *testing.T) *rig {
	r := &rig{now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	db := dbtest.Open(t, clock)
	r.Queue = mail.NewQueue(mail.QueueConfig{Store: db, Transport: r, Events: r, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: clock})
	return r
}

func TestQueueTriesAgain(t *testing.T) {
	r := newRig(t)
	down := errors.New("the server is down")
	r.answers = []error{down, down, nil}
	if err := r.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		wait time.Duration
		sent int
	}{{0, 0}, {10 * time.Second, 0}, {time.Minute, 0}, {10 * time.Second, 0}, {2 * time.Minute, 1}, {time.Hour, 1}} {
		r.now = r.now.Add(c.wait)
		_ = r.Flush(t.Context())
		if len(r.sent) != c.sent {
			t.Fatalf("step %d: %d sent, want %d", i, len(r.sent), c.sent)
		}
	}
	if len(r.answers) != 0 {
		t.Errorf("tried %d times too few", len(r.answers))
	}
	if r.sent[0] != message() {
		t.Errorf("sent %+v", r.sent[0])
	}
}

func TestQueueGivesUp(t *testing.T) {
	t.Run("after a day", func(t *testing.T) {
		r := newRig(t)
		if err := r.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		tries := 0
		for ; len(r.said) == 0 && tries < 100; tries++ {
			r.answers = []error{errors.New("down")}
			_ = r.Flush(t.Context())
			r.now = r.now.Add(75 * time.Minute)
		}
		if len(r.said) != 1 || r.said[0].Kind != events.MailGivenUp || r.said[0].Fields["to"] != to || tries < 10 || tries > 30 {
			t.Fatalf("after %d tries: %+v", tries, r.said)
		}
		r.answers = nil
		_ = r.Flush(t.Context())
		if len(r.sent) != 0 {
			t.Error("it was sent after all")
		}
	})
	t.Run("when its link is over", func(t *testing.T) { // P18
		r := newRig(t)
		link := message()
		link.Until = r.now.Add(15 * time.Minute)
		if err := r.Send(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		r.answers = []error{errors.New("down")}
		_ = r.Flush(t.Context())
		r.now = link.Until
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(r.sent) != 0 || len(r.said) != 1 || r.said[0].Kind != events.MailGivenUp {
			t.Errorf("sent %+v, said %+v", r.sent, r.said)
		}
	})
	t.Run("at once when the address is refused", func(t *testing.T) {
		r := newRig(t)
		r.answers = []error{mail.ErrRefused}
		if err := r.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		_ = r.Flush(t.Context())
		if len(r.said) != 1 || r.said[0].Fields["refused"] != "true" {
			t.Errorf("%+v", r.said)
		}
	})
}

// A mail server that takes its time: what one node still has before it when its
// hold ends, another one may send, and nobody gets it twice.
func TestNodesSendOnce(t *testing.T) { // B13
	r := newRig(t)
	other := &rig{}
	node := r.QueueConfig
	node.Transport = other
	second := mail.NewQueue(node)
	r.during = func() {
		r.now = r.now.Add(100 * time.Second)
		if err := second.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for i := range 7 {
		m := message()
		m.Subject = strings.Repeat("x", i+1)
		if err := r.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for range 7 {
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.now = r.now.Add(2 * time.Minute)
	}
	times := map[string]int{}
	for _, m := range append(r.sent, other.sent...) {
		times[m.Subject]++
	}
	for subject, n := range times {
		if n != 1 {
			t.Errorf("%s was sent %d times", subject, n)
		}
	}
	if len(times) != 7 {
		t.Errorf("%d of 7 were sent", len(times))
	}
}

func TestRate(t *testing.T) {
	r := newRig(t)
	for i := range 10 {
		if err := r.Send(t.Context(), message()); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	_ = r.Flush(t.Context()) // sent ones count too
	if err := r.Send(t.Context(), message()); !errors.Is(err, mail.ErrRate) {
		t.Errorf("the eleventh: %v", err)
	}
	other := message()
	other.To = "other@hospital.example"
	if err := r.Send(t.Context(), other); err != nil {
		t.Errorf("another address: %v", err)
	}
	r.now = r.now.Add(time.Hour + time.Minute)
	if err := r.Send(t.Context(), message()); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// The server says for good, and for now.
func TestRefusedByServer(t *testing.T) {
	b := box.New()
	s := mail.SMTP{Server: mail.Server{Address: serve(t, b, nil, false, "", ""), From: "no-reply@vendor.example", TLS: mail.NoTLS}}
	b.Refuse(550, 451)
	if err := s.Deliver(t.Context(), message()); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("550: %v", err)
	}
	if err := s.Deliver(t.Context(), message()); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("451: %v", err)
	}
	if err := s.Deliver(t.Context(), message()); err != nil || len(b.Messages(to)) != 1 {
		t.Errorf("afterwards: %v", err)
	}
}
