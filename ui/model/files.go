package model

import (
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
)

// FilesView is what a session's page says of files.
type FilesView struct {
	Rows    []ask.Transfer
	CanSend bool
	Blocked string // why no file can be sent either way; "": it can
}

func (s *State) filesView(c *text.Catalogue) FilesView {
	var v FilesView
	for _, t := range s.Support.GetTransfers() {
		v.Rows = append(v.Rows, ask.NewTransfer(c, t))
	}
	switch {
	case s.Status.GetInstrumentClass() == "patient-data":
		// Not possible here at all, so nothing is said of it.
	case s.Support.GetScanner() == "":
		v.Blocked = c.T("files.no-scanner")
	default:
		v.CanSend = s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED
	}
	return v
}
