package store

import (
	"context"
	"database/sql"
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
	notificationInsert = "INSERT INTO notifications (" + notificationColumns + ") VALUES " +
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	notificationUpdate = "UPDATE notifications SET topic = ?, severity = ?, state = ?, count = ?, last_ms = ?, seen_ms = ?, ack_ms = ?, escalated_ms = ?, cleared_ms = ?, " +
		"shelved_ms = ?, shelf_ms = ?, group_id = ?, members = ?, chatters = ?, turned_ms = ?, over_ms = ?, until_ms = ?, asked_ms = ?, due_ms = ?, " +
		"sealed_texts = ?, sealed_by = ?, sealed_shelf = ? WHERE id = ?"
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
			toMS(n.Asked), toMS(n.Due), sealed.texts, sealed.by, sealed.shelf, int64(id))
	}
	err = tx.exec(notificationInsert, int64(id), int64(n.topic), n.Code, int(n.Severity), string(n.State), n.Source, n.Subject, n.Publisher, int64(n.Count),
		toMS(n.Raised), toMS(n.Last), toMS(n.Seen), toMS(n.Acknowledged), toMS(n.Escalated), toMS(n.Cleared), shelved, shelf, n.Verified, n.Sample, n.Apart, n.Event,
		int64(n.Group), n.GroupKind, int64(n.Members), n.Chatters, toMS(n.Turned), toMS(n.Over), toMS(n.Until), toMS(n.Asked), toMS(n.Due),
		sealed.texts, sealed.by, sealed.shelf)
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

// Notification gives one by its number, nil when there is none.
func (tx *Tx) Notification(id uint64) (*Notification, error) {
	n, err := tx.s.oneNotification(tx.scanner("SELECT "+notificationColumns+" FROM notifications WHERE id = ?", int64(id)), tx.textsOf, nil)
	return n, tx.fail(err)
}

// OpenNotification gives the one with this code and subject that was not
// cleared, nil when there is none.
func (tx *Tx) OpenNotification(code, subject string) (*Notification, error) {
	n, err := tx.s.oneNotification(tx.scanner("SELECT "+notificationColumns+" FROM notifications WHERE code = ? AND subject = ? AND state <> 'cleared'", code, subject), tx.textsOf, nil)
	return n, tx.fail(err)
}

func (tx *Tx) scanner(query string, args ...any) func(dst ...any) (bool, error) {
	return func(dst ...any) (bool, error) { return tx.row(dst, query, args...) }
}

// Notification gives one by its number, nil when there is none.
func (s *Store) Notification(ctx context.Context, id uint64) (*Notification, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, wrap("notification", err)
	}
	defer tx.Rollback()
	n, err := s.readNotification(ctx, tx, id)
	return n, wrap("notification", err)
}

func (s *Store) readNotification(ctx context.Context, tx *sql.Tx, id uint64) (*Notification, error) {
	list, err := s.readNotifications(ctx, tx, []uint64{id})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Notifications gives up to limit of them, newest first, below the number
// before (0: from the newest), with groups and their members alike. more says
// whether older ones remain.
func (s *Store) Notifications(ctx context.Context, before uint64, limit int, openOnly bool) (list []Notification, more bool, err error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, false, wrap("notifications", err)
	}
	defer tx.Rollback()
	limit = clampLimit(limit)
	query := "SELECT id FROM notifications WHERE (?1 = 0 OR id < ?1)"
	if openOnly {
		query += " AND state <> 'cleared'"
	}
	ids, err := numbers(ctx, tx, query+" ORDER BY id DESC LIMIT ?2", int64(before), limit+1)
	if err != nil {
		return nil, false, wrap("notifications", err)
	}
	if len(ids) > limit {
		ids, more = ids[:limit], true
	}
	list, err = s.readNotifications(ctx, tx, ids)
	return list, more, wrap("notifications", err)
}

// readNotifications reads these, newest first, in one query. The texts of a
// topic are opened once a page.
func (s *Store) readNotifications(ctx context.Context, tx *sql.Tx, ids []uint64) ([]Notification, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+notificationColumns+", (SELECT sealed FROM topic_texts t WHERE t.topic = n.topic) FROM notifications n "+
		"WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC", string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	opened := map[uint64][]Text{}
	out := make([]Notification, 0, len(ids))
	for rows.Next() {
		var texts []byte
		n, err := s.oneNotification(func(dst ...any) (bool, error) { return true, rows.Scan(append(dst, &texts)...) },
			func(uint64) ([]byte, error) { return texts, nil }, opened)
		if err != nil {
			return nil, err
		}
		out = append(out, *n)
	}
	return out, rows.Err()
}

// OpenSummary counts the notifications that nobody has acknowledged yet, a
// group as one, and names the worst severity among them, 0 when there is none.
// What was acknowledged or shelved stays in the list until it clears, but calls
// nobody any more.
func (s *Store) OpenSummary(ctx context.Context) (n int, worst Severity, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*), coalesce(max(severity), 0) FROM notifications WHERE state = 'raised' AND group_id = 0").Scan(&n, &worst)
	return n, worst, wrap("notifications", err)
}

// oneNotification reads a row and opens its sealed columns; texts gives the
// sealed texts of a topic, opened those of topics that were seen before.
func (s *Store) oneNotification(scan func(dst ...any) (bool, error), texts func(topic uint64) ([]byte, error), opened map[uint64][]Text) (*Notification, error) {
	n := &Notification{}
	var raised, last, seen, ack, escalated, cleared, shelved, shelf, turned, over, until, asked, due int64
	var sealed sealedColumns
	ok, err := scan(&n.ID, &n.topic, &n.Code, &n.Severity, &n.State, &n.Source, &n.Subject, &n.Publisher, &n.Count, &raised, &last, &seen, &ack, &escalated, &cleared,
		&shelved, &shelf, &n.Verified, &n.Sample, &n.Apart, &n.Event, &n.Group, &n.GroupKind, &n.Members, &n.Chatters, &turned, &over, &until, &asked, &due,
		&sealed.texts, &sealed.by, &sealed.shelf)
	if err != nil || !ok {
		return nil, err
	}
	n.Raised, n.Last, n.Seen, n.Acknowledged, n.Escalated, n.Cleared = fromMS(raised), fromMS(last), fromMS(seen), fromMS(ack), fromMS(escalated), fromMS(cleared)
	n.Turned, n.Over, n.Until, n.Asked, n.Due = fromMS(turned), fromMS(over), fromMS(until), fromMS(asked), fromMS(due)
	if len(sealed.shelf) > 0 {
		n.Shelf = &Shelf{Since: fromMS(shelved), Until: fromMS(shelf)}
	}
	return n, s.openNotification(n, sealed, texts, opened)
}

func (s *Store) openNotification(n *Notification, sealed sealedColumns, texts func(uint64) ([]byte, error), opened map[uint64][]Text) error {
	row := strconv.FormatUint(n.ID, 10)
	var plain []byte
	var err error
	known := false
	switch {
	case len(sealed.texts) > 0: // of a group, or of a time before topics
		plain, err = s.seal.open("notifications", row, "sealed_texts", sealed.texts)
	default:
		if n.Texts, known = opened[n.topic]; !known {
			plain, err = s.openTexts(n.topic, texts)
		}
	}
	if err == nil && !known {
		if err = json.Unmarshal(plain, &n.Texts); err == nil && opened != nil && len(sealed.texts) == 0 {
			opened[n.topic] = n.Texts
		}
	}
	if err == nil && len(sealed.by) > 0 {
		plain, err = s.seal.open("notifications", row, "sealed_by", sealed.by)
		n.AcknowledgedBy = string(plain)
	}
	if err == nil && len(sealed.shelf) > 0 {
		var words shelfWords
		if plain, err = s.seal.open("notifications", row, "sealed_shelf", sealed.shelf); err == nil {
			err = json.Unmarshal(plain, &words)
		}
		n.Shelf.By, n.Shelf.Reason = words.By, words.Reason
	}
	return err
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
