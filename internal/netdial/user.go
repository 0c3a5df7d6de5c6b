package netdial

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// UserProxy is what the desktop of somebody at this PC says of a proxy, which
// the service's own account cannot see. Nobody trusts it with more than a
// tunnel: it is used only where nobody else set a proxy, and it never gets a
// log-in.
type UserProxy struct {
	Proxy  string // a list as Windows writes it; checked: "host:port", "" for none
	Bypass string // hosts that need none, as Windows writes them
	PAC    string // address of a script
	Detect bool   // a script that the network names
}

// Most bytes of what a desktop may say.
const (
	maxUserProxy  = 1024
	maxUserBypass = 4096
	maxUserPAC    = 2048
)

// ErrUserProxy: what the desktop says cannot be used.
var ErrUserProxy = errors.New("this proxy of the desktop cannot be used")

// CheckUserProxy gives what may be used of it, or why nothing may.
func CheckUserProxy(u UserProxy) (UserProxy, error) {
	fail := func(why string) (UserProxy, error) { return UserProxy{}, fmt.Errorf("%w: %s", ErrUserProxy, why) }
	if len(u.Proxy) > maxUserProxy || len(u.Bypass) > maxUserBypass || len(u.PAC) > maxUserPAC {
		return fail("it is too long")
	}
	for _, s := range []string{u.Proxy, u.Bypass, u.PAC} {
		if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
			return fail("it has characters that no address has")
		}
	}
	checked := UserProxy{Bypass: u.Bypass, Detect: u.Detect}
	if address := firstProxy(u.Proxy); address != "" {
		if scheme, rest, given := strings.Cut(address, "://"); given {
			if !strings.EqualFold(scheme, "http") {
				return fail("it is no http proxy")
			}
			address = strings.TrimSuffix(rest, "/")
		}
		host, port, ok := strings.Cut(address, ":")
		if !ok {
			port = "80"
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fail("its port is none")
		}
		if why := elsewhere(host); why != "" {
			return fail(why)
		}
		checked.Proxy = host + ":" + port
	}
	if u.PAC != "" {
		script, err := url.Parse(u.PAC)
		if err != nil || script.Scheme != "http" && script.Scheme != "https" || script.User != nil || script.Opaque != "" || script.Fragment != "" {
			return fail("its script has no plain address of http or https")
		}
		if why := elsewhere(script.Hostname()); why != "" {
			return fail(why)
		}
		checked.PAC = u.PAC
	}
	return checked, nil
}

// elsewhere says why a host is none in the network, "" when it may be one. What
// runs on this PC itself, or answers to whoever is next to it, is nothing a
// desktop may put in the service's way.
func elsewhere(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip = ip.Unmap(); ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.Zone() != "" {
			return "its host is not in the network"
		}
		return ""
	}
	lower := strings.ToLower(strings.TrimSuffix(host, "."))
	if lower == "" || len(lower) > 253 || lower == "localhost" || strings.HasSuffix(lower, ".localhost") {
		return "its host is not in the network"
	}
	if strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" || strings.HasPrefix(lower, "-") || strings.HasPrefix(lower, ".") {
		return "its host is no name"
	}
	// "2130706433" and "127.1" are addresses to some resolvers.
	if last := lower[strings.LastIndexByte(lower, '.')+1:]; last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "its host is no name"
	}
	return ""
}

// userRoute is the way the desktop's proxy would take, when nobody else named
// one.
func (d *Dialer) userRoute(target *url.URL) (route, error) {
	if d.config.User == nil {
		return route{}, nil
	}
	u, err := CheckUserProxy(d.config.User()) // also when whoever keeps it did
	if err != nil {
		return route{source: FromUser}, &ProxyError{Code: CodeProxySettings, Err: err}
	}
	switch {
	case u.PAC != "":
		r, err := d.config.script(target, u.PAC)
		return d.ofScript(r, err)
	case u.Proxy != "":
		if bypassed(target.Hostname(), u.Bypass) {
			return route{source: FromUser}, nil
		}
		return parseRoute("http://"+u.Proxy, FromUser)
	case u.Detect:
		// Nobody named a script: without one in the network there is none.
		if r, err := d.config.script(target, ""); err == nil {
			return d.ofScript(r, nil)
		}
	}
	return route{}, nil
}

// ofScript holds what a desktop's script says against the same rules.
func (d *Dialer) ofScript(r route, err error) (route, error) {
	r.source = FromUser
	if err != nil || r.proxy == nil {
		return r, err
	}
	if why := elsewhere(r.proxy.Hostname()); why != "" || r.proxy.Scheme != "http" || r.proxy.User != nil {
		return route{source: FromUser}, &ProxyError{Code: CodeProxyPAC, Err: fmt.Errorf("%w: the script names one that is not in the network", ErrUserProxy)}
	}
	return r, nil
}
