// Package cloudapi is the contract between the service (and the engineer's own
// program) and the cloud: paths, topics and messages. Both sides import it, so
// that neither imports the other.
package cloudapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Version of the messages below; it travels in every Envelope.
const Version = 1

// Paths on the cloud's one TLS port.
const (
	PathHealth   = "/healthz"            // GET, no identity: {"ok":true,"version":"…"}
	PathDevices  = "/api/v1/devices"     // POST RegisterRequest → RegisterReply
	PathMQTT     = "/$iothub/websocket"  // MQTT 3.1.1 over WebSocket, device certificate
	PathRelay    = "/relay/v1/"          // + request ID + "?role=host|engineer", WebSocket
	PathUpgrades = "/upgrades/"          // TUF: metadata/ and targets/, plain files
	PathOIDC     = "/api/v1/staff/oidc"  // GET OIDCConfig, for beckmanconnect-desk
	PathToken    = "/api/v1/staff/token" // POST TokenRequest → TokenReply: ID token for a staff session
	PathLogin    = "/staff/login"        // browser sign-in, code flow with PKCE
	PathCallback = "/staff/callback"
	PathLogout   = "/staff/logout"
	PathMe       = "/api/v1/staff/me"            // GET Staff
	PathRequests = "/api/v1/staff/requests"      // GET []Request, waiting ones
	PathLive     = "/api/v1/staff/live"          // WebSocket: a Live message on every change
	PathCert     = "/api/v1/staff/certificate"   // POST CertificateRequest → CertificateReply
	PathFleet    = "/api/v1/staff/devices"       // GET []Device
	PathAlarms   = "/api/v1/staff/notifications" // GET ?device=ID → []Notification bodies, newest first
	PathSessions = "/api/v1/staff/sessions"      // GET []StaffSession, the caller's own, newest first
	PathFeed     = "/api/v1/staff/feed"          // GET ?region=&severity=&state=&text=&device=&members=&before= → FeedPage: notifications of the fleet, newest first
	PathPresence = "/api/v1/staff/presence"      // GET ?device=ID → []Presence, newest first (P14)
	PathMessage  = "/api/v1/staff/messages"      // POST MessageRequest → MessageReply; GET []MessageSent, newest first
	PathHelpLogs = "/api/v1/staff/logs"          // GET ?request=ID → HelpLogs
)

// DeviceID is the ID of the device whose public key this is (DER, SPKI).
func DeviceID(spki []byte) string {
	sum := sha256.Sum256(spki)
	return "bc-" + hex.EncodeToString(sum[:8])
}

// Codes with which the relay closes a WebSocket.
const (
	CloseShutdown = 1001 // the relay is going down: dial again, later
	ClosePeerLeft = 4001 // the other end left: the host may wait again
	CloseReplaced = 4002 // the same end came in by a newer socket
	CloseNobody   = 4003 // the other end did not come in time
	CloseLimit    = 4004 // a cap on bytes or time was reached
	CloseEnded    = 4005 // the request has ended or expired
	CloseBadFrame = 4006 // a text frame, or one that is too large
)

// EventsTopic is where a device publishes, Azure IoT Hub's form verbatim.
func EventsTopic(device string) string { return "devices/" + device + "/messages/events/" }

// DeviceBoundFilter is what a device subscribes to.
func DeviceBoundFilter(device string) string { return "devices/" + device + "/messages/devicebound/#" }

// DeviceBoundTopic is where the cloud publishes to a device.
func DeviceBoundTopic(device string) string { return "devices/" + device + "/messages/devicebound/" }

// DeviceOfEvents gives the device ID of an events topic, or "".
func DeviceOfEvents(topic string) string {
	rest, ok := strings.CutPrefix(topic, "devices/")
	if !ok {
		return ""
	}
	id, tail, ok := strings.Cut(rest, "/")
	if !ok || !strings.HasPrefix(tail, "messages/events/") {
		return ""
	}
	return id
}

// Envelope is every MQTT payload. Device to cloud, Seq counts up by one within
// Epoch and the cloud drops what it has seen (at least once, effect once).
type Envelope struct {
	V     int             `json:"v"`
	Kind  string          `json:"kind"`
	Epoch string          `json:"epoch,omitempty"`
	Seq   uint64          `json:"seq,omitempty"`
	Time  int64           `json:"time"` // Unix ms, the sender's clock
	Body  json.RawMessage `json:"body,omitempty"`
}

// Kinds of envelope, device → cloud.
const (
	KindStatus       = "status"        // Status, after connecting and on change
	KindNotification = "notification"  // Notification, raised or changed
	KindRequest      = "request"       // Request, help asked for, changed or withdrawn
	KindSessionEvent = "session-event" // SessionEvent, for the cloud's audit (P14, P24)
	KindCheckpoint   = "checkpoint"    // Checkpoint, for the witness
	KindHelpLogs     = "help-logs"     // HelpLogs that the technician looked at and sent with a request (B8)
	KindDigest       = "digest"        // Digest: what happened while the link was away, before the messages themselves
)

// Kinds of envelope, cloud → device.
const (
	KindTime    = "time"    // SignedTime
	KindPolicy  = "policy"  // VendorPolicy, after connecting and on change
	KindMessage = "message" // VendorMessage: to the technicians
	KindWitness = "witness" // Witnessed: the answer to a checkpoint
)

// RegisterRequest is P13's registration. CSR is a PKCS#10 request in PEM for
// the device's P-256 key: its signature is the proof of possession.
type RegisterRequest struct {
	V              int    `json:"v"`
	CSR            string `json:"csr"`
	Email          string `json:"email"`
	Name           string `json:"name"`
	InstrumentType string `json:"instrumentType"`
	Serial         string `json:"serial"`
	Region         string `json:"region"`
	TermsVersion   string `json:"termsVersion"`
	LogVerifier    string `json:"logVerifier,omitempty"` // note verifier of the device's log checkpoints
	LogBinding     string `json:"logBinding,omitempty"`  // LogBinding of LogVerifier, signed by the device key: DER ECDSA over SHA-256, base64
	Machine        string `json:"machine,omitempty"`     // what this PC is told apart by, a hash; see MachineID
}

// LogBinding is the text by which a device key speaks for the checkpoint key of
// the device's log.
func LogBinding(device, verifier string) string {
	return "beckmanconnect log key v1\n" + device + "\n" + verifier + "\n"
}

// MachineID is how a device tells the cloud on which PC it runs without saying
// anything about the PC: a copy of the disk in another PC gives another one.
func MachineID(device, fingerprint string) string {
	sum := sha256.Sum256([]byte("beckmanconnect machine v1\n" + device + "\n" + fingerprint + "\n"))
	return hex.EncodeToString(sum[:16])
}

// RegisterReply carries the device certificate (it may sign the device's
// session certificates: CA, path length 0) and the CA above it, PEM.
type RegisterReply struct {
	DeviceID    string `json:"deviceId"`
	Certificate string `json:"certificate"`
	CA          string `json:"ca"`
	Confirm     bool   `json:"confirm,omitempty"` // help waits for the link in the mail to who registered
}

// Error is the body of every HTTP answer of 400 and above.
type Error struct {
	Code    string `json:"code"`    // stable
	Message string `json:"message"` // English
}

// Status is what the cloud knows of a device continuously.
type Status struct {
	Version string `json:"version"`
	Class   string `json:"class"` // "general", "patient-data"
	Run     string `json:"run"`
	Open    int    `json:"open"` // open notifications
	Worst   string `json:"worst"`
	Phase   string `json:"phase"` // support phase
	TermsOK bool   `json:"termsOk"`
	Machine string `json:"machine,omitempty"` // MachineID
	Boot    string `json:"boot,omitempty"`    // names this start of the service, random
	Channel string `json:"channel,omitempty"` // of its upgrades: "stable", "pilot"
}

// Notification is an alarm as the cloud sees it; plain fields and texts that
// come from the product's own profiles only.
type Notification struct {
	ID           uint64 `json:"id"`
	Code         string `json:"code"`
	Severity     string `json:"severity"` // "info", "low", "medium", "high"
	State        string `json:"state"`    // "raised", "acknowledged", "shelved", "cleared"
	Source       string `json:"source"`
	Subject      string `json:"subject"`
	Title        string `json:"title"` // English
	Count        int    `json:"count"`
	RaisedMS     int64  `json:"raisedMs"`
	LastMS       int64  `json:"lastMs"`
	Acknowledged int64  `json:"acknowledgedMs,omitempty"`
	Seen         int64  `json:"seenMs,omitempty"`
	Escalated    int64  `json:"escalatedMs,omitempty"` // nobody acknowledged it in time
	ShelvedUntil int64  `json:"shelvedUntilMs,omitempty"`
	Group        uint64 `json:"group,omitempty"`   // ID of the group it stands in
	Members      int    `json:"members,omitempty"` // of a group
	Chatters     bool   `json:"chatters,omitempty"`
	Verified     bool   `json:"verified"`
	Sample       bool   `json:"sample,omitempty"` // of a profile made without a real log
}

// Digest is one line for people about what a device did while nobody heard it.
// The notifications follow, each with its own number, for the record.
type Digest struct {
	FromMS  int64          `json:"fromMs"`
	ToMS    int64          `json:"toMs"`
	Raised  map[string]int `json:"raised"`  // by severity
	Open    int            `json:"open"`    // of those, still open
	Waiting int            `json:"waiting"` // messages in the outbox when it was made
}

// HelpLogs is the scrubbed text that goes with a request, exactly as the
// technician saw it. The cloud keeps it sealed, and no longer than the request
// is of use (the data table).
type HelpLogs struct {
	Request string `json:"request"`
	SHA256  string `json:"sha256"`
	Lines   int    `json:"lines"`
	Text    string `json:"text"` // at most MaxHelpLogs bytes
}

// MaxHelpLogs is the longest text of HelpLogs in bytes: with its envelope it
// stays below IoT Hub's message.
const MaxHelpLogs = 48 << 10

// VendorMessage is a message to technicians: a note signed by the vendor
// (package vendormessage). A device shows it only when the signature holds, it
// is addressed to the device, and its text is plain: no links, no phone number
// but the configured one.
type VendorMessage struct {
	Note string `json:"note"`
}

// MessageRequest asks the cloud to sign and send a message. Exactly one of
// Device, Group and Region is set; a group is the instruments of one type in
// the regions that the sender is trained for.
type MessageRequest struct {
	Device   string        `json:"device,omitempty"`
	Group    string        `json:"group,omitempty"` // instrument type
	Region   string        `json:"region,omitempty"`
	Severity string        `json:"severity"` // "info", "low", "medium"; the highest class is the instrument's own
	Texts    []MessageText `json:"texts"`    // "en" at least
	Hours    int           `json:"hours"`    // 1–720, then it is over
}

// MessageText is title and text in one language.
type MessageText struct {
	Language string `json:"language"`
	Title    string `json:"title"` // at most 120 characters
	Text     string `json:"text"`  // at most 600 characters
}

// MessageReply says to how many devices it goes.
type MessageReply struct {
	ID      string `json:"id"`
	Devices int    `json:"devices"`
}

// MessageSent is a message on the cloud's record.
type MessageSent struct {
	ID        string         `json:"id"`
	By        string         `json:"by"`
	AtMS      int64          `json:"atMs"`
	Request   MessageRequest `json:"request"`
	Devices   int            `json:"devices"`
	Delivered int            `json:"delivered"` // acknowledged by the device's broker connection
}

// FeedPage is a page of the fleet's notifications.
type FeedPage struct {
	Rows []FeedRow `json:"rows"`
	Next string    `json:"next,omitempty"` // of the next, older page
}

// FeedRow is a notification with whose it is.
type FeedRow struct {
	Seq          int64        `json:"seq"` // names the row: ?members=SEQ gives what is folded behind it
	Device       string       `json:"device"`
	Serial       string       `json:"serial"`
	Type         string       `json:"type"`
	Region       string       `json:"region"`
	Notification Notification `json:"notification"`
	Digest       *Digest      `json:"digest,omitempty"` // then Notification holds its severity and times alone
	Values       Values       `json:"values,omitempty"`
}

// Values are what an alarm of the cloud's own (source "cloud") says in figures,
// by name. Its code and these are what the console makes its words of; the title
// says the same in English. A device's alarms have none.
type Values map[string]string

// DeviceAlarm is a notification of one device as staff reads it.
type DeviceAlarm struct {
	Notification
	Values Values `json:"values,omitempty"`
}

// Presence is one change of a device's online status.
type Presence struct {
	Online bool  `json:"online"`
	AtMS   int64 `json:"atMs"`
}

// Request is a technician's call for help. It never carries the code.
type Request struct {
	ID         string `json:"id"`         // names the relay's meeting point too
	Device     string `json:"device"`     // filled in by the cloud
	Serial     string `json:"serial"`     // filled in by the cloud
	Type       string `json:"type"`       // filled in by the cloud
	Region     string `json:"region"`     // filled in by the cloud
	Technician string `json:"technician"` // filled in by the cloud: the registered name
	State      string `json:"state"`      // "waiting", "connected", "ended"
	Reason     string `json:"reason"`
	AlarmCode  string `json:"alarmCode,omitempty"`
	Version    string `json:"version,omitempty"` // of the product on the PC
	Profile    string `json:"profile,omitempty"` // name and revision of the instrument's profile
	HasLogs    bool   `json:"hasLogs,omitempty"` // HelpLogs came with it; filled in by the cloud
	SinceMS    int64  `json:"sinceMs"`
	ExpiresMS  int64  `json:"expiresMs"`
}

// SessionEvent is one line of the session log on the server.
type SessionEvent struct {
	Request  string            `json:"request"`
	Session  string            `json:"session"`
	Kind     string            `json:"kind"` // "code-issued", "joined", "engineer-refused", "channel-refused", "wrong-code", "authenticated", "asked", "answered", "throttled", "lease-end", "file", "link-lost", "resumed", "ended" (by whom: field "by")
	Engineer string            `json:"engineer,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
}

// Checkpoint is the device log's signed checkpoint (a signed note), with the
// proof that it extends the one the witness saw last (RFC 6962, 2.1.2).
type Checkpoint struct {
	Note     string   `json:"note"`
	Verifier string   `json:"verifier,omitempty"` // note verifier; the cloud keeps to the first one it learns, here or at registration
	Binding  string   `json:"binding,omitempty"`  // LogBinding of Verifier, as at registration: with it another verifier is taken
	Old      int64    `json:"old,omitempty"`      // size that Proof starts from; 0: none was cosigned yet
	Proof    []string `json:"proof,omitempty"`    // consistency proof from Old, base64 hashes
}

// Witnessed answers a Checkpoint. With Code "" Note is that checkpoint with the
// witness's cosignature (c2sp.org/tlog-cosignature) added. Otherwise nothing
// was cosigned.
type Witnessed struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`           // newest checkpoint that this witness cosigned
	Note   string `json:"note,omitempty"` // of Size
	Code   string `json:"code,omitempty"` // one of the following
}

// Why a witness does not cosign.
const (
	WitnessOld       = "old"       // the proof does not start from Size: send one that does
	WitnessProof     = "proof"     // the proof does not hold: the log shows two histories
	WitnessShrunk    = "shrunk"    // the log is shorter than Size
	WitnessForked    = "forked"    // another log of the same size was cosigned
	WitnessSignature = "signature" // not signed by the log's key
	WitnessUnknown   = "unknown"   // the log is not known to this witness
)

// SignedTime is the only time a device keeps as "last trusted time".
type SignedTime struct {
	Note string `json:"note"` // signed note: "beckmanconnect time\n<unix seconds>\n"
}

// VendorPolicy is the vendor's signed policy (package vendorpolicy). It can
// only narrow what may be asked on a device.
type VendorPolicy struct {
	Note string `json:"note"` // signed note, first line vendorpolicy.Header
}

// OIDCConfig tells beckmanconnect-desk where staff sign in.
type OIDCConfig struct {
	Issuer   string   `json:"issuer"`
	ClientID string   `json:"clientId"` // of the native client; redirect http://127.0.0.1:*/callback
	Scopes   []string `json:"scopes"`
	MaxAge   int      `json:"maxAge,omitempty"`    // seconds: what max_age is asked for
	ACR      string   `json:"acrValues,omitempty"` // what acr_values is asked for
}

// TokenRequest trades a fresh ID token for a staff session; Nonce must be the
// one in the token.
type TokenRequest struct {
	IDToken string `json:"idToken"`
	Nonce   string `json:"nonce"`
	Return  string `json:"return,omitempty"` // where the link in a mail leads: http://127.0.0.1:PORT/confirm
}

// TokenReply: Token goes into "Authorization: Bearer …". Without one the sign-in
// is from a new place and waits until PathPlace is given Pending and the token
// of the link in the mail.
type TokenReply struct {
	Token     string `json:"token"`
	ExpiresMS int64  `json:"expiresMs"`
	Pending   string `json:"pending,omitempty"`
}

// PlaceRequest confirms a sign-in from a new place for beckmanconnect-desk.
type PlaceRequest struct {
	Pending string `json:"pending"`
	Token   string `json:"token"`
}

// Staff is who is signed in.
type Staff struct {
	Account      string   `json:"account"`
	Name         string   `json:"name"`
	Organisation string   `json:"organisation"`
	Regions      []string `json:"regions"` // trained for, now

	Roles    []Role     `json:"roles,omitempty"`
	Training []Training `json:"training,omitempty"` // what Regions comes from
	Sites    []string   `json:"sites,omitempty"`    // assigned to these alone; none: every site of Regions
}

// StaffSession is an engineer's own part of the record of one request
// (P14, P24). Times are Unix ms of the cloud's clock.
type StaffSession struct {
	Request  string       `json:"request"`
	Session  string       `json:"session,omitempty"` // absent: the code was never proved
	Device   string       `json:"device"`
	Serial   string       `json:"serial"`
	Type     string       `json:"type"`
	Region   string       `json:"region"`
	Ticket   string       `json:"ticket,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	JoinedMS int64        `json:"joinedMs"` // when the certificate was issued
	BegunMS  int64        `json:"begunMs,omitempty"`
	EndedMS  int64        `json:"endedMs,omitempty"`
	EndedWhy string       `json:"endedWhy,omitempty"`
	EndedBy  string       `json:"endedBy,omitempty"` // "technician", "engineer", "service"
	Open     bool         `json:"open,omitempty"`    // the request is not over
	Events   []StaffEvent `json:"events"`
	More     bool         `json:"more,omitempty"` // Events are the first and the last ones of more
}

// StaffEvent is one line of a StaffSession.
type StaffEvent struct {
	Kind     string            `json:"kind"`
	TimeMS   int64             `json:"timeMs"`   // when the cloud had it
	DeviceMS int64             `json:"deviceMs"` // what the device's clock said
	Fields   map[string]string `json:"fields,omitempty"`
}

// CertificateRequest asks for the engineer's certificate for one request.
type CertificateRequest struct {
	CSR     string `json:"csr"` // PEM, RSA-4096
	Request string `json:"request"`
}

// CertificateReply holds the certificate (minutes) with its chain, and what
// the other end must prove: the device's ID under the device CA.
type CertificateReply struct {
	Certificate string `json:"certificate"` // PEM, leaf first
	DeviceID    string `json:"deviceId"`
	DeviceCA    string `json:"deviceCa"` // PEM; beckmanconnect-desk uses its own root instead
}

// Device is a row of the fleet list.
type Device struct {
	ID      string `json:"id"`
	Serial  string `json:"serial"`
	Type    string `json:"type"`
	Region  string `json:"region"`
	Name    string `json:"name"`
	Online  bool   `json:"online"`
	SinceMS int64  `json:"sinceMs"`
	Status  Status `json:"status"`
	// What the witness knows of the device's log, and how the identity stands.
	LogEntries     int64  `json:"logEntries,omitempty"`
	LogWitnessedMS int64  `json:"logWitnessedMs,omitempty"`
	LogTrouble     string `json:"logTrouble,omitempty"` // "forked", "shrunk", "signature"
	Copied         bool   `json:"copied,omitempty"`     // seen on two PCs: refused until it is registered anew
	RevokedMS      int64  `json:"revokedMs,omitempty"`
	Site           string `json:"site,omitempty"` // ID of the Site it stands at; "": not assigned
	SiteName       string `json:"siteName,omitempty"`
}

// Live is pushed to the console: the whole waiting list and fleet, small
// enough to send again when they change. Both are null when they are as they
// were and only Feed has moved on.
type Live struct {
	Requests []Request `json:"requests"`
	Devices  []Device  `json:"devices"`
	Cases    []Case    `json:"cases"` // with Requests: those of them that wait or run, and the reader's own
	Feed     uint64    `json:"feed"`  // counts up when what PathFeed or PathMessage answers has changed
}
