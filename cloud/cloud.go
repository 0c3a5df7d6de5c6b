// Package cloud is the other side of BeckmanConnect in one process (B13): the
// registry of devices, the broker, the relay, staff sign-in, the console and
// the upgrade repository, all on one TLS port.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/broker"
	"beckmanconnect/cloud/cases"
	"beckmanconnect/cloud/cluster"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/eventlog"
	"beckmanconnect/cloud/inventory"
	"beckmanconnect/cloud/mail"
	"beckmanconnect/cloud/registry"
	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/staff"
	"beckmanconnect/cloud/uploads"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/trust"
)

// stopTimeout bounds how long a stop waits for callers.
const stopTimeout = 10 * time.Second

// Cloud is an opened cloud: it holds its port and its data until Run ends.
type Cloud struct {
	Config
	roots   *trust.Roots
	private *trust.Private
	site    web.Site
	listen  net.Listener
	cert    *serverCert

	vendor       *vendorPolicy
	data         *data.DB
	feed         *staff.Feed
	events       *eventlog.Store
	uploads      *uploads.Keeper
	routes       web.Routes
	registry     *registry.Registry
	broker       *broker.Broker
	relay        *relay.Relay
	desk         *staff.Desk
	cases        *cases.Service
	messages     chan struct{} // some wait to be sent
	mail         *mail.Queue   // nil: no mail server is configured
	confirmation *registry.Confirmation
	tokens       *registry.Tokens
	inventory    *inventory.Inventory
	acts         *acts.Acts

	closeToken func() error // nil: no key is on a token

	cluster  *cluster.Cluster // nil: this is the only node
	operator operator
	draining atomic.Bool
	control  net.Listener  // nil: none
	stop     chan struct{} // closed when whoever runs this node wants it to leave
	leave    func()

	copies     registry.Copies
	identities int64 // newest record of identities that was looked at
}

// New opens everything and takes the port, but serves nothing before Run.
// Close must be called when Run is not.
func New(c Config) (*Cloud, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("cloud: configuration: %w", err)
	}
	cl := &Cloud{Config: c, site: web.Site{Names: c.Names}, feed: &staff.Feed{}, messages: make(chan struct{}, 1), stop: make(chan struct{})}
	cl.leave = sync.OnceFunc(func() { close(cl.stop) })
	if err := cl.open(); err != nil {
		cl.Close()
		return nil, err
	}
	return cl, nil
}

func (c *Cloud) open() (err error) {
	if c.roots, err = trust.Load(c.Roots); err != nil {
		return err
	}
	if err = c.loadPrivate(); err != nil {
		return err
	}
	if c.cert, err = loadServerCert(&c.Config, c.private.Cloud); err != nil {
		return err
	}
	limit, err := descriptors()
	if err != nil {
		return fmt.Errorf("cloud: limit of open files: %w", err)
	}
	if err = c.Broker.settle(limit); err != nil {
		return err
	}
	// The port before the data: a second cloud changes nothing of the first.
	if c.listen, err = net.Listen("tcp", c.Listen); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("cloud: the address %s is taken by another program; stop it, or set \"listen\" to another one", c.Listen)
		}
		return fmt.Errorf("cloud: listen on %s: %w; set \"listen\" to an address of this machine that may be used", c.Listen, err)
	}
	if err = os.MkdirAll(c.Upgrades, 0o755); err != nil {
		return fmt.Errorf("cloud: upgrades folder: %w", err)
	}
	if err = c.openData(context.Background()); err != nil {
		return err
	}
	if c.identities, err = c.data.IdentityLast(context.Background()); err != nil {
		return err
	}
	if c.events, err = eventlog.New(context.Background(), eventlog.Config{
		Data: c.data, Name: c.Names[0], Log: c.Log, Now: c.Now, Retention: c.Events.retention(), SIEM: c.Events.siem(),
	}); err != nil {
		return err
	}
	c.site.Refused = c.refused
	if c.vendor, err = openVendorPolicy(c.Data, c.roots.Vendor); err != nil {
		return err
	}
	if c.URL == "" {
		port := netip.MustParseAddrPort(c.listen.Addr().String()).Port()
		c.URL = "https://" + net.JoinHostPort(c.Names[0], fmt.Sprint(port))
	}
	if c.Cluster.On() {
		if c.cluster, err = cluster.Open(c.Cluster, c.Log); err != nil {
			return err
		}
		c.feed.Elsewhere = c.tellNodes
	}
	if err = c.wire(); err != nil {
		return err
	}
	if err = c.openControl(); err != nil {
		return err
	}
	return c.openOperator()
}

// Addr is the address it listens on, "127.0.0.1:8443".
func (c *Cloud) Addr() string { return c.listen.Addr().String() }

// BaseURL is the address devices and staff use.
func (c *Cloud) BaseURL() string { return c.URL }

// DB is what the cloud keeps, for tools beside it.
func (c *Cloud) DB() *data.DB { return c.data }

// Send publishes to a device (cloudapi's kinds, cloud → device).
func (c *Cloud) Send(device, kind string, body any) error { return c.broker.Send(device, kind, body) }

// EngineUp tells whether the broker's engine answers.
func (c *Cloud) EngineUp() bool { return c.broker.Up() }

// Run serves until ctx ends, then closes everything in order.
func (c *Cloud) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           c.handler(),
		TLSConfig:         c.cert.tlsConfig(c.roots.DeviceCA),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Minute, // a large download over a slow line; WebSockets have their own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ConnContext:       web.ConnContext,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
	working, stopWorking := context.WithCancel(ctx)
	var work sync.WaitGroup
	for _, f := range []func(context.Context){c.watchVendorPolicy, c.watchIdentities, c.sendMessages, c.keepHouse, c.cases.Run, c.events.Run, c.uploads.Run, c.beat, c.confirmation.Run, c.eraseDue, c.acts.Run, c.watchStaff} {
		work.Go(func() { f(working) })
	}
	if c.mail != nil {
		work.Go(func() { c.mail.Run(working) })
	}
	if c.cluster != nil {
		c.lonely()
		c.cluster.Serve(c.relay)
		if err := c.cluster.News(c.news); err != nil {
			c.Log.Error("other nodes' news are not heard", "error", err)
		}
	}
	work.Go(c.serveOperator)
	work.Go(c.serveControl)
	stopWork := sync.OnceFunc(func() { stopWorking(); work.Wait() })
	defer stopWork()
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(netutil.LimitListener(c.listen, c.Broker.MaxConnections), "", "") }()
	c.Log.Info("cloud is up", "address", c.Addr(), "url", c.URL, "development", c.roots.Development)
	var err error
	select {
	case <-ctx.Done():
		err = c.drain(context.WithoutCancel(ctx), server)
		<-failed // it is http.ErrServerClosed
	case <-c.stop:
		err = c.drain(context.WithoutCancel(ctx), server)
		<-failed
	case err = <-failed:
		err = fmt.Errorf("cloud: serve: %w", err)
	}
	err = errors.Join(err, c.closeOperator(), c.closeControl())
	stopWork() // before what it works with is closed
	return errors.Join(err, c.Close())
}

// Close ends what New opened.
func (c *Cloud) Close() error {
	var errs []error
	c.feed.Close()
	if c.relay != nil {
		c.relay.Close()
	}
	if c.broker != nil {
		errs = append(errs, c.broker.Close())
	}
	if c.cluster != nil {
		errs = append(errs, c.cluster.Close())
	}
	errs = append(errs, c.closeOperator(), c.closeControl())
	if c.listen != nil {
		if err := c.listen.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if c.closeToken != nil {
		errs = append(errs, c.closeToken())
	}
	if c.data != nil {
		errs = append(errs, c.data.Close())
	}
	return errors.Join(errs...)
}
