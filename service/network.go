package service

import (
	"context"
	"net"
	"strconv"
	"time"

	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/link"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/store"
)

// buildNetwork makes the one way out of this PC (B14).
func (h *house) buildNetwork(context.Context) error {
	h.dialer = netdial.New(netdial.Config{
		Table: func() endpoints.Table { return h.endpoints().Of(endpoints.Service) }, Development: h.roots.Development, Proxy: h.config.Cloud.Proxy,
		User: h.proxies.Current, Refused: h.addressRefused, Log: h.log,
	})
	return nil
}

// endpoints is what may be dialled, as it is now.
func (h *house) endpoints() endpoints.Table {
	var site endpoints.Policy
	if h.policy != nil {
		site = h.policy.Current().Network()
	}
	return endpoints.Allowed(h.config.Region, h.config, site)
}

// dialect is how the message service is spoken to.
func (h *house) dialect() dialect.Dialect {
	if h.config.Cloud.Dialect != hostconfig.DialectIoTHub {
		return dialect.Plain{URL: h.config.Cloud.URL}
	}
	return dialect.NewIoTHub(dialect.HubConfig{
		Settings: h.config.Cloud.IoTHub, Provision: endpoints.ZoneOf(h.config.Region).Provisioning,
		// Both are asked only once the link runs.
		Open: func(ctx context.Context, host, path string) (net.Conn, error) { return h.link.Open(ctx, host, path) },
		Now:  func() time.Time { return h.link.Time() },
		Kept: func(ctx context.Context) (string, error) {
			hub, _, err := h.store.Setting(ctx, settingHub)
			return hub, err
		},
		Keep: func(ctx context.Context, hub string) error {
			return h.store.Update(ctx, func(tx *store.Tx) error { return tx.SetSetting(settingHub, hub) })
		},
	})
}

// settingHub is the hub that the provisioning service assigned.
const settingHub = "link.assigned-hub"

// networkFacts are the stable code of the link's state, and the addresses that
// the signed policy adds to the table of endpoints.
func (h *house) networkFacts(state link.State) (facts []*hostpb.LinkFact) {
	if state.Code != "" {
		facts = append(facts, &hostpb.LinkFact{Name: "code", Value: state.Code})
	}
	for _, e := range h.endpoints() {
		if e.Origin == endpoints.SitePolicy {
			facts = append(facts, &hostpb.LinkFact{Name: "site-endpoint", Value: net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) + " " + e.Protocol + " " + e.Purpose})
		}
	}
	return facts
}

// addressRefused puts on record that something on this PC wanted to dial what
// is not its to dial; once for each address. It must not block, and a log that
// cannot be written says so itself.
func (h *house) addressRefused(host string, port int) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := h.store.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(store.Entry{Kind: "network.refused", Actor: "system", Subject: host, Fields: map[string]string{"port": strconv.Itoa(port)}})
			return err
		})
		if err != nil {
			h.log.Error("a refused address is not on record", "host", host, "error", err)
		}
	}()
}
