package policy

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/account"
)

// MaxSize is the largest signed policy that is read.
const MaxSize = 256 << 10

const (
	minPrompt     = 10 * time.Second
	maxPrompt     = 60 * time.Second
	defaultPrompt = maxPrompt
)

// Identify says what goes with an answer where several people share a log-on
// (defaults.md, "Who acted").
type Identify string

// From the loosest to the tightest.
const (
	IdentifyNone     Identify = "none"
	IdentifyInitials Identify = "initials"
	IdentifyPIN      Identify = "pin"
)

// Site is a site's signed policy, verified.
type Site struct {
	Number         uint64
	Site           string
	Class          Class // "" when the policy does not name a known one
	InstrumentType string
	Staff          []string // accounts, in lower case (P21)
	StaffAny       bool
	Organisations  []string // empty: any that the staff CA vouches for
	PromptTimeout  time.Duration
	Capabilities   map[Capability]Effect
	Publishers     []string // "NAME", or "NAME=ACCOUNT" when only that account speaks for it
	Identify       Identify
	Authorise      []Capability             // of later versions, that this site wants (P25)
	Probes         []Probe                  // hosts and ports that may be asked whether they are well (defaults.md); none as installed
	Quiet          *Quiet                   // quiet hours of the site; nil: the technician's own
	Escalate       map[string]time.Duration // by severity ("high", "medium", "low"): until an alarm nobody acknowledged is escalated; nil: the product's
	Endpoints      []string                 // host names that may be dialled beside the region's, port 443 only (B14)
	Upgrade        Upgrade                  // when and from where upgrades come (B10)
	Log            Log                      // how long the log is kept in one piece, and whose key confidential fields are sealed to (P15)
	Witnesses      []Witness                // of the hospital's own, beside the cloud (B4)
	Hash           string                   // SHA-256 of the signed note, hex
}

// Probe is one host and port that the signed policy names. Nothing else is
// ever asked whether it is well.
type Probe struct {
	Name     string // lower-case letters, digits, hyphens; it is the alarm's subject
	Kind     string // "tcp", "astm", "hl7", "snmp", "opcua"
	Host     string // a name or an address
	Port     int
	Every    time.Duration // between looks, 10 s to 1 h
	Severity string        // of the alarm when it does not answer
	Snmp     *SNMPProbe    // of "snmp"
	Nodes    []string      // of "opcua": node IDs whose value must go on changing
	Stale    time.Duration // of "opcua": without a change for so long, it is an alarm
}

// SNMPProbe says what is asked of an SNMP agent, and what must hold.
type SNMPProbe struct {
	Version   string // "2c" or "3"
	Community string // of "2c"
	User      string // of "3"; the passwords lie in a file on the PC, never in the policy
	OID       string
	Condition string // an expression over "value", such as "value < 70"
}

// Upgrade is what IT says about upgrades; the zero Upgrade leaves all of it to
// the technician. None of it makes anything trusted.
type Upgrade struct {
	Channel   string        // "stable", "pilot"; "": stable
	Mirror    string        // https address that stands in for the cloud's repository; it is dialled although the region's table has it not
	Hours     []Hours       // an installation begins only then; none: any time
	Rate      int           // kbit/s at which releases are fetched at most; 0: no bound
	Every     time.Duration // between looks, 1 h to 7 d; 0: the product's
	Mandatory bool          // releases that the vendor signed as mandatory are installed without a click, inside Hours
}

// Log is what IT says about the log; the zero Log leaves it in one piece and
// seals confidential fields to nobody besides.
type Log struct {
	Keep            time.Duration  // entries older than that are moved into archive files; 0: never; else 30 d or more
	ConfidentialKey *rsa.PublicKey // 2048 bits or more: fields named in Confidential are readable by its owner only
	Confidential    []string       // names of personal fields; empty with a key: the product's list
}

// Witness cosigns checkpoints of this PC's log over the protocol of
// c2sp.org/tlog-witness. It is dialled because the policy names it.
type Witness struct {
	Name     string         // lower-case letters, digits, hyphens; not "cloud"
	URL      string         // https address without query
	Verifier string         // its cosignature/v1 verifier key
	CA       *x509.CertPool // roots for its TLS; nil: the system's
}

// Hours are a span of the local week in which upgrades may be installed. To
// before From is on the next day.
type Hours struct {
	Day      time.Weekday
	AnyDay   bool // Day says nothing
	From, To int  // minutes of the day
}

// Quiet hours, in minutes of the local day.
type Quiet struct{ From, To int }

type siteFile struct {
	Number          uint64            `toml:"number"`
	Site            string            `toml:"site"`
	InstrumentClass string            `toml:"instrument_class"`
	InstrumentType  string            `toml:"instrument_type"`
	Staff           []string          `toml:"staff"`
	StaffAny        bool              `toml:"staff_any"`
	Organisations   []string          `toml:"organisations"`
	PromptTimeout   string            `toml:"prompt_timeout"`
	Capabilities    map[string]string `toml:"capabilities"`
	Publishers      []string          `toml:"publishers"`
	Identify        string            `toml:"identify"`
	Authorise       []string          `toml:"authorise"`
	Probe           []probeFile       `toml:"probe"`
	Quiet           *quietFile        `toml:"quiet"`
	Escalate        map[string]string `toml:"escalate"`
	Endpoints       []string          `toml:"endpoints"`
	Upgrade         *upgradeFile      `toml:"upgrade"`
	Witness         []witnessFile     `toml:"witness"`
	Log             *logFile          `toml:"log"`
}

// Parse opens a signed note and reads the policy in it. Anything not signed by
// the policy key, not understood or not known is an error: a policy that is
// half understood is not in force (scenario 28). table says what its
// [capabilities] may name.
func Parse(signed []byte, verifiers note.Verifiers, table Table) (*Site, error) {
	if len(signed) > MaxSize {
		return nil, errors.New("policy: larger than a policy can be")
	}
	if verifiers == nil {
		return nil, errors.New("policy: there is no key to verify it with")
	}
	opened, err := note.Open(signed, verifiers)
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		return nil, errors.New("policy: not signed with this site's policy key")
	case err != nil:
		return nil, fmt.Errorf("policy: not a signed note: %w", err)
	}
	site, err := decode(opened.Text, table)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(signed)
	site.Hash = hex.EncodeToString(sum[:])
	return site, nil
}

func decode(text string, table Table) (*Site, error) {
	var file siteFile
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("policy: %s is not known to this version", unknown[0])
	}
	if file.Number == 0 {
		return nil, errors.New("policy: number is missing or 0")
	}
	site := &Site{
		Number: file.Number, Site: file.Site, InstrumentType: file.InstrumentType,
		StaffAny: file.StaffAny, Organisations: file.Organisations,
		PromptTimeout: defaultPrompt, Capabilities: map[Capability]Effect{}, Upgrade: file.Upgrade.upgrade(),
	}
	switch Class(file.InstrumentClass) {
	case General, PatientData:
		site.Class = Class(file.InstrumentClass)
	}
	for _, err := range []error{
		site.readStaff(file.Staff), site.readTimeout(file.PromptTimeout), site.readIdentify(file.Identify), site.readAuthorise(file.Authorise),
		site.readPublishers(file.Publishers), site.readProbes(file.Probe), site.readQuiet(file.Quiet), site.readEscalate(file.Escalate),
		site.readEndpoints(file.Endpoints), site.readCapabilities(file.Capabilities, table), site.readWitnesses(file.Witness), site.readLog(file.Log),
	} {
		if err != nil {
			return nil, err
		}
	}
	return site, nil
}

func (s *Site) readStaff(accounts []string) error {
	for _, text := range accounts {
		plain, ok := account.Canonical(text)
		if !ok {
			return fmt.Errorf("policy: staff: %q is not an account: use name@organisation in plain letters", text)
		}
		s.Staff = append(s.Staff, plain)
	}
	return nil
}

func (s *Site) readTimeout(text string) error {
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < minPrompt || d > maxPrompt {
		return fmt.Errorf("policy: prompt_timeout must be %s to %s", minPrompt, maxPrompt)
	}
	s.PromptTimeout = d
	return nil
}

func (s *Site) readCapabilities(said map[string]string, table Table) error {
	for name, value := range said {
		if r, known := table.row(Capability(name)); !known || !r.Switchable {
			return fmt.Errorf("policy: capabilities: %q is not one that a policy can set", name)
		}
		switch value {
		case "ask":
			s.Capabilities[Capability(name)] = Ask
		case "off":
			s.Capabilities[Capability(name)] = Off
		default:
			return fmt.Errorf("policy: capabilities: %s must be \"ask\" or \"off\"", name)
		}
	}
	return nil
}

func (s *Site) readIdentify(text string) error {
	switch Identify(text) {
	case "":
		s.Identify = IdentifyNone
	case IdentifyNone, IdentifyInitials, IdentifyPIN:
		s.Identify = Identify(text)
	default:
		return fmt.Errorf("policy: identify must be %q, %q or %q", IdentifyNone, IdentifyInitials, IdentifyPIN)
	}
	return nil
}

var capabilityName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// readAuthorise takes names that this version does not know, too: a site has
// PCs of several versions, and what a version does not have it cannot be given.
func (s *Site) readAuthorise(names []string) error {
	for _, name := range names {
		if !capabilityName.MatchString(name) {
			return fmt.Errorf("policy: authorise: %q is not the name of a capability", name)
		}
		s.Authorise = append(s.Authorise, Capability(name))
	}
	return nil
}
