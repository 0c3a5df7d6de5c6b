// Package desk is beckmanconnect-desk: the engineer's console on the
// engineer's own machine. The end-to-end channel ends in this program, with
// its own trust roots, so that not even the cloud that a hosted page comes
// from could look in (B1). The page in the system's browser reaches it on
// loopback, and only that page may (scenario 5).
package desk

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"beckmanconnect/cloud/console"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/engineer"
)

// Config is what a Desk works with.
type Config struct {
	Cloud *url.URL // https only
	Roots *trust.Roots
	Log   *slog.Logger
	// Key makes a session key; nil means RSA-4096. Tests have theirs ready.
	Key func(context.Context) (crypto.Signer, error)
}

// Desk serves one engineer.
type Desk struct {
	conf     Config
	host     string // the one Host and Origin that counts
	guard    *guard
	signIn   *signIn
	api      engineer.API
	keys     *engineer.Keys
	proxy    *httputil.ReverseProxy
	sessions chan struct{} // a place for each open page
}

// maxPages that may hold a session's socket at once.
const maxPages = 8

// Serve runs until ctx ends. started is told the address to open, which is
// good once.
func Serve(ctx context.Context, l net.Listener, c Config, started func(address string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d, err := newDesk(ctx, l.Addr(), c)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: d.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	started("http://" + d.host + "/start?token=" + d.guard.token)
	select {
	case err := <-failed:
		return fmt.Errorf("desk: %w", err)
	case <-ctx.Done():
	}
	cancel()
	_ = server.Close() // sessions say goodbye by ctx; nothing else is worth waiting for
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("desk: %w", err)
	}
	return nil
}

func newDesk(ctx context.Context, at net.Addr, c Config) (*Desk, error) {
	addr, ok := at.(*net.TCPAddr)
	if !ok || !addr.IP.IsLoopback() {
		return nil, errors.New("desk: only a loopback address may be listened on")
	}
	if c.Cloud.Scheme != "https" || c.Cloud.Host == "" {
		return nil, fmt.Errorf("desk: the cloud's address %q is not https", c.Cloud)
	}
	if c.Key == nil {
		c.Key = func(context.Context) (crypto.Signer, error) { return channel.NewKey() }
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots.CloudCA}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: tlsConfig, TLSHandshakeTimeout: 15 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second, IdleConnTimeout: time.Minute,
	}
	client := &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	d := &Desk{conf: c, host: addr.String(), sessions: make(chan struct{}, maxPages)}
	d.guard = newGuard(d.host)
	d.signIn = newSignIn(c, client, "http://"+d.host+"/callback")
	d.keys = engineer.NewKeys(ctx, c.Key)
	d.api = engineer.API{
		Base: c.Cloud, Client: client, TLS: tlsConfig, DeviceCA: c.Roots.DeviceCA,
		Header: func() http.Header { return http.Header{"Authorization": {"Bearer " + d.signIn.bearer()}} },
	}
	d.proxy = d.newProxy(transport)
	return d, nil
}

// handler is everything the page can reach.
func (d *Desk) handler() http.Handler {
	mux := http.NewServeMux()
	// The page itself holds nothing, and a redirect from the sign-in service
	// does not bring the strict cookie along: so it is open, and what it
	// fetches is not.
	mux.Handle("GET /", console.Handler(console.Config{Mode: console.Desk}))
	mux.HandleFunc("GET /start", d.guard.start)
	mux.HandleFunc("GET /callback", d.signIn.callback)
	mux.HandleFunc("GET "+pathConfirm, d.signIn.confirm)
	mux.Handle("GET "+cloudapi.PathLogin, d.guard.page(http.HandlerFunc(d.signIn.login)))
	mux.Handle("POST "+cloudapi.PathLogout, d.guard.page(http.HandlerFunc(d.logout)))
	for _, path := range []string{cloudapi.PathMe, cloudapi.PathRequests, cloudapi.PathFleet, cloudapi.PathAlarms, cloudapi.PathSessions, cloudapi.PathLive,
		cloudapi.PathFeed, cloudapi.PathPresence, cloudapi.PathMessage, cloudapi.PathHelpLogs, cloudapi.PathEvents, cloudapi.PathEventsExport,
		cloudapi.PathCase, cloudapi.PathColleagues, cloudapi.PathHistory,
		cloudapi.PathInstruments, cloudapi.PathInstrumentsCSV, cloudapi.PathInstrument, cloudapi.PathPlaces} {
		mux.Handle("GET "+path, d.guard.page(http.HandlerFunc(d.pass)))
	}
	for _, path := range []string{cloudapi.PathActs, cloudapi.PathPeople} {
		mux.Handle("GET "+path, d.guard.page(http.HandlerFunc(d.pass)))
	}
	for _, path := range []string{cloudapi.PathActs, cloudapi.PathActConfirm, cloudapi.PathActReject, cloudapi.PathActive, cloudapi.PathSignOutAll, cloudapi.PathPerson} {
		mux.Handle("POST "+path, d.guard.page(http.HandlerFunc(d.pass)))
	}
	mux.Handle("POST "+cloudapi.PathMessage, d.guard.page(http.HandlerFunc(d.pass)))
	mux.Handle("POST "+cloudapi.PathCase, d.guard.page(http.HandlerFunc(d.pass)))
	for _, path := range []string{cloudapi.PathSites, cloudapi.PathGroups, cloudapi.PathMove, cloudapi.PathNotes, cloudapi.PathAskAgain, cloudapi.PathTokenKey} {
		mux.Handle("POST "+path, d.guard.page(http.HandlerFunc(d.pass)))
	}
	mux.Handle("GET /desk/session", d.guard.page(http.HandlerFunc(d.session)))
	return d.guard.host(mux)
}

// newProxy passes the page's questions on to the cloud. The page never sees
// the bearer, and the cloud never the page's cookie.
func (d *Desk) newProxy(transport http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(d.conf.Cloud)
			for _, name := range []string{"Cookie", "Origin", "Referer", "Authorization", "Forwarded", "X-Forwarded-For"} {
				r.Out.Header.Del(name)
			}
			r.Out.Header.Set("Authorization", "Bearer "+d.signIn.bearer())
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusUnauthorized {
				d.signIn.forget()
			}
			r.Header.Del("Set-Cookie")
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) {
				d.conf.Log.Warn("the cloud does not answer", "path", r.URL.Path, "error", err)
			}
			fail(w, http.StatusBadGateway, "cloud", "The cloud does not answer.")
		},
	}
}

func (d *Desk) pass(w http.ResponseWriter, r *http.Request) {
	if d.signIn.bearer() == "" {
		fail(w, http.StatusUnauthorized, "signed-out", "Sign in first.")
		return
	}
	d.proxy.ServeHTTP(w, r)
}

// logout forgets the sign-in here whatever the cloud says.
func (d *Desk) logout(w http.ResponseWriter, r *http.Request) {
	if d.signIn.bearer() == "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	d.proxy.ServeHTTP(w, r)
	d.signIn.forget()
}
