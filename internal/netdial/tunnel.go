package netdial

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// ProxyError is a proxy that does not let us through. Code is one of those of
// Codes.
type ProxyError struct {
	Code  string
	Proxy string // host and port
	Err   error
}

func (e *ProxyError) Error() string {
	text := "proxy"
	if e.Proxy != "" {
		text += " " + e.Proxy
	}
	text += ": " + e.Code
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *ProxyError) Unwrap() error { return e.Err }

const (
	maxAnswer = 64 << 10 // of a proxy, header and page
	maxRounds = 2        // of a log-in, after which a proxy that still asks is left
)

// through opens a tunnel to target. A log-in that was refused is not tried
// again before HoldOff is over, whoever asks: it could lock the account.
func (d *Dialer) through(ctx context.Context, r route, target string) (net.Conn, error) {
	c, err := d.credentials(r)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	h, ok := d.held[r.proxy.Host]
	d.mu.Unlock()
	if ok && h.credentials == c && d.config.Now().Before(h.until) {
		return nil, h.err
	}
	ctx, cancel := context.WithTimeout(ctx, tunnelTime)
	defer cancel()
	conn, err := d.tunnel(ctx, r, target, c)
	var p *ProxyError
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, r.proxy.Host)
	if errors.As(err, &p) && (p.Code == CodeProxyDenied || p.Code == CodeProxyLoop) {
		d.held[r.proxy.Host] = held{err, c, d.config.Now().Add(d.config.HoldOff)}
	}
	return conn, err
}

func (d *Dialer) tunnel(ctx context.Context, r route, target string, c credentials) (net.Conn, error) {
	fail := func(code string, err error) error { return &ProxyError{code, r.proxy.Host, err} }
	line, err := d.openLine(ctx, r)
	if err != nil {
		return nil, fail(CodeProxyUnreachable, err)
	}
	defer func() {
		if line != nil {
			line.Close()
		}
	}()
	var log authenticator
	defer func() {
		if log != nil {
			log.close()
		}
	}()
	header := ""
	for rounds := 0; ; {
		answer, err := line.ask(ctx, target, header)
		if err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return nil, fail(CodeProxyUnreachable, err)
		}
		switch {
		case answer.status == http.StatusOK:
			conn := line
			line = nil
			return conn, conn.SetDeadline(time.Time{})
		case answer.status == http.StatusUnauthorized && log != nil: // tinyproxy's word for it
			return nil, fail(CodeProxyDenied, errors.New("it refuses the log-in"))
		case answer.status != http.StatusProxyAuthRequired:
			return nil, fail(answer.code(), fmt.Errorf("it answers with status %d", answer.status))
		}
		if r.source == FromUser {
			// Whoever named it may be anybody: it gets nobody's log-in, neither a
			// password nor this PC's own account.
			return nil, fail(CodeProxyAuth, errors.New("a proxy of the desktop's gets no log-in"))
		}
		if log == nil {
			if log, err = d.config.scheme(answer.offered, c, r.proxy.Hostname()); err != nil {
				return nil, fail(codeOf(err), err)
			}
		} else if rounds++; !log.more(answer.offered) {
			return nil, fail(CodeProxyDenied, errors.New("it asks again after the log-in"))
		}
		if rounds > maxRounds {
			return nil, fail(CodeProxyLoop, errors.New("it goes on asking for a log-in"))
		}
		if header, err = log.next(answer.offered); err != nil {
			return nil, fail(CodeProxyDenied, err)
		}
		if answer.closes {
			// NTLM and Negotiate are about one TCP connection: what was said on
			// another counts for nothing.
			if rounds > 0 && log.bound() {
				return nil, fail(CodeProxyLoop, errors.New("it closes the connection in the middle of the log-in"))
			}
			line.Close()
			if line, err = d.openLine(ctx, r); err != nil {
				return nil, fail(CodeProxyUnreachable, err)
			}
		}
	}
}

// openLine opens the connection to the proxy itself.
func (d *Dialer) openLine(ctx context.Context, r route) (*proxyLine, error) {
	conn, err := d.config.dial(ctx, "tcp", r.proxy.Host)
	if err != nil {
		return nil, err
	}
	if r.proxy.Scheme == "https" {
		// The proxy is the hospital's: the system's roots are right for it.
		secured := tls.Client(conn, &tls.Config{ServerName: r.proxy.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = secured
	}
	return &proxyLine{Conn: conn, r: bufio.NewReader(conn)}, nil
}

// proxyLine is a connection to a proxy, and after a 200 the tunnel itself.
type proxyLine struct {
	net.Conn
	r *bufio.Reader
}

func (l *proxyLine) Read(p []byte) (int, error) { return l.r.Read(p) }

// proxyAnswer is what a proxy said to CONNECT.
type proxyAnswer struct {
	status  int
	page    bool // HTML
	offered []string
	closes  bool
}

func (a proxyAnswer) code() string {
	switch {
	case a.status >= 300 && a.status < 400, a.status == http.StatusNetworkAuthenticationRequired:
		return CodePortal
	case a.status == http.StatusForbidden, a.status == http.StatusMethodNotAllowed, a.status == http.StatusUnavailableForLegalReasons:
		return CodeProxyBlocked
	case a.status >= 500:
		return CodeProxyFailed
	case a.page:
		return CodePortal
	}
	return CodeProxyBlocked
}

// ask sends CONNECT and reads the answer's header, and its page where the
// connection goes on behind it.
func (l *proxyLine) ask(ctx context.Context, target, authorization string) (proxyAnswer, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := l.SetDeadline(deadline); err != nil {
			return proxyAnswer{}, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = l.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: BeckmanConnect\r\nProxy-Connection: keep-alive\r\n", target, target)
	if authorization != "" {
		fmt.Fprintf(&b, "Proxy-Authorization: %s\r\n", authorization)
	}
	b.WriteString("\r\n")
	if _, err := io.WriteString(l.Conn, b.String()); err != nil {
		return proxyAnswer{}, err
	}
	head := &io.LimitedReader{R: l.r, N: maxAnswer}
	reader := bufio.NewReader(&oneByOne{head})
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return proxyAnswer{}, fmt.Errorf("what answers is no proxy: %w", err)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	a := proxyAnswer{
		status: response.StatusCode, page: kind == "text/html", offered: response.Header.Values("Proxy-Authenticate"),
		closes: response.Close || strings.EqualFold(response.Header.Get("Proxy-Connection"), "close"),
	}
	if a.status != http.StatusOK {
		// The page is thrown away so that the connection can go on behind it.
		if _, err := io.Copy(io.Discard, response.Body); err != nil || head.N <= 0 {
			a.closes = true
		}
		response.Body.Close()
	}
	return a, nil
}

// oneByOne keeps a buffered reader from reading past the header: behind it
// the tunnel begins.
type oneByOne struct{ r io.Reader }

func (o *oneByOne) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }
