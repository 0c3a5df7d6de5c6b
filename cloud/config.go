package cloud

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"beckmanconnect/cloud/cluster"
	"beckmanconnect/cloud/settings"
	"beckmanconnect/cloud/staff"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/redact"
)

// Config is what a Cloud runs with: cloud.toml, and what only code can give.
//
//	listen = "127.0.0.1:8443"
//	names = ["cloud.example"]            # what it is called by; the first one is in its address
//	url = "https://cloud.example"        # absent: the first name and the port
//	data = "/var/lib/beckmanconnect-cloud"
//	database = "postgres://…"            # absent: SQLite in data; several nodes may share one PostgreSQL
//	node = "a"                           # with database: this node's name; absent: the machine's
//	roots = "/etc/beckmanconnect-cloud/roots"
//	private = "/etc/beckmanconnect-cloud/private"
//	certificate = "…", key = "…"         # absent: issued by the cloud CA in private
//	upgrades = "/srv/beckmanconnect/upgrades"
//	staff_networks = ["192.0.2.0/24"]    # the service network (P21); nobody else signs in
//	phones = ["+49 30 555 0100"]         # service numbers that may stand in messages; each PC takes only the one configured there
//	staff_removed = "/etc/beckmanconnect-cloud/removed-staff" # absent: none; one account a line, counts at once
//	[oidc]
//	issuer = "https://sso.example"
//	client = "beckmanconnect-console"
//	secret = "…"
//	native = "beckmanconnect-desk"
type Config struct {
	Listen        string         `toml:"listen"`
	Names         []string       `toml:"names"`
	URL           string         `toml:"url"`
	Data          string         `toml:"data"`
	Database      string         `toml:"database"`
	Node          string         `toml:"node"`
	Keys          Keys           `toml:"keys"`
	Roots         string         `toml:"roots"`
	Private       string         `toml:"private"`
	Certificate   string         `toml:"certificate"`
	Key           string         `toml:"key"`
	Upgrades      string         `toml:"upgrades"`
	StaffNetworks []netip.Prefix `toml:"staff_networks"`
	StaffRemoved  string         `toml:"staff_removed"`
	Phones        []string       `toml:"phones"`
	OIDC          OIDC           `toml:"oidc"`
	Events        Events         `toml:"events"`
	Uploads       Uploads        `toml:"uploads"`
	Proxies       web.Proxies    `toml:"trusted_proxies"` // may name a caller in X-Forwarded-For; none: nobody may
	Mail          Mail           `toml:"mail"`
	Registry      Registry       `toml:"registry"`
	Staff         Staff          `toml:"staff"`
	Broker        Broker         `toml:"broker"`
	Cluster       cluster.Config `toml:"cluster"`
	Drain         Drain          `toml:"drain"`
	Operator      Operator       `toml:"operator"`
	Traces        Traces         `toml:"traces"`

	Console http.Handler     `toml:"-"` // the staff's page; nil: none is served
	Log     *slog.Logger     `toml:"-"` // nil: nothing is logged
	Now     func() time.Time `toml:"-"` // nil: time.Now

	RegistrationsPerMinute int `toml:"-"` // of one address; 0: the registry's own limit
}

// OIDC names the vendor's sign-in service.
type OIDC struct {
	Issuer string `toml:"issuer"`
	Client string `toml:"client"`
	Secret string `toml:"secret" secret:"true"`
	Native string `toml:"native"`
}

// LoadConfig reads cloud.toml and the environment (Variables), which counts
// before it; without a path the environment alone. All that is wrong is said at
// once.
func LoadConfig(path string) (Config, error) {
	var c Config
	var text []byte
	if path != "" {
		var err error
		text, err = os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return c, fmt.Errorf("cloud: configuration %s: the file does not exist; name it with --config FILE", path)
		case err != nil:
			return c, fmt.Errorf("cloud: configuration: %w; name a file that this account may read with --config FILE", err)
		}
	}
	err := settings.Load(&c, string(text), Variables, os.Environ())
	if unread := (toml.ParseError{}); !errors.As(err, &unread) { // else all of it would be missing
		err = errors.Join(err, c.check())
	}
	if err != nil {
		return c, fmt.Errorf("cloud: configuration %s: %s; correct it", cmp.Or(path, "of the environment"), lines(err))
	}
	return c, nil
}

// lines puts one mistake in the line, and more below it.
func lines(err error) string {
	text := err.Error()
	if strings.Contains(text, "\n") {
		return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	return text
}

// check tells all that is wrong, and fills in what is absent.
func (c *Config) check() error {
	if c.Node == "" {
		c.Node = c.Cluster.Node // a node has one name everywhere
	}
	return errors.Join(
		c.checkMissing(), c.checkNames(), c.checkStaff(), c.checkAddress(),
		c.Cluster.Check(), c.Drain.check(len(c.Cluster.Peers) > 0), c.Operator.check(), c.Traces.check(),
		c.Mail.check(), c.Broker.check(), c.Events.check(), c.Uploads.check(), c.checkDatabase(),
		c.Registry.check(c.Mail.Server != "" || c.Registry.Mail != nil),
	)
}

func (c *Config) checkMissing() error {
	var errs []error
	for _, v := range [][2]string{
		{"listen", c.Listen}, {"data", c.Data}, {"roots", c.Roots}, {"private", c.Private}, {"upgrades", c.Upgrades},
		{"oidc.issuer", c.OIDC.Issuer}, {"oidc.client", c.OIDC.Client}, {"oidc.native", c.OIDC.Native},
	} {
		if v[1] == "" {
			errs = append(errs, fmt.Errorf("%q is missing", v[0]))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) checkNames() error {
	if len(c.Names) == 0 {
		return errors.New(`"names" is missing: the host names this cloud is called by`)
	}
	for i, name := range c.Names {
		c.Names[i] = strings.ToLower(name)
		if strings.ContainsAny(name, "/* ") || !(web.Site{Names: c.Names}).Known(name) {
			return fmt.Errorf("%q in \"names\" is not a plain host name without a port", name)
		}
	}
	return nil
}

func (c *Config) checkStaff() error {
	var errs []error
	if len(c.StaffNetworks) == 0 { // P21: an empty list would be a list forgotten
		errs = append(errs, errors.New(`"staff_networks" is missing: the networks staff signs in from`))
	}
	if _, err := staff.Accounts(c.StaffRemoved).Has(""); err != nil {
		errs = append(errs, fmt.Errorf("\"staff_removed\": %w", err))
	}
	for _, phone := range c.Phones {
		if phone == "" || redact.Line(phone, 40) != phone {
			errs = append(errs, fmt.Errorf("%q in \"phones\" is not a telephone number", phone))
		}
	}
	errs = append(errs, c.checkSignIn())
	return errors.Join(errs...)
}

func (c *Config) checkAddress() error {
	if (c.Certificate == "") != (c.Key == "") {
		return errors.New(`"certificate" and "key" belong together`)
	}
	if c.URL != "" && len(c.Names) > 0 {
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "https" || u.Path != "" || !(web.Site{Names: c.Names}).Known(u.Host) {
			return fmt.Errorf("%q in \"url\" is not https://, one of \"names\", and nothing more", c.URL)
		}
	}
	return nil
}
