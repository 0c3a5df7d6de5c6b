package data

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/redact"
)

// Bounds of one event.
const (
	maxEventFields = 32
	maxEventName   = 40
	maxEventValue  = 500
	maxEventActor  = 254
)

// EventFrom bounds an event and makes its texts inert: one line each, with no
// control or direction marks (scenario 49).
func EventFrom(e events.Event) Event {
	d := Event{
		Kind: string(e.Kind), Severity: int(e.Severity), Region: redact.Line(e.Region, maxEventName), Device: redact.Line(e.Device, 64), Request: redact.Line(e.Request, 64),
		Personal: EventPersonal{Actor: redact.Line(e.Actor, maxEventActor)},
	}
	if e.Severity < 0 || e.Severity > 7 {
		d.Severity = int(events.Notice)
	}
	if e.Address.IsValid() {
		d.Personal.Address = netip.Addr.String(e.Address.Unmap().WithZone(""))
	}
	names := slices.Sorted(maps.Keys(e.Fields))
	for i, name := range names {
		if d.Personal.Fields == nil {
			d.Personal.Fields = map[string]string{}
		}
		if i == maxEventFields {
			d.Personal.Fields["left_out"] = strconv.Itoa(len(names) - i)
			break
		}
		d.Personal.Fields[redact.Line(name, maxEventName)] = redact.Line(e.Fields[name], maxEventValue)
	}
	return d
}
