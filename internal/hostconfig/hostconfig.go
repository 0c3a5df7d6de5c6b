// Package hostconfig reads the one TOML file that every program on the
// instrument PC is started with. It knows names and shapes only; whether a
// folder can be written or a root of trust holds is for those who open it.
package hostconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// maxSize keeps a wrong path (a log, a device) from being read whole.
const maxSize = 64 << 10

// Config is the file. Fields left out of it have the system's defaults;
// relative paths are relative to the file's own folder.
type Config struct {
	// File is where the configuration was read from.
	File string `toml:"-"`

	Data          string     `toml:"data"`           // the service's folder: log.db, keys/
	Socket        string     `toml:"socket"`         // the service's local socket or pipe
	UpgradeSocket string     `toml:"upgrade_socket"` // the upgrade service's
	Trust         string     `toml:"trust"`          // folder of trust roots
	Policy        string     `toml:"policy"`         // signed site policy; the file may be absent
	Install       string     `toml:"install"`        // versions/<digest>/ and "current"
	Scanner       string     `toml:"scanner"`        // clamd's local socket, on Linux; Windows asks its own antivirus
	Region        string     `toml:"region"`         // "eu", "us", "cn", …
	Cloud         Cloud      `toml:"cloud"`
	Instrument    Instrument `toml:"instrument"`
	Machine       Machine    `toml:"machine"`
	Notify        Notify     `toml:"notify"`
	Upgrade       Upgrade    `toml:"upgrade"`
}

// Machine says what of this PC is watched beside disk, memory, processor,
// clock and certificates, which always are.
type Machine struct {
	Services  []string `toml:"services"`  // names of services that must run
	Processes []string `toml:"processes"` // file names of programs that must run
	// Events names whose errors in the system's log are told: on Windows
	// providers in the Application and System event logs, on Linux units or
	// syslog identifiers in the journal.
	Events       []string      `toml:"events"`
	Certificates []string      `toml:"certificates"`  // files (PEM) whose end is watched beside the product's own
	Backups      string        `toml:"backups"`       // folder the instrument's backups lie in; empty: not watched
	BackupWithin time.Duration `toml:"backup_within"` // the newest must not be older; "26h" when left out
}

// Notify says how other programs on this PC may send notifications.
type Notify struct {
	Drop string `toml:"drop"` // folder for files; empty: none is read
}

// Upgrade says when upgrades are looked for. What may be installed is not for
// this file to say.
type Upgrade struct {
	// Channel is taken where the signed site policy names none; empty: "stable".
	Channel  string        `toml:"channel"`
	Interval time.Duration `toml:"interval"` // between checks, spread by a tenth; "4h" when left out
	// Watch is for how long a version that came up healthy is looked at before
	// it counts as installed. It is always 2 minutes but with the trust roots of
	// a development set, whose demonstrations cannot wait; 0: 2 minutes.
	Watch time.Duration `toml:"watch"`
}

// Cloud says where the cloud is. It never says whom to trust: the address set
// at installation does not replace a trust root.
type Cloud struct {
	URL string `toml:"url"`
	// Dialect of the message service: "plain" (the cloud's own broker), or
	// "iothub" with a device that Azure's provisioning knows.
	Dialect string `toml:"dialect"`
	Proxy   Proxy  `toml:"proxy"`
	IoTHub  IoTHub `toml:"iothub"`
}

// Proxy is the way out of the hospital's network. Without it the
// environment's, then the system's are used.
type Proxy struct {
	URL  string `toml:"url"`  // http://HOST:PORT; "direct": none, whatever the system says
	User string `toml:"user"` // of Basic; NTLM and Negotiate use the service's account
	// PasswordFile holds the password alone; never in this file.
	PasswordFile string `toml:"password_file"`
}

// IoTHub is what the dialect of Azure needs.
type IoTHub struct {
	Host      string `toml:"host"`      // NAME.azure-devices.net; empty: provisioning says which
	Scope     string `toml:"scope"`     // ID scope of the provisioning service; empty: none is asked
	Provision string `toml:"provision"` // its host; empty: the region's
	Auth      string `toml:"auth"`      // "x509" or "sas"
	KeyFile   string `toml:"key_file"`  // of "sas": the device's symmetric key, base64
}

// Instrument says what on this PC belongs to the instrument.
type Instrument struct {
	Profile string `toml:"profile"` // name of a profile that comes with the product
	// Serial number, sent at the registration when the person who registers gives none.
	Serial string `toml:"serial"`
	Log    string `toml:"log"` // the instrument software's log; empty: none is followed
	// Logs are further logs of it. The run is read from Log alone.
	Logs   []string `toml:"logs"`
	Folder string   `toml:"folder"` // its file system is watched for space; empty: none
	// Phone is the vendor's service number, the only one that may stand in a
	// message from the cloud.
	Phone string `toml:"phone"`
	// Hours are when that number is answered, in the site's own words.
	Hours string `toml:"hours"`
}

// Error says in one line what is wrong with the configuration and what to do.
type Error struct {
	File  string
	Field string // empty: the file as a whole
	What  string
	Do    string
	Err   error // the cause, if there is one
}

func (e *Error) Error() string {
	where := e.File
	if e.Field != "" {
		where += ": " + e.Field
	}
	return fmt.Sprintf("configuration %s: %s; %s", where, e.What, e.Do)
}

func (e *Error) Unwrap() error { return e.Err }

// Load reads path; an empty path means DefaultPath. What group policy says goes
// before what stands there.
func Load(path string) (Config, error) {
	file, text, err := Text(path)
	if err != nil {
		return Config{}, err
	}
	return Parse(file, text)
}

// Text is the configuration that holds as Load reads it, with the absolute path
// of its file.
func Text(path string) (file, text string, err error) {
	if path == "" {
		path = DefaultPath()
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", "", &Error{File: path, What: "the path cannot be resolved", Do: "start the program from a folder that exists", Err: err}
	}
	if text, err = read(abs); err != nil {
		return "", "", err
	}
	if text, err = apply(abs, text, overrides()); err != nil {
		return "", "", err
	}
	return abs, text, nil
}

func read(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &Error{File: path, What: "the file does not exist", Do: "name another with --config FILE, or install the product again", Err: err}
	case err != nil:
		return "", &Error{File: path, What: "the file cannot be read", Do: "give this account the right to read it", Err: err}
	case !info.Mode().IsRegular():
		return "", &Error{File: path, What: "this is not a file", Do: "name the configuration file with --config FILE"}
	case info.Size() > maxSize:
		return "", &Error{File: path, What: "the file is too large for a configuration", Do: "name the configuration file with --config FILE"}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &Error{File: path, What: "the file cannot be read", Do: "give this account the right to read it", Err: err}
	}
	return string(text), nil
}

// Parse decodes text as if it had been read from file.
func Parse(file, text string) (Config, error) {
	config := defaults()
	meta, err := toml.Decode(text, &config)
	if err != nil {
		return Config{}, syntax(file, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Config{}, &Error{File: file, Field: unknown[0].String(), What: "this setting is not known", Do: "check its spelling or remove it"}
	}
	config.File = file
	config.resolve(filepath.Dir(file))
	if err := config.check(); err != nil {
		return Config{}, err
	}
	return config, nil
}

func syntax(file string, err error) error {
	var parse toml.ParseError
	if errors.As(err, &parse) {
		return &Error{File: file, Field: fmt.Sprintf("line %d", parse.Position.Line), What: strings.TrimSuffix(parse.Message, "."), Do: "correct this line", Err: err}
	}
	return &Error{File: file, What: strings.TrimSuffix(err.Error(), "."), Do: "correct the file", Err: err}
}

// resolve makes paths absolute. A Windows pipe name stays as it is.
func (c *Config) resolve(dir string) {
	paths := []*string{
		&c.Data, &c.Socket, &c.UpgradeSocket, &c.Trust, &c.Policy, &c.Install, &c.Scanner, &c.Instrument.Log, &c.Instrument.Folder,
		&c.Machine.Backups, &c.Notify.Drop, &c.Cloud.Proxy.PasswordFile, &c.Cloud.IoTHub.KeyFile,
	}
	for _, list := range [][]string{c.Instrument.Logs, c.Machine.Certificates} {
		for i := range list {
			paths = append(paths, &list[i])
		}
	}
	for _, p := range paths {
		if *p == "" || filepath.IsAbs(*p) || strings.HasPrefix(*p, `\\.\pipe\`) {
			continue
		}
		*p = filepath.Join(dir, *p)
	}
}

var (
	regionName  = regexp.MustCompile(`^[a-z]{2,8}$`)
	profileName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)
)

func (c *Config) check() error {
	for name, value := range map[string]string{"data": c.Data, "socket": c.Socket, "upgrade_socket": c.UpgradeSocket, "trust": c.Trust, "policy": c.Policy, "install": c.Install} {
		if value == "" {
			return &Error{File: c.File, Field: name, What: "this is empty", Do: "give a path or remove the line to have the default"}
		}
	}
	if !regionName.MatchString(c.Region) {
		return &Error{File: c.File, Field: "region", What: "this is not a region", Do: `use a short name such as "eu", "us" or "cn"`}
	}
	if !profileName.MatchString(c.Instrument.Profile) {
		return &Error{File: c.File, Field: "instrument.profile", What: "this is not a profile's name", Do: "use the name of a profile, without folder or ending"}
	}
	if len(c.Instrument.Serial) > maxSerial || c.Instrument.Serial != "" && !watchable(c.Instrument.Serial) {
		return &Error{File: c.File, Field: "instrument.serial", What: "this is not a serial number", Do: "use what stands on the instrument, 64 characters at most"}
	}
	if utf8.RuneCountInString(c.Instrument.Hours) > maxHours || strings.ContainsFunc(c.Instrument.Hours, unicode.IsControl) || !utf8.ValidString(c.Instrument.Hours) {
		return &Error{File: c.File, Field: "instrument.hours", What: "this is no line of text", Do: fmt.Sprintf("use one line, %d characters at most", maxHours)}
	}
	if c.Upgrade.Channel != "" && !slices.Contains(channels[:], c.Upgrade.Channel) {
		return &Error{File: c.File, Field: "upgrade.channel", What: "this is not a channel", Do: fmt.Sprintf("use %q or %q, or remove the line", channels[0], channels[1])}
	}
	if c.Upgrade.Interval < shortestInterval || c.Upgrade.Interval > longestInterval {
		return &Error{File: c.File, Field: "upgrade.interval", What: "this is out of bounds", Do: `use a time between "10s" and "168h"`}
	}
	if c.Upgrade.Watch != 0 && (c.Upgrade.Watch < shortestWatch || c.Upgrade.Watch > longestWatch) {
		return &Error{File: c.File, Field: "upgrade.watch", What: "this is out of bounds", Do: `use a time between "1s" and "1h", or remove the line`}
	}
	if err := c.checkSources(); err != nil {
		return err
	}
	if err := c.checkCloud(); err != nil {
		return err
	}
	if err := c.checkProxy(); err != nil {
		return err
	}
	return c.checkIoTHub()
}

// channels that upgrades are taken from; the same as package release's, which
// would bring its unpacking along into every program.
var channels = [...]string{"stable", "pilot"}

// maxSerial is what a registration takes.
const maxSerial = 64

// maxHours is what the technician's window has room for, in characters.
const maxHours = 120

// Bounds of the time between two looks for upgrades: a week at most, or the
// vendor's signatures expire unseen.
const (
	shortestInterval = 10 * time.Second
	longestInterval  = 7 * 24 * time.Hour
	defaultInterval  = 4 * time.Hour
)

// Bounds of how long a new version is looked at, in a demonstration.
const (
	shortestWatch = time.Second
	longestWatch  = time.Hour
)

// checkCloud lets an empty address pass: the tray, the window and beckmanctl
// need none, and CheckService asks for one.
func (c *Config) checkCloud() error {
	if c.Cloud.URL == "" {
		return nil
	}
	u, err := url.Parse(c.Cloud.URL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return &Error{File: c.File, Field: "cloud.url", What: "this is not an address", Do: "use https://HOST", Err: err}
	case u.Scheme != "https":
		return &Error{File: c.File, Field: "cloud.url", What: "only https is allowed", Do: "use https://HOST"}
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/"):
		return &Error{File: c.File, Field: "cloud.url", What: "only a host name and a port may stand here", Do: "use https://HOST"}
	}
	c.Cloud.URL = "https://" + u.Host
	return nil
}

// CheckService asks for what the service cannot do without.
func (c Config) CheckService() error {
	if c.Cloud.URL == "" {
		return &Error{File: c.File, Field: "cloud.url", What: "the cloud's address is missing", Do: "add url = \"https://HOST\" under [cloud]"}
	}
	return nil
}

// CloudHost is the cloud's host name, for people.
func (c Config) CloudHost() string {
	u, err := url.Parse(c.Cloud.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// CloudPort is the port that will be dialled, 443 when the address names none.
func (c Config) CloudPort() string {
	u, err := url.Parse(c.Cloud.URL)
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		return port
	}
	return "443"
}
