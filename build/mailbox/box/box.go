// Package box is a mailbox for development and tests: an SMTP server on
// loopback that takes every message and shows it. It is never linked into the
// cloud; production uses the vendor's mail server.
package box

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// maxKept messages are shown; older ones go.
const maxKept = 500

// Message is a message as it came.
type Message struct {
	To      string              `json:"to"` // of the envelope
	From    string              `json:"from"`
	Subject string              `json:"subject"`
	Text    string              `json:"text"`
	Headers map[string][]string `json:"headers"`
	AtMS    int64               `json:"atMs"`
}

// Box keeps messages in memory.
type Box struct {
	mu    sync.Mutex
	kept  []Message
	more  chan struct{} // closed at the next message
	lines []string      // what Refuse answers with, first come first served
}

// New makes an empty Box.
func New() *Box { return &Box{more: make(chan struct{})} }

// Refuse has the next messages refused, one with each status; 451 is for now,
// 550 for good.
func (b *Box) Refuse(statuses ...int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range statuses {
		b.lines = append(b.lines, fmt.Sprint(s))
	}
}

func (b *Box) refusal() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) == 0 {
		return nil
	}
	code := 0
	_, _ = fmt.Sscan(b.lines[0], &code)
	b.lines = b.lines[1:]
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "refused by the mailbox"}
}

// Messages gives what came for an address, newest first; "" for everybody.
func (b *Box) Messages(to string) []Message {
	list, _ := b.look(to)
	return list
}

func (b *Box) look(to string) ([]Message, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []Message{}
	for _, m := range slices.Backward(b.kept) {
		if to == "" || m.To == to {
			list = append(list, m)
		}
	}
	return list, b.more
}

// Wait gives the newest message for an address once there are n of them, or
// false when done ends before.
func (b *Box) Wait(done <-chan struct{}, to string, n int) (Message, bool) {
	for {
		list, more := b.look(to)
		if len(list) >= n {
			return list[0], true
		}
		select {
		case <-done:
			return Message{}, false
		case <-more:
		}
	}
}

// Server makes an SMTP server that puts what it takes into the box. With config
// it offers STARTTLS; user and password, when set, must be given.
func (b *Box) Server(config *tls.Config, user, password string) *smtp.Server {
	s := smtp.NewServer(backend{b, user, password})
	s.Domain = "mailbox.localhost"
	s.MaxMessageBytes, s.MaxRecipients = 1<<20, 10
	s.ReadTimeout, s.WriteTimeout = 30*time.Second, 30*time.Second
	s.TLSConfig = config
	return s
}

// Loopback refuses an address that others could reach.
func Loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("box: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("box: %q is not a loopback address", address)
	}
	return nil
}

func (b *Box) put(to string, raw []byte) error {
	m, err := parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "this is no message"}
	}
	m.To, m.AtMS = to, time.Now().UnixMilli()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, m)
	if len(b.kept) > maxKept {
		b.kept = b.kept[1:]
	}
	close(b.more)
	b.more = make(chan struct{})
	return nil
}

func parse(raw []byte) (Message, error) {
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	var body io.Reader = read.Body
	if strings.EqualFold(read.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(read.Body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return Message{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil {
		return Message{}, err
	}
	return Message{From: read.Header.Get("From"), Subject: subject, Text: strings.ReplaceAll(string(text), "\r\n", "\n"), Headers: read.Header}, nil
}

var errSignIn = errors.New("wrong user or password")
