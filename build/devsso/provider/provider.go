// Package provider is an OpenID Connect provider for development and tests:
// real discovery, code flow with PKCE, signed tokens, and people from a file.
// It is never linked into the cloud; production uses the vendor's own SSO.
package provider

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/BurntSushi/toml"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// Config is what a provider runs with.
//
//	issuer = "http://127.0.0.1:9998"
//	web = "beckmanconnect-console"       # the hosted console
//	secret = "…"
//	redirects = ["https://127.0.0.1:8443/staff/callback"]
//	native = "beckmanconnect-desk"       # any loopback port, path /callback
//	[[user]]
//	account = "anna.weber@vendor.example"
//	name = "Anna Weber"
//	organisation = "Vendor Service EU"
//	regions = ["eu"]
//	password = "…"
//	roles = ["lead"]                     # and training, sites, factors, class
type Config struct {
	Issuer    string   `toml:"issuer"`
	Web       string   `toml:"web"`
	Secret    string   `toml:"secret"`
	Redirects []string `toml:"redirects"`
	Native    string   `toml:"native"`
	Users     []User   `toml:"user"`

	Key *rsa.PrivateKey `toml:"-"` // signs tokens; nil: one is made, which takes a moment
}

// User is somebody who can sign in.
type User struct {
	Account      string   `toml:"account"`
	Name         string   `toml:"name"`
	Organisation string   `toml:"organisation"`
	Regions      []string `toml:"regions"`
	Password     string   `toml:"password"`
	Unverified   bool     `toml:"unverified"` // the address was never checked

	Roles    []string   `toml:"roles"`    // absent: none, which is an engineer
	Training []Training `toml:"training"` // beside regions, with an end
	Sites    []string   `toml:"sites"`    // absent: every site
	// Factors is how this person is said to have signed in (RFC 8176), and
	// Class the class that is reached. There is no second factor here: absent,
	// it says what the vendor's own service would.
	Factors []string `toml:"factors"`
	Class   string   `toml:"class"`
}

// Training is what somebody is trained for, until the end of a day.
type Training struct {
	Region string `toml:"region" json:"region"`
	Until  string `toml:"until" json:"until,omitempty"`
}

// Load reads a Config from a TOML file.
func Load(path string) (Config, error) {
	var c Config
	text, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("provider: configuration: %w", err)
	}
	meta, err := toml.Decode(string(text), &c)
	if err != nil {
		return c, fmt.Errorf("provider: configuration %s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fmt.Errorf("provider: configuration %s: unknown key %q", path, unknown[0].String())
	}
	return c, nil
}

// Address gives host and port of the issuer, where the provider must listen.
// Plain http is for loopback only.
func (c Config) Address() (string, error) {
	u, err := url.Parse(c.Issuer)
	if err != nil {
		return "", fmt.Errorf("provider: issuer: %w", err)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "http" || ip == nil || !ip.IsLoopback() || u.Port() == "" || u.Path != "" {
		return "", fmt.Errorf("provider: issuer %q is not http:// with a loopback address and a port", c.Issuer)
	}
	return u.Host, nil
}

// New makes the provider's handler.
func New(c Config) (http.Handler, error) {
	if _, err := c.Address(); err != nil {
		return nil, err
	}
	key := c.Key
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, fmt.Errorf("provider: signing key: %w", err)
		}
	}
	var crypto [32]byte
	if _, err := rand.Read(crypto[:]); err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	s := newStorage(c, key)
	provider, err := op.NewProvider(&op.Config{
		CryptoKey:             crypto,
		CryptoKeyId:           "development",
		CodeMethodS256:        true,
		AuthMethodPost:        true,
		SupportedUILocales:    []language.Tag{language.English},
		SupportedScopes:       []string{"openid", "profile", "email", Scope},
		GrantTypeRefreshToken: false,
	}, s, op.StaticIssuer(c.Issuer), op.WithAllowInsecure())
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	l := &login{storage: s, next: op.AuthCallbackURL(provider)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+loginPath, l.show)
	mux.Handle("POST "+loginPath, op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(l.submit))
	mux.Handle("/", provider)
	return mux, nil
}
