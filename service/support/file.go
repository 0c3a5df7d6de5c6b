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
	File      wire.File
	shown     string
	direction string
	choose    bool // there is no file yet: the technician is asked to choose one
	own       bool // the technician's own offer: the engineer knows nothing of it yet
}

// MaxFile is the largest file that may be offered.
const MaxFile = 4 << 30

const (
	maxTransfers = 4  // running at once
	keptFinished = 16 // shown in the session's list
)

// noScanner is why no file passes without a malware scanner.
const noScanner = "no-scanner"

// The states of a transfer that are not yet its end.
const (
	fileChoosing = "choosing" // the technician looks for one
	fileAsked    = "asked"    // the technician's yes is waited for
	fileRunning  = "running"
	filePaused   = "paused"   // the link is lost
	fileChecking = "checking" // read, hashed, scanned
	fileSaving   = "saving"   // written by the technician's window, or kept by the engineer's side
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
	if !validID(e.ID) || !validHash(e.File.SHA256) || !validSize(e.File.Size) || len(e.File.Name) > 4096 {
		w.violation(e.Link)
		return nil
	}
	w.ask(ask{
		id: e.ID, capability: Files, reason: Clean(e.Reason, maxReason), ticket: Clean(e.Ticket, maxTicket), durations: []Duration{Once},
		file: &fileAsk{File: e.File, shown: Clean(e.File.Name, 120), direction: ToPC},
	})
	return nil
}

// AskFetch asks the technician to choose a file and send it. A yes gives
// nothing yet: what was chosen is asked for again, with name, size and hash.
type AskFetch struct {
	Link   LinkID
	ID     string
	Reason string
	Ticket string
}

func (e AskFetch) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	if !validID(e.ID) {
		w.violation(e.Link)
		return nil
	}
	w.ask(ask{
		id: e.ID, capability: Files, reason: Clean(e.Reason, maxReason), ticket: Clean(e.Ticket, maxTicket), durations: []Duration{Once},
		file: &fileAsk{direction: ToEngineer, choose: true},
	})
	return nil
}

func validHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

func validSize(n int64) bool { return n >= 0 && n <= MaxFile }

// mayFiles is what may be said of files now: "ask", or why they may not be
// asked for.
func (w *work) mayFiles() string {
	if d := w.cfg.Policy.Decide(w.st.ses.engineer, Files); !d.Allowed {
		return d.Why
	}
	if w.cfg.Scanner() == "" {
		return noScanner
	}
	return "ask"
}

// fileRefusal is why an ask about a file is refused before anybody is asked;
// told "": it is not. The policy has said yes already.
func (w *work) fileRefusal(a ask) (told, why string) {
	switch {
	case a.file == nil:
	case w.mayFiles() != "ask":
		return noScanner, noScanner
	case !a.file.choose && a.file.File.Name == "":
		return "name", "name" // the driver found no safe name in it (scenario 30)
	case slices.ContainsFunc(w.st.ses.transfers, func(t Transfer) bool { return t.ID == a.id }):
		return "pending", "id-used"
	}
	return "", ""
}

// describe puts into the log which file an ask is about.
func (a ask) describe(fields, personal map[string]string) {
	if a.file == nil {
		return
	}
	fields["direction"] = a.file.direction
	if a.file.choose {
		return
	}
	fields["size"], fields["sha256"] = strconv.FormatInt(a.file.File.Size, 10), a.file.File.SHA256
	personal["file"] = a.file.shown
}

// put shows the file in a question.
func (f *fileAsk) put(p *Prompt) {
	p.FileDirection = f.direction
	if !f.choose {
		file := f.File
		file.Name = f.shown
		p.File = &file
	}
}

// fill puts into an answer what will be sent; false: the engineer asked
// nothing, so a no is none of theirs.
func (f *fileAsk) fill(m *wire.Message) bool {
	if m.Granted && f.direction == ToEngineer {
		file := f.File
		m.File = &file
	}
	return m.Granted || !f.own
}

// allowFile does what the technician just said yes to.
func (w *work) allowFile(a ask) {
	f := a.file
	switch {
	case f.choose:
		t := w.addTransfer(Transfer{ID: a.id, Direction: ToEngineer, State: fileChoosing, open: true, reason: a.reason, ticket: a.ticket})
		if t == nil {
			return
		}
		until := w.now.Add(w.cfg.ChooseWithin)
		t.until = &until
		w.do(ChooseFile{ID: a.id})
		w.send(w.st.ses.link, wire.Message{Type: "file", ID: a.id, State: fileChoosing})
	case f.direction == ToEngineer:
		t := w.transfer(a.id)
		if t == nil || t.State != fileAsked {
			return
		}
		t.State, t.Done, t.held, t.open = fileRunning, 0, 0, false
		w.answer(a, true, "allowed", nil)
		w.do(SendTransfer{ID: t.ID})
	default:
		w.answer(a, true, "allowed", nil)
		if t := w.addTransfer(Transfer{ID: a.id, File: f.File, Direction: ToPC, State: fileRunning}); t != nil {
			w.do(OpenTransfer{Transfer: *t})
			w.send(w.st.ses.link, wire.Message{Type: "file", ID: a.id, State: fileRunning})
		}
	}
}

// refuseFile tells of a no, and drops what waited for the yes.
func (w *work) refuseFile(a ask, why string) {
	if !a.file.own {
		w.send(w.st.ses.link, wire.Message{Type: "file", ID: a.id, State: "refused", Why: why})
	}
	if t := w.transfer(a.id); t != nil && t.State == fileAsked {
		t.State, t.Detail, t.open, w.changed = "refused", why, false, true
		w.do(AbortTransfer{ID: t.ID})
	}
}

// live says whether a transfer is not over.
func (t Transfer) live() bool {
	switch t.State {
	case fileChoosing, fileAsked, fileRunning, filePaused, fileChecking, fileSaving:
		return true
	}
	return false
}

// addTransfer lists a transfer; nil: there are too many, and it has failed.
func (w *work) addTransfer(t Transfer) *Transfer {
	s := w.st.ses
	live := 0
	for _, t := range s.transfers {
		if t.live() {
			live++
		}
	}
	for len(s.transfers) > keptFinished {
		i := slices.IndexFunc(s.transfers, func(t Transfer) bool { return !t.live() })
		if i < 0 {
			break
		}
		s.transfers = slices.Delete(s.transfers, i, i+1)
	}
	s.transfers, w.changed = append(s.transfers, t), true
	added := &s.transfers[len(s.transfers)-1]
	if live >= maxTransfers {
		w.failTransfer(added, "too-many")
		return nil
	}
	return added
}

// transfer finds one that is not over.
func (w *work) transfer(id string) *Transfer {
	if w.st.ses == nil {
		return nil
	}
	for i := range w.st.ses.transfers {
		if t := &w.st.ses.transfers[i]; t.ID == id && t.live() {
			return t
		}
	}
	return nil
}

// failTransfer ends a live transfer without a file; false if it was not live.
func (w *work) failTransfer(t *Transfer, why string) bool {
	if t.State == fileAsked {
		w.dropQuestion(t.ID)
	}
	if !t.live() {
		return false
	}
	s := w.st.ses
	t.State, t.Detail, t.until, w.changed = "failed", why, nil, true
	w.audit("file.failed", actorService, t.fields("why", why), w.engineerAnd("file", t.shown()))
	told := t.fields("state", "failed", "why", why)
	w.tell("file", told)
	w.line("file-failed", Files, t.shown())
	w.do(AbortTransfer{ID: t.ID})
	if t.open {
		// The engineer's ask is still without an answer.
		t.open = false
		w.send(s.link, wire.Message{Type: "answer", ID: t.ID, Capability: wire.Files, Why: why, Generation: w.st.generation})
	}
	w.send(s.link, wire.Message{Type: "file", ID: t.ID, State: "failed", Why: why})
	return true
}

// dropQuestion takes back what is asked about a file.
func (w *work) dropQuestion(id string) {
	s := w.st.ses
	if s.prompt != nil && s.prompt.id == id {
		w.closePrompt("withdrawn", actorService, w.engineerAnd())
		return
	}
	if i := slices.IndexFunc(s.queue, func(a ask) bool { return a.id == id }); i >= 0 {
		a := s.queue[i]
		s.queue = slices.Delete(s.queue, i, i+1)
		w.answer(a, false, "withdrawn", nil)
	}
}

func (t Transfer) shown() string { return Clean(t.File.Name, 120) }

// fields are what log and cloud hold of a transfer. A file goes by its hash;
// its name is personal.
func (t Transfer) fields(kv ...string) map[string]string {
	f := map[string]string{"transfer": t.ID, "direction": t.Direction}
	if t.File.SHA256 != "" {
		f["sha256"], f["size"] = t.File.SHA256, strconv.FormatInt(t.File.Size, 10)
	}
	for i := 0; i+1 < len(kv); i += 2 {
		f[kv[i]] = kv[i+1]
	}
	return f
}

// expireChoosing ends what nobody chose.
func (w *work) expireChoosing() {
	s := w.st.ses
	for i := range s.transfers {
		if t := &s.transfers[i]; t.until != nil && w.now.reached(*t.until) {
			w.failTransfer(t, "timeout")
		}
	}
}
