package relay

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel"
)

// CloudDialer dials the cloud's relay with the device certificate.
type CloudDialer struct {
	URL string             // of the cloud, "https://…"
	TLS func() *tls.Config // with the device certificate (device.TLS)
	// Client makes the way out with these roots (netdial.Dialer.Client). It
	// follows no redirect.
	Client func(*tls.Config) *http.Client
}

// DialHost implements Dialer.
func (d CloudDialer) DialHost(ctx context.Context, request string) (net.Conn, error) {
	base, ok := strings.CutPrefix(d.URL, "https://")
	if !ok {
		return nil, errors.New("relay: dial: the cloud's address must begin with https://")
	}
	if d.Client == nil {
		return nil, errors.New("relay: dial: there is no way out")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	target := "wss://" + strings.TrimSuffix(base, "/") + cloudapi.PathRelay + url.PathEscape(request) + "?role=host"
	// The connection below the WebSocket, and below a proxy's, says by which
	// of this PC's networks the session runs.
	var here net.Addr
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { here = i.Conn.LocalAddr() }})
	client := d.Client(d.TLS())
	defer client.CloseIdleConnections() // the relay's is the WebSocket's own by then
	conn, err := channel.DialRelayBy(ctx, target, client, nil)
	if err != nil {
		return nil, err
	}
	return carried{conn, here}, nil
}

// carried is a stream to the relay that knows the address of this PC below it.
type carried struct {
	net.Conn
	here net.Addr
}

func (c carried) LocalAddr() net.Addr { return c.here }

// Unwrap lets the channel find what carries its file lane.
func (c carried) Unwrap() net.Conn { return c.Conn }

// CloseNow ends the stream without the WebSocket's goodbye, where it has one.
func (c carried) CloseNow() error { return closeNow(c.Conn) }

func closeNow(c net.Conn) error {
	if now, ok := c.(interface{ CloseNow() error }); ok {
		return now.CloseNow()
	}
	return c.Close()
}

// dialLoop waits at the relay while a request or a session is open.
func (s *Support) dialLoop(ctx context.Context) {
	for ctx.Err() == nil {
		request, changed := s.wanted()
		if request == "" {
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		waiting, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.until(waiting, request)
			stop()
		}()
		s.waitAt(ctx, waiting, request)
		stop()
		<-done
	}
}

func (s *Support) wanted() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m.RelayWanted(), s.changed
}

// until returns when the request is not wanted any more.
func (s *Support) until(ctx context.Context, request string) {
	for {
		now, changed := s.wanted()
		if now != request {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// waitAt dials for one request again and again. waiting ends with the request;
// a link that stands may outlive it to say why it ends.
func (s *Support) waitAt(ctx, waiting context.Context, request string) {
	var cert *tls.Certificate
	pause := s.cfg.RedialMin
	for waiting.Err() == nil {
		if cert == nil {
			c, err := s.cfg.Certificate(waiting)
			if err == nil {
				cert = &c
			} else if waiting.Err() == nil {
				s.cfg.Log.Warn("no session certificate yet", "err", err)
			}
		}
		came := false
		if cert != nil {
			came = s.meet(ctx, waiting, request, *cert)
		}
		if came {
			pause = s.cfg.RedialMin
		}
		// Jitter spreads the devices that lost the same relay (scenario 56).
		sleep := pause/2 + rand.N(pause)
		pause = min(pause*2, s.cfg.RedialMax)
		select {
		case <-waiting.Done():
		case <-time.After(sleep):
		}
	}
}

// meet dials once and serves whoever comes; true when somebody was let in.
func (s *Support) meet(ctx, waiting context.Context, request string, cert tls.Certificate) bool {
	conn, err := s.cfg.Dialer.DialHost(waiting, request)
	if err != nil {
		if waiting.Err() == nil {
			s.cfg.Log.Info("the relay cannot be reached", "err", err)
		}
		return false
	}
	met, err := awaitFirst(waiting, conn)
	if err != nil {
		if channel.EndedByStaff(err) {
			s.do(support.EndedByVendor{Request: request})
		}
		return false // nobody came, or the request is over
	}
	var engineer support.Engineer
	ch, err := channel.Host(waiting, met, channel.HostConfig{
		Certificate: cert, StaffCA: s.cfg.StaffCA,
		Verify: func(leaf *x509.Certificate) (err error) {
			engineer, err = s.admit(leaf, request)
			return err
		},
	})
	if err != nil {
		var refused *channel.Refused
		what := "handshake"
		judged := errors.As(err, &refused)
		if judged {
			what = refused.What
		}
		s.cfg.Log.Warn("an end-to-end channel failed", "what", what, "err", err)
		// One that broke because the request ended is nobody's doing; one that was
		// turned away is on record, however soon the request ended after it.
		if judged || waiting.Err() == nil {
			s.do(support.ChannelRefused{What: what})
		}
		return false
	}
	s.mu.Lock()
	s.carrier = carrierOf(conn)
	watched := s.carrier.IsValid()
	s.mu.Unlock()
	if !watched {
		s.cfg.Log.Warn("the network below a session is not known: unplugging it will only look like a lost link")
	}
	s.serve(ctx, ch, request, engineer)
	return true
}

// admit decides about the person a sound certificate names: the certificate is
// for this request, and policy lets the person reach this device (P20, P21).
func (s *Support) admit(leaf *x509.Certificate, request string) (support.Engineer, error) {
	id, err := channel.EngineerIdentity(leaf)
	if err != nil {
		return support.Engineer{}, err
	}
	if id.Request != "" && id.Request != request {
		return support.Engineer{}, errors.New("the certificate was issued for another request")
	}
	e := support.Engineer{Account: id.Account, Name: id.Name, Organisation: id.Organisation, Regions: id.Regions, Serial: leaf.SerialNumber.Text(16)}
	if d := s.cfg.Machine.Policy.Connect(e); !d.Allowed {
		return e, fmt.Errorf("policy: %s", d.Why)
	}
	return e, nil
}

// firstConn is a stream some of which was read ahead.
type firstConn struct {
	net.Conn
	r *bufio.Reader
}

func (c firstConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// Unwrap lets the channel find what carries its file lane. What was read ahead
// is of the TLS: before it nothing of a lane is let through.
func (c firstConn) Unwrap() net.Conn { return c.Conn }

// CloseNow ends the stream without the WebSocket's goodbye, where it has one.
func (c firstConn) CloseNow() error { return closeNow(c.Conn) }

// awaitFirst waits for the other end's first byte: an engineer may come
// minutes after the host, and the handshake's own time limit starts only then.
func awaitFirst(ctx context.Context, conn net.Conn) (net.Conn, error) {
	c := firstConn{Conn: conn, r: bufio.NewReaderSize(conn, 32<<10)}
	stop := context.AfterFunc(ctx, func() { c.CloseNow() })
	_, err := c.r.Peek(1)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.CloseNow()
		return nil, err
	}
	return c, nil
}
