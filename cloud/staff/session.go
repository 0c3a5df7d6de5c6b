package staff

import (
	"crypto/rand"
	"errors"
	"net/http"
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
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		cookie, err := r.Cookie(cookieName)
		if err != nil {
			return cloudapi.Staff{}, false
		}
		reading := r.Method == http.MethodGet && r.Header.Get("Upgrade") == ""
		if !reading && !d.Site.SameOrigin(r) {
			web.Refused(r, web.ForeignOrigin)
			return cloudapi.Staff{}, false
		}
		if site := r.Header.Get("Sec-Fetch-Site"); reading && site != "" && site != "same-origin" && site != "none" {
			web.Refused(r, web.ForeignOrigin)
			return cloudapi.Staff{}, false
		}
		token = cookie.Value
	}
	if token == "" {
		return cloudapi.Staff{}, false
	}
	who, err := d.Data.StaffSession(r.Context(), token)
	if err != nil {
		if !errors.Is(err, data.ErrNotFound) {
			d.Log.Error("staff: session cannot be read", "error", err)
		}
		return cloudapi.Staff{}, false
	}
	if d.gone(who.Account) {
		return cloudapi.Staff{}, false
	}
	return who, true
}

// gone tells whether an account was removed, or whether nobody can say so.
func (d *Desk) gone(account string) bool {
	removed, err := d.Removed.Has(account)
	if err != nil {
		d.Log.Error("staff: nobody is let in", "error", err)
	}
	return removed
}

// errRemoved: the SSO still vouches for an account that was removed here.
var errRemoved = errors.New("staff: this account was removed")

// begin makes a session and returns its token, which is kept nowhere here.
func (d *Desk) begin(r *http.Request, who cloudapi.Staff) (token string, expires time.Time, err error) {
	if d.gone(who.Account) {
		return "", time.Time{}, errRemoved
	}
	token, expires = rand.Text()+rand.Text(), d.Now().Add(sessionLife)
	if err := d.emit(r, events.SignIn, who, nil); err != nil {
		return "", time.Time{}, err
	}
	if err := d.Data.PutStaffSession(r.Context(), token, who, expires); err != nil {
		return "", time.Time{}, err
	}
	d.Log.Info("staff signed in", "regions", len(who.Regions))
	return token, expires, nil
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
	if err := d.Data.EndStaffSession(r.Context(), token); err != nil {
		d.Log.Error("staff: sign-out failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "You are still signed in; try again.")
		return
	}
	cookie := sessionCookie("", time.Unix(1, 0))
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	w.WriteHeader(http.StatusNoContent)
}
