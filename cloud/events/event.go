// Package events is what happened at the cloud, in one order: sign-ins and
// refusals, abuse, administrative acts, sessions (P14, P18, P24). An event is
// for the auditor, the SIEM and the filter that shuts out an address.
package events

import (
	"context"
	"net/netip"
)

// Kind names what happened, "signin.refused". The list is closed.
type Kind string

// Severity is syslog's (RFC 5424, 6.2.1).
type Severity int

// Severities in use.
const (
	Alert   Severity = 1
	Warning Severity = 4
	Notice  Severity = 5
	Info    Severity = 6
)

// Event is one thing that happened. Actor and what Fields holds of persons
// are kept sealed.
type Event struct {
	Kind     Kind
	Severity Severity
	Actor    string     // account of staff, "device:ID", "" for nobody known
	Region   string     // whose auditors may read it; "": of the cloud as a whole
	Device   string     // that it is about, or ""
	Request  string     // or ""
	Address  netip.Addr // it came from; the zero value: from no network
	Fields   map[string]string
}

// Sink takes events.
type Sink interface {
	// Emit keeps an event. With nil it is on disk. A caller that does
	// something on somebody's behalf does it only after that.
	Emit(ctx context.Context, e Event) error
}

// Kinds.
const (
	SignIn         Kind = "signin.ok"
	SignInRefused  Kind = "signin.refused"
	SignInNewPlace Kind = "signin.new-place"
	SignOut        Kind = "signin.out"
	NetworkRefused Kind = "abuse.network"  // from outside the staff's networks
	OriginRefused  Kind = "abuse.origin"   // a page of somebody else's
	RateLimited    Kind = "abuse.rate"     //
	DeviceRefused  Kind = "device.refused" // a link, a copy, a revoked one
	Registered     Kind = "device.registered"
	Confirmed      Kind = "device.confirmed" // by the mail to who registered
	Moved          Kind = "device.moved"     // to another site, group or owner
	Retired        Kind = "device.retired"
	PersonExported Kind = "person.exported"
	PersonErased   Kind = "person.erased"
	ActProposed    Kind = "act.proposed" // waits for a second person
	ActConfirmed   Kind = "act.confirmed"
	ActRejected    Kind = "act.rejected"
	ActRefused     Kind = "act.refused" // to an administrator who may not decide about it
	CaseTaken      Kind = "case.taken"
	CaseHandedOver Kind = "case.handed-over"
	CaseInvited    Kind = "case.invited"
	CaseNoted      Kind = "case.noted"
	SessionEnded   Kind = "session.ended-by-staff"
	Certificate    Kind = "session.certificate"
	SessionEvent   Kind = "session.event" // reported by the device
	RecordRead     Kind = "record.read"
	RecordExported Kind = "record.exported"
	RecordExpired  Kind = "record.expired"  // deleted as retention says
	Identity       Kind = "device.identity" // decided about, or found out
	UploadRefused  Kind = "upload.refused"  // malware, or nobody could look
	MailGivenUp    Kind = "mail.given-up"   // a day long, or the server knows no such address
	Draining       Kind = "node.draining"
)
