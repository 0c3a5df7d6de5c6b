package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"beckmanconnect/internal/release"
)

// Limits of what a site's policy may say about upgrades.
const (
	MaxHours         = 21 // three spans a day
	minRate, maxRate = 64, 10_000_000
	minLook, maxLook = time.Hour, 7 * 24 * time.Hour
	maxMirror        = 1000
	minPort, maxPort = 1, 65535
)

// The table [upgrade]. Each value checks itself while it is read, so that an
// error names the line it stands in.
type upgradeFile struct {
	Channel   upgradeChannel `toml:"channel"`
	Mirror    upgradeMirror  `toml:"mirror"`
	Hours     upgradeHours   `toml:"hours"`
	Rate      upgradeRate    `toml:"rate_kbit"`
	Every     upgradeEvery   `toml:"every"`
	Mandatory bool           `toml:"mandatory"`
}

type (
	upgradeChannel string
	upgradeMirror  string
	upgradeHours   []Hours
	upgradeRate    int
	upgradeEvery   time.Duration
)

func (c *upgradeChannel) UnmarshalText(text []byte) error {
	switch *c = upgradeChannel(text); *c {
	case release.Stable, release.Pilot:
		return nil
	}
	return fmt.Errorf("%q is no channel; there are %q and %q", text, release.Stable, release.Pilot)
}

// UnmarshalText takes an https address of a plain host: who signed what comes
// from there is checked in any case, and a name and password in it would stand
// in a policy that many can read.
func (m *upgradeMirror) UnmarshalText(text []byte) error {
	no := func(why string) error { return fmt.Errorf("%.200q %s", text, why) }
	u, err := url.Parse(string(text))
	switch {
	case err != nil, len(text) > maxMirror:
		return no("is no address")
	case u.Scheme != "https":
		return no("is not an https address")
	case u.User != nil:
		return no("must not hold a user or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" || strings.HasSuffix(string(text), "#"):
		return no("must be an address without query and fragment")
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err != nil && !hostName(host) || err == nil && a.Zone() != "" {
		return no("has no plain host in it")
	}
	if strings.HasSuffix(u.Host, ":") || !portFits(u.Port()) {
		return no("has no port in it that can be dialled")
	}
	u.Host = strings.ToLower(u.Host)
	*m = upgradeMirror(strings.TrimRight(u.String(), "/"))
	return nil
}

// portFits: the dialler takes 443 and no other, but for a development set.
func portFits(port string) bool {
	n := 0
	for _, r := range port {
		if n = n*10 + int(r-'0'); n > maxPort {
			return false
		}
	}
	return port == "" || n >= minPort
}

func (h *upgradeHours) UnmarshalTOML(value any) error {
	list, ok := value.([]any)
	if !ok {
		return errors.New(`must be a list such as ["Sat 22:00-04:00", "22:00-05:00"]`)
	}
	if len(list) == 0 || len(list) > MaxHours {
		return fmt.Errorf("%d spans; 1 to %d may be named", len(list), MaxHours)
	}
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			return fmt.Errorf("%v %w", v, errHours)
		}
		var span Hours
		if err := span.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		*h = append(*h, span)
	}
	return nil
}

func (r *upgradeRate) UnmarshalTOML(value any) error {
	n, ok := value.(int64)
	if !ok || n < minRate || n > maxRate {
		return fmt.Errorf("must be a whole number of kbit/s from %d to %d; without it there is no bound", minRate, maxRate)
	}
	*r = upgradeRate(n)
	return nil
}

func (e *upgradeEvery) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < minLook || d > maxLook {
		return fmt.Errorf("%q must be a time from 1h to 168h", text)
	}
	*e = upgradeEvery(d)
	return nil
}

func (f *upgradeFile) upgrade() Upgrade {
	if f == nil {
		return Upgrade{}
	}
	return Upgrade{
		Channel: string(f.Channel), Mirror: string(f.Mirror), Hours: f.Hours, Rate: int(f.Rate), Every: time.Duration(f.Every), Mandatory: f.Mandatory,
	}
}

// Upgrade is what the signed site policy says about upgrades. While what stands
// in its place is refused, only what tightens holds on: the hours, and the
// bound (scenario 28).
func (e *Effective) Upgrade() Upgrade {
	switch {
	case e.layers.Site == nil:
		return Upgrade{}
	case e.inForce() == nil:
		return Upgrade{Hours: e.layers.Site.Upgrade.Hours, Rate: e.layers.Site.Upgrade.Rate}
	}
	return e.layers.Site.Upgrade
}

// Authorised says whether the signed site policy authorises what a later
// version brings. It cannot do so before that version was first started here
// (P25, scenario 40).
func (e *Effective) Authorised(c Capability) bool {
	grown, met := e.layers.Known.Grown[c]
	site := e.inForce()
	return met && site != nil && site.authorises(c) && site.Number > grown.After
}

// UpgradeLine says in one line what holds for upgrades.
func (e *Effective) UpgradeLine() string {
	u := e.Upgrade()
	channel, from, hours := release.Stable, "the vendor's repository", "at any time the technician chooses"
	if u.Channel != "" {
		channel = u.Channel
	}
	if u.Mirror != "" {
		from = "the mirror " + u.Mirror
	}
	if len(u.Hours) > 0 {
		var spans []string
		for _, h := range u.Hours {
			spans = append(spans, h.String())
		}
		hours = "only " + strings.Join(spans, ", ")
	}
	line := fmt.Sprintf("channel %s, from %s, installed %s", channel, from, hours)
	if u.Rate > 0 {
		line += fmt.Sprintf(", fetched at %d kbit/s at most", u.Rate)
	}
	if u.Every > 0 {
		line += fmt.Sprintf(", looked for every %s", u.Every)
	}
	if u.Mandatory {
		return line + ", those that the vendor signed as mandatory without a click a day after they were announced"
	}
	return line + ", none without a click"
}
