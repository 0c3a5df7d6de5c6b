package local

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/internal/netdial"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/store"
)

// UserProxies keeps what the desktop at this PC said of its proxy last: in
// memory only. It is safe for concurrent use.
type UserProxies struct {
	mu  sync.Mutex
	now netdial.UserProxy
}

// Current is netdial.Config.User.
func (u *UserProxies) Current() netdial.UserProxy {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.now
}

func (u *UserProxies) set(to netdial.UserProxy) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now = to
}

// newProxyOffers bounds how often a desktop may say something else: each time is
// an entry of the log.
func newProxyOffers() *rate.Limiter { return rate.NewLimiter(rate.Every(5*time.Minute), 6) }

// Codes of a refused offer.
const (
	codeProxyInvalid = "proxy-invalid"
	codeProxyOften   = "throttled"
)

// OfferProxy takes what the tray says of its desktop's proxy: checked, on record
// with who said so, and only then in use.
func (h *Host) OfferProxy(ctx context.Context, r *hostpb.OfferProxyRequest) (*hostpb.Empty, error) {
	if h.config.UserProxies == nil {
		return nil, invalid(codeProxyInvalid, "no proxy is taken from a desktop here")
	}
	offered, err := netdial.CheckUserProxy(netdial.UserProxy{Proxy: r.GetProxy(), Bypass: r.GetBypass(), PAC: r.GetPacUrl(), Detect: r.GetDetect()})
	if err != nil {
		return nil, invalid(codeProxyInvalid, err.Error())
	}
	h.offering.Lock()
	defer h.offering.Unlock()
	if offered == h.config.UserProxies.Current() {
		return &hostpb.Empty{}, nil
	}
	if !h.offers.Allow() {
		return nil, refuse(codeProxyOften, "the desktop's proxy changes too often")
	}
	kind := "none"
	switch {
	case offered.PAC != "":
		kind = "script"
	case offered.Proxy != "":
		kind = "proxy"
	case offered.Detect:
		kind = "detect"
	}
	entry := store.Entry{Kind: "network.proxy-offered", Actor: "technician", Subject: kind, Personal: map[string]string{"technician": account(identity.FromContext(ctx))}}
	if offered.Proxy != "" {
		entry.Fields = map[string]string{"proxy": offered.Proxy}
	}
	if offered.PAC != "" {
		entry.Fields = map[string]string{"script": offered.PAC}
	}
	if err := h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(entry)
		return err
	}); err != nil {
		return nil, h.fail("offer of a proxy", err)
	}
	h.config.UserProxies.set(offered)
	h.config.HelpWanted() // the link tries again soon: this may be its way out
	return &hostpb.Empty{}, nil
}
