package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
)

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
