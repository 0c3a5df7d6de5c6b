package events

import "slices"

// Kinds is every kind there is, in the order people look for them.
var Kinds = []Kind{
	SignIn, SignInRefused, SignInNewPlace, SignOut,
	NetworkRefused, OriginRefused, RateLimited,
	Registered, Confirmed, Moved, Retired, DeviceRefused, Identity,
	CaseTaken, CaseHandedOver, CaseInvited, CaseNoted,
	Certificate, SessionEvent, SessionEnded,
	ActProposed, ActConfirmed, ActRejected, ActRefused,
	PersonExported, PersonErased,
	RecordRead, RecordExported, RecordExpired, UploadRefused, Draining, MailGivenUp,
}

// Known tells whether a kind is one of the list.
func Known(k Kind) bool { return slices.Contains(Kinds, k) }

// Door is what anybody can cause from outside, as often as they like: bounded
// in the log, and written for the filter that shuts out an address.
var Door = []Kind{SignInRefused, NetworkRefused, OriginRefused, RateLimited, DeviceRefused}
