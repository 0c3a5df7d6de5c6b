package notify

import (
	"time"

	"beckmanconnect/store"
)

// The life of a notification, without clock, disk and people: each function
// takes what is and what happens at a moment, and says whether it is news.
//
//	raised ──▶ acknowledged ──▶ cleared
//	  │  ▲          │
//	  ▼  │ (end, and it still stands)
//	shelved ◀───────┘
//
// An alarm that comes and goes more than chatterTurns times within
// chatterWithin is held open until it has been calm for calmAfter.
const (
	MaxShelf      = 30 * 24 * time.Hour
	chatterTurns  = 5
	chatterWithin = 10 * time.Minute
	calmAfter     = 10 * time.Minute
	// eventStays is how long an event that was acknowledged stands in the list
	// of what is open: nothing else says when it is over.
	eventStays = 24 * time.Hour
)

// begin is a new notification.
func begin(o Observation, now time.Time) *store.Notification {
	return &store.Notification{
		Code: o.Code, Severity: o.Severity, State: store.Raised, Source: o.Source, Subject: o.Subject, Publisher: o.Publisher, Texts: o.Texts,
		Count: 1, Raised: now, Last: now, Asked: now, Until: o.Until,
		Verified: o.Verified, Sample: o.Sample, Apart: o.Ungrouped || o.Backlog, Event: !o.Ends,
	}
}

// again: it was seen once more while it is open. worse tells that it is of a
// higher class now: people are told as if it were new, also when they had put
// it away.
func again(n *store.Notification, o Observation, now time.Time) (news, worse bool) {
	if worse = o.Severity > n.Severity; worse {
		n.Severity, n.Texts = o.Severity, o.Texts
		ask(n, now)
	}
	if o.Condition && n.Over.IsZero() {
		return worse, worse // it still holds
	}
	n.Count++
	n.Last, n.Over = now, time.Time{}
	if !o.Until.IsZero() {
		n.Until = o.Until
	}
	if n.Chatters {
		n.Turned = now
	}
	return true, worse
}

// ask has it wait for a person, as if it were new.
func ask(n *store.Notification, now time.Time) {
	n.State, n.Shelf = store.Raised, nil
	n.Acknowledged, n.AcknowledgedBy, n.Escalated = time.Time{}, "", time.Time{}
	n.Asked = now
}

// ended: its source says that it is over. It stays while it is held open.
func ended(n *store.Notification, now time.Time) (news, cleared bool) {
	if n.Chatters {
		n.Turned = now
	}
	if n.Chatters || n.State == store.Shelved {
		news = n.Over.IsZero()
		n.Over = now
		return news, false
	}
	clearIt(n, now)
	return true, true
}

func clearIt(n *store.Notification, now time.Time) {
	n.State, n.Cleared, n.Shelf, n.Asked = store.Cleared, now, nil, time.Time{}
}

// acknowledge: a person takes care of it. The first one counts (scenario 19).
func acknowledge(n *store.Notification, by string, now time.Time) bool {
	if n.State != store.Raised {
		return false
	}
	n.State, n.Acknowledged, n.AcknowledgedBy, n.Asked = store.Acknowledged, now, by, time.Time{}
	if n.Event && n.Until.IsZero() {
		n.Until = now.Add(eventStays)
	}
	return true
}

// see: a person looked at it.
func see(n *store.Notification, now time.Time) bool {
	if !n.Open() || !n.Seen.IsZero() {
		return false
	}
	n.Seen = now
	return true
}

// shelve puts it away; one that is shelved already gets the new end and reason.
func shelve(n *store.Notification, shelf store.Shelf) bool {
	if !n.Open() {
		return false
	}
	n.State, n.Shelf, n.Asked = store.Shelved, &shelf, time.Time{}
	return true
}

// unshelve takes it back: raised again when it still stands, cleared when it
// ended meanwhile.
func unshelve(n *store.Notification, now time.Time) bool {
	switch {
	case n.State != store.Shelved:
		return false
	case !n.Over.IsZero():
		clearIt(n, now)
	default:
		ask(n, now)
	}
	return true
}

// chatter: it came and went too often.
func chatter(n *store.Notification, now time.Time) { n.Chatters, n.Turned = true, now }

// overdue is what time alone brings.
func overdue(n *store.Notification, waits store.Waits, now time.Time) (steps []string) {
	reached := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	step := func(kind string) { steps = append(steps, kind) }
	if !n.Open() {
		return nil
	}
	if reached(n.Until) {
		clearIt(n, now)
		return []string{stepCleared}
	}
	if n.State == store.Shelved && n.GroupKind == "" && reached(n.Shelf.Until) {
		unshelve(n, now)
		step(stepUnshelved)
	}
	if n.Chatters && n.Open() && reached(n.Turned.Add(calmAfter)) {
		n.Chatters, n.Turned = false, time.Time{}
		step(stepCalm)
		if !n.Over.IsZero() && n.State != store.Shelved {
			clearIt(n, now)
		}
	}
	if wait, ok := waits[n.Severity]; ok && n.State == store.Raised && !n.Asked.IsZero() && reached(n.Asked.Add(wait)) {
		n.Escalated, n.Asked = now, time.Time{}
		step(stepEscalated)
	}
	if !n.Open() {
		step(stepCleared)
	}
	return steps
}

// schedule sets when time alone brings the next change. How long a person is
// waited for is the policy's, and stands apart (Asked).
func schedule(n *store.Notification) {
	n.Due = time.Time{}
	if !n.Open() {
		return
	}
	at := func(t time.Time) {
		if !t.IsZero() && (n.Due.IsZero() || t.Before(n.Due)) {
			n.Due = t
		}
	}
	at(n.Until)
	if n.Shelf != nil && n.GroupKind == "" { // a group comes back with its members
		at(n.Shelf.Until)
	}
	if n.Chatters {
		at(n.Turned.Add(calmAfter))
	}
}

// Steps of a life, by the words of the local API. The log has them under
// "notification.".
const (
	stepRaised       = "raised"
	stepRepeated     = "repeated"
	stepSeen         = "seen"
	stepAcknowledged = "acknowledged"
	stepEscalated    = "escalated"
	stepShelved      = "shelved"
	stepUnshelved    = "unshelved"
	stepGrouped      = "grouped"
	stepChatter      = "chatter"
	stepCalm         = "calm"
	stepOver         = "over" // it ended while it is held open
	stepCleared      = "cleared"
)
