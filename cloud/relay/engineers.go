package relay

import (
	"strings"

	"beckmanconnect/internal/cloudapi"
)

const staffOwner = "staff:"

// Engineers gives the account of each engineer that is here, by request.
func (l *Relay) Engineers() map[string]string {
	l.mu.Lock()
	all := make([]*meeting, 0, len(l.meetings))
	for _, m := range l.meetings {
		all = append(all, m)
	}
	l.mu.Unlock()
	here := map[string]string{}
	for _, m := range all {
		m.mu.Lock()
		if m.engineer != nil {
			if account, ok := strings.CutPrefix(m.engineer.owner, staffOwner); ok {
				here[m.request] = account
			}
		}
		m.mu.Unlock()
	}
	return here
}

// CutEngineer sends an engineer away from a request at once: they may not help
// with it any more. The host hears that the other end left.
func (l *Relay) CutEngineer(request, account string) {
	l.mu.Lock()
	m := l.meetings[request]
	l.mu.Unlock()
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.engineer; s != nil && s.owner == staffOwner+account {
		s.leave(&parting{cloudapi.CloseEnded, "not allowed any more"})
	}
}
