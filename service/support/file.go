package support

import (
	"encoding/hex"
	"slices"
	"strconv"

	"beckmanconnect/session/wire"
)

// fileAsk is a file as it was offered, and its name fit to be shown. What
// lands on disk goes by a name the driver makes safe on its own.
type fileAsk struct {
	File  wire.File
	shown string
}

// MaxFile is the largest file that may be offered.
const MaxFile = 4 << 30

const (
	maxTransfers = 4  // running at once
	keptFinished = 16 // shown in the session's list
)

// AskFile offers one file. Each is asked on its own, there is no lease (P24).
type AskFile struct {
	Link   LinkID
	ID     string
	File   wire.File
	Reason string
	Ticket string
}

func (e AskFile) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	if !validID(e.ID) || !validHash(e.File.SHA256) || e.File.Size < 0 || e.File.Size > MaxFile || len(e.File.Name) > 4096 {
		w.violation(e.Link)
		return nil
	}
	a := ask{
		id: e.ID, capability: Files, reason: Clean(e.Reason, maxReason), ticket: Clean(e.Ticket, maxTicket), durations: []Duration{Once},
		file: &fileAsk{File: e.File, shown: Clean(e.File.Name, 120)},
	}
	w.ask(a)
	return nil
}

func validHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

func (t Transfer) live() bool { return t.State == "running" || t.State == "checking" }

func (w *work) startTransfer(f fileAsk, id string) {
	s := w.st.ses
	running := 0
	for _, t := range s.transfers {
		if t.live() {
			running++
		}
	}
	for len(s.transfers) > keptFinished {
		i := slices.IndexFunc(s.transfers, func(t Transfer) bool { return !t.live() })
		if i < 0 {
			break
		}
		s.transfers = slices.Delete(s.transfers, i, i+1)
	}
	t := Transfer{ID: id, File: f.File, State: "running"}
	s.transfers = append(s.transfers, t)
	if running >= maxTransfers {
		w.failTransfer(&s.transfers[len(s.transfers)-1], "too-many")
		return
	}
	w.do(OpenTransfer{Transfer: t})
	w.send(s.link, wire.Message{Type: "file", ID: id, State: "running"})
}

// failTransfer ends a live transfer without a file; false if it was not live.
func (w *work) failTransfer(t *Transfer, why string) bool {
	if !t.live() {
		return false
	}
	t.State, t.Detail, w.changed = "failed", why, true
	w.audit("file.failed", actorService, map[string]string{"transfer": t.ID, "sha256": t.File.SHA256, "why": why},
		w.engineerAnd("file", Clean(t.File.Name, 120)))
	w.tell("file", map[string]string{"transfer": t.ID, "state": "failed", "sha256": t.File.SHA256, "why": why})
	w.line("file-failed", Files, Clean(t.File.Name, 120))
	w.do(AbortTransfer{ID: t.ID})
	w.send(w.st.ses.link, wire.Message{Type: "file", ID: t.ID, State: "failed", Why: why})
	return true
}

func (w *work) transfer(id string) *Transfer {
	if w.st.ses == nil {
		return nil
	}
	for i := range w.st.ses.transfers {
		if w.st.ses.transfers[i].ID == id && w.st.ses.transfers[i].live() {
			return &w.st.ses.transfers[i]
		}
	}
	return nil
}

// MayChunk says whether n more bytes of this transfer may be taken now, and
// counts them.
func (m *Machine) MayChunk(_ Moment, on LinkID, id string, n int) bool {
	s := m.st.ses
	if s == nil || on == 0 || s.link != on || n < 0 {
		return false
	}
	i := slices.IndexFunc(s.transfers, func(t Transfer) bool { return t.ID == id && t.State == "running" })
	if i < 0 || s.transfers[i].Done+int64(n) > s.transfers[i].File.Size || !m.cfg.Policy.Decide(s.engineer, Files).Allowed {
		return false
	}
	s.transfers[i].Done += int64(n)
	return true
}

// Checking says whether a transfer was sent whole and is being checked.
func (m *Machine) Checking(id string) bool {
	s := m.st.ses
	return s != nil && slices.ContainsFunc(s.transfers, func(t Transfer) bool { return t.ID == id && t.State == "checking" })
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
	if t == nil || t.State != "running" {
		return nil
	}
	if t.Done != t.File.Size {
		w.failTransfer(t, "size")
		return nil
	}
	t.State, w.changed = "checking", true
	return nil
}

// FileChecked says that what lies on disk is what was approved. The log knows
// before the file can be seen (scenario 33).
type FileChecked struct {
	ID, SHA256 string
	Name       string // what it will be called
}

func (e FileChecked) apply(w *work) error {
	t := w.transfer(e.ID)
	if t == nil || t.State != "checking" {
		return nil
	}
	if e.SHA256 != t.File.SHA256 {
		w.failTransfer(t, "hash")
		return nil
	}
	if d := w.cfg.Policy.Decide(w.st.ses.engineer, Files); !d.Allowed {
		w.failTransfer(t, "policy")
		return nil
	}
	w.audit("file.accepted", actorService, map[string]string{
		"transfer": t.ID, "sha256": t.File.SHA256, "size": strconv.FormatInt(t.File.Size, 10),
	}, w.engineerAnd("file", e.Name))
	w.do(RevealTransfer{ID: t.ID})
	return nil
}

// FileRevealed says that the file can be seen under its name.
type FileRevealed struct{ ID, Name string }

func (e FileRevealed) apply(w *work) error {
	t := w.transfer(e.ID)
	if t == nil {
		return nil
	}
	t.State, w.changed = "finished", true
	w.audit("file.received", actorService, map[string]string{
		"transfer": t.ID, "sha256": t.File.SHA256, "size": strconv.FormatInt(t.File.Size, 10),
	}, w.engineerAnd("file", e.Name))
	w.tell("file", map[string]string{
		"transfer": t.ID, "state": "finished", "sha256": t.File.SHA256, "size": strconv.FormatInt(t.File.Size, 10),
	})
	w.line("file-received", Files, Clean(e.Name, 120))
	w.send(w.st.ses.link, wire.Message{Type: "file", ID: t.ID, State: "finished", Done: t.Done})
	return nil
}
