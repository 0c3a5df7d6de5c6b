package cloud

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"beckmanconnect/cloud/settings"
)

// Variables is what the names of the environment begin with: oidc.secret is
// BECKMANCONNECT_CLOUD_OIDC_SECRET, or ..._OIDC_SECRET_FILE for a file with it.
const Variables = "BECKMANCONNECT_CLOUD_"

// Drain says how a node leaves when it is told to stop. Sessions and links dial
// again, at other nodes where there are some.
//
//	[drain]
//	notice = "5s"   # not ready any more, but everything as before: balancers notice
//	spread = "20s"  # within this time devices and sessions are sent away, each at a moment of its own
//	limit = "60s"   # from then on whoever is left is cut off
type Drain struct {
	Notice time.Duration `toml:"notice"`
	Spread time.Duration `toml:"spread"`
	Limit  time.Duration `toml:"limit"`
}

// maxDrain bounds what a node may take to leave.
const maxDrain = time.Hour

// check fills in: at once where there is no other node to go to.
func (d *Drain) check(others bool) error {
	if others && *d == (Drain{}) {
		*d = Drain{Notice: 5 * time.Second, Spread: 20 * time.Second}
	}
	if d.Limit == 0 {
		d.Limit = d.Spread + stopTimeout
	}
	if d.Notice < 0 || d.Spread < 0 || d.Limit < d.Spread || d.Notice+d.Limit > maxDrain {
		return fmt.Errorf("\"drain\": notice %v, spread %v and limit %v do not go together: none below 0s, spread within limit, and all at most %v", d.Notice, d.Spread, d.Limit, maxDrain)
	}
	return nil
}

// Operator is a listener for the operator: metrics, health and readiness. It is
// off without an address, and has no sign-in: it belongs on loopback or on a
// network of the operator's own.
//
//	[operator]
//	listen = "127.0.0.1:9464"
//	disk_free_mib = 1024     # less free space where data or upgrades lie means not ready
type Operator struct {
	Listen      string `toml:"listen"`
	DiskFreeMiB uint64 `toml:"disk_free_mib"`
}

func (p *Operator) check() error {
	if p.DiskFreeMiB == 0 {
		p.DiskFreeMiB = 512
	}
	if p.Listen == "" {
		return nil
	}
	at, err := netip.ParseAddrPort(p.Listen)
	if err != nil || !(at.Addr().IsLoopback() || at.Addr().IsPrivate() || at.Addr().IsLinkLocalUnicast()) {
		return fmt.Errorf("%q in \"operator.listen\" is not a loopback or private address with a port", p.Listen)
	}
	return nil
}

// Traces sends spans by OTLP over HTTP; off without an endpoint.
//
//	[traces]
//	endpoint = "https://otel.example:4318"   # http:// on loopback only
//	ratio = 0.1                              # of requests; absent: all
type Traces struct {
	Endpoint string   `toml:"endpoint"`
	Token    string   `toml:"token" secret:"true"` // as "Authorization: Bearer"
	Ratio    *float64 `toml:"ratio"`
}

func (t *Traces) check() error {
	if t.Ratio != nil && (*t.Ratio < 0 || *t.Ratio > 1) {
		return errors.New(`"traces.ratio" is not from 0 to 1`)
	}
	if t.Endpoint == "" {
		return nil
	}
	u, err := url.Parse(t.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || !(u.Scheme == "https" || u.Scheme == "http" && onLoopback(u.Hostname())) {
		return errors.New(`"traces.endpoint" is not https://HOST:PORT, or http:// on loopback`)
	}
	return nil
}

func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Show lists the configuration as check-config prints it: no secrets.
func (c *Config) Show() []settings.Line { return settings.Show(c, Variables) }
