package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

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
	var c claims
	if err := token.Claims(&c); err != nil {
		return cloudapi.Staff{}, time.Time{}, fmt.Errorf("staff: ID token: %w", err)
	}
	who, err := c.staff()
	return who, token.Expiry, err
}

// claims are what the SSO says about a person.
type claims struct {
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	Name          string   `json:"name"`
	Organisation  string   `json:"organisation"`
	Regions       []string `json:"trained_regions"`
}

var region = regexp.MustCompile(`^[a-z][a-z0-9-]{1,15}$`)

// staff checks the claims. The account is what site policies list, so it is
// plain ASCII in lower case or it is nobody (scenarios 15, 27).
func (c claims) staff() (cloudapi.Staff, error) {
	account := strings.ToLower(c.Email)
	a, err := mail.ParseAddress(account)
	switch {
	case err != nil || a.Address != account || strings.IndexFunc(account, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return cloudapi.Staff{}, errors.New("staff: ID token: no usable account")
	case !c.EmailVerified:
		return cloudapi.Staff{}, errors.New("staff: ID token: the account's address is not verified")
	case !readable(c.Name) || !readable(c.Organisation):
		return cloudapi.Staff{}, errors.New("staff: ID token: name and organisation are needed, as plain text")
	case len(c.Regions) > 32 || slices.ContainsFunc(c.Regions, func(s string) bool { return !region.MatchString(s) }):
		return cloudapi.Staff{}, errors.New("staff: ID token: a trained region is not one")
	}
	return cloudapi.Staff{Account: account, Name: c.Name, Organisation: c.Organisation, Regions: slices.Compact(slices.Sorted(slices.Values(c.Regions)))}, nil
}

func readable(s string) bool {
	return s != "" && len(s) <= 200 && strings.TrimSpace(s) == s && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
