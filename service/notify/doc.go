// Package notify warns: sources see something, rules from the instrument's
// profile say what it means, and a notification lives from raised through
// acknowledged to cleared (P2, P7, B9).
//
//	log tail ─┐
//	disk ─────┼─▶ Observation ─▶ Alarms ─▶ one transaction: notification,
//	publish ──┘                            audit entry, event, outbox, and
//	                                       how far the source has read
//
// Committed before shown: windows hear of a notification from the store, after
// the commit. What a source has read is remembered in the same transaction, so
// that a crash neither loses a line nor takes one twice (scenario 47).
package notify

// Sources of notifications, by the words of the local API.
const (
	SourceMachine = "machine"
	SourceLog     = "instrument-log"
	SourceLocal   = "local"
	SourceProbe   = "probe" // hosts that the site's policy names
	SourceCloud   = "cloud" // the vendor's signed messages
	SourceSelf    = "self"  // the product's own: its sources, its link, its certificates
)

// EventNotification is the kind of the store's events that carry a
// hostpb.Notification.
const EventNotification = "notification"
