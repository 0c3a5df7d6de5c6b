package winservice

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxLine bounds one line between launcher and program, its end included.
const maxLine = 64

// ErrLine: what came is no line of the launcher's.
var ErrLine = errors.New("winservice: not a line of the launcher's")

// Line is one thing the service manager said, as the launcher passes it on.
type Line struct {
	Kind    Kind
	Session Session // of a SessionChanged
}

// Kind is what a line is about.
type Kind string

// The kinds this version knows. Launcher and program are of different versions
// after an upgrade, so that a kind nobody knows is passed over.
const (
	Stop           Kind = "stop"
	PreShutdown    Kind = "preshutdown" // Windows is about to end
	SessionChanged Kind = "session"
)

func (l Line) String() string {
	if l.Kind == SessionChanged {
		return fmt.Sprintf("%s %d %d", l.Kind, l.Session.Event, l.Session.ID)
	}
	return string(l.Kind)
}

// parseLine reads a line without its end. Known is false for a kind of another
// version.
func parseLine(text string) (line Line, known bool, err error) {
	fields := strings.Split(text, " ")
	for _, f := range fields {
		if f == "" || strings.Trim(f, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return Line{}, false, fmt.Errorf("%w: %q", ErrLine, text)
		}
	}
	line.Kind = Kind(fields[0])
	switch line.Kind {
	case Stop, PreShutdown:
		if len(fields) != 1 {
			return Line{}, false, fmt.Errorf("%w: %q", ErrLine, text)
		}
		return line, true, nil
	case SessionChanged:
		if len(fields) != 3 {
			return Line{}, false, fmt.Errorf("%w: %q", ErrLine, text)
		}
		event, err1 := strconv.ParseUint(fields[1], 10, 32)
		id, err2 := strconv.ParseUint(fields[2], 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return Line{}, false, fmt.Errorf("%w: %q", ErrLine, text)
		}
		line.Session = Session{Event: SessionEvent(event), ID: uint32(id)}
		return line, true, nil
	}
	return line, false, nil
}

// readLines hands what it knows to each until the input ends (nil), an error of
// it, or something that is no line.
func readLines(in io.Reader, each func(Line)) error {
	r := bufio.NewReaderSize(in, maxLine)
	for {
		text, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(text) == 0:
			return nil
		case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF):
			return fmt.Errorf("%w: it has no end", ErrLine)
		case err != nil:
			return err
		}
		line, known, err := parseLine(string(text[:len(text)-1]))
		if err != nil {
			return err
		}
		if known {
			each(line)
		}
	}
}

// SessionEvent is what happened to a log-on session, as Windows numbers it
// (WTS_CONSOLE_CONNECT and those after it).
type SessionEvent uint32

// What Windows tells services.
const (
	ConsoleConnect    SessionEvent = 0x1
	ConsoleDisconnect SessionEvent = 0x2
	RemoteConnect     SessionEvent = 0x3
	RemoteDisconnect  SessionEvent = 0x4
	Logon             SessionEvent = 0x5
	Logoff            SessionEvent = 0x6
	Lock              SessionEvent = 0x7
	Unlock            SessionEvent = 0x8
	RemoteControl     SessionEvent = 0x9
	SessionCreated    SessionEvent = 0xa
	SessionTerminated SessionEvent = 0xb
)

// Session is one change of one log-on session.
type Session struct {
	Event SessionEvent
	ID    uint32
}

// Leaves tells whether the person of that log-on cannot see and steer the
// desktop any more: locked, logged off, switched away, disconnected, or mirrored
// by somebody else's remote control (scenario 17).
func (s Session) Leaves() bool {
	switch s.Event {
	case ConsoleDisconnect, RemoteDisconnect, Logoff, Lock, RemoteControl, SessionTerminated:
		return true
	}
	return false
}
