package support

import (
	"slices"

	"beckmanconnect/session/wire"
)

// FileChosen is a file that the technician wants to send: asked for, or of
// their own accord. All of it is read, hashed and scanned before it is asked
// about, so that what was approved is what is sent (scenario 33).
type FileChosen struct {
	Technician string
	ID         string
	Asked      bool   // it answers ChooseFile
	Name       string // made safe by the driver
	Size       int64
}

func (e FileChosen) apply(w *work) error {
	s := w.st.ses
	switch {
	case s == nil:
		return refuse("no-session", "no session is running")
	case e.Technician != s.technician:
		return refuse("wrong-account", "only whoever asked for help may send a file")
	case !validID(e.ID):
		return refuse("transfer", "this is not the ID of a transfer")
	}
	t := w.transfer(e.ID)
	if e.Asked {
		if t == nil || t.State != fileChoosing {
			return refuse("transfer", "no file is to be chosen")
		}
	} else {
		if slices.ContainsFunc(s.transfers, func(t Transfer) bool { return t.ID == e.ID }) || s.prompt != nil && s.prompt.id == e.ID {
			return refuse("transfer", "this ID was used before")
		}
		if t = w.addTransfer(Transfer{ID: e.ID, Direction: ToEngineer, State: fileChoosing, own: true}); t == nil {
			return nil
		}
	}
	t.File, t.until = wire.File{Name: e.Name, Size: e.Size}, nil
	why := w.mayFiles()
	switch {
	case why != "ask":
	case e.Name == "":
		why = "name"
	case !validSize(e.Size):
		why = "too-large"
	}
	if why != "ask" {
		w.failTransfer(t, why)
		return nil
	}
	t.State, w.changed = fileChecking, true
	w.audit("file.chosen", actorTechnician, t.fields(), w.engineerAnd("technician", e.Technician, "file", t.shown()))
	w.do(OpenTransfer{Transfer: *t})
	if !t.own {
		w.send(s.link, wire.Message{Type: "file", ID: t.ID, State: fileChecking})
	}
	return nil
}

// FileChecked says what a whole file is: the bytes that were hashed are those
// that the scanner found nothing in.
type FileChecked struct {
	ID, SHA256 string
	Name       string // what it will be called on this PC
	Scanner    string // with its version
}

func (e FileChecked) apply(w *work) error {
	t := w.transfer(e.ID)
	if t == nil || t.State != fileChecking {
		return nil
	}
	if t.Direction == ToEngineer {
		t.File.SHA256 = e.SHA256
	}
	t.Scanner = Clean(e.Scanner, 120)
	if t.Scanner == "" {
		w.failTransfer(t, noScanner)
		return nil
	}
	w.audit("file.scanned", actorService, t.fields("scanner", t.Scanner, "verdict", "clean"), w.engineerAnd("file", t.shown()))
	if e.SHA256 != t.File.SHA256 || !validHash(e.SHA256) {
		w.failTransfer(t, "hash")
		return nil
	}
	if d := w.cfg.Policy.Decide(w.st.ses.engineer, Files); !d.Allowed {
		w.failTransfer(t, "policy")
		return nil
	}
	if t.Direction == ToEngineer {
		w.askToSend(t)
		return nil
	}
	// The log knows before the file can be seen.
	w.audit("file.accepted", actorService, t.fields(), w.engineerAnd("file", e.Name))
	t.State, w.changed = fileSaving, true
	w.do(SaveTransfer{ID: t.ID})
	w.send(w.st.ses.link, wire.Message{Type: "file", ID: t.ID, State: fileSaving, Done: t.Done})
	return nil
}

// askToSend asks whether exactly this file may go to the engineer.
func (w *work) askToSend(t *Transfer) {
	s := w.st.ses
	if len(s.queue) >= w.cfg.QueuedAsks || s.link == 0 {
		why := "throttled"
		if s.link == 0 {
			why = "link-lost"
		}
		w.failTransfer(t, why)
		return
	}
	t.State, t.Done, w.changed = fileAsked, 0, true
	a := ask{
		id: t.ID, capability: Files, durations: []Duration{Once}, reason: t.reason, ticket: t.ticket,
		file: &fileAsk{File: t.File, shown: t.shown(), direction: ToEngineer, own: t.own},
	}
	w.audit("file.offered", actorTechnician, t.fields(), w.engineerAnd("file", t.shown()))
	s.queue = append(s.queue, a)
}

// FileInfected says that the scanner found something. The file goes nowhere.
type FileInfected struct{ ID, SHA256, Scanner, Signature string }

func (FileInfected) narrows() {}

func (e FileInfected) apply(w *work) error {
	t := w.transfer(e.ID)
	if t == nil {
		return nil
	}
	t.Scanner = Clean(e.Scanner, 120)
	w.audit("file.infected", actorService, t.fields("scanner", t.Scanner, "verdict", "infected", "signature", Clean(e.Signature, 120)),
		w.engineerAnd("file", t.shown()))
	w.failTransfer(t, "infected")
	return nil
}

// FileSaved says that the technician's window has written the file, that what
// lies on the disk is what was approved, and by which name it can be seen.
type FileSaved struct{ ID, Name string }

func (e FileSaved) apply(w *work) error {
	t := w.transfer(e.ID)
	if t == nil || t.State != fileSaving || t.Direction != ToPC {
		return nil
	}
	t.State, w.changed = "finished", true
	w.audit("file.received", actorService, t.fields(), w.engineerAnd("file", e.Name))
	w.tell("file", t.fields("state", "finished"))
	w.line("file-received", Files, Clean(e.Name, 120))
	w.do(AbortTransfer{ID: t.ID}) // what is kept here of it is needed no more
	w.send(w.st.ses.link, wire.Message{Type: "file", ID: t.ID, State: "finished", Done: t.Done})
	return nil
}

// WindowGone says that the technician's window does not handle files any more:
// what it was choosing, reading or writing cannot go on.
type WindowGone struct{}

func (WindowGone) narrows() {}

func (WindowGone) apply(w *work) error {
	if w.st.ses == nil {
		return nil
	}
	for i := range w.st.ses.transfers {
		t := &w.st.ses.transfers[i]
		reading := t.Direction == ToEngineer && t.State == fileChecking && t.Done < t.File.Size
		if t.State == fileChoosing || reading || (t.State == fileSaving && t.Direction == ToPC) {
			w.failTransfer(t, "window")
		}
	}
	return nil
}
