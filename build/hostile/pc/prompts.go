package pc

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/ipc/hostpb"
)

// shown holds a prompt against what the script knows of who is there.
func (l *Ledger) shown(p *hostpb.Prompt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prompts[p.Id] = p
	account, ok := l.sessions[p.SessionId]
	if !ok || p.Engineer.GetAccount() != account {
		l.w.Act("prompt", "%v asks in session %s of %q", p.Engineer, p.SessionId, account)
	}
	l.identity(p.Engineer)
	for _, text := range []string{p.Reason, p.Ticket, p.FileName} {
		if !plain(text) {
			l.w.Act("prompt", "%q is shown", text)
		}
	}
	switch p.Capability {
	case hostpb.Capability_CAPABILITY_VIEW, hostpb.Capability_CAPABILITY_CONTROL:
	case hostpb.Capability_CAPABILITY_FILES:
		if p.FileName == "" || len(p.FileSha256) != 64 || strings.ContainsAny(p.FileName, `/\`) || len(p.Durations) != 1 {
			l.w.Act("prompt", "a file is asked for by %v", p)
		}
	case chat, marker, toPC, toFar:
		if !l.shares || len(p.Durations) != 1 {
			l.w.Act("prompt", "%v is asked for, for %v", p.Capability, p.Durations)
		}
	default:
		l.w.Act("prompt", "%v is asked for", p.Capability)
	}
	l.w.Live("prompts")
}

// identity: what is shown of a person is what the certificate says.
func (l *Ledger) identity(e *hostpb.Engineer) {
	id, ok := l.people[e.GetAccount()]
	switch {
	case !ok:
		l.w.Act("identity", "%v is shown, who proved nothing", e)
	case e.Name != id.Name || e.Organisation != id.Organisation || strings.Join(e.Regions, " ") != strings.Join(id.Regions, " "):
		l.w.Act("identity", "%v is shown for %+v", e, id)
	}
}

// state holds the published state against the script's knowledge.
func (l *Ledger) state(s *hostpb.SupportState) {
	if s.SessionId == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.holders[s.RequestId][s.Engineer.GetAccount()] {
		l.w.Act("session", "%v is in session %s without the code of request %s", s.Engineer, s.SessionId, s.RequestId)
	}
	l.identity(s.Engineer)
	if _, known := l.begun[s.SessionId]; !known {
		l.begun[s.SessionId] = s.Words
		if l.channels != nil && !l.channels[s.Words] {
			l.w.Act("between", "session %s began over a channel that is not the engineer's own", s.SessionId)
		}
	}
	l.lines(s)
	for _, lease := range s.Leases {
		if !l.gave(s.SessionId, lease.Capability) {
			l.w.Act("lease", "%v in session %s was never given", lease.Capability, s.SessionId)
		}
	}
}

// gave: the technician said yes to it at some time in this session.
func (l *Ledger) gave(session string, c hostpb.Capability) bool {
	for _, g := range l.grants {
		if g.prompt.SessionId == session && g.prompt.Capability == c {
			return true
		}
	}
	return false
}

// plain is true for one line without anything that hides or turns it.
func plain(s string) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > 2000 {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return false
		}
	}
	return true
}
