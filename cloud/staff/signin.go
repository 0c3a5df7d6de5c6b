package staff

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"beckmanconnect/cloud/console/card"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Bounds of sign-ins that were begun and not ended.
const (
	signInLife   = 10 * time.Minute
	maxSignIns   = 1000
	signInCookie = "__Host-signin"
)

// attempt is a sign-in under way.
type attempt struct {
	browser  string // what the same browser must show again
	nonce    string
	verifier string // PKCE
	expires  time.Time
}

// pending keeps sign-ins under way by their state value.
type pending struct {
	now func() time.Time

	mu      sync.Mutex
	waiting map[string]attempt
}

func (p *pending) put(state string, a attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s, old := range p.waiting {
		if p.now().After(old.expires) {
			delete(p.waiting, s)
		}
	}
	if len(p.waiting) >= maxSignIns {
		return false
	}
	p.waiting[state] = a
	return true
}

// take gives an attempt once.
func (p *pending) take(state string) (attempt, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.waiting[state]
	delete(p.waiting, state)
	return a, ok && p.now().Before(a.expires)
}

// door is what a person's browser comes to: who comes from elsewhere is told so on
// a card.
func (d *Desk) door(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.Networks.Contain(r) {
			web.Refused(r, web.ForeignNetwork)
			card.Fail(w, r, http.StatusForbidden, card.ForeignNetwork)
			return
		}
		next(w, r)
	})
}

// limited is the same for who comes too often.
func (d *Desk) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !d.limit.Allow(r) {
			d.tooOften(w, r)
			return
		}
		next(w, r)
	}
}

func (d *Desk) tooOften(w http.ResponseWriter, r *http.Request) {
	web.Refused(r, web.TooOften)
	w.Header().Set("Retry-After", "60")
	card.Fail(w, r, http.StatusTooManyRequests, card.TooOften)
}

// login begins a sign-in of the hosted console: code flow with state, nonce
// and PKCE, bound to this browser.
func (d *Desk) login(w http.ResponseWriter, r *http.Request) {
	// Cookies belong to one name: whoever came by another one goes on under
	// the one the SSO sends people back to.
	if !strings.EqualFold("https://"+r.Host, d.URL) {
		http.Redirect(w, r, d.URL+cloudapi.PathLogin, http.StatusFound)
		return
	}
	config, err := d.provider.oauth(r.Context())
	if err != nil {
		d.Log.Error("staff: sign-in not possible", "error", err)
		card.Fail(w, r, http.StatusBadGateway, card.NoAnswer)
		return
	}
	a := attempt{browser: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), expires: d.Now().Add(signInLife)}
	state := rand.Text()
	if !d.pending.put(state, a) {
		card.Fail(w, r, http.StatusTooManyRequests, card.TooOften)
		return
	}
	// Lax: it must come back with the SSO's redirect. It opens nothing by itself.
	http.SetCookie(w, &http.Cookie{Name: signInCookie, Value: a.browser, Path: "/", MaxAge: int(signInLife.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, config.AuthCodeURL(state, append(d.provider.asking(), oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier))...), http.StatusFound)
}

// callback ends it. A page of ours carries the browser on, because a redirect
// that began at the SSO would not bring the strict session cookie along.
func (d *Desk) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a, ok := d.pending.take(q.Get("state"))
	cookie, err := r.Cookie(signInCookie)
	if !ok || err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(a.browser)) != 1 {
		card.Fail(w, r, http.StatusBadRequest, card.NotBegun)
		return
	}
	who, err := d.provider.exchange(r.Context(), q.Get("code"), a)
	if err != nil {
		d.notVouched(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: signInCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	if !d.mayTry(w, r, who) {
		return
	}
	in, err := d.enter(r, who, d.URL+cloudapi.PathPlace)
	switch {
	case err != nil:
		d.failPlace(w, r, err)
	case in.pending != "":
		waitPage(w, r, in.pending)
	default:
		welcome(w, r, in.token, in.expires)
	}
}

// mayTry counts a sign-in of an account that the SSO vouched for. Where too
// many failed, or are held back for a mail that nobody opens, it says no: a
// stolen password is then tried no further, from however many addresses.
func (d *Desk) mayTry(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) bool {
	if d.failing.Left(who.Account) && d.trying.Allow(who.Account) {
		return true
	}
	d.report(r, events.SignInRefused, who.Account, "too-many-tries")
	d.tooOften(w, r)
	return false
}

// notVouched refuses who the SSO did not vouch for as it should.
func (d *Desk) notVouched(w http.ResponseWriter, r *http.Request, err error) {
	d.Log.Warn("staff: sign-in refused", "error", err)
	said := card.NotVouched
	switch {
	case errors.Is(err, errOneFactor):
		said = card.OneFactor
	case errors.Is(err, errOldSignIn):
		said = card.OldSignIn
	}
	if said.Code != card.NotVouched.Code { // which is what the door says of each of them
		d.report(r, events.SignInRefused, "", said.Code)
	}
	card.Fail(w, r, http.StatusForbidden, said)
}

// welcome gives a browser its session.
func welcome(w http.ResponseWriter, r *http.Request, token string, expires time.Time) {
	language, title, text := "en", "Signed in", "Go on to the console"
	if card.German(r) {
		language, title, text = "de", "Angemeldet", "Weiter zur Konsole"
	}
	http.SetCookie(w, sessionCookie(token, expires))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`<!doctype html><html lang="` + language + `"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>` + title + `</title><p><a href="/">` + text + `</a>`))
}

// oidcConfig tells beckmanconnect-desk where to sign in.
func (d *Desk) oidcConfig(w http.ResponseWriter, _ *http.Request) {
	web.JSON(w, cloudapi.OIDCConfig{Issuer: d.OIDC.Issuer, ClientID: d.OIDC.NativeID, Scopes: scopes,
		MaxAge: int(d.Rules.SecondFactor.MaxAge.Seconds()), ACR: d.Rules.SecondFactor.values()})
}

// token trades a fresh ID token of the native client for a session, once.
func (d *Desk) token(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "" { // beckmanconnect-desk is no page
		web.Fail(w, http.StatusForbidden, "origin", "Pages sign in through the sign-in service.")
		return
	}
	var req cloudapi.TokenRequest
	if !web.Decode(w, r, &req, 32<<10) {
		return
	}
	who, tokenExpires, err := d.provider.verify(r.Context(), req.IDToken, d.OIDC.NativeID, req.Nonce)
	if err != nil {
		d.notVouched(w, r, err)
		return
	}
	if !d.mayTry(w, r, who) {
		return
	}
	first, err := d.Data.UseOnce(r.Context(), req.IDToken, tokenExpires)
	if err == nil && !first {
		d.failing.Allow(who.Account)
		d.report(r, events.SignInRefused, who.Account, "token-used")
		web.Fail(w, http.StatusForbidden, "used", "This token was used before; sign in again.")
		return
	}
	if err != nil {
		d.failPlace(w, r, err)
		return
	}
	back := req.Return
	if !nativeReturn.MatchString(back) {
		back = ""
	}
	in, err := d.enter(r, who, back)
	switch {
	case errors.Is(err, errNoReturn):
		web.Fail(w, http.StatusForbidden, "place", "You sign in from a new place, which this program cannot confirm; use a newer one.")
	case err != nil:
		d.failPlace(w, r, err)
	case in.pending != "":
		web.JSON(w, cloudapi.TokenReply{Pending: in.pending})
	default:
		web.JSON(w, cloudapi.TokenReply{Token: in.token, ExpiresMS: in.expires.UnixMilli()})
	}
}
