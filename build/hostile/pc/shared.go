package pc

import (
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// The capabilities beside view, control and files: what a site has to allow
// first.
const (
	chat   = hostpb.Capability_CAPABILITY_CHAT
	marker = hostpb.Capability_CAPABILITY_POINTER
	toPC   = hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC
	toFar  = hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER
	viewed = hostpb.Capability_CAPABILITY_VIEW
)

// Shares notes whether the site has allowed chat, pointer and clipboard.
func (l *Ledger) Shares(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shares = l.shares || on
}

// told is what a helper is told beside input: each kind is held against the
// rights it needs.
func (l *Ledger) told(session string, c *hostpb.HelperCommand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var needs []hostpb.Capability
	what := ""
	switch {
	case c.GetPoint().GetOn():
		what, needs = "pointer", []hostpb.Capability{marker, viewed}
		if name := l.people[l.sessions[session]].Name; c.GetPoint().Name != name {
			l.w.Act("pointer", "the marker of %q says %q", name, c.GetPoint().Name)
		}
	case c.GetClipboard() != nil:
		what, needs = "clipboard", []hostpb.Capability{toPC, viewed}
	case c.GetClipboardWatch().GetOn():
		what, needs = "clipboard watch", []hostpb.Capability{toFar, viewed}
	case c.GetMonitor() != nil:
		what, needs = "monitor", []hostpb.Capability{viewed}
		if id := c.GetMonitor().Id; id != "m1" && id != "m2" && id != "all" {
			l.w.Act("monitor", "%q is chosen, which there is not", id)
		}
	default:
		return
	}
	for _, capability := range needs {
		if l.holds(session, capability) == nil && !l.handedOver(session, capability) {
			l.w.Act(what, "in session %s without %v", session, capability)
			return
		}
	}
	l.w.Live(what)
}

// copied notes text on the technician's clipboard before the service hears of
// it.
func (l *Ledger) copied(session, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clips[text] = l.holds(session, toFar) != nil && l.holds(session, viewed) != nil
}

// Heard is text at the engineer's end: of the clipboard, or of the chat.
func (l *Ledger) Heard(session, kind, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case kind == "clipboard" && !l.clips[text]:
		l.w.Act("clipboard", "%q left without a right to it", text)
	case kind == "chat" && l.holds(session, chat) == nil && !l.handedOver(session, chat):
		l.w.Act("chat", "%q was said without a right to it", text)
	default:
		l.w.Live(kind + " heard")
	}
}

// lines holds the chat that the technician reads against who may write.
func (l *Ledger) lines(s *hostpb.SupportState) {
	for _, line := range s.Chat {
		if !l.gave(s.SessionId, chat) {
			l.w.Act("chat", "%q is shown in session %s without a right to it", line.Text, s.SessionId)
		}
		if !plain(line.Text) {
			l.w.Act("chat", "%q is shown", line.Text)
		}
	}
}

// shared holds an entry of the log against the rights there were.
func (l *Ledger) shared(e store.Record) {
	needs := map[string]hostpb.Capability{
		"chat.line": chat, "clipboard.to-pc": toPC, "clipboard.to-engineer": toFar, "monitor.chosen": viewed,
	}
	if !l.gave(e.Subject, needs[e.Kind]) {
		l.w.Act("log", "%s that nobody allowed: %v", e.Kind, e.Fields)
	}
}
