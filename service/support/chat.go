package support

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"beckmanconnect/session/wire"
)

// Said is one line of chat, as the log holds it.
type Said struct {
	ID         uint64 // counted within the session, from 1
	At         time.Time
	Technician bool // otherwise the engineer
	Text       string
}

const (
	keptChat    = 100
	chatsPerSec = 1.0
	chatBurst   = 20.0
)

// EngineerSays is a line from the engineer. It is in the log before the
// technician sees it and before the engineer's side is told that it was said.
type EngineerSays struct {
	Link LinkID
	ID   string // the engineer's, comes back in the echo
	Text string
}

func (e EngineerSays) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	if !validID(e.ID) {
		w.violation(e.Link)
		return nil
	}
	text := line(e.Text)
	if _, ok := w.cfg.live(&w.st, w.now, e.Link, Chat); !ok || text == "" {
		return nil
	}
	if ok, first := w.st.ses.chatPace.take(w.now.Mono, chatsPerSec, chatBurst); !ok {
		w.tooMany(Chat, first)
		return nil
	}
	w.say(Said{Text: text}, actorEngineer, w.engineerAnd("text", text))
	w.send(e.Link, wire.Message{Type: "chat", ID: e.ID, Text: text})
	return nil
}

// TechnicianSays is a line from the technician who asked for help.
type TechnicianSays struct {
	Technician string
	Session    string
	Text       string
}

func (e TechnicianSays) apply(w *work) error {
	s := w.st.ses
	text := line(e.Text)
	switch {
	case s == nil || s.id != e.Session:
		return refuse("no-session", "that session is not running")
	case e.Technician != s.technician:
		return refuse("wrong-account", "only whoever asked for help may write")
	case s.link == 0:
		return refuse("link-lost", "the engineer is not connected at the moment")
	case text == "":
		return refuse("chat-empty", "there is nothing in it that can be shown")
	}
	if _, ok := w.cfg.live(&w.st, w.now, s.link, Chat); !ok {
		return refuse("not-granted", "chat is not allowed")
	}
	if ok, _ := s.sayPace.take(w.now.Mono, chatsPerSec, chatBurst); !ok {
		return refuse("throttled", "too many lines at once")
	}
	said := w.say(Said{Technician: true, Text: text}, actorTechnician, w.engineerAnd("technician", e.Technician, "text", text))
	w.send(s.link, wire.Message{Type: "chat", ID: "t-" + strconv.FormatUint(said.ID, 10), Text: text, On: true})
	return nil
}

// say puts a line into the log and the books. Both sides see it only once this
// step is on disk.
func (w *work) say(l Said, actor string, who map[string]string) Said {
	s := w.st.ses
	s.said++
	l.ID, l.At = s.said, w.now.Wall
	s.chat = append(s.chat, l)
	s.chat = slices.Delete(s.chat, 0, max(0, len(s.chat)-keptChat))
	s.record.chat++
	w.changed = true
	w.audit("chat.line", actor, map[string]string{
		"line": strconv.FormatUint(l.ID, 10), "bytes": strconv.Itoa(len(l.Text)),
	}, who)
	return l
}

// tooMany puts a flood into the log once.
func (w *work) tooMany(c Capability, first bool) {
	if first {
		w.audit("session.throttled", actorEngineer, map[string]string{"capability": string(c)}, w.engineerAnd())
	}
}

// line is a line of chat fit to be shown and logged: one line, nothing
// invisible or turning, at most wire.MaxChat bytes (scenarios 15, 49).
func line(text string) string {
	if len(text) > 2*wire.MaxChat {
		text = text[:2*wire.MaxChat] // a cut letter at the end is dropped below
	}
	text = Clean(text, 2*wire.MaxChat)
	if len(text) <= wire.MaxChat {
		return text
	}
	n := wire.MaxChat
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
