package hostconfig

import (
	"net/url"
	"regexp"
	"strings"
)

// Dialects of the message service.
const (
	DialectPlain  = "plain"
	DialectIoTHub = "iothub"
)

// Ways in which a device shows an IoT hub who it is.
const (
	AuthX509 = "x509"
	AuthSAS  = "sas"
)

// DirectProxy as the proxy's address means that there is none, whatever the
// system says; PACPrefix before an address that a PAC script lies there.
const (
	DirectProxy = "direct"
	PACPrefix   = "pac+"
)

// checkProxy refuses what would put a password into this file, or a way out
// that is none.
func (c *Config) checkProxy() error {
	p := c.Cloud.Proxy
	bad := func(field, what, do string) error {
		return &Error{File: c.File, Field: "cloud.proxy." + field, What: what, Do: do}
	}
	if p.URL == "" || p.URL == DirectProxy {
		if p.User != "" || p.PasswordFile != "" {
			return bad("user", "there is no proxy to log in at", "set cloud.proxy.url, or remove the log-in")
		}
		return nil
	}
	text, pac := strings.CutPrefix(p.URL, PACPrefix)
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return bad("url", "this is not a proxy's address", "use http://HOST:PORT, pac+http://HOST/FILE for a PAC script, or \"direct\"")
	case u.User != nil:
		return bad("url", "a log-in may not stand here", "use user and password_file")
	case !pac && (u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/"):
		return bad("url", "only a host name and a port may stand here", "use http://HOST:PORT, or pac+http://HOST/FILE for a PAC script")
	case p.PasswordFile != "" && p.User == "":
		return bad("user", "the password's user is missing", "add user, or remove password_file")
	case strings.ContainsAny(p.User, ":\r\n"):
		return bad("user", "a colon or a line break cannot stand in a user's name", "correct the name")
	}
	return nil
}

var (
	hubHost = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?(:[0-9]{1,5})?$`)
	idScope = regexp.MustCompile(`^[a-zA-Z0-9]{1,64}$`)
)

func (c *Config) checkIoTHub() error {
	bad := func(field, what, do string) error {
		return &Error{File: c.File, Field: "cloud." + field, What: what, Do: do}
	}
	hub := c.Cloud.IoTHub
	switch c.Cloud.Dialect {
	case "", DialectPlain:
		if hub != (IoTHub{}) {
			return bad("iothub", "these settings are for another dialect", "add dialect = \"iothub\" under [cloud], or remove them")
		}
		return nil
	case DialectIoTHub:
	default:
		return bad("dialect", "this is not a dialect", "use \"plain\" or \"iothub\"")
	}
	switch {
	case hub.Host == "" && hub.Scope == "":
		return bad("iothub.host", "neither a hub nor a provisioning scope is set", "add host or scope under [cloud.iothub]")
	case hub.Host != "" && !hubHost.MatchString(hub.Host):
		return bad("iothub.host", "this is not a host name", "use NAME.azure-devices.net")
	case hub.Provision != "" && !hubHost.MatchString(hub.Provision):
		return bad("iothub.provision", "this is not a host name", "remove the line to have the region's")
	case hub.Provision != "" && hub.Scope == "":
		return bad("iothub.scope", "the provisioning service needs an ID scope", "add scope under [cloud.iothub]")
	case hub.Scope != "" && !idScope.MatchString(hub.Scope):
		return bad("iothub.scope", "this is not an ID scope", "copy it from the provisioning service")
	}
	switch hub.Auth {
	case "", AuthX509:
		if hub.KeyFile != "" {
			return bad("iothub.key_file", "a certificate needs no key file", "set auth = \"sas\", or remove the line")
		}
	case AuthSAS:
		if hub.KeyFile == "" {
			return bad("iothub.key_file", "the file with the device's key is missing", "add key_file under [cloud.iothub]")
		}
	default:
		return bad("iothub.auth", "this is not a way to sign in", "use \"x509\" or \"sas\"")
	}
	return nil
}
