// Package endpoints is the one table of what the programs on the instrument PC
// may dial (P11, B14): the region's rows, what was set at installation, and
// what the site's signed policy adds. It is data: package netdial refuses what
// does not stand in it, beckmanctl network prints it, and docs/network.md is
// made from it.
package endpoints

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"beckmanconnect/internal/hostconfig"
)

// Programs that dial.
const (
	Service = "beckmanconnect-service"
	Upgrade = "beckmanconnect-upgrade"
	Ctl     = "beckmanctl"
)

// Where a row comes from.
const (
	Product      = "product"      // the region's rows, part of the package
	Installation = "installation" // host.toml
	SitePolicy   = "site policy"  // signed by the site's own key
)

// HTTPS is the only port outside the laboratory's own network.
const HTTPS = 443

// Endpoint is one row: a host or a pattern of hosts, and what for.
type Endpoint struct {
	Host     string   `json:"host"` // a name, an address, or "*." and a domain: any name below it
	Port     int      `json:"port"`
	Protocol string   `json:"protocol"`
	Programs []string `json:"programs"`
	Purpose  string   `json:"purpose"`
	Origin   string   `json:"origin"`
	// Probe: a host of the laboratory's own network that the signed policy
	// names. It is asked whether it is well, and not a way to the cloud.
	Probe bool `json:"probe,omitempty"`
}

// Table is what may be dialled. The zero Table allows nothing.
type Table []Endpoint

// Policy is what the site's signed policy adds; the zero Policy adds nothing.
type Policy struct {
	Endpoints []string // host names, on port 443
	Probes    []Probe
	Mirror    string // https address of the upgrade repository's mirror, "": none
	Witnesses []Witness
}

// Witness is a witness of the hospital's own, over HTTPS.
type Witness struct {
	Name string // for the purpose
	URL  string
}

// Probe is a host and port of the laboratory's own network.
type Probe struct {
	Name string // of the probe, for the purpose
	Kind string // "tcp", "astm", "hl7", "snmp", "opcua"
	Host string
	Port int
}

// Allowed is the table of one PC: the rows of its region, the addresses set at
// installation, and what the signed policy adds. An address that is none is
// left out, so that nothing is allowed by mistake.
func Allowed(region string, config hostconfig.Config, policy Policy) Table {
	t := slices.Clone(ZoneOf(region).Rows)
	t = append(t, installed(config)...)
	for _, host := range policy.Endpoints {
		if !ValidHost(host) {
			continue
		}
		t = append(t, Endpoint{
			Host: canonical(host), Port: HTTPS, Protocol: "TLS", Programs: []string{Service},
			Purpose: "added by the site's policy", Origin: SitePolicy,
		})
	}
	if host, port := hostPort(policy.Mirror); ValidHost(host) && !strings.HasPrefix(host, "*") && port > 0 {
		t = append(t, Endpoint{
			Host: canonical(host), Port: port, Protocol: "HTTPS", Programs: []string{Upgrade},
			Purpose: "upgrades, from the site's mirror of the repository", Origin: SitePolicy,
		})
	}
	for _, w := range policy.Witnesses {
		host, port := hostPort(w.URL)
		if !ValidHost(host) || strings.HasPrefix(host, "*") || port == 0 {
			continue
		}
		t = append(t, Endpoint{
			Host: canonical(host), Port: port, Protocol: "HTTPS", Programs: []string{Service},
			Purpose: "checkpoints of the log, to the site's witness " + w.Name, Origin: SitePolicy,
		})
	}
	for _, p := range policy.Probes {
		if !ValidHost(p.Host) || strings.HasPrefix(p.Host, "*") || p.Port < 1 || p.Port > 65535 {
			continue
		}
		t = append(t, Endpoint{
			Host: canonical(p.Host), Port: p.Port, Protocol: p.Kind, Programs: []string{Service},
			Purpose: "whether " + p.Name + " is well", Origin: SitePolicy, Probe: true,
		})
	}
	return t
}

func installed(config hostconfig.Config) (t Table) {
	if host, port := hostPort(config.Cloud.URL); ValidHost(host) && port > 0 {
		row := func(protocol, purpose string, programs ...string) {
			t = append(t, Endpoint{Host: canonical(host), Port: port, Protocol: protocol, Programs: programs, Purpose: purpose, Origin: Installation})
		}
		row("HTTPS", "registration; the doctor's check", Service, Ctl)
		if config.Cloud.Dialect != hostconfig.DialectIoTHub {
			row("MQTT 3.1.1 over WebSocket over TLS", "notifications, status, signed time and policy", Service)
		}
		row("WebSocket over TLS", "the relay of support sessions, encrypted end to end inside", Service)
		row("HTTPS", "upgrades", Upgrade)
	}
	if config.Cloud.Dialect != hostconfig.DialectIoTHub {
		return t
	}
	for _, hub := range []struct{ host, purpose string }{
		{config.Cloud.IoTHub.Host, "notifications, status, signed time and policy, through Azure IoT Hub"},
		{config.Cloud.IoTHub.Provision, "which IoT hub this PC belongs to"},
	} {
		host, port := hostPort("https://" + hub.host)
		if !ValidHost(host) || port == 0 {
			continue
		}
		t = append(t, Endpoint{
			Host: canonical(host), Port: port, Protocol: "MQTT 3.1.1 over WebSocket over TLS",
			Programs: []string{Service}, Purpose: hub.purpose, Origin: Installation,
		})
	}
	return t
}

func hostPort(address string) (string, int) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return "", 0
	}
	if u.Port() == "" {
		return u.Hostname(), HTTPS
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return "", 0
	}
	return u.Hostname(), port
}

var hostName = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?$`)

// ValidHost says whether text is a host name in plain letters, an address, or
// "*." and a domain of at least two labels.
func ValidHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	lower := strings.ToLower(text)
	if len(text) > 253 || !hostName.MatchString(lower) {
		return false
	}
	domain, wild := strings.CutPrefix(lower, "*.")
	return !wild || strings.Contains(strings.TrimSuffix(domain, "."), ".")
}

// canonical makes two ways to write the same host the same.
func canonical(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// Allows says whether host and port stand in the table as a way to the cloud.
// Probes do not count.
func (t Table) Allows(host string, port int) bool {
	if !ValidHost(host) || strings.HasPrefix(host, "*") {
		return false
	}
	name := canonical(host)
	return slices.ContainsFunc(t, func(e Endpoint) bool { return !e.Probe && e.Port == port && e.matches(name) })
}

// Of is what one program may dial: the mirror of upgrades is no address for the
// service.
func (t Table) Of(program string) Table {
	return slices.DeleteFunc(slices.Clone(t), func(e Endpoint) bool { return !slices.Contains(e.Programs, program) })
}

func (e Endpoint) matches(name string) bool {
	domain, wild := strings.CutPrefix(e.Host, "*")
	if !wild {
		return name == e.Host
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false // an address is below no domain
	}
	below, ok := strings.CutSuffix(name, domain)
	return ok && below != ""
}
