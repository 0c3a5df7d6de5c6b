package netdial

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"beckmanconnect/internal/hostconfig"
)

// Who set the proxy.
const (
	FromConfiguration = "configuration"
	FromEnvironment   = "environment"
	FromSystem        = "system"
	FromUser          = "user" // the desktop of somebody at this PC
)

// route is the way one connection takes.
type route struct {
	proxy  *url.URL // nil: none
	source string
}

// credentials are the log-in at a proxy.
type credentials struct{ user, password string }

func (d *Dialer) route(host string, port int) (route, error) {
	target := &url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(port))}
	configured := d.config.Proxy.URL
	switch {
	case configured == hostconfig.DirectProxy:
		return route{source: FromConfiguration}, nil
	case strings.HasPrefix(configured, hostconfig.PACPrefix):
		r, err := d.config.system(target, strings.TrimPrefix(configured, hostconfig.PACPrefix))
		r.source = FromConfiguration
		return r, err
	case configured != "":
		return parseRoute(configured, FromConfiguration)
	}
	environment := httpproxy.FromEnvironment()
	if environment.HTTPSProxy != "" {
		u, err := environment.ProxyFunc()(target)
		if err != nil {
			return route{source: FromEnvironment}, &ProxyError{Code: CodeProxySettings, Err: errors.New("the environment's proxy is not an address")}
		}
		if u == nil {
			return route{source: FromEnvironment}, nil // NO_PROXY says so
		}
		return parseRoute(u.String(), FromEnvironment)
	}
	// Where desktops keep the address of a PAC script.
	if pac := os.Getenv("auto_proxy"); pac != "" {
		r, err := d.config.system(target, pac)
		r.source = FromEnvironment
		return r, err
	}
	if r, err := d.config.system(target, ""); err != nil || r.proxy != nil || r.source != "" {
		return r, err
	}
	return d.userRoute(target)
}

func parseRoute(text, source string) (route, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return route{source: source}, &ProxyError{Code: CodeProxySettings, Err: errors.New("the proxy's address is none")}
	}
	switch u.Scheme {
	case "http", "https":
	default:
		return route{source: source}, &ProxyError{Code: CodeProxySettings, Err: fmt.Errorf("proxies of the kind %q cannot be used", u.Scheme)}
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return route{proxy: u, source: source}, nil
}

// maxPassword bounds the file.
const maxPassword = 1024

// credentials are the configured ones, or those in the proxy's address.
func (d *Dialer) credentials(r route) (credentials, error) {
	if r.source != FromConfiguration || d.config.Proxy.User == "" {
		if r.proxy.User == nil {
			return credentials{}, nil
		}
		password, _ := r.proxy.User.Password()
		return credentials{r.proxy.User.Username(), password}, nil
	}
	c := credentials{user: d.config.Proxy.User}
	if d.config.Proxy.PasswordFile == "" {
		return c, nil
	}
	info, err := os.Stat(d.config.Proxy.PasswordFile)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxPassword) {
		err = errors.New("this is not a file with a password")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(d.config.Proxy.PasswordFile)
	}
	if err != nil {
		return c, &ProxyError{Code: CodeProxySettings, Proxy: r.proxy.Host, Err: fmt.Errorf("password file: %w", err)}
	}
	c.password = strings.TrimRight(string(text), "\r\n")
	return c, nil
}
