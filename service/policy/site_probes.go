package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"beckmanconnect/service/policy/condition"
)

// Limits of what a site's policy may name.
const (
	MaxProbes    = 32
	MaxEndpoints = 16
	MaxNodes     = 16 // of one OPC UA probe
	maxOID       = 400

	minEvery, maxEvery       = 10 * time.Second, time.Hour
	defaultEvery             = time.Minute
	minStale, maxStale       = 10 * time.Second, 24 * time.Hour
	minEscalate, maxEscalate = time.Minute, 7 * 24 * time.Hour
)

type probeFile struct {
	Name     string    `toml:"name"`
	Kind     string    `toml:"kind"`
	Host     string    `toml:"host"`
	Port     int       `toml:"port"`
	Every    string    `toml:"every"`
	Severity string    `toml:"severity"`
	Snmp     *snmpFile `toml:"snmp"`
	Nodes    []string  `toml:"nodes"`
	Stale    string    `toml:"stale"`
}

type snmpFile struct {
	Version   string `toml:"version"`
	Community string `toml:"community"`
	User      string `toml:"user"`
	OID       string `toml:"oid"`
	Condition string `toml:"condition"`
}

type quietFile struct {
	From string `toml:"from"`
	To   string `toml:"to"`
}

var (
	probeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	hostLabel = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	allDigits = regexp.MustCompile(`^[0-9.]+$`)
	objectID  = regexp.MustCompile(`^\.?[0-2](\.[0-9]{1,10})+$`)
	plainWord = regexp.MustCompile(`^[\x21-\x7e]{1,64}$`)
	nodeForm  = regexp.MustCompile(`^(ns=[0-9]{1,5};)?[isgb]=[\x20-\x7e]{1,200}$`)
	clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
)

// hostName takes a DNS name; what looks like an address and is none is refused.
func hostName(s string) bool {
	if len(s) > 253 || allDigits.MatchString(s) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !hostLabel.MatchString(label) {
			return false
		}
	}
	return true
}

func (s *Site) readProbes(files []probeFile) error {
	if len(files) > MaxProbes {
		return fmt.Errorf("policy: probe: %d are named, at most %d may be", len(files), MaxProbes)
	}
	named := map[string]bool{}
	for i, f := range files {
		if !probeName.MatchString(f.Name) {
			return fmt.Errorf("policy: probe %d: name %q must be lower-case letters, digits and hyphens", i+1, f.Name)
		}
		if named[f.Name] {
			return fmt.Errorf("policy: probe %s stands twice", f.Name)
		}
		named[f.Name] = true
		p, err := f.probe()
		if err != nil {
			return fmt.Errorf("policy: probe %s: %w", f.Name, err)
		}
		s.Probes = append(s.Probes, p)
	}
	return nil
}

// Kinds of probe.
const (
	ProbeTCP   = "tcp"
	ProbeASTM  = "astm"
	ProbeHL7   = "hl7"
	ProbeSNMP  = "snmp"
	ProbeOPCUA = "opcua"
)

func (f probeFile) probe() (Probe, error) {
	p := Probe{Name: f.Name, Kind: f.Kind, Host: f.Host, Port: f.Port, Severity: f.Severity, Every: defaultEvery}
	if _, err := netip.ParseAddr(f.Host); err != nil && !hostName(f.Host) {
		return p, fmt.Errorf("host %q is neither a name nor an address", f.Host)
	}
	if f.Port < 1 || f.Port > 65535 {
		return p, errors.New("port must be 1 to 65535")
	}
	switch f.Severity {
	case "":
		p.Severity = "medium"
	case "low", "medium", "high":
	default:
		return p, errors.New(`severity must be "low", "medium" or "high"`)
	}
	var err error
	if f.Every != "" {
		if p.Every, err = between("every", f.Every, minEvery, maxEvery); err != nil {
			return p, err
		}
	}
	if (f.Kind == ProbeSNMP) != (f.Snmp != nil) {
		return p, errors.New(`[probe.snmp] belongs to kind "snmp", and to no other`)
	}
	if f.Kind != ProbeOPCUA && (len(f.Nodes) > 0 || f.Stale != "") {
		return p, errors.New(`nodes and stale belong to kind "opcua"`)
	}
	switch f.Kind {
	case ProbeTCP, ProbeASTM, ProbeHL7:
		return p, nil
	case ProbeSNMP:
		p.Snmp, err = f.Snmp.probe()
		return p, err
	case ProbeOPCUA:
		return p, f.opcua(&p)
	}
	return p, errors.New(`kind must be "tcp", "astm", "hl7", "snmp" or "opcua"`)
}

func (f snmpFile) probe() (*SNMPProbe, error) {
	p := &SNMPProbe{Version: f.Version, Community: f.Community, User: f.User, OID: f.OID, Condition: f.Condition}
	switch f.Version {
	case "2c":
		if !plainWord.MatchString(f.Community) || f.User != "" {
			return nil, errors.New(`snmp: version "2c" needs a community, and no user`)
		}
	case "3":
		if !plainWord.MatchString(f.User) || f.Community != "" {
			return nil, errors.New(`snmp: version "3" needs a user, and no community`)
		}
	default:
		return nil, errors.New(`snmp: version must be "2c" or "3"`)
	}
	if len(f.OID) > maxOID || !objectID.MatchString(f.OID) {
		return nil, errors.New("snmp: oid must be numbers with dots between")
	}
	if f.Condition != "" {
		if _, err := condition.Compile(f.Condition); err != nil {
			return nil, fmt.Errorf("snmp: %w", err)
		}
	}
	return p, nil
}

func (f probeFile) opcua(p *Probe) error {
	if len(f.Nodes) < 1 || len(f.Nodes) > MaxNodes {
		return fmt.Errorf("nodes must name 1 to %d", MaxNodes)
	}
	for _, n := range f.Nodes {
		if !nodeForm.MatchString(n) {
			return fmt.Errorf("nodes: %q is no node ID", n)
		}
	}
	var err error
	p.Nodes = f.Nodes
	if p.Stale, err = between("stale", f.Stale, minStale, maxStale); err != nil {
		return err
	}
	if p.Stale < p.Every {
		return errors.New("stale must not be shorter than every")
	}
	return nil
}

func between(name, text string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		return 0, fmt.Errorf("%s must be a time from %s to %s", name, least, most)
	}
	return d, nil
}

func (s *Site) readQuiet(f *quietFile) error {
	if f == nil {
		return nil
	}
	minute := func(text string) (int, bool) {
		if !clockForm.MatchString(text) {
			return 0, false
		}
		at, err := time.Parse("15:04", text)
		return at.Hour()*60 + at.Minute(), err == nil
	}
	from, ok1 := minute(f.From)
	to, ok2 := minute(f.To)
	if !ok1 || !ok2 || from == to {
		return errors.New(`policy: quiet: from and to must be two times of the day, such as "22:00" and "06:00"`)
	}
	s.Quiet = &Quiet{From: from, To: to}
	return nil
}

func (s *Site) readEscalate(said map[string]string) error {
	for severity, text := range said {
		switch severity {
		case "low", "medium", "high":
		default:
			return fmt.Errorf("policy: escalate: %q is not \"low\", \"medium\" or \"high\"", severity)
		}
		d, err := between(severity, text, minEscalate, maxEscalate)
		if err != nil {
			return fmt.Errorf("policy: escalate: %w", err)
		}
		if s.Escalate == nil {
			s.Escalate = map[string]time.Duration{}
		}
		s.Escalate[severity] = d
	}
	return nil
}

// readEndpoints takes names only: what is dialled is checked by its name in the
// certificate, and the port is always 443 (P11).
func (s *Site) readEndpoints(hosts []string) error {
	if len(hosts) > MaxEndpoints {
		return fmt.Errorf("policy: endpoints: %d are named, at most %d may be", len(hosts), MaxEndpoints)
	}
	for _, h := range hosts {
		if _, err := netip.ParseAddr(h); err == nil || !hostName(h) || !strings.Contains(h, ".") {
			return fmt.Errorf("policy: endpoints: %q is not a full host name, without port and without wildcard", h)
		}
		s.Endpoints = append(s.Endpoints, strings.ToLower(h))
	}
	return nil
}

// publisherForm is "NAME" or "NAME=ACCOUNT": with an account only what that
// account wrote is verified.
var publisherForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,23}(=[^=\x00-\x1f\x7f]{1,104})?$`)

func (s *Site) readPublishers(said []string) error {
	for _, p := range said {
		if !publisherForm.MatchString(p) {
			return fmt.Errorf("policy: publishers: %q is not NAME or NAME=ACCOUNT", p)
		}
	}
	s.Publishers = said
	return nil
}
