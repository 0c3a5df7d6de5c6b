package provider

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage is what the protocol engine asks: sign-ins under way, in memory.
type storage struct {
	users   []User
	clients map[string]*client
	key     *rsa.PrivateKey

	mu       sync.Mutex
	requests map[string]*request // by ID
	codes    map[string]string   // code → ID
}

const requestLife = 10 * time.Minute

var errNone = errors.New("provider: no such sign-in")

func newStorage(c Config, key *rsa.PrivateKey) *storage {
	return &storage{
		users: c.Users, key: key, requests: map[string]*request{}, codes: map[string]string{},
		clients: map[string]*client{
			c.Web:    {id: c.Web, secret: c.Secret, redirects: c.Redirects},
			c.Native: {id: c.Native, redirects: []string{nativeRedirect}},
		},
	}
}

// signIn marks a request as done when account and password match.
func (s *storage) signIn(id, account, password string) bool {
	i := slices.IndexFunc(s.users, func(u User) bool { return strings.EqualFold(u.Account, account) })
	if i < 0 || subtle.ConstantTimeCompare([]byte(s.users[i].Password), []byte(password)) != 1 || password == "" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests[id]
	if r == nil {
		return false
	}
	r.user, r.at, r.factors, r.class = s.users[i].Account, time.Now(), s.users[i].Factors, s.users[i].Class
	if r.factors == nil {
		r.factors = []string{"pwd", "otp", "mfa"}
	}
	return true
}

func (s *storage) user(account string) (User, error) {
	i := slices.IndexFunc(s.users, func(u User) bool { return u.Account == account })
	if i < 0 {
		return User{}, errors.New("provider: no such user")
	}
	return s.users[i], nil
}

// request is one sign-in under way (op.AuthRequest).
type request struct {
	id   string
	ask  *oidc.AuthRequest
	made time.Time
	user string // empty: not yet signed in
	at   time.Time

	factors []string
	class   string
}

func (r *request) GetID() string                      { return r.id }
func (r *request) GetACR() string                     { return r.class }
func (r *request) GetAMR() []string                   { return r.factors }
func (r *request) GetAudience() []string              { return []string{r.ask.ClientID} }
func (r *request) GetAuthTime() time.Time             { return r.at }
func (r *request) GetClientID() string                { return r.ask.ClientID }
func (r *request) GetNonce() string                   { return r.ask.Nonce }
func (r *request) GetRedirectURI() string             { return r.ask.RedirectURI }
func (r *request) GetScopes() []string                { return r.ask.Scopes }
func (r *request) GetState() string                   { return r.ask.State }
func (r *request) GetSubject() string                 { return r.user }
func (r *request) Done() bool                         { return r.user != "" }
func (r *request) GetResponseType() oidc.ResponseType { return r.ask.ResponseType }
func (r *request) GetResponseMode() oidc.ResponseMode { return r.ask.ResponseMode }
func (r *request) GetCodeChallenge() *oidc.CodeChallenge {
	if r.ask.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: r.ask.CodeChallenge, Method: r.ask.CodeChallengeMethod}
}

func (s *storage) CreateAuthRequest(_ context.Context, ask *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if ask.CodeChallenge == "" {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE is needed.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.requests {
		if time.Since(old.made) > requestLife {
			delete(s.requests, id)
		}
	}
	r := &request{id: rand.Text(), ask: ask, made: time.Now()}
	s.requests[r.id] = r
	return r, nil
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.requests[id]; r != nil {
		copied := *r
		return &copied, nil
	}
	return nil, errNone
}

func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	id, ok := s.codes[code]
	delete(s.codes, code) // a code works once, whatever comes of it
	s.mu.Unlock()
	if !ok {
		return nil, errNone
	}
	return s.AuthRequestByID(ctx, id)
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = id
	return nil
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}

func (s *storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(5 * time.Minute), nil
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if c := s.clients[id]; c != nil {
		return c, nil
	}
	return nil, errors.New("provider: no such client")
}

func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	c := s.clients[id]
	if c == nil || c.secret == "" || subtle.ConstantTimeCompare([]byte(c.secret), []byte(secret)) != 1 {
		return errors.New("provider: wrong client or secret")
	}
	return nil
}

// SetUserinfoFromRequest puts the claims into the ID token.
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	return s.describe(info, r.GetSubject(), scopes)
}

func (s *storage) describe(info *oidc.UserInfo, account string, scopes []string) error {
	u, err := s.user(account)
	if err != nil {
		return err
	}
	info.Subject = u.Account
	for _, scope := range scopes {
		switch scope {
		case oidc.ScopeProfile:
			info.Name = u.Name
		case oidc.ScopeEmail:
			info.Email, info.EmailVerified = u.Account, oidc.Bool(!u.Unverified)
		case Scope:
			info.AppendClaims("organisation", u.Organisation)
			info.AppendClaims("trained_regions", u.Regions)
			if len(u.Training) > 0 {
				info.AppendClaims("trained", u.Training)
			}
			if len(u.Roles) > 0 {
				info.AppendClaims("beckmanconnect_roles", u.Roles)
			}
			if len(u.Sites) > 0 {
				info.AppendClaims("beckmanconnect_sites", u.Sites)
			}
		}
	}
	return nil
}

// signingKey is the provider's key, private for itself, public for the others.
type signingKey struct{ key any }

func (k signingKey) ID() string                                  { return "development" }
func (k signingKey) Use() string                                 { return "sig" }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) Algorithm() jose.SignatureAlgorithm          { return jose.RS256 }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return signingKey{s.key}, nil }
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}
func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{signingKey{&s.key.PublicKey}}, nil
}
func (s *storage) Health(context.Context) error { return nil }
