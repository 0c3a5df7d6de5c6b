// Package protocol is what both ends of the local pipe must agree on before
// and beside gRPC: the opening of a connection, the negotiation of versions,
// the codes of errors, and the sizes of messages.
package protocol

import (
	"errors"
	"fmt"
	"io"
)

// The protocols this build can speak. A new one is added at the top; the
// oldest is dropped only when no supported upgrade path needs it, so that the
// previous window program works with the new service.
const (
	Oldest uint32 = 1
	Newest uint32 = 1
)

// Largest messages. Only the desktop helper sends pictures.
const (
	MaxMessage        = 1 << 20
	MaxDesktopMessage = 5 << 20
)

// WatchingHeader comes at the beginning of a Watch stream, with the epoch.
const WatchingHeader = "beckmanconnect-watching"

// Programs, as HelloRequest.program names them.
const (
	Tray    = "tray"
	Window  = "window"
	Prompt  = "prompt" // the window program on a desktop of its own, with nothing but a question
	Desktop = "desktop"
	Ctl     = "beckmanctl"
	Host    = "service" // the service, calling the upgrade service
	Upgrade = "upgrade" // the upgrade service, asking the service how it is
)

// ComponentTray names the component of a status that is there while trays of
// the service's version end again and again.
const ComponentTray = "tray"

// TestAlarm is the code of the notification that somebody raised to see, and
// hear, what one is like.
const TestAlarm = "test-alarm"

// Codes of ErrorDetail that the pipe itself gives.
const (
	CodeHelloMissing   = "hello-missing"
	CodeIncompatible   = "incompatible"
	CodeUnknownMethod  = "unknown-method"
	CodeNotPermitted   = "not-permitted"
	CodeUnknownCaller  = "unknown-caller"
	CodeTooMany        = "too-many-connections"
	CodeTooLarge       = "message-too-large"
	CodeUnavailable    = "service-unavailable" // not running, stopping, or lost in mid-call
	CodeUntrusted      = "service-untrusted"   // something else holds the name
	CodeTimeout        = "timeout"
	CodeCancelled      = "cancelled"
	CodeInternal       = "internal"
	CodeInvalidRequest = "invalid-request"
)

// Actions of ErrorDetail that go with CodeIncompatible: which side is old.
const (
	ActionUpgradeProgram = "upgrade-program"
	ActionUpgradeService = "upgrade-service"
)

// Side of an incompatible pair.
type Side int

// Caller is the program that said Hello, Server the one that answered.
const (
	Caller Side = iota + 1
	Server
)

// Incompatible is the cause when two versions have no protocol in common.
type Incompatible struct{ Old Side }

func (e Incompatible) Error() string {
	if e.Old == Server {
		return "the service is older than this program and cannot talk to it"
	}
	return "this program is older than the service and cannot talk to it"
}

// Action is the ErrorDetail.action that says which side to upgrade.
func (e Incompatible) Action() string {
	if e.Old == Server {
		return ActionUpgradeService
	}
	return ActionUpgradeProgram
}

// ErrRange is the cause when a caller names an impossible range.
var ErrRange = errors.New("the range of protocols is empty")

// Negotiate returns the newest protocol that the caller's range and the
// server's have in common.
func Negotiate(callerMin, callerMax, serverMin, serverMax uint32) (uint32, error) {
	switch {
	case callerMin == 0 || callerMin > callerMax:
		return 0, ErrRange
	case callerMax < serverMin:
		return 0, Incompatible{Old: Caller}
	case callerMin > serverMax:
		return 0, Incompatible{Old: Server}
	}
	return min(callerMax, serverMax), nil
}

// Class is what a connection is for. It is said in the opening, before gRPC
// starts, because it decides how large a message may become: nobody but the
// desktop helper's connection can make the server hold more than MaxMessage
// for one call (scenario 3).
type Class byte

// Calls is every connection but the desktop helper's.
const (
	Calls   Class = 0
	Picture Class = 1
)

const (
	magic   = "beckmanconnect"
	opening = 1 // version of the opening itself

	// OpeningSize is the length of the caller's opening. It is fixed and
	// short, so that whatever speaks another language (a browser, a scanner)
	// is closed after these bytes (scenario 5).
	OpeningSize = len(magic) + 2
)

// Answer is the server's one byte after the opening.
type Answer byte

// Answers. Zero is none of them: an empty file is no consent.
const (
	Welcome       Answer = 1
	RefusedMany   Answer = 2
	RefusedCaller Answer = 3
	RefusedAge    Answer = 4
)

// ErrOpening is the cause when the other end does not speak this language.
var ErrOpening = errors.New("not a BeckmanConnect connection")

// WriteOpening is the caller's first word.
func WriteOpening(w io.Writer, c Class) error {
	_, err := w.Write(append([]byte(magic), opening, byte(c)))
	return err
}

// ReadOpening reads a caller's first word, and not a byte more.
func ReadOpening(r io.Reader) (Class, error) {
	var b [OpeningSize]byte
	if _, err := io.ReadFull(r, b[:len(magic)]); err != nil {
		return 0, err
	}
	if string(b[:len(magic)]) != magic {
		return 0, ErrOpening
	}
	if _, err := io.ReadFull(r, b[len(magic):]); err != nil {
		return 0, err
	}
	if v := b[len(magic)]; v != opening {
		return 0, fmt.Errorf("%w: opening %d", ErrOpening, v)
	}
	c := Class(b[len(magic)+1])
	if c != Calls && c != Picture {
		return 0, fmt.Errorf("%w: class %d", ErrOpening, c)
	}
	return c, nil
}

// WriteAnswer is the server's first word.
func WriteAnswer(w io.Writer, a Answer) error {
	_, err := w.Write([]byte{byte(a)})
	return err
}

// ReadAnswer reads the server's first word.
func ReadAnswer(r io.Reader) (Answer, error) {
	var b [1]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	return Answer(b[0]), nil
}
