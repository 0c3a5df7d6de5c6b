package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/web"
)

// Cluster is a node's connection to the others. It implements relay.Peers.
type Cluster struct {
	config Config
	keys   keys
	log    *slog.Logger
	bus    *nats.Conn
	listen net.Listener
	server *http.Server
	served sync.WaitGroup
	client *http.Client

	telling sync.Mutex
	told    map[string]bool // news that are about to be told
}

// Times of the bus and of links.
const (
	reconnectWait   = 500 * time.Millisecond
	reconnectJitter = 500 * time.Millisecond
	busPing         = 5 * time.Second
	dialTimeout     = 5 * time.Second
)

// Open takes the port for the other nodes and begins to look for the bus. A bus
// that is not there yet keeps nobody from starting: a node alone is a relay,
// too.
func Open(c Config, log *slog.Logger) (*Cluster, error) {
	k, err := c.keys()
	if err != nil {
		return nil, err
	}
	n := &Cluster{config: c, keys: k, log: log, told: map[string]bool{}}
	if n.listen, err = net.Listen("tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("cluster: listen on %s: %w", c.Listen, err)
	}
	if n.bus, err = n.connect(); err != nil {
		return nil, errors.Join(fmt.Errorf("cluster: NATS: %w", err), n.listen.Close())
	}
	n.client = &http.Client{
		Transport:     &http.Transport{DialTLSContext: n.dialNode, DisableKeepAlives: true, DialContext: nowhere},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return n, nil
}

func nowhere(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("cluster: nodes speak TLS")
}

func (n *Cluster) connect() (*nats.Conn, error) {
	c := &n.config
	options := []nats.Option{
		nats.Name("beckmanconnect-cloud " + c.Node), nats.NoEcho(),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		// What cannot be said now is asked for again, and late it would be wrong.
		nats.ReconnectBufSize(-1),
		nats.PingInterval(busPing), nats.MaxPingsOutstanding(2), nats.Timeout(dialTimeout),
		nats.IgnoreDiscoveredServers(), // the list is the configuration's
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { n.log.Warn("cluster: the bus is lost", "error", err) }),
		nats.ReconnectHandler(func(*nats.Conn) { n.log.Info("cluster: the bus is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { n.log.Warn("cluster: bus", "error", err) }),
		nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: n.keys.authority, Certificates: []tls.Certificate{n.keys.certificate}}),
	}
	if slices.ContainsFunc(c.NATS.Servers, plain) {
		options = options[:len(options)-1] // on loopback only, as Check saw to
	}
	switch {
	case c.NATS.Credentials != "":
		options = append(options, nats.UserCredentials(c.NATS.Credentials))
	case c.NATS.User != "":
		options = append(options, nats.UserInfo(c.NATS.User, c.NATS.Password))
	}
	return nats.Connect(join(c.NATS.Servers), options...)
}

// Ready tells why the other nodes cannot be heard; nil: they can.
func (n *Cluster) Ready() error {
	if !n.bus.IsConnected() {
		return fmt.Errorf("the bus is %s", n.bus.Status())
	}
	return nil
}

// Addr is where the other nodes reach this one.
func (n *Cluster) Addr() string { return n.listen.Addr().String() }

// Serve answers the other nodes until Close.
func (n *Cluster) Serve(r *relay.Relay) {
	mux := http.NewServeMux()
	mux.Handle(relay.PathPeer, r.PeerHandler(n.caller))
	n.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: dialTimeout, MaxHeaderBytes: 8 << 10, ConnContext: web.ConnContext,
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{n.keys.certificate},
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: n.keys.authority, NextProtos: []string{"http/1.1"},
		},
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	n.served.Go(func() {
		if err := n.server.ServeTLS(n.listen, "", ""); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("cluster: other nodes are not answered any more", "error", err)
		}
	})
}

// caller is the configured node that a certificate names, or "".
func (n *Cluster) caller(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return ""
	}
	return n.named(r.TLS.VerifiedChains[0][0])
}

func (n *Cluster) named(cert *x509.Certificate) string {
	for _, name := range cert.DNSNames {
		if _, ok := n.config.Peers[name]; ok {
			return name
		}
	}
	return ""
}

// Dial implements relay.Peers.
func (n *Cluster) Dial(ctx context.Context, node, request, tag string) (*websocket.Conn, error) {
	if _, ok := n.config.Peers[node]; !ok {
		return nil, fmt.Errorf("cluster: %q is not a node of the configuration", node)
	}
	ws, resp, err := websocket.Dial(ctx, "https://"+node+relay.PathPeer+request, &websocket.DialOptions{
		HTTPClient: n.client, HTTPHeader: http.Header{relay.HeaderTag: {tag}}, CompressionMode: websocket.CompressionDisabled,
	})
	if err == nil {
		return ws, nil
	}
	if resp != nil && resp.StatusCode == http.StatusConflict {
		return nil, relay.ErrBusy
	}
	return nil, fmt.Errorf("cluster: link to node %s: %w", node, err)
}

// dialNode connects to a node of the list; its certificate must name it.
func (n *Cluster) dialNode(ctx context.Context, network, address string) (net.Conn, error) {
	node, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	target, ok := n.config.Peers[node]
	if !ok {
		return nil, fmt.Errorf("cluster: %q is not a node of the configuration", node)
	}
	d := &tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: &tls.Config{
		MinVersion: tls.VersionTLS13, ServerName: node, RootCAs: n.keys.authority, Certificates: []tls.Certificate{n.keys.certificate},
	}}
	return d.DialContext(ctx, network, target)
}

// Close ends what Open began. The relay must have ended before.
func (n *Cluster) Close() error {
	n.bus.Close()
	var err error
	if n.server != nil {
		err = n.server.Close()
	}
	if closed := n.listen.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed) // Serve had not begun
	}
	n.served.Wait()
	return err
}
