package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"beckmanconnect/cloud/console/card"
	"beckmanconnect/internal/cloudapi"
)

// signIn signs the engineer in at the vendor's SSO, in the system's browser:
// code flow with PKCE for native programs (RFC 8252). What the cloud gives for
// it stays in this program's memory.
type signIn struct {
	conf     Config
	cloud    *http.Client
	sso      *http.Client
	redirect string

	mu      sync.Mutex
	pending *attempt
	place   string // of a sign-in from a new place that waits for a mail
	token   string
	expires time.Time
}

type attempt struct {
	state, nonce, verifier string
	config                 *oauth2.Config
	check                  *oidc.IDTokenVerifier
	asking                 []oauth2.AuthCodeOption // for a second factor
	expires                time.Time
}

const attemptLife = 10 * time.Minute

func newSignIn(c Config, cloud *http.Client, redirect string) *signIn {
	// The SSO is a public service with a public certificate; a development one
	// may stand under the development CA.
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if c.Roots.Development {
		roots.AppendCertsFromPEM(c.Roots.CloudCAPEM)
	}
	sso := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout: 15 * time.Second, IdleConnTimeout: time.Minute,
	}}
	return &signIn{conf: c, cloud: cloud, sso: sso, redirect: redirect}
}

func (s *signIn) bearer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !time.Now().Before(s.expires) {
		s.token = ""
	}
	return s.token
}

func (s *signIn) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// login sends the browser to the SSO.
func (s *signIn) login(w http.ResponseWriter, r *http.Request) {
	a, err := s.begin(r.Context())
	if err != nil {
		s.conf.Log.Error("sign-in not possible", "error", err)
		card.Fail(w, r, http.StatusBadGateway, card.NoAnswer)
		return
	}
	s.mu.Lock()
	s.pending = a // the newest counts
	s.mu.Unlock()
	http.Redirect(w, r, a.config.AuthCodeURL(a.state, append(a.asking, oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier))...), http.StatusFound)
}

func (s *signIn) begin(ctx context.Context) (*attempt, error) {
	var where cloudapi.OIDCConfig
	if err := s.ask(ctx, http.MethodGet, cloudapi.PathOIDC, nil, &where); err != nil {
		return nil, err
	}
	if err := s.allowed(where.Issuer); err != nil {
		return nil, err
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.sso), where.Issuer)
	if err != nil {
		return nil, fmt.Errorf("desk: sign-in service: %w", err)
	}
	var asking []oauth2.AuthCodeOption
	if where.MaxAge > 0 {
		asking = append(asking, oauth2.SetAuthURLParam("max_age", strconv.Itoa(where.MaxAge)))
	}
	if where.ACR != "" {
		asking = append(asking, oauth2.SetAuthURLParam("acr_values", where.ACR))
	}
	return &attempt{
		asking: asking,
		state:  rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(),
		config:  &oauth2.Config{ClientID: where.ClientID, Endpoint: provider.Endpoint(), RedirectURL: s.redirect, Scopes: where.Scopes},
		check:   provider.Verifier(&oidc.Config{ClientID: where.ClientID}),
		expires: time.Now().Add(attemptLife),
	}, nil
}

// allowed: https, or loopback on a development machine.
func (s *signIn) allowed(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil {
		return fmt.Errorf("desk: sign-in service: %w", err)
	}
	if u.Scheme == "https" && u.Host != "" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); s.conf.Roots.Development && u.Scheme == "http" && ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("desk: sign-in service %q is not https", issuer)
}

// callback is where the SSO sends the browser back to. It opens nothing for
// the browser: the cookie does that. It only ends the attempt that the page
// began, which its state value proves.
func (s *signIn) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	a := s.pending
	good := a != nil && time.Now().Before(a.expires) &&
		subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(a.state)) == 1
	if good {
		s.pending = nil
	}
	s.mu.Unlock()
	if !good {
		card.Fail(w, r, http.StatusBadRequest, card.NotBegun)
		return
	}
	err := s.finish(r.Context(), a, q.Get("code"))
	if errors.Is(err, errNewPlace) {
		card.Show(w, r, http.StatusAccepted, card.WaitingForProgram)
		return
	}
	if err != nil {
		s.conf.Log.Error("sign-in failed", "error", err)
		card.Fail(w, r, http.StatusForbidden, card.NotSignedIn)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// pathConfirm is where the link in a mail leads, as the cloud expects it.
const pathConfirm = "/confirm"

var errNewPlace = errors.New("desk: the sign-in is from a new place and waits for the link in a mail")

// confirm goes on with a sign-in from a new place. It takes the token of the
// link and what this program alone has, so that the link is of no use to
// anybody else.
func (s *signIn) confirm(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	place := s.place
	s.mu.Unlock()
	if place == "" {
		card.Fail(w, r, http.StatusBadRequest, card.NothingWaits)
		return
	}
	var reply cloudapi.TokenReply
	err := s.ask(r.Context(), http.MethodPost, cloudapi.PathPlace, cloudapi.PlaceRequest{Pending: place, Token: r.URL.Query().Get("token")}, &reply)
	if err == nil {
		err = s.take(reply)
	}
	if err != nil {
		s.conf.Log.Error("sign-in not confirmed", "error", err)
		card.Fail(w, r, http.StatusForbidden, card.NotSignedIn)
		return
	}
	s.mu.Lock()
	s.place = ""
	s.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *signIn) finish(ctx context.Context, a *attempt, code string) error {
	token, err := a.config.Exchange(oidc.ClientContext(ctx, s.sso), code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		return fmt.Errorf("desk: exchange code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return errors.New("desk: exchange code: no ID token came")
	}
	id, err := a.check.Verify(oidc.ClientContext(ctx, s.sso), raw)
	if err != nil {
		return fmt.Errorf("desk: ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.nonce)) != 1 {
		return errors.New("desk: ID token: not of this sign-in")
	}
	var reply cloudapi.TokenReply
	if err := s.ask(ctx, http.MethodPost, cloudapi.PathToken, cloudapi.TokenRequest{IDToken: raw, Nonce: a.nonce, Return: strings.TrimSuffix(s.redirect, "/callback") + pathConfirm}, &reply); err != nil {
		return err
	}
	if reply.Pending != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.place = reply.Pending
		return errNewPlace
	}
	return s.take(reply)
}

// take keeps what the cloud gave.
func (s *signIn) take(reply cloudapi.TokenReply) error {
	if reply.Token == "" {
		return errors.New("desk: the cloud gave no token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.expires = reply.Token, time.UnixMilli(reply.ExpiresMS)
	return nil
}

func (s *signIn) ask(ctx context.Context, method, path string, body, reply any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("desk: %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.conf.Cloud.JoinPath(path).String(), bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("desk: %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "beckmanconnect-desk") // a place is a network and a kind of browser
	resp, err := s.cloud.Do(req)
	if err != nil {
		return fmt.Errorf("desk: %s: %w", path, err)
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("desk: %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		var e cloudapi.Error
		_ = json.Unmarshal(raw, &e)
		return fmt.Errorf("desk: %s: the cloud answered %d: %s", path, resp.StatusCode, e.Message)
	}
	if err := json.Unmarshal(raw, reply); err != nil {
		return fmt.Errorf("desk: %s: answer: %w", path, err)
	}
	return nil
}
