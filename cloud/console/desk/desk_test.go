package desk_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"beckmanconnect/build/devsso/provider"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/cloud/console/desk"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
	"beckmanconnect/session/channel/channeltest"
)

const (
	account  = "anna.weber@vendor.example"
	password = "a long password"
)

// running is a desk with a cloud and a real sign-in service behind it.
type running struct {
	other  *consoletest.Other
	start  string // the printed address
	origin string
}

func run(t *testing.T) *running {
	t.Helper()
	other := consoletest.NewOther(t)
	other.Cloud.Bearer = "bearer-of-the-test"
	other.Cloud.OIDC = cloudapi.OIDCConfig{Issuer: sso(t), ClientID: "beckmanconnect-desk", Scopes: []string{"openid", "profile", "email", provider.Scope}}
	server, ca := consoletest.Serve(t, other.Handler(http.NotFoundHandler()))
	cloud, _ := url.Parse(server.URL)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)

	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	address, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- desk.Serve(ctx, l, desk.Config{
			Cloud: cloud, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Roots: &trust.Roots{Development: true, CloudCA: pool, CloudCAPEM: ca, DeviceCA: other.Kit.DeviceCA.Pool()},
			Key:   func(context.Context) (crypto.Signer, error) { return channeltest.EngineerKey(t), nil },
		}, func(a string) { address <- a })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &running{other: other, start: <-address, origin: "http://" + l.Addr().String()}
}

// sso is a real sign-in service on loopback.
func sso(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	issuer := "http://" + l.Addr().String()
	h, err := provider.New(provider.Config{
		Issuer: issuer, Web: "console", Secret: "secret", Native: "beckmanconnect-desk",
		Users: []provider.User{{Account: account, Name: "Anna Weber", Organisation: "Service", Regions: []string{"eu"}, Password: password}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h)
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// The whole session in a real Chromium, with the channel in this program, and
// a real sign-in through the sign-in service's own page.
func TestDeskConsole(t *testing.T) {
	r := run(t)
	b := consoletest.Open(t, nil, "en-US")
	b.Look(1440, 900, 1, true)
	b.Go(r.origin + "/")
	b.Wait(`document.body.dataset.phase === "error"`) // not by the start address
	b.Go(r.start)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Shot("desk-sign-in")
	b.Click("#sign-in")
	b.Fill("#username", account)
	b.Fill("#password", password)
	b.Click("#submit")
	b.Wait(`document.body.dataset.phase === "home"`)
	if cookies := b.Text("document.cookie"); cookies != "" {
		t.Errorf("the page can read its cookie: %q", cookies)
	}
	consoletest.Play(t, b, r.other)
	b.Click("#sign-out")
	b.Wait(`document.body.dataset.phase === "sign-in"`)
}

func TestNothingButLoopback(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, cloud := range []string{"http://cloud.example", "https://", "ftp://x"} {
		u, _ := url.Parse(cloud)
		err := desk.Serve(t.Context(), l, desk.Config{Cloud: u, Roots: &trust.Roots{}, Log: slog.Default()}, nil)
		if err == nil || !strings.Contains(err.Error(), "https") {
			t.Errorf("%s: %v", cloud, err)
		}
	}
	err = desk.Serve(t.Context(), elsewhere{l}, desk.Config{Cloud: &url.URL{Scheme: "https", Host: "x"}, Roots: &trust.Roots{}, Log: slog.Default()}, nil)
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("an open address: %v", err)
	}
}

// elsewhere pretends to listen on the network.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 1} }
