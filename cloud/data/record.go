package data

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
)

// Bounds of one request's log as it is read for the engineer: the first events
// and the last ones. A device that floods its own log makes nobody else's
// shorter, and no answer large.
const (
	firstEvents, firstBytes = 150, 48 << 10
	lastEvents, lastBytes   = 50, 16 << 10
)

// Joined is a request that an engineer was given a certificate for.
type Joined struct {
	Request, Device      string
	Serial, Type, Region string // the device's, as they are now
	JoinedMS             int64  // when the first certificate was issued
	Open                 bool   // the request is neither ended nor expired
	Alone                bool   // nobody else was given a certificate for it
}

// JoinedBy gives what account was given certificates for, newest first: at
// most limit, and of devices in these regions only (P16, P20).
func (db *DB) JoinedBy(ctx context.Context, account string, regions []string, limit int) ([]Joined, error) {
	in, err := json.Marshal(append([]string{}, regions...))
	if err != nil {
		return nil, fmt.Errorf("data: joined: %w", err)
	}
	rows, err := db.sql.QueryContext(ctx, `
		SELECT c.request, c.device, d.serial, d.type, d.region, MIN(c.at_ms) AS joined,
			EXISTS (SELECT 1 FROM requests r WHERE r.id = c.request AND r.device = c.device AND r.state <> 'ended' AND r.expires_ms > ?),
			NOT EXISTS (SELECT 1 FROM certificates o WHERE o.request = c.request AND o.device = c.device AND o.who <> ?)
		FROM certificates c JOIN devices d ON d.id = c.device
		WHERE c.who = ? AND d.region IN (SELECT value FROM `+db.each("?", "r")+`)
		GROUP BY c.request, c.device, d.id ORDER BY joined DESC, c.request LIMIT ?`,
		db.nowMS(), db.index.of(account), db.index.of(account), string(in), limit)
	if err != nil {
		return nil, fmt.Errorf("data: joined: %w", err)
	}
	defer rows.Close()
	var list []Joined
	for rows.Next() {
		var j Joined
		if err := rows.Scan(&j.Request, &j.Device, &j.Serial, &j.Type, &j.Region, &j.JoinedMS, &j.Open, &j.Alone); err != nil {
			return nil, fmt.Errorf("data: joined: %w", err)
		}
		list = append(list, j)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: joined: %w", err)
	}
	return list, nil
}

// SessionLog gives what device itself wrote about one request, in the order it
// came; more says that events between the first and the last ones are left
// out.
func (db *DB) SessionLog(ctx context.Context, device, request string) (events []LoggedEvent, more bool, err error) {
	const query = "SELECT id, device, time_ms, at_ms, body FROM session_events WHERE request=?1 AND device=?2 AND id>?3 ORDER BY id "
	first, cut, err := db.someEvents(ctx, query+"LIMIT ?4", request, device, 0, firstEvents, firstBytes)
	if err != nil || !cut {
		return first, false, err
	}
	var from int64
	if len(first) > 0 {
		from = first[len(first)-1].id
	}
	last, more, err := db.someEvents(ctx, query+"DESC LIMIT ?4", request, device, from, lastEvents, lastBytes)
	slices.Reverse(last)
	return append(first, last...), more, err
}

// someEvents reads until a count or an amount is reached; cut says that it was.
func (db *DB) someEvents(ctx context.Context, query, request, device string, from int64, count, bytes int) (list []LoggedEvent, cut bool, err error) {
	rows, err := db.sql.QueryContext(ctx, query, request, device, from, count+1)
	if err != nil {
		return nil, false, fmt.Errorf("data: session log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, size, err := db.scanEvent(rows)
		if err != nil {
			return nil, false, fmt.Errorf("data: session log: %w", err)
		}
		if bytes -= size; bytes < 0 || len(list) == count {
			return list, true, nil
		}
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("data: session log: %w", err)
	}
	return list, false, nil
}

func (db *DB) scanEvent(rows *sql.Rows) (e LoggedEvent, size int, err error) {
	var body []byte
	if err := rows.Scan(&e.id, &e.Device, &e.TimeMS, &e.AtMS, &body); err != nil {
		return e, 0, err
	}
	return e, len(body), db.seal.openJSON(body, &e.SessionEvent, "session_events", e.Device, "body")
}
