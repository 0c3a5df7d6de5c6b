package support

import (
	"slices"

	"beckmanconnect/session/wire"
)

// MayChunk says whether n more bytes of a file to this PC may be taken now,
// and counts them.
func (m *Machine) MayChunk(_ Moment, on LinkID, id string, n int) bool {
	s := m.st.ses
	if s == nil || on == 0 || s.link != on || n < 0 {
		return false
	}
	t := m.moving(ToPC, id, fileRunning)
	if t == nil || t.Done+int64(n) > t.File.Size || !m.filesAllowed() {
		return false
	}
	t.Done += int64(n)
	return true
}

// MaySpool is MayChunk for what the technician's window reads of a file to the
// engineer. Nothing of it leaves before it was asked for.
func (m *Machine) MaySpool(id string, n int) bool {
	t := m.moving(ToEngineer, id, fileChecking)
	if t == nil || n < 0 || t.Done+int64(n) > t.File.Size || !m.filesAllowed() {
		return false
	}
	t.Done += int64(n)
	return true
}

// MaySend says whether the bytes from here on of a file to the engineer may
// leave on this link now, n at most, and counts those that may. 0: none, for
// now or at all.
func (m *Machine) MaySend(on LinkID, id string, from int64, n int) int {
	s := m.st.ses
	if s == nil || on == 0 || s.link != on {
		return 0
	}
	t := m.moving(ToEngineer, id, fileRunning)
	if t == nil || t.Done != from || !m.filesAllowed() {
		return 0
	}
	may := min(int64(n), t.File.Size-t.Done, t.held+wire.FileWindow-t.Done)
	if may <= 0 {
		return 0
	}
	t.Done += may
	return int(may)
}

// moving finds a transfer in a state.
func (m *Machine) moving(direction, id, state string) *Transfer {
	s := m.st.ses
	if s == nil {
		return nil
	}
	i := slices.IndexFunc(s.transfers, func(t Transfer) bool { return t.ID == id && t.Direction == direction && t.State == state })
	if i < 0 {
		return nil
	}
	return &s.transfers[i]
}

func (m *Machine) filesAllowed() bool { return m.cfg.Policy.Decide(m.st.ses.engineer, Files).Allowed }

// Checking says whether a transfer is whole and being checked.
func (m *Machine) Checking(id string) bool {
	t := m.moving(ToPC, id, fileChecking)
	if t == nil {
		t = m.moving(ToEngineer, id, fileChecking)
	}
	return t != nil && t.Done == t.File.Size
}

// TransferOf is a transfer of this session as it stands; the zero value: there
// is none.
func (m *Machine) TransferOf(id string) Transfer {
	if s := m.st.ses; s != nil {
		if i := slices.IndexFunc(s.transfers, func(t Transfer) bool { return t.ID == id }); i >= 0 {
			return s.transfers[i]
		}
	}
	return Transfer{}
}

// pauseTransfer lets a transfer wait for the link. What is done on this PC
// alone goes on.
func (w *work) pauseTransfer(t *Transfer) {
	if t.State != fileRunning && (t.State != fileSaving || t.Direction != ToEngineer) {
		return
	}
	t.State, w.changed = filePaused, true
	w.audit("file.paused", actorService, t.fields(), nil)
}

// ResumeFile is the engineer's wish to go on with a transfer on a new link.
type ResumeFile struct {
	Link LinkID
	ID   string
	Done int64 // bytes of a file to the engineer that their side has
}

func (e ResumeFile) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	t := w.transfer(e.ID)
	switch {
	case t == nil:
		w.send(e.Link, w.overBy(e.ID))
	case t.State != filePaused:
		// What goes on by itself is told as it stands.
		w.send(e.Link, wire.Message{Type: "file", ID: t.ID, State: t.State, Done: t.Done})
	case t.Direction == ToEngineer && (e.Done < 0 || e.Done > t.Done):
		w.violation(e.Link) // more than was ever sent
	case w.mayFiles() != "ask":
		w.failTransfer(t, w.mayFiles())
	default:
		t.State, w.changed = fileRunning, true
		if t.Direction == ToEngineer {
			t.Done, t.held = e.Done, e.Done
			w.do(SendTransfer{ID: t.ID, From: t.Done})
		}
		w.audit("file.resumed", actorEngineer, t.fields(), w.engineerAnd())
		w.send(e.Link, wire.Message{Type: "file", ID: t.ID, State: fileRunning, Done: t.Done})
	}
	return nil
}

// overBy is how a transfer ended while the link was lost.
func (w *work) overBy(id string) wire.Message {
	m := wire.Message{Type: "file", ID: Clean(id, maxID), State: "failed", Why: "gone"}
	for _, t := range w.st.ses.transfers {
		if t.ID == id {
			m.State, m.Why, m.Done = t.State, t.Detail, t.Done
		}
	}
	return m
}

// FileFailed is the driver's word that a transfer cannot go on.
type FileFailed struct{ ID, Why string }

func (FileFailed) narrows() {}

func (e FileFailed) apply(w *work) error {
	if t := w.transfer(e.ID); t != nil {
		w.failTransfer(t, e.Why)
	}
	return nil
}

// FileEnd is the engineer's word that all bytes were sent.
type FileEnd struct {
	Link LinkID
	ID   string
}

func (e FileEnd) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	t := w.transfer(e.ID)
	if t == nil || t.State != fileRunning || t.Direction != ToPC {
		return nil
	}
	if t.Done != t.File.Size {
		w.failTransfer(t, "size")
		return nil
	}
	t.State, w.changed = fileChecking, true
	w.send(e.Link, wire.Message{Type: "file", ID: t.ID, State: fileChecking, Done: t.Done})
	return nil
}

// FileSent is the driver's word that the last byte to the engineer has left.
type FileSent struct{ ID string }

func (e FileSent) apply(w *work) error {
	t := w.transfer(e.ID)
	if t == nil || t.State != fileRunning || t.Direction != ToEngineer || t.Done != t.File.Size {
		return nil
	}
	t.State, w.changed = fileSaving, true
	w.send(w.st.ses.link, wire.Message{Type: "file-end", ID: t.ID})
	return nil
}

// FileReport is what the engineer's side says of a file it gets.
type FileReport struct {
	Link  LinkID
	ID    string
	State string // "running", "finished", "failed"
	Done  int64
	Why   string
}

// ReportHeld is FileReport for what the engineer's side holds so far: it only
// lets more follow. False: that cannot be.
func (m *Machine) ReportHeld(on LinkID, id string, held int64) bool {
	s := m.st.ses
	if s == nil || on == 0 || s.link != on {
		return true
	}
	t := m.moving(ToEngineer, id, fileRunning)
	if t == nil {
		return true
	}
	if held < 0 || held > t.Done {
		return false
	}
	t.held = max(t.held, held)
	return true
}

func (e FileReport) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	t := w.transfer(e.ID)
	if t == nil || t.Direction != ToEngineer {
		return nil
	}
	switch {
	case e.State == "failed":
		w.failTransfer(t, or(Clean(e.Why, maxName), "engineer"))
	case e.State == "finished" && t.State == fileSaving:
		t.State, w.changed = "finished", true
		w.audit("file.sent", actorService, t.fields(), w.engineerAnd("file", t.shown()))
		w.tell("file", t.fields("state", "finished"))
		w.line("file-sent", Files, t.shown())
		w.do(AbortTransfer{ID: t.ID}) // what is kept here of it is needed no more
	case e.State == "finished":
		w.failTransfer(t, "size") // it cannot be whole yet
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
