package cloudapi

// Paths of the desk.
const (
	PathCase       = "/api/v1/staff/case"       // GET ?case=NUMBER → CaseFile; POST CaseAct → Case
	PathColleagues = "/api/v1/staff/colleagues" // GET ?case=NUMBER → []Colleague who may be given the case
	PathHistory    = "/api/v1/staff/history"    // GET ?device=ID → DeviceHistory
)

// CloseByStaff is the relay's code for a session that the vendor's staff ended.
// It narrows only: whoever can forge it can cut the line too.
const CloseByStaff = 4007

// Colleague is somebody of the vendor's staff as colleagues see them.
type Colleague struct {
	Account string `json:"account"`
	Name    string `json:"name"`
}

// Case is what becomes of a technician's call for help: who has taken it, and
// what belongs to it. Further requests of the same device shortly after belong
// to the same case. It is for staff alone; a device gets QueuePlace.
type Case struct {
	Number   string      `json:"number"`
	Request  string      `json:"request"` // the newest of its requests
	Device   string      `json:"device"`
	Serial   string      `json:"serial"`
	Type     string      `json:"type"`
	Region   string      `json:"region"`
	State    string      `json:"state"`              // of that request: "waiting", "connected", "ended"
	SinceMS  int64       `json:"sinceMs"`            // waiting since: its place in the queue
	Place    int         `json:"place,omitempty"`    // in the region's queue, from 1; 0: not in it
	Severity string      `json:"severity,omitempty"` // of the alarm behind the request, "" when not known
	Holder   *Colleague  `json:"holder,omitempty"`   // who has taken it
	TakenMS  int64       `json:"takenMs,omitempty"`
	Mine     bool        `json:"mine,omitempty"`    // the reader has taken it
	Invited  bool        `json:"invited,omitempty"` // the reader was invited
	Guests   []Colleague `json:"guests,omitempty"`  // who was invited
	Engineer *Colleague  `json:"engineer,omitempty"`
	BegunMS  int64       `json:"begunMs,omitempty"` // since when Engineer is in session
	Ticket   string      `json:"ticket,omitempty"`
	Notes    int         `json:"notes,omitempty"`
}

// CaseFile is all of a case that a colleague reads.
type CaseFile struct {
	Case
	NoteList []CaseNote    `json:"noteList"` // oldest first
	Requests []CaseRequest `json:"requests"` // newest first
	Acts     []CaseAct     `json:"acts"`     // oldest first
}

// CaseRequest is one request of a case, and the session it became.
type CaseRequest struct {
	Request  string     `json:"request"`
	State    string     `json:"state"`
	SinceMS  int64      `json:"sinceMs"`
	Engineer *Colleague `json:"engineer,omitempty"`
	BegunMS  int64      `json:"begunMs,omitempty"`
	EndedMS  int64      `json:"endedMs,omitempty"`
	EndedWhy string     `json:"endedWhy,omitempty"`
}

// CaseNote is a note. An amended one stands there as it was, with the newer
// one behind it.
type CaseNote struct {
	ID     int64     `json:"id"`
	Amends int64     `json:"amends,omitempty"` // the note that this one replaces
	By     Colleague `json:"by"`
	AtMS   int64     `json:"atMs"`
	Text   string    `json:"text"`
}

// Acts on a case.
const (
	ActTake     = "take"      // one's own from now on
	ActGiveBack = "give-back" // to its old place in the queue
	ActHandOver = "hand-over" // To; a session that runs ends first
	ActInvite   = "invite"    // To: may come in by the next code, and read and note
	ActNote     = "note"      // Text; Note: the one it amends
	ActTicket   = "ticket"    // Text: the vendor's own number; "" takes it away
	ActEnd      = "end"       // the session that runs
)

// CaseAct is an act on a case: what is asked for, and what is on its record.
type CaseAct struct {
	Case string     `json:"case"`
	Act  string     `json:"act"`
	To   string     `json:"to,omitempty"`   // an account
	Text string     `json:"text,omitempty"` // never on the record of acts
	Note int64      `json:"note,omitempty"`
	By   *Colleague `json:"by,omitempty"`     // filled in by the cloud
	Name string     `json:"toName,omitempty"` // filled in by the cloud
	AtMS int64      `json:"atMs,omitempty"`   // filled in by the cloud
}

// DeviceHistory is what was with a device, newest first: its cases with their
// sessions, and the versions it ran. Notifications are in the feed.
type DeviceHistory struct {
	Cases    []DeviceCase    `json:"cases"`
	Versions []DeviceVersion `json:"versions"`
	Raised   map[string]int  `json:"raised"` // notifications of the last 30 days by severity
}

// DeviceCase is a case in a device's history.
type DeviceCase struct {
	Number   string        `json:"number"`
	OpenedMS int64         `json:"openedMs"`
	Holder   *Colleague    `json:"holder,omitempty"`
	Ticket   string        `json:"ticket,omitempty"`
	Notes    int           `json:"notes,omitempty"`
	Requests []CaseRequest `json:"requests"`
}

// DeviceVersion is a version of the product and since when a device runs it.
type DeviceVersion struct {
	Version string `json:"version"`
	SinceMS int64  `json:"sinceMs"`
}
