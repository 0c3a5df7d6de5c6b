package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"beckmanconnect/cloud/console/card"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/mail"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

const (
	placeWait   = 15 * time.Minute
	placeCookie = "__Host-place"
)

// placeOf is where a sign-in comes from, as coarse as people move: the network
// and the kind of browser (P18).
func placeOf(r *http.Request) string {
	addr := web.Address(r)
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String() + "|" + family(r.UserAgent())
}

// family is a browser's kind, whatever its version.
func family(agent string) string {
	for _, f := range []struct{ mark, name string }{
		{"beckmanconnect-desk", "desk"}, {"Edg", "edge"}, {"OPR/", "opera"}, {"Firefox/", "firefox"}, {"Chrome/", "chrome"}, {"Safari/", "safari"},
	} {
		if strings.Contains(agent, f.mark) {
			return f.name
		}
	}
	return "other"
}

var (
	errNoMail    = errors.New("staff: sign-in from a new place: no mail server is configured")
	errNoReturn  = errors.New("staff: sign-in from a new place: the program names no way back for the link")
	nativeReturn = regexp.MustCompile(`^http://127\.0\.0\.1:[1-9][0-9]{0,4}/confirm$`)
)

// known tells whether a sign-in comes from where its account has signed in
// before.
func (d *Desk) known(r *http.Request, who cloudapi.Staff) (bool, error) {
	if !d.Rules.NewPlaces {
		return true, nil
	}
	place := placeOf(r)
	if place == "" {
		return false, errors.New("staff: sign-in from nowhere")
	}
	return d.Data.KnownPlace(r.Context(), who.Account, place)
}

// entry is how the sign-in of somebody the SSO vouched for went on: held back
// until the new place is confirmed, or with a session.
type entry struct {
	pending string // what the same browser must show with the link; "" with a session
	token   string
	expires time.Time
}

// enter lets somebody in from a place that is known. From another one it mails
// a link that leads back; errNoReturn where it could lead nowhere.
func (d *Desk) enter(r *http.Request, who cloudapi.Staff, back string) (in entry, err error) {
	known, err := d.known(r, who)
	switch {
	case err != nil:
	case known:
		in.token, in.expires, err = d.begin(r, who)
	case back == "":
		err = errNoReturn
	default:
		in.pending, err = d.hold(r, who, back)
	}
	return in, err
}

// hold keeps a sign-in back and mails the link that goes on with it. back is
// where the link leads. It gives what the same browser must show again.
func (d *Desk) hold(r *http.Request, who cloudapi.Staff, back string) (browser string, err error) {
	d.failing.Allow(who.Account) // until somebody opens the link
	if d.gone(r.Context(), who.Account) {
		return "", errRemoved
	}
	if d.Mail == nil {
		return "", errNoMail
	}
	token, browser := rand.Text()+rand.Text(), rand.Text()+rand.Text()
	place := placeOf(r)
	if err := d.note(r, events.SignInNewPlace, events.Notice, who.Account, map[string]string{"browser": family(r.UserAgent())}); err != nil {
		return "", err
	}
	until := d.Now().Add(placeWait)
	if err := d.Data.PutSignInWaiting(r.Context(), token, browser, data.SignInWaiting{Staff: who, Place: place}, until); err != nil {
		return "", err
	}
	letter := placeMail(who, web.Address(r).String(), family(r.UserAgent()), back+"?token="+url.QueryEscape(token))
	letter.Until = until
	return browser, d.Mail.Send(r.Context(), letter)
}

func placeMail(who cloudapi.Staff, address, browser, link string) mail.Message {
	return mail.Message{
		To:      who.Account,
		Subject: "Remote Support: confirm your sign-in",
		Text: fmt.Sprintf(`Your account signed in to Remote Support from a place that is new:

  network address %s, browser: %s

If that was you, open this link in the same browser within %d minutes:

  %s

If it was not you, do not open it, and tell your security team: somebody has
your password.

Ihr Konto hat sich von einem neuen Ort aus angemeldet. Wenn Sie das waren,
öffnen Sie den Link im selben Browser. Wenn nicht, öffnen Sie ihn nicht und
melden Sie es: Jemand hat Ihr Passwort.
`, address, browser, int(placeWait.Minutes()), link),
	}
}

// waitPage tells a browser that a mail is on its way.
func waitPage(w http.ResponseWriter, r *http.Request, browser string) {
	http.SetCookie(w, &http.Cookie{Name: placeCookie, Value: browser, Path: "/", MaxAge: int(placeWait.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	card.Show(w, r, http.StatusAccepted, card.Waiting)
}

// confirmPlace is where the link in the mail leads. It works once, and only in
// the browser that the sign-in was begun in: somebody who sent the owner of an
// account there gets nothing for it.
func (d *Desk) confirmPlace(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(placeCookie)
	if err != nil {
		d.report(r, events.SignInRefused, "", "other-browser")
		card.Fail(w, r, http.StatusForbidden, card.OtherBrowser)
		return
	}
	token, expires, err := d.confirm(r, r.URL.Query().Get("token"), cookie.Value)
	if err != nil {
		d.failPlace(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: placeCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	welcome(w, r, token, expires)
}

// confirmNative is the same for beckmanconnect-desk, which holds in its memory
// what a browser holds in its cookie.
func (d *Desk) confirmNative(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "" {
		web.Fail(w, http.StatusForbidden, "origin", "Pages confirm by the link itself.")
		return
	}
	var req cloudapi.PlaceRequest
	if !web.Decode(w, r, &req, 4<<10) {
		return
	}
	token, expires, err := d.confirm(r, req.Token, req.Pending)
	if err != nil {
		d.failPlace(w, r, err)
		return
	}
	web.JSON(w, cloudapi.TokenReply{Token: token, ExpiresMS: expires.UnixMilli()})
}

func (d *Desk) confirm(r *http.Request, token, browser string) (string, time.Time, error) {
	waiting, err := d.Data.TakeSignInWaiting(r.Context(), token, browser)
	if err != nil {
		return "", time.Time{}, err
	}
	return d.begin(r, waiting.Staff)
}

// failPlace answers a person or a program whose sign-in went no further, and puts
// on record what belongs there.
func (d *Desk) failPlace(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, data.ErrNotFound):
		d.report(r, events.SignInRefused, "", "no-such-link")
		card.Fail(w, r, http.StatusForbidden, card.LinkOver)
	case errors.Is(err, errRemoved):
		card.Fail(w, r, http.StatusForbidden, card.Removed)
	case errors.Is(err, errNoMail), errors.Is(err, mail.ErrRate), errors.Is(err, mail.ErrFull):
		d.Log.Error("staff: sign-in from a new place not possible", "error", err)
		card.Fail(w, r, http.StatusServiceUnavailable, card.NoMail)
	case !errors.Is(err, context.Canceled):
		d.Log.Error("staff: sign-in failed", "error", err)
		card.Fail(w, r, http.StatusInternalServerError, card.Failed)
	}
}
