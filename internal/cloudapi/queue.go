package cloudapi

// KindQueue is an envelope, cloud → device: a QueuePlace, sent when it changed
// and after connecting while a request waits.
const KindQueue = "queue"

// QueuePlace is where a technician's request stands with the vendor. It is for
// their eyes alone: nothing on the PC is decided by it.
type QueuePlace struct {
	Request string `json:"request"`
	Case    string `json:"case"`            // the case number both sides name on the phone, at most 20 of A–Z, 0–9 and "-"
	Place   int    `json:"place"`           // 1: the next one; 0: somebody has taken it
	Waiting int    `json:"waiting"`         // in the same queue, this one counted
	Taken   string `json:"taken,omitempty"` // who has taken it: name as the SSO says it, for the eye
}
