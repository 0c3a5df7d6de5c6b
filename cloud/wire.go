package cloud

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/broker"
	"beckmanconnect/cloud/cases"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/intake"
	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/staff"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/version"
)

// hostWait bounds how long a host may wait at the relay for a request that so
// far only its socket has named.
const hostWait = 30 * time.Minute

// wire makes the parts and joins them.
func (c *Cloud) wire() error {
	c.uploads = c.newUploads()
	c.mail = c.newMail()
	c.acts = acts.New(acts.Config{Store: c.data, Events: c.events, Log: c.Log, Now: c.Now})
	rules, err := c.Staff.rules()
	if err != nil {
		return err
	}
	if err := c.wireRegistry(); err != nil {
		return err
	}
	c.cases = cases.New(cases.Config{
		Data: c.data, Send: c.Send, Cut: func(r string) { c.relay.EndByStaff(r) }, Unseat: func(r string) { c.relay.Unseat(r) }, Changed: c.feed.Changed,
		Events: c.events, Removed: func(account string) bool { return c.desk.Gone(account) }, Log: c.Log, Now: c.Now,
	})
	c.desk = staff.New(staff.Config{
		Data: c.data, StaffCA: c.private.Staff, DeviceCA: c.private.Device, Site: c.site, Networks: c.StaffNetworks, Removed: staff.Accounts(c.StaffRemoved),
		URL: c.URL, Log: c.Log, Now: c.Now, Feed: c.feed, Vendor: c.private.Vendor, Phones: c.Phones, Send: c.wantMessages,
		Rules: rules, Revoked: c.vendor.revokes, Mail: c.registrySender(), Acts: c.acts, Sites: c.data, Cases: c.cases, Events: c.events,
		OIDC: staff.OIDC{
			Issuer: c.OIDC.Issuer, ClientID: c.OIDC.Client, ClientSecret: c.OIDC.Secret, NativeID: c.OIDC.Native,
			RedirectURL: c.URL + cloudapi.PathCallback,
		},
	})
	c.wireInventory()
	c.inventory.RegisterActs(c.acts)
	c.relay = relay.New(relay.Config{Host: c.admitHost, Engineer: c.admitEngineer, Peers: c.peers(), Left: c.left, Log: c.Log, Now: c.Now})
	in := intake.New(intake.Config{Data: c.data, Log: c.Log, Now: c.Now, Changed: c.changed, MayAsk: c.confirmation.MayAsk, Witness: c.private.Witness})
	c.broker, err = broker.New(broker.Config{
		Engine: c.Broker.engine, MaxClients: int64(c.Broker.MaxDevices),
		Inbox: in, Refused: intake.Refused, Refuse: c.refuse, Seen: c.seen, Presence: c.presence,
		Time: c.private.Vendor, Policy: c.vendor.current, Waiting: c.waiting, Delivered: c.delivered, Places: c.data, Log: c.Log, Now: c.Now,
	})
	return err
}

func (c *Cloud) handler() http.Handler {
	mux := &c.routes
	mux.Handle(cloudapi.PathHealth, web.Method(http.MethodGet, health))
	mux.Handle(cloudapi.PathDevices, web.Attempts(web.NotAdmitted, c.registry.Handler().ServeHTTP))
	mux.Handle(cloudapi.PathMQTT, c.broker.Handler())
	mux.Handle(cloudapi.PathRelay, c.relay.Handler())
	mux.Handle(cloudapi.PathUpgrades, upgrades(c.Upgrades))
	c.desk.Register(mux)
	c.registryHandlers(mux)
	rest := http.Handler(http.HandlerFunc(nothing))
	if c.Console != nil {
		rest = c.desk.Networks.Only(c.Console) // P21
	}
	mux.Handle("/", rest)
	return c.Proxies.Resolve(c.watched(c.site.Guard(routed(mux))))
}

func health(w http.ResponseWriter, _ *http.Request) {
	web.JSON(w, struct {
		OK      bool   `json:"ok"`
		Version string `json:"version"`
	}{true, version.Version()})
}

func nothing(w http.ResponseWriter, _ *http.Request) {
	web.Fail(w, http.StatusNotFound, "nothing-here", "There is nothing here.")
}

func (c *Cloud) changed(ch intake.Change) {
	if ch.Ended != "" {
		c.relay.End(ch.Ended)
	}
	if ch.Status && c.confirmation.Require { // it says one after every connection
		c.tell(ch.Device)
	}
	if ch.Witnessed != nil {
		// Lost with the connection: the device shows its log again.
		if err := c.broker.Send(ch.Device, cloudapi.KindWitness, ch.Witnessed); err != nil {
			c.Log.Warn("a cosigned checkpoint was not sent", "device", ch.Device, "error", err)
		}
	}
	if ch.Again != nil {
		c.Log.Info("a device is asked for messages again", "device", ch.Device, "ranges", len(ch.Again.Ranges))
		// Lost with the connection: the device says again what it keeps.
		if err := c.broker.Send(ch.Device, cloudapi.KindAgain, ch.Again); err != nil {
			c.Log.Warn("a device was not asked for messages again", "device", ch.Device, "error", err)
		}
	}
	if ch.Requests {
		c.cases.Moved()
		c.uploads.Look() // a request's logs may have come
	}
	if ch.Fleet || ch.Requests {
		c.feed.Changed()
	}
	if ch.Feed {
		c.feed.Noted()
	}
}

func (c *Cloud) presence(ctx context.Context, device string, online bool) {
	changed, err := c.data.SetOnline(ctx, device, online)
	if err != nil {
		c.Log.Error("presence not stored", "device", device, "error", err)
	}
	if changed {
		c.Log.Info("device link", "device", device, "online", online)
		c.feed.Changed()
	}
}

// admitHost lets a device wait at its own request.
func (c *Cloud) admitHost(ctx context.Context, request, device string) (time.Time, error) {
	if !intake.ValidID(request) {
		return time.Time{}, relay.ErrUnknown
	}
	if c.refuse(ctx, device).Code != "" {
		return time.Time{}, relay.ErrRefused
	}
	if !c.confirmation.MayAsk(ctx, device) {
		return time.Time{}, relay.ErrRefused
	}
	if ended, err := c.data.EndedByStaff(ctx, request, device); err != nil || ended {
		return time.Time{}, cmp.Or(err, relay.ErrEndedByStaff)
	}
	r, err := c.data.ClaimRequest(ctx, request, device, c.Now().Add(hostWait).UnixMilli())
	switch {
	case errors.Is(err, data.ErrNotYours):
		c.Log.Warn("relay refused", "device", device, "why", "another device's request")
		return time.Time{}, relay.ErrRefused
	case errors.Is(err, data.ErrNotFound):
		return time.Time{}, relay.ErrUnknown
	}
	return time.UnixMilli(r.ExpiresMS), err
}

// admitEngineer lets staff in that may help with this request now. Who may not
// learns nothing about whether the request exists.
func (c *Cloud) admitEngineer(r *http.Request, request string) (relay.Engineer, error) {
	who, ok := c.desk.Attend(r, request)
	if !ok {
		return relay.Engineer{}, relay.ErrRefused
	}
	return relay.Engineer{Account: who.Account}, nil
}
