package support

import (
	"io"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/wire"
)

// Capability is one thing an engineer may be given, by its name on the wire,
// in the log and in the docs.
type Capability string

// The capabilities. Each direction of the clipboard is asked for alone, though
// the policy decides both in one.
const (
	View                Capability = wire.View
	Control             Capability = wire.Control
	Files               Capability = wire.Files
	ClipboardToPC       Capability = wire.ClipboardToPC
	ClipboardToEngineer Capability = wire.ClipboardToMe
	Chat                Capability = wire.Chat
	Pointer             Capability = wire.Pointer
)

// Duration is how long a technician lets a capability live.
type Duration string

// The durations, shortest first. Once ends by itself after Config.Once, when
// the engineer gives it back, and with the first lost link.
const (
	Once    Duration = "once"
	Minutes Duration = "15min"
	Session Duration = "session"
)

// Engineer is who the certificate proved to be at the other end.
type Engineer struct {
	Account      string
	Name         string
	Organisation string
	Regions      []string
	Serial       string // of the certificate, hexadecimal
}

// Moment is one instant on two clocks. Mono counts up from the start of the
// process and cannot be set; Wall can, but goes on while the machine sleeps.
// Rights end by whichever clock says so first, waits only by Mono, so that
// setting a clock never gives anybody more (scenario 22).
type Moment struct {
	Wall time.Time
	Mono time.Duration
}

// Add is the moment d later on both clocks.
func (m Moment) Add(d time.Duration) Moment {
	return Moment{Wall: m.Wall.Add(d), Mono: m.Mono + d}
}

// Decision is what signed policy and the instrument say to one capability.
type Decision struct {
	Allowed bool
	// Why names the rule when not Allowed: "never", "off", "not-allowlisted"…
	Why string
	// PromptTimeout may shorten the 60 s a prompt waits; 0 leaves it.
	PromptTimeout time.Duration
	// PatientData says that patient data may come into sight (P25).
	PatientData bool
	// RunInProgress is true while a run is, or may be, in progress (B7).
	RunInProgress bool
	// Identify says what goes with an Allow on this site: "none", "initials" or "pin".
	Identify string
}

// Policy is asked for every request and again for every message, so it must
// answer from memory.
type Policy interface {
	// Connect says whether this engineer may reach this device at all:
	// allowlist (P21) and trained region (P20).
	Connect(Engineer) Decision
	// Decide says whether the capability may be asked for and used now.
	Decide(Engineer, Capability) Decision
}

// Entry is one line of the audit log. Who somebody is and what people typed
// goes into Personal, which the log keeps encrypted.
type Entry struct {
	Kind, Actor, Subject string
	Fields               map[string]string
	Personal             map[string]string
}

// Outgoing is one message for the cloud, in the outbox with the entry it
// belongs to.
type Outgoing struct {
	Request *cloudapi.Request
	Event   *cloudapi.SessionEvent
	Logs    *cloudapi.HelpLogs
}

// Open names what is running, so that the next start of the service can close
// it in the log. Empty means nothing is.
type Open struct {
	Request string `json:"request,omitempty"`
	Session string `json:"session,omitempty"`
}

// Batch is all that one step needs on disk before it takes effect.
type Batch struct {
	Entries []Entry
	Out     []Outgoing
	Tries   *Tries // the counter of wrong codes, when it changed
	Open    *Open  // what is running, when it changed
}

func (b Batch) empty() bool {
	return len(b.Entries) == 0 && len(b.Out) == 0 && b.Tries == nil && b.Open == nil
}

// Recorder writes a batch in one transaction, durable when it returns nil.
type Recorder interface {
	Record(Batch) error
}

// Config is what a machine needs. Zero durations and limits take the safe
// defaults of New.
type Config struct {
	Policy   Policy
	Recorder Recorder
	// Random makes codes, nonces, tokens and identifiers: crypto/rand.Reader.
	Random io.Reader
	// Gate gives the reason why help cannot be asked for at all
	// ("terms-not-accepted", "not-registered", …), or "".
	Gate func() string
	// HasPIN says whether anybody on this PC has a PIN that can be used. Nil:
	// nobody has. Like Policy it answers from memory.
	HasPIN func() bool
	// Scanner names the malware scanner that files go through, with its
	// version; "": there is none now, so no file passes. Nil: never one. Like
	// Policy it answers from memory.
	Scanner func() string
	// About gives the product's version, and name and revision of the
	// instrument's profile, for the request. Nil: neither is known. Like Policy
	// it answers from memory.
	About func() (version, profile string)
	// Tries is the counter as the last run left it.
	Tries Tries

	CodeLife      time.Duration // a code is valid this long: 10 min
	TryWithin     time.Duration // a try of the code must be finished within: 10 s
	PromptTimeout time.Duration // no answer is a no after: 60 s
	ArmedAfter    time.Duration // an earlier Allow is void: 800 ms
	OnceLimit     time.Duration // the longest Once lasts: 5 min
	MinutesLimit  time.Duration // what Minutes means: 15 min
	ResumeWithin  time.Duration // a lost link may come back within: 10 min
	ChooseWithin  time.Duration // a file must be chosen within: 5 min
	AttachWithin  time.Duration // the desktop helper must attach within: 20 s
	BarWithin     time.Duration // the session bar must show within: 30 s
	LocalInput    time.Duration // the technician's own hand rules for: 2 s
	AsksPerMinute int           // from this many a minute on: throttled, 20
	QueuedAsks    int           // at most this many wait behind a prompt: 8
	BurnAfter     int           // tries of one code: 5
	OffAfter      int           // wrong tries in a row, then IT must act: 100
	PINTries      int           // wrong PINs at one prompt, then it is denied: 3
}

func (c Config) withDefaults() Config {
	orD := func(p *time.Duration, d time.Duration) {
		if *p <= 0 {
			*p = d
		}
	}
	orN := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	orD(&c.CodeLife, 10*time.Minute)
	orD(&c.TryWithin, 10*time.Second)
	orD(&c.PromptTimeout, 60*time.Second)
	orD(&c.ArmedAfter, 800*time.Millisecond)
	orD(&c.OnceLimit, 5*time.Minute)
	orD(&c.MinutesLimit, 15*time.Minute)
	orD(&c.ResumeWithin, 10*time.Minute)
	orD(&c.ChooseWithin, 5*time.Minute)
	orD(&c.AttachWithin, 20*time.Second)
	orD(&c.BarWithin, 30*time.Second)
	orD(&c.LocalInput, 2*time.Second)
	orN(&c.AsksPerMinute, 20)
	orN(&c.QueuedAsks, 8)
	orN(&c.BurnAfter, 5)
	orN(&c.OffAfter, 100)
	orN(&c.PINTries, 3)
	if c.Gate == nil {
		c.Gate = func() string { return "" }
	}
	if c.Scanner == nil {
		c.Scanner = func() string { return "" }
	}
	if c.About == nil {
		c.About = func() (string, string) { return "", "" }
	}
	if c.HasPIN == nil {
		c.HasPIN = func() bool { return false }
	}
	return c
}

// Refusal is the machine's no to somebody on this PC. Code is stable and
// translated by the window; Message is for logs.
type Refusal struct {
	Code    string
	Message string
}

func (r *Refusal) Error() string { return "support: " + r.Code + ": " + r.Message }

func refuse(code, message string) error { return &Refusal{Code: code, Message: message} }
