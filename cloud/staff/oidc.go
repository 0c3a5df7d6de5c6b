package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"beckmanconnect/internal/cloudapi"
)

// OIDC names the vendor's sign-in.
type OIDC struct {
	Issuer       string
	ClientID     string // of the hosted console
	ClientSecret string
	NativeID     string // of beckmanconnect-desk
	RedirectURL  string // of the hosted console
	Rules        Rules
	Client       *http.Client
}

// scopes: the last one brings organisation and trained regions.
var scopes = []string{oidc.ScopeOpenID, "profile", "email", "beckmanconnect"}

// maxTokenAge bounds how old an ID token may be that is traded for a session.
const maxTokenAge = 5 * time.Minute

// provider is the SSO, found when it is first needed.
type provider struct {
	OIDC
	now func() time.Time

	mu    sync.Mutex
	found *oidc.Provider
}

func (p *provider) get(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The provider keeps this context for fetching keys later.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client()), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("staff: the sign-in service does not answer: %w", err)
	}
	p.found = found
	return found, nil
}

func (p *provider) client() *http.Client {
	if p.Client != nil {
		return p.Client
	}
	return &http.Client{Timeout: 15 * time.Second}
}

func (p *provider) oauth(ctx context.Context) (*oauth2.Config, error) {
	found, err := p.get(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: p.RedirectURL, Endpoint: found.Endpoint(), Scopes: scopes}, nil
}

// asking are the parameters by which a second factor is asked for.
func (p *provider) asking() []oauth2.AuthCodeOption {
	f := p.Rules.SecondFactor
	options := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(f.MaxAge.Seconds())))}
	if values := f.values(); values != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", values))
	}
	return options
}

// exchange trades an authorisation code for who signed in.
func (p *provider) exchange(ctx context.Context, code string, a attempt) (cloudapi.Staff, error) {
	config, err := p.oauth(ctx)
	if err != nil {
		return cloudapi.Staff{}, err
	}
	token, err := config.Exchange(oidc.ClientContext(ctx, p.client()), code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		return cloudapi.Staff{}, fmt.Errorf("staff: exchange code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return cloudapi.Staff{}, errors.New("staff: exchange code: no ID token came")
	}
	who, _, err := p.verify(ctx, raw, p.ClientID, a.nonce)
	return who, err
}

// verify checks an ID token: signature by a key of the issuer's (never "none",
// never a shared secret), audience, expiry, nonce, age (scenario 27).
func (p *provider) verify(ctx context.Context, raw, audience, nonce string) (cloudapi.Staff, time.Time, error) {
	found, err := p.get(ctx)
	if err != nil {
		return cloudapi.Staff{}, time.Time{}, err
	}
	token, err := found.Verifier(&oidc.Config{
		ClientID: audience, Now: p.now,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA},
	}).Verify(ctx, raw)
	if err != nil {
		return cloudapi.Staff{}, time.Time{}, fmt.Errorf("staff: ID token: %w", err)
	}
	switch {
	case nonce == "" || token.Nonce != nonce:
		return cloudapi.Staff{}, time.Time{}, errors.New("staff: ID token: it was made for another sign-in")
	case p.now().Sub(token.IssuedAt) > maxTokenAge:
		return cloudapi.Staff{}, time.Time{}, errors.New("staff: ID token: too old")
	}
	said := map[string]json.RawMessage{}
	if err := token.Claims(&said); err != nil {
		return cloudapi.Staff{}, time.Time{}, fmt.Errorf("staff: ID token: %w", err)
	}
	c, err := p.Rules.Claims.read(said)
	if err != nil {
		return cloudapi.Staff{}, time.Time{}, err
	}
	if err := p.Rules.SecondFactor.met(c.AMR, c.ACR, time.Unix(c.AuthTime, 0), p.now()); err != nil {
		return cloudapi.Staff{}, time.Time{}, err
	}
	who, err := c.staff()
	return who, token.Expiry, err
}
