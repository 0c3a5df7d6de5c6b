// Package staff is the vendor's people at the cloud: sign-in by the vendor's
// SSO, what they may see, and the certificate that names them to a device
// (P16, P20, P21). Nothing here can approve, reset or loosen anything on an
// instrument PC (scenario 45): that takes the technician's click.
package staff

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
)

// sessionLife is how long a sign-in lasts, whatever is done with it.
const sessionLife = 8 * time.Hour

// Config is what a Desk works with.
type Config struct {
	Data     *data.DB
	StaffCA  *trust.Authority
	DeviceCA *trust.Authority
	Site     web.Site
	URL      string       // where the hosted console is
	Networks web.Networks // the service network (P21)
	Removed  Removed      // accounts that may not do anything any more
	OIDC     OIDC
	Log      *slog.Logger
	Now      func() time.Time
	Feed     *Feed
	Vendor   note.Signer // signs messages to technicians
	Phones   []string    // the service numbers that may stand in one
	Send     func()      // has waiting messages sent; must not block
	Events   events.Sink // nil: none
}

// Desk serves the staff's side.
type Desk struct {
	Config
	provider *provider
	pending  pending
	limit    web.Limiter
	sending  web.Limiter // of messages
}

// New makes a Desk. The SSO need not be reachable yet.
func New(c Config) *Desk {
	return &Desk{
		Config:   c,
		provider: &provider{OIDC: c.OIDC, now: c.Now},
		pending:  pending{now: c.Now, waiting: map[string]attempt{}},
		limit:    web.Limiter{Every: rate.Every(2 * time.Second), Burst: 20},
		sending:  web.Limiter{Every: rate.Every(time.Second), Burst: 40},
	}
}

// Register mounts everything of the staff's on mux.
func (d *Desk) Register(mux web.Mux) {
	get := func(path string, h http.HandlerFunc) {
		mux.Handle(path, d.Networks.Only(web.Method(http.MethodGet, h)))
	}
	post := func(path string, h http.HandlerFunc) {
		mux.Handle(path, d.Networks.Only(web.Method(http.MethodPost, h)))
	}
	get(cloudapi.PathOIDC, d.oidcConfig)
	get(cloudapi.PathLogin, d.limit.Limit(d.login))
	get(cloudapi.PathCallback, d.limit.Limit(web.Attempts(http.HandlerFunc(d.callback)).ServeHTTP))
	post(cloudapi.PathToken, d.limit.Limit(web.Attempts(http.HandlerFunc(d.token)).ServeHTTP))
	post(cloudapi.PathLogout, d.logout)
	get(cloudapi.PathMe, d.signedIn(d.me))
	get(cloudapi.PathRequests, d.signedIn(d.requests))
	get(cloudapi.PathFleet, d.signedIn(d.fleet))
	get(cloudapi.PathAlarms, d.signedIn(d.notifications))
	get(cloudapi.PathSessions, d.signedIn(d.sessions))
	get(cloudapi.PathLive, d.signedIn(d.live))
	get(cloudapi.PathFeed, d.signedIn(d.feed))
	get(cloudapi.PathPresence, d.signedIn(d.presence))
	get(cloudapi.PathHelpLogs, d.signedIn(d.helpLogs))
	mux.Handle(cloudapi.PathMessage, d.Networks.Only(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			d.signedIn(d.messages)(w, r)
			return
		}
		web.Method(http.MethodPost, d.sending.Limit(d.signedIn(d.sendMessage)))(w, r)
	})))
	d.registerEvents(get)
	post(cloudapi.PathCert, d.limit.Limit(d.signedIn(d.certificate)))
}

// handler is a handler for somebody who is signed in.
type handler func(http.ResponseWriter, *http.Request, cloudapi.Staff)

func (d *Desk) signedIn(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok := d.Who(r)
		if !ok {
			web.Fail(w, http.StatusUnauthorized, "signed-out", "Sign in first.")
			return
		}
		next(w, r, who)
	}
}

// Open gives the request when this caller may help with it: signed in, from
// the service network, and trained for the device's region. It is asked anew
// for every certificate and every socket, not once per sign-in (P20).
func (d *Desk) Open(r *http.Request, request string) (cloudapi.Staff, cloudapi.Request, bool) {
	if !d.Networks.Contain(r) {
		return cloudapi.Staff{}, cloudapi.Request{}, false
	}
	who, ok := d.Who(r)
	if !ok {
		return who, cloudapi.Request{}, false
	}
	req, err := d.Data.OpenRequest(r.Context(), request)
	if err != nil || !Trained(who, req.Region) {
		return who, cloudapi.Request{}, false
	}
	return who, req, true
}

// Trained tells whether somebody may see a region's devices.
func Trained(who cloudapi.Staff, region string) bool { return slices.Contains(who.Regions, region) }

func (d *Desk) me(w http.ResponseWriter, _ *http.Request, who cloudapi.Staff) { web.JSON(w, who) }

func (d *Desk) requests(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	live, err := d.snapshot(r.Context(), who)
	d.reply(w, live.Requests, err)
}

func (d *Desk) fleet(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	live, err := d.snapshot(r.Context(), who)
	d.reply(w, live.Devices, err)
}

// maxNotifications in one answer.
const maxNotifications = 500

func (d *Desk) notifications(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	device, ok := d.own(w, r, who)
	if !ok {
		return
	}
	list, err := d.Data.Notifications(r.Context(), device.ID, maxNotifications)
	d.reply(w, list, err)
}

func (d *Desk) reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		d.Log.Error("staff: list failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "The list could not be read; try again.")
		return
	}
	web.JSON(w, v)
}

// snapshot is what this person may see now.
func (d *Desk) snapshot(ctx context.Context, who cloudapi.Staff) (cloudapi.Live, error) {
	live := cloudapi.Live{Requests: []cloudapi.Request{}, Devices: []cloudapi.Device{}}
	requests, err := d.Data.OpenRequests(ctx)
	if err != nil {
		return live, err
	}
	devices, err := d.Data.Devices(ctx)
	if err != nil {
		return live, err
	}
	for _, r := range requests {
		if Trained(who, r.Region) {
			live.Requests = append(live.Requests, r)
		}
	}
	for _, dev := range devices {
		if Trained(who, dev.Region) {
			live.Devices = append(live.Devices, dev.Device)
		}
	}
	return live, nil
}
