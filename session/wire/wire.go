// Package wire is what the two ends of a support session say to each other
// inside the end-to-end channel: the host (beckmanconnect-service) and the
// engineer's side (the console's worker, through WASM or beckmanconnect-desk).
//
// A message is a type byte and a payload, carried by session/channel as one
// frame. Control messages are JSON with a version; pictures and file bytes are
// binary. The host checks every message it gets against the live leases
// (scenario 13); nothing here grants anything by itself.
package wire

import (
	"encoding/binary"
	"errors"
	"math"
)

// Version of the control messages. Both sides send theirs in Hello; the host
// ends the session when they have none in common. Version 1 sent the code
// itself; since 2 it is proved by CPace and never leaves either end; 3 brought
// picture format 2, binary acknowledgements, monitors, cursor, pointer, chat,
// clipboard, and files in both directions.
const Version = 3

// MaxFrame is the largest frame either side accepts, in bytes. A larger one
// ends the session (scenario 53).
const MaxFrame = 4 << 20

// MaxChunk is the most file bytes in one FrameChunk.
const MaxChunk = 64 << 10

// FileWindow is the most bytes of one file that may be under way, either way,
// beyond what the end that gets it has said to hold (file, "running", Done).
// More of a file to the host ends its transfer.
const FileWindow = 4 << 20

// The frame types.
const (
	FrameControl byte = 1 // JSON, a Message
	FrameScreen  byte = 2 // session/screen update, host → engineer
	FrameChunk   byte = 3 // 16 bytes transfer ID, then file bytes; both directions
	FrameAck     byte = 4 // an Ack, engineer → host
	FrameCursor  byte = 5 // session/screen cursor, host → engineer
)

// The most bytes of UTF-8 in one chat line and in one clipboard.
const (
	MaxChat      = 2000
	MaxClipboard = 64 << 10
)

// Capability names as they travel. The same words in log, UI and docs. The
// policy knows one "clipboard"; on the wire each direction is asked for alone.
const (
	View          = "view"
	Control       = "control"
	Files         = "files"
	Clipboard     = "clipboard" // what the policy decides for both directions
	ClipboardToPC = "clipboard-to-pc"
	ClipboardToMe = "clipboard-to-engineer"
	Chat          = "chat"
	Pointer       = "pointer"
)

// Message is every control message; Type says which fields count.
//
//	engineer → host
//	  hello         Versions, Reason (why the engineer comes, one line), Ticket, Lanes
//	  pake          Data                       one try of the one-time code: CPace's share
//	  pake-confirm  Data                       its key confirmation
//	  resume        Data                       proof, inside a session whose link was lost
//	  ask           ID, Capability, Reason, Ticket, Duration
//	  ask-file      ID, File                   offers one file to the technician
//	  ask-fetch     ID, Reason, Ticket         asks the technician to choose and send one file
//	  resume-file   ID, Done                   after resume: go on with this transfer; Done: bytes
//	                                           the engineer's side has (of a file it gets)
//	  cancel        ID                         takes an ask or a transfer back
//	  input         Events, Generation         only under a control lease
//	  refresh                                  a complete picture, please
//	  monitor       Monitor                    which one to show; "all" is every one side by side
//	  focus         On                         the console has, or has not, the keyboard
//	  clipboard     Text                       only under clipboard-to-pc, and with the focus
//	  chat          ID, Text                   only under chat
//	  point         X, Y, On                   only under pointer: where the engineer points; Off: nowhere
//	  file-end      ID                         all bytes of a file to the host were sent
//	  file          ID, State, Done, Why       of a file to the engineer: "running" (Done: bytes held so
//	                                           far), "finished" (whole, and of the hash that was
//	                                           promised) or "failed"
//	  ping          Seq
//	  bye
//	host → engineer
//	  hello         Versions, Device, Words,   Words: the same on both screens
//	                Lanes
//	  pake          Data                       CPace's share of the host
//	  wrong-code    TriesLeft, WaitMS
//	  authenticated Session, Data              the host's own confirmation: without it, leave
//	  may           May                        what may be asked for now, by capability: "ask", or why
//	                                           not: "off", "never", "no-scanner", …
//	  answer        ID, Capability, Granted, Why ("allowed", "denied", "timeout",
//	                "policy", "throttled", "withdrawn", "pending", "name", "pin-missing",
//	                "no-scanner"), UntilMS, Generation: input carries the newest one told;
//	                of ask-fetch, and of a file the technician offers unasked (an ID nobody
//	                asked with), also File: what will be sent
//	  lease-end     Capability, Why ("expired", "revoked", "helper-lost", …)
//	  screen        Width, Height, State ("on", "off", "locked", "no-helper", "masked",
//	                "secure-desktop", "answering"), Monitors, Monitor (the one that is shown)
//	  paused        On                         input is dropped: a prompt shows
//	  clipboard     Text                       only under clipboard-to-engineer, and with the focus
//	  chat          ID, Text, On               On: the technician's; otherwise the echo of one that is logged
//	  file          ID, State, Done, Why       "choosing" (the technician looks for one), "checking",
//	                                           "running" (Done: from here on, or held so far), "saving",
//	                                           "refused", "finished", "failed"
//	  file-end      ID                         all bytes of a file to the engineer were sent
//	  pong          Seq
//	  end           Why ("technician", "kill-key", "bar-lost", "code-burnt", …)
type Message struct {
	V    int    `json:"v"`
	Type string `json:"t"`

	Versions []int  `json:"versions,omitempty"`
	Lanes    []int  `json:"lanes,omitempty"` // versions of the file lane; it is used where both name one
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

	Monitors []Monitor         `json:"monitors,omitempty"`
	Monitor  string            `json:"monitor,omitempty"`
	May      map[string]string `json:"may,omitempty"`
	Text     string            `json:"text,omitempty"`
	X        int               `json:"x,omitempty"` // as Input's
	Y        int               `json:"y,omitempty"`

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

// Monitor is one of the host's screens. Its place is in pixels of the whole
// desktop, of which "all" shows the bounds.
type Monitor struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	Width   int    `json:"w"`
	Height  int    `json:"h"`
	Primary bool   `json:"primary,omitempty"`
	Scale   int    `json:"scale,omitempty"` // percent; 0 is 100
}

// Ack is FrameAck: what reached the engineer's side and what is shown. Small
// and binary, for there may be many: three uvarints. The sender sets a flag on
// updates it wants answered at once; others are answered within HoldAck, so
// that typing does not cost as much upwards as it does downwards.
type Ack struct {
	Seq      uint32 // the last picture that is on screen
	Received uint64 // payload bytes of FrameScreen, FrameChunk and FramePiece received on this channel
	Held     uint64 // microseconds this answer was held back
}

// HoldAckMS is how long, in milliseconds, an acknowledgement nobody waits for
// may be held back.
const HoldAckMS = 200

// Append writes an Ack.
func (a Ack) Append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(a.Seq))
	b = binary.AppendUvarint(b, a.Received)
	return binary.AppendUvarint(b, a.Held)
}

// ErrAck is a FrameAck that is none.
var ErrAck = errors.New("wire: not an acknowledgement")

// ParseAck reads what Append wrote.
func ParseAck(b []byte) (a Ack, err error) {
	var v [3]uint64
	for i := range v {
		n := 0
		if v[i], n = binary.Uvarint(b); n <= 0 {
			return a, ErrAck
		}
		b = b[n:]
	}
	if len(b) > 0 || v[0] > math.MaxUint32 {
		return a, ErrAck
	}
	return Ack{Seq: uint32(v[0]), Received: v[1], Held: v[2]}, nil
}

// Input is one act of the engineer's keyboard or mouse. X and Y are pixels of
// the picture that is shown: of one monitor, or of all of them.
type Input struct {
	Kind   string `json:"k"`             // "keydown", "keyup", "text", "move", "down", "up", "wheel"
	Text   string `json:"s,omitempty"`   // of "text": what an input method or a dead key made
	Code   string `json:"c,omitempty"`   // UI Events code, the physical key
	Key    string `json:"key,omitempty"` // what it means to the engineer
	X      int    `json:"x,omitempty"`
	Y      int    `json:"y,omitempty"`
	Button int    `json:"b,omitempty"`  // 0 left, 1 middle, 2 right
	WheelX int    `json:"wx,omitempty"` // notches
	WheelY int    `json:"wy,omitempty"`
}
