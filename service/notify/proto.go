package notify

import (
	"strconv"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

var states = map[store.State]hostpb.AlarmState{
	store.Raised:       hostpb.AlarmState_ALARM_STATE_RAISED,
	store.Acknowledged: hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED,
	store.Shelved:      hostpb.AlarmState_ALARM_STATE_SHELVED,
	store.Cleared:      hostpb.AlarmState_ALARM_STATE_CLEARED,
}

// Proto is a notification as the local API carries it.
func Proto(n *store.Notification) *hostpb.Notification {
	p := &hostpb.Notification{
		Id: n.ID, Code: n.Code, Severity: Severity(n.Severity), State: states[n.State],
		Source: n.Source, Subject: n.Subject, Count: n.Count,
		RaisedUnixMs: ms(n.Raised), LastUnixMs: ms(n.Last), AcknowledgedUnixMs: ms(n.Acknowledged), AcknowledgedBy: n.AcknowledgedBy,
		ClearedUnixMs: ms(n.Cleared), Verified: n.Verified,
		SeenUnixMs: ms(n.Seen), EscalatedUnixMs: ms(n.Escalated), GroupId: n.Group, Members: n.Members, GroupKind: n.GroupKind,
		Chatters: n.Chatters, Sample: n.Sample, Publisher: n.Publisher, Alert: hostpb.Alert_ALERT_NONE,
	}
	if n.Shelf != nil {
		p.Shelf = &hostpb.Shelf{UntilUnixMs: ms(n.Shelf.Until), Reason: n.Shelf.Reason, By: n.Shelf.By, SinceUnixMs: ms(n.Shelf.Since)}
	}
	p.Texts = Texts(n.Texts)
	return p
}

// Texts are a notification's texts as the local API carries them.
func Texts(texts []store.Text) []*hostpb.LocalText {
	var out []*hostpb.LocalText
	for _, t := range texts {
		out = append(out, &hostpb.LocalText{Language: t.Language, Title: t.Title, Advice: t.Advice})
	}
	return out
}

// State is a state as the store has it; false for one that there is not.
func State(s hostpb.AlarmState) (store.State, bool) {
	for state, p := range states {
		if p == s {
			return state, true
		}
	}
	return "", false
}

// maxHistory is how many steps a page shows.
const maxHistory = 100

// History is a notification's life, oldest first: its row and what was done to
// it.
func History(n *store.Notification, steps []store.Step) []*hostpb.AlarmStep {
	list := []*hostpb.AlarmStep{{UnixMs: ms(n.Raised), Kind: stepRaised}}
	repeated := &hostpb.AlarmStep{UnixMs: ms(n.Last), Kind: stepRepeated, Detail: strconv.FormatUint(uint64(n.Count)-1, 10)}
	told := n.Count <= 1
	for _, s := range steps {
		if !told && s.At.After(n.Last) {
			list, told = append(list, repeated), true
		}
		list = append(list, &hostpb.AlarmStep{UnixMs: ms(s.At), Kind: s.Kind, By: s.By, Detail: s.Detail})
	}
	if !told {
		list = append(list, repeated)
	}
	if !n.Open() {
		list = append(list, &hostpb.AlarmStep{UnixMs: ms(n.Cleared), Kind: stepCleared})
	}
	return list[max(0, len(list)-maxHistory):]
}

// Severity is a severity as the local API carries it.
func Severity(s store.Severity) hostpb.Severity {
	switch s {
	case store.Info:
		return hostpb.Severity_SEVERITY_INFO
	case store.Low:
		return hostpb.Severity_SEVERITY_LOW
	case store.Medium:
		return hostpb.Severity_SEVERITY_MEDIUM
	case store.High:
		return hostpb.Severity_SEVERITY_HIGH
	default:
		return hostpb.Severity_SEVERITY_UNKNOWN
	}
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
