package data

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"beckmanconnect/internal/cloudapi"
)

// ErrNobody: no device is addressed.
var ErrNobody = errors.New("no device is addressed")

// Draft is a message that is about to be signed.
type Draft struct {
	Who       cloudapi.Staff
	Request   cloudapi.MessageRequest
	Regions   []string // of the devices it may go to
	ExpiresMS int64
	// Sign makes the message: number is its own, regions those in which there
	// are devices for it. Nothing is kept when it fails.
	Sign func(number uint64, regions []string) (id string, note []byte, err error)
}

// AddMessage signs and keeps a message together with whom it goes to. It is
// to be sent only after this.
func (db *DB) AddMessage(ctx context.Context, d Draft) (reply cloudapi.MessageReply, err error) {
	err = db.update(ctx, func(tx *sql.Tx) error {
		regions, err := json.Marshal(d.Regions)
		if err != nil {
			return err
		}
		target := " FROM devices WHERE region IN (SELECT value FROM " + db.each("?1", "r") + ") AND (?2 = '' OR id = ?2) AND (?3 = '' OR type = ?3)"
		rows, err := strs(tx.Query("SELECT DISTINCT region"+target+" ORDER BY region", string(regions), d.Request.Device, d.Request.Group))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return ErrNobody
		}
		if regions, err = json.Marshal(rows); err != nil {
			return err
		}
		var last int64
		if err := tx.QueryRow("SELECT coalesce(max(number), 0) FROM messages").Scan(&last); err != nil {
			return err
		}
		// Numbers go on also where the data folder was lost: devices refuse
		// lower ones.
		number := max(last+1, db.nowMS())
		id, note, err := d.Sign(uint64(number), rows)
		if err != nil {
			return err
		}
		sealed, err := db.sealMessage(id, note, d)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO messages (id, number, at_ms, expires_ms, regions, devices, note, request, identity) VALUES (?,?,?,?,?,0,?,?,?)",
			id, number, db.nowMS(), d.ExpiresMS, string(regions), sealed[0], sealed[1], sealed[2]); err != nil {
			return err
		}
		res, err := tx.Exec("INSERT INTO deliveries (message, device) SELECT ?4, id"+target, string(regions), d.Request.Device, d.Request.Group, id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		reply = cloudapi.MessageReply{ID: id, Devices: int(n)}
		_, err = tx.Exec("UPDATE messages SET devices=? WHERE id=?", n, id)
		return err
	})
	if err != nil {
		return cloudapi.MessageReply{}, fmt.Errorf("data: message: %w", err)
	}
	return reply, nil
}

func (db *DB) sealMessage(id string, note []byte, d Draft) (sealed [3][]byte, err error) {
	if sealed[0], err = db.seal.sealText(string(note), "messages", id, "note"); err != nil {
		return sealed, err
	}
	if sealed[1], err = db.seal.sealJSON(d.Request, "messages", id, "request"); err != nil {
		return sealed, err
	}
	sealed[2], err = db.seal.sealJSON(d.Who, "messages", id, "identity")
	return sealed, err
}

// Waiting is a signed message on its way to a device.
type Waiting struct{ ID, Note string }

// WaitingMessages gives what a device has not acknowledged and is not over, in
// the order it was sent.
func (db *DB) WaitingMessages(ctx context.Context, device string, limit int) ([]Waiting, error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT m.id, m.note FROM deliveries d JOIN messages m ON m.id = d.message
		WHERE d.device = ? AND d.delivered_ms = 0 AND m.expires_ms > ? ORDER BY m.number LIMIT ?`, device, db.nowMS(), limit)
	if err != nil {
		return nil, fmt.Errorf("data: messages: %w", err)
	}
	defer rows.Close()
	var list []Waiting
	for rows.Next() {
		var (
			w      Waiting
			sealed []byte
		)
		if err := rows.Scan(&w.ID, &sealed); err != nil {
			return nil, fmt.Errorf("data: messages: %w", err)
		}
		if w.Note, err = db.seal.openText(sealed, "messages", w.ID, "note"); err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

// MessageDelivered remembers that a device acknowledged a message. It reports
// whether that is news.
func (db *DB) MessageDelivered(ctx context.Context, device, id string) (bool, error) {
	news := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		news = false
		res, err := tx.Exec("UPDATE deliveries SET delivered_ms=? WHERE message=? AND device=? AND delivered_ms=0", db.nowMS(), id, device)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		news = true
		_, err = tx.Exec("UPDATE messages SET delivered=delivered+1 WHERE id=?", id)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("data: message delivered: %w", err)
	}
	return news, nil
}

// Messages gives the newest messages all of whose devices are in these
// regions (P16, P20).
func (db *DB) Messages(ctx context.Context, regions []string, limit int) ([]cloudapi.MessageSent, error) {
	// An empty list as JSON, never null: nothing is outside of what is not known.
	allowed, err := json.Marshal(append([]string{}, regions...))
	if err != nil {
		return nil, fmt.Errorf("data: messages: %w", err)
	}
	rows, err := db.sql.QueryContext(ctx, `SELECT m.id, m.at_ms, m.devices, m.delivered, m.request, m.identity
		FROM messages m WHERE NOT EXISTS (SELECT 1 FROM `+db.each("m.regions", "r")+` WHERE r.value NOT IN (SELECT value FROM `+db.each("?", "a")+`))
		ORDER BY m.number DESC LIMIT ?`, string(allowed), limit)
	if err != nil {
		return nil, fmt.Errorf("data: messages: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.MessageSent{}
	for rows.Next() {
		var (
			m                 cloudapi.MessageSent
			request, identity []byte
			who               cloudapi.Staff
		)
		if err := rows.Scan(&m.ID, &m.AtMS, &m.Devices, &m.Delivered, &request, &identity); err != nil {
			return nil, fmt.Errorf("data: messages: %w", err)
		}
		if err := db.seal.openJSON(request, &m.Request, "messages", m.ID, "request"); err != nil {
			return nil, err
		}
		if err := db.seal.openJSON(identity, &who, "messages", m.ID, "identity"); err != nil {
			return nil, err
		}
		m.By = who.Name
		list = append(list, m)
	}
	return slices.Clip(list), rows.Err()
}
