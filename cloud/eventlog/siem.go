package eventlog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
)

// SIEM says where events go: to a syslog receiver over TLS (RFC 5425), or as
// JSON lines over HTTPS. Neither is set: nowhere.
type SIEM struct {
	Syslog      string         // host:port
	URL         string         // https://…
	CA          string         // PEM file; "": the system's
	Certificate string         // PEM file of a client certificate
	Key         string         // its key
	Token       string         // file with what goes into "Authorization: Bearer …"
	Networks    []netip.Prefix // private networks it may stand in; none: a public address only
}

// Bounds of sending.
const (
	siemBatch   = 500
	siemDial    = 15 * time.Second
	siemSend    = time.Minute
	siemLook    = 2 * time.Second
	siemFirst   = time.Second
	siemLongest = 5 * time.Minute
)

// Check says what is wrong with it.
func (c SIEM) Check() error {
	if c.Syslog != "" && c.URL != "" {
		return errors.New("events go to a syslog receiver or to a URL, not to both")
	}
	if (c.Certificate == "") != (c.Key == "") {
		return errors.New("the SIEM's certificate and key belong together")
	}
	if c.Token != "" && c.URL == "" {
		return errors.New("a token is for a URL")
	}
	if c.Syslog != "" {
		if host, port, err := net.SplitHostPort(c.Syslog); err != nil || host == "" || port == "" {
			return fmt.Errorf("%q is not host:port of a syslog receiver", c.Syslog)
		}
	}
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
			return fmt.Errorf("%q is not an https:// address without a user", c.URL)
		}
	}
	return nil
}

// forwarder sends the log in its order, at least once.
type forwarder struct {
	name   string // of its cursor
	data   *data.DB
	log    *slog.Logger
	send   func(context.Context, []data.Event, string) error
	signed int64 // size of the newest checkpoint that was sent
}

// newForwarder gives nil when events go nowhere.
func newForwarder(c Config) (*forwarder, error) {
	if c.SIEM.Syslog == "" && c.SIEM.URL == "" {
		return nil, nil
	}
	if err := c.SIEM.Check(); err != nil {
		return nil, err
	}
	secure, err := c.SIEM.tls()
	if err != nil {
		return nil, err
	}
	f := &forwarder{data: c.Data, log: c.Log}
	dialer := &net.Dialer{Timeout: siemDial, Control: reach(c.SIEM.Networks).control}
	if c.SIEM.Syslog != "" {
		host, _, err := net.SplitHostPort(c.SIEM.Syslog)
		if err != nil {
			return nil, err
		}
		secure.ServerName = host
		f.name = "syslog " + c.SIEM.Syslog
		f.send = (&syslogOut{dialer: &tls.Dialer{NetDialer: dialer, Config: secure}, address: c.SIEM.Syslog, host: c.Name}).send
		return f, nil
	}
	f.name = "https " + c.SIEM.URL
	f.send = (&httpOut{url: c.SIEM.URL, token: c.SIEM.Token, client: &http.Client{
		Timeout: siemSend,
		// No proxy of the environment and no redirect: it goes where the
		// configuration says, or nowhere.
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: secure, TLSHandshakeTimeout: siemDial, ResponseHeaderTimeout: siemSend, MaxIdleConns: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}).send
	return f, nil
}

func (c SIEM) tls() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("events: SIEM: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("events: SIEM: %s holds no certificate", c.CA)
		}
	}
	if c.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, fmt.Errorf("events: SIEM: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// run sends until ctx ends.
func (f *forwarder) run(ctx context.Context) {
	wait, said := siemFirst, false
	for {
		n, err := f.once(ctx)
		rest := siemLook
		switch {
		case err != nil && ctx.Err() == nil:
			if !said {
				f.log.Error("the SIEM does not take events; they wait", "error", err)
			}
			said = true
			rest = wait/2 + rand.N(wait)
			wait = min(2*wait, siemLongest)
		case err == nil:
			if said {
				f.log.Info("the SIEM takes events again")
			}
			said, wait = false, siemFirst
			if n == siemBatch {
				rest = 0
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
	}
}

// once sends what follows on what was confirmed.
func (f *forwarder) once(ctx context.Context) (n int, err error) {
	cursor, err := f.data.EventCursor(ctx, f.name)
	if err != nil {
		return 0, err
	}
	list, err := f.data.EventsAfter(ctx, cursor, siemBatch)
	if err != nil {
		return 0, err
	}
	size, checkpoint, err := f.data.EventCheckpoint(ctx)
	if err != nil {
		return 0, err
	}
	if size <= f.signed {
		checkpoint = ""
	}
	if len(list) == 0 && checkpoint == "" {
		return 0, nil
	}
	limited, cancel := context.WithTimeout(ctx, siemSend)
	defer cancel()
	if err := f.send(limited, list, checkpoint); err != nil {
		return 0, err
	}
	f.signed = max(f.signed, size)
	if len(list) == 0 {
		return 0, nil
	}
	return len(list), f.data.MoveEventCursor(ctx, f.name, list[len(list)-1].Seq)
}

// httpOut posts JSON lines.
type httpOut struct {
	url, token string
	client     *http.Client
}

func (o *httpOut) send(ctx context.Context, list []data.Event, checkpoint string) error {
	body := &strings.Builder{}
	for _, e := range list {
		body.Write(appendJSON(nil, e))
	}
	if checkpoint != "" {
		body.Write(checkpointJSON(checkpoint))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, strings.NewReader(body.String()))
	if err != nil {
		return fmt.Errorf("events: SIEM: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	if o.token != "" {
		token, err := os.ReadFile(o.token) // each time: it may be renewed
		if err != nil {
			return fmt.Errorf("events: SIEM: token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	resp, err := o.client.Do(req)
	if err != nil {
		return fmt.Errorf("events: SIEM: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // what it says is of no use here
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("events: SIEM: it answered %d", resp.StatusCode)
	}
	return nil
}
