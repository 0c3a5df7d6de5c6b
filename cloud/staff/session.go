package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// cookieName: the prefix makes browsers insist on Secure, Path=/ and no Domain.
const cookieName = "__Host-staff"

// Who tells who is signed in. A session comes in the Authorization header
// (beckmanconnect-desk) or in the cookie (the hosted page). Browsers send the
// cookie for any page's request, so with it everything that changes something
// or opens a socket must come from our own origin (scenario 44).
func (d *Desk) Who(r *http.Request) (cloudapi.Staff, bool) {
	l, ok := d.session(r)
	return l.Staff, ok
}

// login is who calls, in which session.
type login struct {
	cloudapi.Staff
	hash []byte
	used int64
}

func (d *Desk) session(r *http.Request) (login, bool) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		cookie, err := r.Cookie(cookieName)
		if err != nil {
			return login{}, false
		}
		reading := r.Method == http.MethodGet && r.Header.Get("Upgrade") == ""
		if !reading && !d.Site.SameOrigin(r) {
			web.Refused(r, web.ForeignOrigin)
			return login{}, false
		}
		if site := r.Header.Get("Sec-Fetch-Site"); reading && site != "" && site != "same-origin" && site != "none" {
			web.Refused(r, web.ForeignOrigin)
			return login{}, false
		}
		token = cookie.Value
	}
	if token == "" {
		return login{}, false
	}
	l, err := d.Data.StaffSession(r.Context(), token)
	if err != nil {
		if !errors.Is(err, data.ErrNotFound) && r.Context().Err() == nil {
			d.Log.Error("staff: session cannot be read", "error", err)
		}
		return login{}, false
	}
	who, ok := d.valid(r.Context(), l)
	return login{who, l.Hash, l.UsedMS}, ok
}

// valid tells whether a session still counts, and who it is now: their rights
// are worked out anew each time, not once a sign-in (P20).
func (d *Desk) valid(ctx context.Context, l data.StaffLogin) (cloudapi.Staff, bool) {
	now := d.Now()
	if now.UnixMilli()-l.UsedMS >= d.Rules.Idle.Milliseconds() || d.gone(ctx, l.Staff.Account) {
		return cloudapi.Staff{}, false
	}
	return effective(l.Staff, l.Person, now), true
}

// touchEvery is how exactly it is kept when a person last did something.
const touchEvery = time.Minute

// touch says that a person did something: opened the page, sent something, or
// is in a session. What a page asks for by itself is none of that.
func (d *Desk) touch(ctx context.Context, l login) {
	if d.Now().UnixMilli()-l.used < touchEvery.Milliseconds() {
		return
	}
	if err := d.Data.TouchStaffSession(ctx, l.hash); err != nil && ctx.Err() == nil {
		d.Log.Error("staff: activity not kept", "error", err)
	}
}

// active is told by the page that there is a person at it.
func (d *Desk) active(w http.ResponseWriter, _ *http.Request, _ cloudapi.Staff) {
	w.WriteHeader(http.StatusNoContent)
}

// errRemoved: the SSO still vouches for an account that may do nothing here.
var errRemoved = errors.New("staff: this account may not sign in")

// begin makes a session and returns its token, which is kept nowhere here. It
// is on the record before it is given away.
func (d *Desk) begin(r *http.Request, who cloudapi.Staff) (token string, expires time.Time, err error) {
	if d.gone(r.Context(), who.Account) {
		d.failing.Allow(who.Account)
		d.report(r, events.SignInRefused, who.Account, "account")
		return "", time.Time{}, errRemoved
	}
	token, expires = rand.Text()+rand.Text(), d.Now().Add(d.Rules.Life)
	if err := d.note(r, events.SignIn, events.Info, who.Account, nil); err != nil {
		return "", time.Time{}, err
	}
	if err := d.Data.PutStaffSession(r.Context(), token, who, expires); err != nil {
		return "", time.Time{}, err
	}
	d.Log.Info("staff signed in", "regions", len(who.Regions))
	return token, expires, nil
}

func (d *Desk) note(r *http.Request, kind events.Kind, severity events.Severity, account string, fields map[string]string) error {
	if d.Events == nil {
		return nil
	}
	return d.Events.Emit(r.Context(), events.Event{Kind: kind, Severity: severity, Actor: account, Address: web.Address(r), Fields: fields})
}

// report puts a refusal on the record. It stays refused also when that fails.
func (d *Desk) report(r *http.Request, kind events.Kind, account, why string) {
	if err := d.note(r, kind, events.Warning, account, map[string]string{"why": why}); err != nil {
		d.Log.Error("staff: a refusal is not on the record", "error", err)
	}
}

func sessionCookie(token string, expires time.Time) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: token, Path: "/", Expires: expires, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

func (d *Desk) logout(w http.ResponseWriter, r *http.Request) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		if !d.Site.SameOrigin(r) {
			web.Refused(r, web.ForeignOrigin)
			web.Fail(w, http.StatusForbidden, "origin", "Sign out from the console.")
			return
		}
		if cookie, err := r.Cookie(cookieName); err == nil {
			token = cookie.Value
		}
	}
	who, err := d.Data.StaffSession(r.Context(), token)
	if err == nil {
		err = d.note(r, events.SignOut, events.Info, who.Staff.Account, nil)
	}
	if err != nil && !errors.Is(err, data.ErrNotFound) {
		d.Log.Error("staff: a sign-out is not on the record", "error", err)
	}
	if err := d.Data.EndStaffSession(r.Context(), token); err != nil {
		d.Log.Error("staff: sign-out failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "You are still signed in; try again.")
		return
	}
	d.Feed.Changed() // the page's own socket, and a session's
	forget(w)
}

// logoutAll ends every session of the caller's account, wherever it is.
func (d *Desk) logoutAll(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	ended, err := d.Data.EndStaffSessions(r.Context(), who.Account)
	if err == nil {
		err = d.note(r, events.SignOut, events.Info, who.Account, map[string]string{"sessions": strconv.FormatInt(ended, 10)})
	}
	if err != nil {
		d.Log.Error("staff: sign-out failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "Try again.")
		return
	}
	d.Feed.Changed()
	forget(w)
}

func forget(w http.ResponseWriter) {
	cookie := sessionCookie("", time.Unix(1, 0))
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	w.WriteHeader(http.StatusNoContent)
}
