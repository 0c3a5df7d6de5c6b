// Package wire is what the two ends of a support session say to each other
// inside the end-to-end channel: the host (beckmanconnect-service) and the
// engineer's side (the console's worker, through WASM or beckmanconnect-desk).
//
// A message is a type byte and a payload, carried by session/channel as one
// frame. Control messages are JSON with a version; pictures and file bytes are
// binary. The host checks every message it gets against the live leases
// (scenario 13); nothing here grants anything by itself.
package wire

// Version of the control messages. Both sides send theirs in Hello; the host
// ends the session when they have none in common. Version 1 sent the code
// itself; since 2 it is proved by CPace and never leaves either end.
const Version = 2

// MaxFrame is the largest frame either side accepts, in bytes. A larger one
// ends the session (scenario 53).
const MaxFrame = 4 << 20

// MaxChunk is the most file bytes in one FrameChunk.
const MaxChunk = 64 << 10

// The frame types.
const (
	FrameControl byte = 1 // JSON, a Message
	FrameScreen  byte = 2 // session/screen update, host → engineer
	FrameChunk   byte = 3 // 16 bytes transfer ID, then file bytes
)

// Capability names as they travel. The same words in log, UI and docs.
const (
	View      = "view"
	Control   = "control"
	Files     = "files"
	Clipboard = "clipboard"
)

// Message is every control message; Type says which fields count.
//
//	engineer → host
//	  hello         Versions, Reason (why the engineer comes, one line), Ticket
//	  pake          Data                       one try of the one-time code: CPace's share
//	  pake-confirm  Data                       its key confirmation
//	  resume        Data                       proof, inside a session whose link was lost
//	  ask           ID, Capability, Reason, Ticket, Duration
//	  ask-file      ID, File                   offers one file to the technician
//	  cancel        ID                         takes an ask or a transfer back
//	  input         Events, Generation         only under a control lease
//	  ack           Seq                        picture Seq is on screen
//	  refresh                                  a complete picture, please
//	  file-end      ID                         all bytes of a transfer were sent
//	  ping          Seq
//	  bye
//	host → engineer
//	  hello         Versions, Device, Words    Words: the same on both screens
//	  pake          Data                       CPace's share of the host
//	  wrong-code    TriesLeft, WaitMS
//	  authenticated Session, Data              the host's own confirmation: without it, leave
//	  answer        ID, Capability, Granted, Why ("allowed", "denied", "timeout",
//	                "policy", "throttled", "withdrawn", "pending", "name", "pin-missing"),
//	                UntilMS, Generation: input carries the newest one told
//	  lease-end     Capability, Why ("expired", "revoked", "helper-lost", …)
//	  screen        Width, Height, State ("on", "off", "locked", "no-helper")
//	  paused        On                         input is dropped: a prompt shows
//	  file          ID, State, Done, Why
//	  pong          Seq
//	  end           Why ("technician", "kill-key", "bar-lost", "code-burnt", …)
type Message struct {
	V    int    `json:"v"`
	Type string `json:"t"`

	Versions []int  `json:"versions,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Device   string `json:"device,omitempty"`
	Words    string `json:"words,omitempty"`

	Ticket    string `json:"ticket,omitempty"` // the case's number, one line
	Data      []byte `json:"data,omitempty"`   // of pake, pake-confirm, resume, authenticated
	TriesLeft int    `json:"triesLeft,omitempty"`
	WaitMS    int64  `json:"waitMs,omitempty"`
	Session   string `json:"session,omitempty"`

	ID         string `json:"id,omitempty"`
	Capability string `json:"cap,omitempty"`
	Duration   string `json:"duration,omitempty"` // "once", "15min", "session"
	Granted    bool   `json:"granted,omitempty"`
	Why        string `json:"why,omitempty"`
	UntilMS    int64  `json:"untilMs,omitempty"` // Unix ms; 0: until the session ends
	Generation uint64 `json:"gen,omitempty"`

	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	State  string `json:"state,omitempty"`
	On     bool   `json:"on,omitempty"`
	Seq    uint32 `json:"seq,omitempty"`

	File   *File   `json:"file,omitempty"`
	Done   int64   `json:"done,omitempty"`
	Events []Input `json:"events,omitempty"`
}

// File is what a file transfer's prompt names and its result is held against.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// Input is one act of the engineer's keyboard or mouse. X and Y are pixels of
// the host's screen.
type Input struct {
	Kind   string `json:"k"`             // "keydown", "keyup", "move", "down", "up", "wheel"
	Code   string `json:"c,omitempty"`   // UI Events code, the physical key
	Key    string `json:"key,omitempty"` // what it means to the engineer
	X      int    `json:"x,omitempty"`
	Y      int    `json:"y,omitempty"`
	Button int    `json:"b,omitempty"`  // 0 left, 1 middle, 2 right
	WheelX int    `json:"wx,omitempty"` // notches
	WheelY int    `json:"wy,omitempty"`
}
