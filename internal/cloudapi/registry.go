package cloudapi

// Paths of the registry (P13, P14). Those below /api/v1/staff are the staff's,
// narrowed by region and site like everything there.
const (
	PathConfirm        = "/confirm"                         // GET ?link=…: a page; POST: confirms. No sign-in, any network
	PathDeviceToken    = "/api/v1/devices/token"            // POST, device certificate: DeviceToken
	PathInstruments    = "/api/v1/staff/instruments"        // GET ?region=&site=&group=&state=&version=&channel=&text=&after= → InstrumentPage
	PathInstrumentsCSV = "/api/v1/staff/instruments.csv"    // GET, the same filter: all of it as CSV
	PathInstrument     = "/api/v1/staff/instrument"         // GET ?device=ID → InstrumentDetail
	PathPlaces         = "/api/v1/staff/places"             // GET → Places
	PathSites          = "/api/v1/staff/sites"              // POST SiteChange → Site
	PathGroups         = "/api/v1/staff/groups"             // POST GroupChange → Group
	PathMove           = "/api/v1/staff/instruments/move"   // POST MoveRequest
	PathNotes          = "/api/v1/staff/instruments/note"   // POST NoteRequest
	PathAskAgain       = "/api/v1/staff/instruments/ask"    // POST DeviceRequest: the mail is sent once more
	PathTokenKey       = "/api/v1/staff/instruments/rotate" // POST DeviceRequest: the key of its tokens is another one from now on
	PathPerson         = "/api/v1/staff/person"             // POST PersonRequest → Person; "Accept: text/html": a page
)

// KindStanding is an envelope, cloud → device: a Standing, after connecting and
// on change.
const KindStanding = "standing"

// Standing is how a device's registration stands. It loosens nothing on the PC.
type Standing struct {
	Confirmed bool `json:"confirmed"` // who registered it followed the link in the mail
	Help      bool `json:"help"`      // a request for help is taken in
}

// Standings of an instrument, the filter "state".
const (
	StateOnline      = "online"
	StateOffline     = "offline"
	StateUnconfirmed = "unconfirmed"
	StateCopied      = "copied"
	StateRevoked     = "revoked"
	StateRetired     = "retired"
)

// DeviceToken is a shared access signature in Azure IoT Hub's form, for engines
// that take no certificates.
type DeviceToken struct {
	Token     string `json:"token"`
	ExpiresMS int64  `json:"expiresMs"`
}

// Site is where instruments stand. Its region stays.
type Site struct {
	ID        string   `json:"id"`
	Region    string   `json:"region"`
	Name      string   `json:"name"`
	Address   []string `json:"address,omitempty"` // lines
	CreatedMS int64    `json:"createdMs"`
	ClosedMS  int64    `json:"closedMs,omitempty"` // nothing can be moved there any more
	Devices   int      `json:"devices"`
	Online    int      `json:"online"`
}

// Group is instruments that belong together for whoever put them together; all
// of one region.
type Group struct {
	ID      string `json:"id"`
	Region  string `json:"region"`
	Name    string `json:"name"`
	Devices int    `json:"devices"`
}

// Places is what the filters offer, with counts: of what the caller may see.
type Places struct {
	Regions  []RegionPlace  `json:"regions"`
	Groups   []Group        `json:"groups"`
	Versions []VersionCount `json:"versions"`
	States   map[string]int `json:"states"`
	Write    bool           `json:"write"` // the caller may change sites and groups
}

// RegionPlace is a region with its sites.
type RegionPlace struct {
	Region     string `json:"region"`
	Devices    int    `json:"devices"`
	Unassigned int    `json:"unassigned"` // to a site
	Sites      []Site `json:"sites"`
}

// VersionCount is how many instruments run a version of a channel.
type VersionCount struct {
	Version string `json:"version"` // "": it never said
	Channel string `json:"channel"`
	Devices int    `json:"devices"`
	Online  int    `json:"online"`
}

// Instrument is a row of the registry: a device, its type and serial number,
// and where it stands.
type Instrument struct {
	Device
	Channel      string `json:"channel,omitempty"`
	VersionMS    int64  `json:"versionMs,omitempty"` // on Status.Version since
	RegisteredMS int64  `json:"registeredMs"`
	ConfirmedMS  int64  `json:"confirmedMs,omitempty"`
	RetiredMS    int64  `json:"retiredMs,omitempty"`
	MovedTo      string `json:"movedTo,omitempty"`
}

// InstrumentPage is a page of the registry, by type, serial number and ID.
type InstrumentPage struct {
	Rows  []Instrument `json:"rows"`
	Next  string       `json:"next,omitempty"` // "after" of the next page
	Total int          `json:"total"`          // that fit the filter
}

// InstrumentDetail is all that staff reads of one instrument.
type InstrumentDetail struct {
	Instrument Instrument      `json:"instrument"`
	Email      string          `json:"email"` // who registered it
	AskedMS    int64           `json:"askedMs,omitempty"`
	Groups     []Group         `json:"groups"`
	History    []History       `json:"history"`  // newest first
	Identity   []History       `json:"identity"` // the record of its identity, newest first
	Sessions   []DeviceSession `json:"sessions"` // newest first
}

// History is one thing that became of a device.
type History struct {
	Kind string `json:"kind"`
	By   string `json:"by,omitempty"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Text string `json:"text,omitempty"`
	AtMS int64  `json:"atMs"`
}

// DeviceSession is a support session of a device, without who took part.
type DeviceSession struct {
	Request string `json:"request"`
	FromMS  int64  `json:"fromMs"`
	ToMS    int64  `json:"toMs"`
	Events  int    `json:"events"`
}

// SiteChange makes a site, or changes one. Closed sites stay on record.
type SiteChange struct {
	ID      string   `json:"id,omitempty"`     // "": a new one
	Region  string   `json:"region,omitempty"` // of a new one
	Name    string   `json:"name"`
	Address []string `json:"address,omitempty"`
	Close   bool     `json:"close,omitempty"` // refused while an instrument is there
}

// GroupChange makes a group, or changes one.
type GroupChange struct {
	ID     string   `json:"id,omitempty"`
	Region string   `json:"region,omitempty"` // of a new one
	Name   string   `json:"name,omitempty"`   // "": as it is
	Add    []string `json:"add,omitempty"`    // devices
	Remove []string `json:"remove,omitempty"`
	Delete bool     `json:"delete,omitempty"`
}

// MoveRequest moves instruments to a site of their region; Site "" means none.
type MoveRequest struct {
	Devices []string `json:"devices"`
	Site    string   `json:"site"`
	Reason  string   `json:"reason,omitempty"`
}

// NoteRequest writes a note about an instrument. Notes are not changed.
type NoteRequest struct {
	Device string `json:"device"`
	Text   string `json:"text"` // at most 1000 characters
}

// DeviceRequest names a device.
type DeviceRequest struct {
	Device string `json:"device"`
}

// PersonRequest asks for everything that is kept about a person.
type PersonRequest struct {
	Subject string `json:"subject"` // e-mail address or account
	Reason  string `json:"reason"`  // for the record: whose request this answers
}

// Person is everything that is kept about a person (GDPR, article 15).
type Person struct {
	Subject string         `json:"subject"`
	AtMS    int64          `json:"atMs"`
	Parts   []PersonPart   `json:"parts"`
	Counts  map[string]int `json:"counts"` // records by part
}

// PersonPart is what one part of the cloud keeps.
type PersonPart struct {
	Name    string         `json:"name"`    // "devices"; the console has words for each
	Purpose string         `json:"purpose"` // what it is kept for, in English
	Erasure string         `json:"erasure"` // what an erasure does with it, and why, in English
	Records []PersonRecord `json:"records"`
}

// PersonRecord is one record about a person.
type PersonRecord struct {
	Key    string            `json:"key"`
	Device string            `json:"device,omitempty"`
	AtMS   int64             `json:"atMs,omitempty"`
	Values map[string]string `json:"values"`
}
