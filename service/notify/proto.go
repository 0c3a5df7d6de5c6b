package notify

import (
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

var states = map[store.State]hostpb.AlarmState{
	store.Raised:       hostpb.AlarmState_ALARM_STATE_RAISED,
	store.Acknowledged: hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED,
	store.Cleared:      hostpb.AlarmState_ALARM_STATE_CLEARED,
}

// Proto is a notification as the local API carries it.
func Proto(n *store.Notification) *hostpb.Notification {
	p := &hostpb.Notification{
		Id: n.ID, Code: n.Code, Severity: Severity(n.Severity), State: states[n.State],
		Source: n.Source, Subject: n.Subject, Count: n.Count,
		RaisedUnixMs: ms(n.Raised), LastUnixMs: ms(n.Last), AcknowledgedUnixMs: ms(n.Acknowledged), AcknowledgedBy: n.AcknowledgedBy,
		ClearedUnixMs: ms(n.Cleared), Verified: n.Verified,
	}
	for _, t := range n.Texts {
		p.Texts = append(p.Texts, &hostpb.LocalText{Language: t.Language, Title: t.Title, Advice: t.Advice})
	}
	return p
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
