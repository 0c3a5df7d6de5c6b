package store

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Severity of a notification, as in the local API.
type Severity int

const (
	Info   Severity = 1
	Low    Severity = 2
	Medium Severity = 3
	High   Severity = 4
)

// State of a notification.
type State string

const (
	Raised       State = "raised"
	Acknowledged State = "acknowledged"
	Shelved      State = "shelved"
	Cleared      State = "cleared"
)

// Text is title and advice in one language.
type Text struct {
	Language string `json:"l"`
	Title    string `json:"t"`
	Advice   string `json:"a,omitempty"`
}

// Shelf is where a person put a notification away: until when, and why.
type Shelf struct {
	Since  time.Time
	Until  time.Time
	Reason string // sealed
	By     string // sealed
}

// Notification is one alarm through its life (P2, P7, B9). Code, source,
// subject and publisher are plain and searchable; texts, who acknowledged, and
// who shelved it and why are sealed.
type Notification struct {
	ID             uint64
	Code           string
	Severity       Severity
	State          State
	Source         string
	Subject        string
	Publisher      string
	Texts          []Text
	Count          uint32
	Raised         time.Time
	Last           time.Time
	Seen           time.Time // a person first looked at it; zero: not yet
	Acknowledged   time.Time // zero: not yet
	AcknowledgedBy string
	Escalated      time.Time // nobody acknowledged it in time
	Cleared        time.Time
	Shelf          *Shelf // while it is shelved
	Verified       bool
	Sample         bool
	Apart          bool   // never put into a group, and not counted for a flood
	Event          bool   // nothing will say when it is over: a person ends it
	Group          uint64 // number of the group it stands in; 0: it stands alone
	GroupKind      string // of a group
	Members        uint32 // of a group: how many ever stood in it
	Chatters       bool
	Turned         time.Time // last change while it chatters
	Over           time.Time // it ended while it is held open: shelved, or chattering
	Until          time.Time // it is over by itself then
	Asked          time.Time // a person is waited for since; zero: nobody is
	Due            time.Time // the service has to look at it then; zero: never

	topic uint64
}

// Open says whether the condition still stands, as far as people are told.
func (n *Notification) Open() bool { return n.State != Cleared }

func (n *Notification) valid() bool {
	switch n.State {
	case Raised, Acknowledged, Cleared:
	case Shelved:
		if n.Shelf == nil {
			return false
		}
	default:
		return false
	}
	return n.Code != "" && n.Severity >= Info && n.Severity <= High
}

const (
	notificationColumns = "id, topic, code, severity, state, source, subject, publisher, count, raised_ms, last_ms, seen_ms, ack_ms, escalated_ms, cleared_ms, " +
		"shelved_ms, shelf_ms, verified, sample, apart, event, group_id, group_kind, members, chatters, turned_ms, over_ms, until_ms, asked_ms, due_ms, " +
		"sealed_texts, sealed_by, sealed_shelf"
	notificationInsert = "INSERT INTO notifications (" + notificationColumns + ", facet) VALUES " +
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	notificationUpdate = "UPDATE notifications SET topic = ?, severity = ?, state = ?, count = ?, last_ms = ?, seen_ms = ?, ack_ms = ?, escalated_ms = ?, cleared_ms = ?, " +
		"shelved_ms = ?, shelf_ms = ?, group_id = ?, members = ?, chatters = ?, turned_ms = ?, over_ms = ?, until_ms = ?, asked_ms = ?, due_ms = ?, " +
		"sealed_texts = ?, sealed_by = ?, sealed_shelf = ?, facet = ? WHERE id = ?"
	// spanBlock is how many numbers stand under one row of notification_spans.
	spanBlock = 4096
)

// PutNotification writes a notification; with ID 0 it is new and gets the next
// number, which no other ever had. Code, subject, source, publisher and the
// time it was raised never change after that. A second open one of the same
// code and subject is refused by the database.
func (tx *Tx) PutNotification(n *Notification) error {
	if !n.valid() {
		return &Error{Kind: KindInvalid, Op: "put notification", Err: errors.New("code, severity, state or shelf is missing")}
	}
	id, isNew := n.ID, n.ID == 0
	if isNew {
		var err error
		if id, err = tx.nextID("notifications"); err != nil {
			return err
		}
	}
	sealed, err := tx.sealNotification(id, n)
	if err != nil {
		return tx.fail(err)
	}
	shelved, shelf := int64(0), int64(0)
	if n.Shelf != nil {
		shelved, shelf = toMS(n.Shelf.Since), toMS(n.Shelf.Until)
	}
	if !isNew {
		return tx.exec(notificationUpdate, int64(n.topic), int(n.Severity), string(n.State), int64(n.Count), toMS(n.Last), toMS(n.Seen), toMS(n.Acknowledged),
			toMS(n.Escalated), toMS(n.Cleared), shelved, shelf, int64(n.Group), int64(n.Members), n.Chatters, toMS(n.Turned), toMS(n.Over), toMS(n.Until),
			toMS(n.Asked), toMS(n.Due), sealed.texts, sealed.by, sealed.shelf, n.facet(), int64(id))
	}
	err = tx.exec(notificationInsert, int64(id), int64(n.topic), n.Code, int(n.Severity), string(n.State), n.Source, n.Subject, n.Publisher, int64(n.Count),
		toMS(n.Raised), toMS(n.Last), toMS(n.Seen), toMS(n.Acknowledged), toMS(n.Escalated), toMS(n.Cleared), shelved, shelf, n.Verified, n.Sample, n.Apart, n.Event,
		int64(n.Group), n.GroupKind, int64(n.Members), n.Chatters, toMS(n.Turned), toMS(n.Over), toMS(n.Until), toMS(n.Asked), toMS(n.Due),
		sealed.texts, sealed.by, sealed.shelf, n.facet())
	if err != nil {
		return err
	}
	n.ID = id
	return tx.exec("INSERT INTO notification_spans (block, min_ms, max_ms) VALUES (?1, ?2, ?2) "+
		"ON CONFLICT (block) DO UPDATE SET min_ms = min(min_ms, ?2), max_ms = max(max_ms, ?2)", int64(id/spanBlock), toMS(n.Raised))
}

// sealedColumns are a notification's, empty ones where there is nothing.
type sealedColumns struct{ texts, by, shelf []byte }

// shelfWords is what people said when they shelved it.
type shelfWords struct {
	By     string `json:"b"`
	Reason string `json:"r"`
}

func (tx *Tx) sealNotification(id uint64, n *Notification) (c sealedColumns, err error) {
	row := strconv.FormatUint(id, 10)
	seal := func(column string, plain []byte) []byte {
		var sealed []byte
		if err == nil {
			sealed, err = tx.s.seal.seal("notifications", row, column, plain)
		}
		return sealed
	}
	texts, err := json.Marshal(n.Texts)
	if err != nil {
		return c, err
	}
	if n.topic, err = tx.topic(n, texts); err != nil {
		return c, err
	}
	c.texts = []byte{}
	if n.GroupKind != "" { // its words change with its members
		c.texts = seal("sealed_texts", texts)
	}
	if n.AcknowledgedBy != "" {
		c.by = seal("sealed_by", []byte(n.AcknowledgedBy))
	}
	if n.Shelf != nil {
		words, e := json.Marshal(shelfWords{n.Shelf.By, n.Shelf.Reason})
		if e != nil {
			return c, e
		}
		c.shelf = seal("sealed_shelf", words)
	}
	return c, err
}

func toMS(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
