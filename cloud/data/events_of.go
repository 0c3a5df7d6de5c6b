package data

import (
	"maps"
	"strconv"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// How what the other tables keep reads in the log of events. It stands there in
// the same transaction, so that one order holds everything (P14, P24).

func deviceActor(device string) string { return "device:" + device }

// sessionEvent is what a device says of a session. Whom it names as engineer is
// its word, so it stands in a field and not as the actor.
func sessionEvent(device string, e cloudapi.SessionEvent, timeMS int64) Event {
	fields := maps.Clone(e.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	for name, value := range map[string]string{"kind": e.Kind, "session": e.Session, "engineer": e.Engineer, "device_ms": strconv.FormatInt(timeMS, 10)} {
		if value != "" {
			if old, taken := fields[name]; taken {
				fields["said_"+name] = old
			}
			fields[name] = value
		}
	}
	return Event{Kind: eventSession, Severity: severityInfo, Device: device, Request: e.Request, Personal: EventPersonal{Actor: deviceActor(device), Fields: fields}}
}

func certificateEvent(c Issued) Event {
	return Event{Kind: eventCertificate, Severity: severityNotice, Device: c.Device, Request: c.Request, Personal: EventPersonal{
		Actor: c.Who.Account, Fields: map[string]string{"serial": c.Serial, "not_after": c.NotAfter.UTC().Format(time.RFC3339)},
	}}
}

func accessEvent(who cloudapi.Staff, what, device, object string) Event {
	return Event{Kind: eventRead, Severity: severityNotice, Device: device, Request: object, Personal: EventPersonal{
		Actor: who.Account, Fields: map[string]string{"what": what},
	}}
}

func identityEvent(r IdentityRecord) Event {
	e := Event{Kind: eventIdentity, Severity: severityNotice, Device: r.Device, Personal: EventPersonal{Actor: r.By, Fields: map[string]string{"what": r.Kind}}}
	if r.By == "" {
		e.Personal.Actor = deviceActor(r.Device)
	}
	if r.Other != "" {
		e.Personal.Fields["other"] = r.Other
	}
	if r.Reason != "" {
		e.Personal.Fields["reason"] = r.Reason
	}
	return e
}
