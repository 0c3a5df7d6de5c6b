// Package netdial is the way out of the instrument PC: one dialer for the link,
// the relay, registration, upgrades and the doctor. It opens nothing that does
// not stand in the table of endpoints, nothing but port 443 unless the roots
// are a developer's, and goes through the hospital's proxy where there is one:
// configured, the environment's, the system's, or the desktop's, in this order. A proxy that
// is set and does not work is an error and never a reason to go around it
// (P11, B14, scenario 54).
package netdial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
)

// Config is what a Dialer needs.
type Config struct {
	// Table is what may be dialled, as it is now: the site's policy may change.
	Table func() endpoints.Table
	// Development lets the installed address have another port than 443. Only
	// development roots make it true.
	Development bool
	Proxy       hostconfig.Proxy
	// User is what the desktop of somebody at this PC says, as it is now; nil:
	// nobody says anything.
	User func() UserProxy
	// Refused is told once of each host and port that something wanted to dial
	// and that does not stand in the table. It must not block.
	Refused func(host string, port int)
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now

	// HoldOff is how long a proxy that refused the log-in is left alone: tries
	// with a wrong password lock accounts. 0: 10 minutes.
	HoldOff time.Duration

	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	system func(target *url.URL, pac string) (route, error)
	script func(target *url.URL, pac string) (route, error) // for the desktop's; "": the network's own
	scheme func(offered []string, c credentials, proxy string) (authenticator, error)
}

// ErrNotAllowed: the address does not stand in the table of endpoints.
var ErrNotAllowed = errors.New("this address is not in the table of endpoints")

// dialTime bounds one TCP connection, tunnelTime what the proxy may take.
const (
	dialTime      = 15 * time.Second
	tunnelTime    = 20 * time.Second
	handshakeTime = 15 * time.Second
)

// Dialer opens connections. It is safe for concurrent use.
type Dialer struct {
	config Config

	mu      sync.Mutex
	refused map[string]bool
	held    map[string]held // by proxy
	last    route
}

// held is a proxy that refused a log-in.
type held struct {
	err         error
	credentials credentials
	until       time.Time
}

// New makes a Dialer.
func New(c Config) *Dialer {
	if c.Table == nil {
		c.Table = func() endpoints.Table { return nil }
	}
	if c.Refused == nil {
		c.Refused = func(string, int) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HoldOff <= 0 {
		c.HoldOff = 10 * time.Minute
	}
	if c.dial == nil {
		c.dial = (&net.Dialer{Timeout: dialTime}).DialContext
	}
	if c.system == nil {
		c.system = systemRoute
	}
	if c.script == nil {
		c.script = userScript
	}
	if c.scheme == nil {
		c.scheme = schemeFor
	}
	return &Dialer{config: c, refused: map[string]bool{}, held: map[string]held{}}
}

// DialContext opens a TCP connection to address, or a tunnel to it through the
// proxy. What comes back carries no TLS yet.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("netdial: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("netdial: port %q: %w", text, err)
	}
	if err := d.allow(network, host, port); err != nil {
		return nil, err
	}
	r, err := d.route(host, port)
	d.remember(r)
	if err != nil {
		return nil, err
	}
	if r.proxy == nil {
		return d.config.dial(ctx, network, address)
	}
	return d.through(ctx, r, net.JoinHostPort(host, text))
}

func (d *Dialer) allow(network, host string, port int) error {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return fmt.Errorf("netdial: %s %s: %w", network, host, ErrNotAllowed)
	}
	if d.config.Table().Allows(host, port) && (port == endpoints.HTTPS || d.config.Development) {
		return nil
	}
	key := net.JoinHostPort(host, strconv.Itoa(port))
	d.mu.Lock()
	// The hosts are few unless somebody makes them up: then the first ones tell.
	const most = 100
	first := !d.refused[key] && len(d.refused) < most
	if first {
		d.refused[key] = true
	}
	d.mu.Unlock()
	if first {
		d.config.Log.Warn("a connection was refused: not in the table of endpoints", "host", host, "port", port)
		d.config.Refused(host, port)
	}
	return fmt.Errorf("netdial: %s: %w", key, ErrNotAllowed)
}

// remember keeps by which way the last connection went, for Way.
func (d *Dialer) remember(r route) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = r
}

// Way is how the last connection left this PC: the proxy without its log-in,
// "" for none, and who set it: "configuration", "environment", "system",
// "user", "" when nobody did.
func (d *Dialer) Way() (proxy, source string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last.proxy != nil {
		proxy = d.last.proxy.Scheme + "://" + d.last.proxy.Host
	}
	return proxy, d.last.source
}

// Client is an HTTP client that goes out by this dialer, with these roots, and
// follows nobody to another address. The caller closes its idle connections.
func (d *Dialer) Client(config *tls.Config) *http.Client {
	config = config.Clone()
	config.VerifyConnection = stapled(config.VerifyConnection)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         d.DialContext,
			TLSClientConfig:     config,
			TLSHandshakeTimeout: handshakeTime,
			DisableCompression:  true, // what is measured and hashed is what is sent
			MaxIdleConns:        2,
			IdleConnTimeout:     10 * time.Second,
		},
	}
}
