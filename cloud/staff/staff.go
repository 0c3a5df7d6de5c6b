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
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/cases"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/mail"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
)

// Config is what a Desk works with.
type Config struct {
	Data     *data.DB
	StaffCA  *trust.Authority
	DeviceCA *trust.Authority
	Site     web.Site
	URL      string                    // where the hosted console is
	Networks web.Networks              // the service network (P21)
	Removed  Accounts                  // that may not do anything any more
	Rules    Rules                     // of a sign-in; New fills in what is not set
	Revoked  func(account string) bool // by the vendor's policy; nil: none is
	Sites    Sites                     // nil: no device stands at a site
	Mail     mail.Sender               // nil: nobody signs in from a new place, unless Rules say that places do not matter
	Events   events.Sink               // nil: none
	Acts     *acts.Acts                // nil: there are none
	OIDC     OIDC
	Log      *slog.Logger
	Now      func() time.Time
	Feed     *Feed
	Vendor   note.Signer // signs messages to technicians
	Phones   []string    // the service numbers that may stand in one
	Send     func()      // has waiting messages sent; must not block
	Cases    *cases.Service
}

// Desk serves the staff's side.
type Desk struct {
	Config
	provider *provider
	pending  pending
	limit    web.Limiter
	sending  web.Limiter // of messages

	// Of an account, wherever it comes from (P18).
	trying, failing, asking, writing web.Quota

	mu        sync.Mutex
	attending map[attendance]attending // each engineer who came to the relay
}

// New makes a Desk. The SSO need not be reachable yet.
func New(c Config) *Desk {
	c.Rules = c.Rules.WithDefaults()
	c.OIDC.Rules = c.Rules
	d := &Desk{
		Config:    c,
		provider:  &provider{OIDC: c.OIDC, now: c.Now},
		pending:   pending{now: c.Now, waiting: map[string]attempt{}},
		limit:     web.Limiter{Every: rate.Every(2 * time.Second), Burst: 20},
		sending:   web.Limiter{Every: rate.Every(time.Second), Burst: 40},
		trying:    web.Quota{Every: rate.Every(20 * time.Second), Burst: 30},
		failing:   web.Quota{Every: rate.Every(5 * time.Minute), Burst: 5},
		asking:    web.Quota{Every: rate.Limit(20), Burst: 300},
		writing:   web.Quota{Every: rate.Limit(2), Burst: 60},
		attending: map[attendance]attending{},
	}
	if c.Acts != nil {
		d.registerActs()
	}
	return d
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
	mux.Handle(cloudapi.PathLogin, d.door(web.Method(http.MethodGet, d.limited(d.login))))
	mux.Handle(cloudapi.PathCallback, d.door(web.Method(http.MethodGet, d.limited(web.Attempts(web.NotVouchedFor, d.callback)))))
	post(cloudapi.PathToken, d.limit.Limit(web.Attempts(web.NotVouchedFor, d.token)))
	post(cloudapi.PathLogout, d.logout)
	mux.Handle(cloudapi.PathPlace, d.door(d.limited(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			d.confirmPlace(w, r)
			return
		}
		web.Method(http.MethodPost, d.confirmNative)(w, r)
	})))
	get(cloudapi.PathMe, d.signedIn("", d.me))
	post(cloudapi.PathActive, d.signedIn("", d.active))
	post(cloudapi.PathLogoutAll, d.signedIn("", d.logoutAll))
	get(cloudapi.PathRequests, d.signedIn(rights.SeeQueue, d.requests))
	get(cloudapi.PathFleet, d.signedIn(rights.SeeDevices, d.fleet))
	get(cloudapi.PathAlarms, d.signedIn(rights.SeeDevices, d.notifications))
	get(cloudapi.PathSessions, d.signedIn(rights.ReadOwn, d.sessions))
	get(cloudapi.PathLive, d.signedIn(rights.SeeDevices, d.live))
	get(cloudapi.PathFeed, d.signedIn(rights.SeeDevices, d.feed))
	get(cloudapi.PathPresence, d.signedIn(rights.SeeDevices, d.presence))
	get(cloudapi.PathHelpLogs, d.signedIn(rights.SeeQueue, d.helpLogs))
	mux.Handle(cloudapi.PathMessage, d.Networks.Only(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			d.signedIn(rights.Message, d.messages)(w, r)
			return
		}
		web.Method(http.MethodPost, d.sending.Limit(d.signedIn(rights.Message, d.sendMessage)))(w, r)
	})))
	post(cloudapi.PathCert, d.limit.Limit(d.signedIn(rights.Help, d.certificate)))
	if d.Acts != nil {
		d.mountActs(mux)
	}
	d.registerCases(mux)
	d.registerEvents(get)
}

// handler is a handler for somebody who is signed in.
type handler func(http.ResponseWriter, *http.Request, cloudapi.Staff)

// signedIn lets callers through who are signed in and whose role allows act; ""
// is allowed to everybody. Region and site are the handler's to ask.
func (d *Desk) signedIn(act rights.Act, next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l, ok := d.session(r)
		if !ok {
			web.Fail(w, http.StatusUnauthorized, "signed-out", "Sign in first.")
			return
		}
		quota := &d.asking
		if r.Method != http.MethodGet {
			quota = &d.writing
		}
		if !quota.Allow(l.Staff.Account) {
			web.FailQuota(w, r)
			return
		}
		if act != "" && !rights.May(l.Staff, act) {
			d.Log.Warn("staff: refused", "act", string(act), "why", "role")
			web.Fail(w, http.StatusForbidden, "role", "Your role does not allow this.")
			return
		}
		if r.Method != http.MethodGet || r.URL.Path == cloudapi.PathMe {
			d.touch(r.Context(), l)
		}
		next(w, r, l.Staff)
	}
}

// Open gives the request when this caller may help with it: signed in, from
// the service network, in a role that helps, trained for the device's region
// and assigned to its site. It is asked anew for every certificate and every
// socket, not once per sign-in (P20).
func (d *Desk) Open(r *http.Request, request string) (cloudapi.Staff, cloudapi.Request, bool) {
	if !d.Networks.Contain(r) {
		return cloudapi.Staff{}, cloudapi.Request{}, false
	}
	l, ok := d.session(r)
	if !ok {
		return cloudapi.Staff{}, cloudapi.Request{}, false
	}
	req, ok := d.mayHelp(r.Context(), l.Staff, request)
	if !ok || !d.joins(r, l.Staff, req) {
		return l.Staff, cloudapi.Request{}, false
	}
	return l.Staff, req, true
}

func (d *Desk) mayHelp(ctx context.Context, who cloudapi.Staff, request string) (cloudapi.Request, bool) {
	if !rights.May(who, rights.Help) {
		return cloudapi.Request{}, false
	}
	req, err := d.Data.OpenRequest(ctx, request)
	if err != nil || !d.Reaches(ctx, who, req.Device, req.Region) {
		return cloudapi.Request{}, false
	}
	return req, true
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
		if rights.May(who, rights.SeeQueue) && d.Reaches(ctx, who, r.Device, r.Region) {
			live.Requests = append(live.Requests, r)
		}
	}
	for _, dev := range devices {
		if d.Reaches(ctx, who, dev.ID, dev.Region) {
			live.Devices = append(live.Devices, dev.Device)
		}
	}
	return live, nil
}
