package ask

import (
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// Transfer is one file of a session on its way.
type Transfer struct {
	ID, Name, State string
	Where           string  // its direction, and which scanner found nothing
	Fraction        float32 // below 0: no bar
	Failed          bool
	Live            bool // it can be stopped
}

// NewTransfer makes the view model of a file.
func NewTransfer(c *text.Catalogue, t *hostpb.Transfer) Transfer {
	r := Transfer{ID: t.GetId(), Name: CleanName(t.GetName()), Fraction: -1}
	if key := "transfer." + t.GetDirection(); c.Has(key) {
		r.Where = c.T(key)
	}
	if scanner := Clean(t.GetScanner(), NameLimit); scanner != "" && t.GetState() != "failed" {
		r.Where = Joined(r.Where, c.T("transfer.scanned", "scanner", scanner))
	}
	done, size := c.Size(t.GetDone()), c.Size(t.GetSize())
	bar := func() {
		r.Fraction = 1
		if t.GetSize() > 0 {
			r.Fraction = min(float32(t.GetDone())/float32(t.GetSize()), 1)
		}
	}
	r.Live = true
	switch t.GetState() {
	case "choosing":
		r.State = c.T("transfer.choosing")
	case "running":
		r.State = c.T("transfer.running", "done", done, "size", size)
		bar()
	case "paused":
		r.State = c.T("transfer.paused", "done", done, "size", size)
		bar()
	case "checking":
		r.State = c.T("transfer.checking")
	case "saving":
		r.State = c.T("transfer.saving")
	case "finished":
		r.Live = false
		r.State = c.T("transfer.finished", "size", size)
		if t.GetDirection() == "to-engineer" {
			r.State = c.T("transfer.sent", "size", size)
		}
	case "refused":
		r.State, r.Failed, r.Live = c.T("transfer.refused"), true, false
	case "failed":
		r.State, r.Failed, r.Live = c.T("transfer.failed"), true, false
		if key := "transfer.why." + t.GetDetail(); c.Has(key) {
			r.State = c.T(key)
		}
	default:
		r.State = c.T("transfer.asked")
	}
	return r
}
