package support

import (
	"time"

	"beckmanconnect/session/wire"
)

// Effect is something the driver does once the step is on disk. Effects are
// carried out in the order they come.
type Effect interface{ effect() }

// LinkID names one end-to-end channel; the driver counts them up.
type LinkID uint64

// HelperID names one attached desktop helper; the driver counts them up.
type HelperID uint64

type (
	// SendTo puts a message on an engineer's link.
	SendTo struct {
		Link    LinkID
		Message wire.Message
	}
	// DropLink closes a link after what was sent before is out.
	DropLink struct{ Link LinkID }
	// CheckCode starts the check of one try; the answer comes as TryDone.
	CheckCode struct {
		Link LinkID
		Try  uint64
		Code Secret
	}
	// ShowPrompt asks the technician.
	ShowPrompt struct{ Prompt Prompt }
	// HidePrompt takes the question away; Code says how it ended.
	HidePrompt struct{ ID, Code string }
	// Changed asks for the snapshot to be published.
	Changed struct{}
	// WantDesktop asks for a desktop helper with this one-time token.
	WantDesktop struct {
		Session    string
		Generation uint64
		Token      []byte
	}
	// StopDesktop ends the helper: queued input is void, keys are lifted.
	StopDesktop struct {
		Helper     HelperID
		Generation uint64
	}
	// ViewDesktop starts or stops the capture.
	ViewDesktop struct {
		Helper     HelperID
		On, Full   bool
		Generation uint64
	}
	// ReleaseInput voids queued input and lifts what is still held down.
	ReleaseInput struct {
		Helper     HelperID
		Generation uint64
	}
	// SelectMonitor has the helper show another monitor, or all.
	SelectMonitor struct {
		Helper     HelperID
		ID         string
		Generation uint64
	}
	// HidePoint takes the engineer's marker off the screen.
	HidePoint struct {
		Helper     HelperID
		Generation uint64
	}
	// WatchClipboard has the helper tell of new text on the technician's
	// clipboard, or stop.
	WatchClipboard struct {
		Helper     HelperID
		On         bool
		Generation uint64
	}
	// PutClipboard puts text on the technician's clipboard, if MayClipboard
	// still says so when its turn comes.
	PutClipboard struct {
		Helper     HelperID
		Link       LinkID // it came on
		Generation uint64
		Text       string
	}
	// SendClipboard sends text to the engineer, under the same condition.
	SendClipboard struct {
		Link       LinkID
		Generation uint64
		Text       string
	}
	// OpenTransfer makes room for a file: of the engineer's that was allowed, or
	// of the technician's that was chosen.
	OpenTransfer struct{ Transfer Transfer }
	// ChooseFile asks the technician's window for a file.
	ChooseFile struct{ ID string }
	// SaveTransfer has the technician's window write a received, checked and
	// scanned file.
	SaveTransfer struct{ ID string }
	// SendTransfer sends a file to the engineer, from this byte on.
	SendTransfer struct {
		ID   string
		From int64
	}
	// AbortTransfer throws away what there is of a file.
	AbortTransfer struct{ ID string }
)

func (SendTo) effect()         {}
func (DropLink) effect()       {}
func (CheckCode) effect()      {}
func (ShowPrompt) effect()     {}
func (HidePrompt) effect()     {}
func (Changed) effect()        {}
func (WantDesktop) effect()    {}
func (StopDesktop) effect()    {}
func (ViewDesktop) effect()    {}
func (ReleaseInput) effect()   {}
func (SelectMonitor) effect()  {}
func (HidePoint) effect()      {}
func (WatchClipboard) effect() {}
func (PutClipboard) effect()   {}
func (SendClipboard) effect()  {}
func (OpenTransfer) effect()   {}
func (ChooseFile) effect()     {}
func (SaveTransfer) effect()   {}
func (SendTransfer) effect()   {}
func (AbortTransfer) effect()  {}

// Prompt is one question: one capability, one engineer, one answer (P24).
type Prompt struct {
	ID            string
	Nonce         []byte // 128 bit, single use
	Session       string
	Generation    uint64 // when it was made
	Capability    Capability
	Engineer      Engineer
	Reason        string
	Ticket        string     // the case's number, may be empty
	Durations     []Duration // offered, the first is the default
	Expires       time.Time
	Stands        time.Duration // from when it is put until Expires
	ArmedAfter    time.Duration
	File          *wire.File // with a name fit to be shown
	FileDirection string     // of a file: ToPC or ToEngineer. To the engineer without a File: choose one first
	PatientData   bool
	RunInProgress bool
	NeedsInitials bool   // an Allow counts only with initials
	NeedsPIN      bool   // and with the PIN of these initials
	PINWhy        string // "site-policy", "control-given"
	PINTriesLeft  int
	Missed        int // asks of this capability that nobody answered so far
}

// The directions of a file.
const (
	ToPC       = "to-pc"
	ToEngineer = "to-engineer"
)

// Transfer is one file on its way.
type Transfer struct {
	ID        string
	File      wire.File // to the engineer: without a hash until all of it was read
	Direction string
	Done      int64  // bytes taken in, or sent
	State     string // as in the pipe's contract, and "choosing"
	Detail    string
	Scanner   string // that found nothing in it, with its version; "": not yet

	own    bool    // the technician's own wish: nobody asked for it
	open   bool    // the engineer's ask for it was not answered yet
	reason string  // the engineer's, of ask-fetch
	ticket string  // the same
	until  *Moment // while it is chosen: by then it must be
	held   int64   // bytes the engineer's side said to hold
}
