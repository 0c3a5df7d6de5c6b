package data

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	signed "golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

// EventReport is what verification of the log of events came to.
type EventReport struct {
	Size        int64    // events that were ever written
	Kept        int64    // of those, still there
	Expired     int64    // deleted as retention said
	Root        string   // hex
	Checkpoints int      // signed ones that fit
	Verifier    string   // of the log's key
	Faults      []string // empty: nothing was changed or removed
}

// maxFaults is how many faults are named one by one.
const maxFaults = 50

func (r *EventReport) fault(format string, a ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, a...))
	}
}

// VerifyEvents reads the whole log and recomputes it. witnessed are checkpoints
// kept elsewhere, at a SIEM or on paper: with one a tail that was cut off, or
// an older copy of the database, is found too.
func (db *DB) VerifyEvents(ctx context.Context, witnessed ...string) (report EventReport, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("data: verify events: %w", err)
		}
	}()
	_, verifierKey, err := db.eventKey(ctx)
	if err != nil {
		return report, err
	}
	verifier, err := signed.NewVerifier(verifierKey)
	if err != nil {
		return report, err
	}
	report.Verifier = verifierKey
	tx, err := db.moment(ctx)
	if err != nil {
		return report, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	wanted, err := checkpointsOf(tx, signed.VerifierList(verifier), witnessed, &report)
	if err != nil {
		return report, err
	}
	gone, err := db.expiries(tx)
	if err != nil {
		return report, err
	}
	v := eventVerifier{db: db, report: &report, wanted: wanted, gone: gone, tree: &logproof.Tree{}}
	if err := v.leaves(tx); err != nil {
		return report, err
	}
	if err := v.head(tx); err != nil {
		return report, err
	}
	return report, nil
}

// checkpointsOf reads the signed checkpoints, by size.
func checkpointsOf(tx *sql.Tx, verifiers signed.Verifiers, witnessed []string, report *EventReport) (map[int64][]tlog.Hash, error) {
	rows, err := tx.Query("SELECT note FROM event_checkpoints ORDER BY size")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	wanted := map[int64][]tlog.Hash{}
	add := func(text string) {
		c, err := logproof.OpenCheckpoint([]byte(text), verifiers)
		if err != nil {
			report.fault("a checkpoint is not signed by the log's key: %v", err)
			return
		}
		wanted[c.Size] = append(wanted[c.Size], c.Root)
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		add(text)
	}
	for _, text := range witnessed {
		add(text)
	}
	return wanted, rows.Err()
}

// MinEventRetention is the shortest retention there is.
const MinEventRetention = 30 * 24 * time.Hour

// expiries gives by region before when retention deleted, as the log itself
// says.
func (db *DB) expiries(tx *sql.Tx) (map[string]int64, error) {
	rows, err := tx.Query("SELECT seq, at_ms, kind, severity, region, device, request, who, mac, body FROM events WHERE kind = ? ORDER BY seq", eventExpired)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := map[string]int64{}
	for rows.Next() {
		r, err := scanEventRow(rows)
		if err != nil {
			return nil, err
		}
		if db.openEvent(&r) != nil {
			continue // named as a fault where its row is looked at
		}
		before, err := strconv.ParseInt(r.Personal.Fields["before_ms"], 10, 64)
		if err != nil {
			continue
		}
		region := r.Personal.Fields["region"]
		if before > r.AtMS-MinEventRetention.Milliseconds() {
			continue // no retention is so short: it excuses nothing
		}
		list[region] = max(list[region], before)
	}
	return list, rows.Err()
}

type eventVerifier struct {
	db     *DB
	report *EventReport
	wanted map[int64][]tlog.Hash
	gone   map[string]int64
	tree   *logproof.Tree
}

// leaves recomputes the tree, and holds every event that is kept against its
// leaf.
func (v *eventVerifier) leaves(tx *sql.Tx) error {
	rows, err := tx.Query(`SELECT l.seq, l.at_ms, l.region, l.rest, e.at_ms, e.kind, e.severity, e.region, e.device, e.request, e.who, e.mac, e.body
		FROM event_leaves l LEFT JOIN events e ON e.seq = l.seq ORDER BY l.seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			l     eventLeafRow
			e     eventDetail
			who   []byte
			mac   []byte
			body  []byte
			level sql.NullInt64
		)
		if err := rows.Scan(&l.seq, &l.atMS, &l.region, &l.rest, &e.atMS, &e.kind, &level, &e.region, &e.device, &e.request, &who, &mac, &body); err != nil {
			return err
		}
		if next := v.tree.Size() + 1; l.seq != next {
			v.report.fault("events %d to %d are missing", next, l.seq-1)
			return nil // nothing after it can be told
		}
		v.tree.Add(eventLeaf(l.seq, l.atMS, l.region, l.rest))
		v.checkpoint()
		if e.atMS.Valid {
			v.report.Kept++
			row := eventRow{Event: Event{Seq: l.seq, AtMS: e.atMS.Int64, Kind: e.kind.String, Severity: int(level.Int64), Region: e.region.String, Device: e.device.String, Request: e.request.String}, who: who, mac: mac, body: body}
			v.kept(l, row)
			continue
		}
		if l.atMS < v.gone[l.region] {
			v.report.Expired++
			continue
		}
		v.report.fault("event %d was removed; no retention says so", l.seq)
	}
	v.report.Size = v.tree.Size()
	root := v.tree.Root()
	v.report.Root = fmt.Sprintf("%x", root[:])
	return rows.Err()
}

type eventLeafRow struct {
	seq, atMS int64
	region    string
	rest      []byte
}

type eventDetail struct {
	atMS                          sql.NullInt64
	kind, region, device, request sql.NullString
}

func (v *eventVerifier) kept(l eventLeafRow, r eventRow) {
	if r.AtMS != l.atMS || r.Region != l.region || !bytes.Equal(eventRest(&r.Event, r.mac), l.rest) {
		v.report.fault("event %d was changed", r.Seq)
		return
	}
	var sealed sealedEvent
	if err := v.db.seal.openJSON(r.body, &sealed, "events", strconv.FormatInt(r.Seq, 10), "body"); err != nil {
		v.report.fault("event %d: its sealed part does not open", r.Seq)
		return
	}
	if mac, err := sealed.mac(); err != nil || !bytes.Equal(mac, r.mac) {
		v.report.fault("event %d: its sealed part was changed", r.Seq)
		return
	}
	if !bytes.Equal(r.who, v.db.actorIndex(sealed.Actor)) {
		v.report.fault("event %d: it is filed under somebody else", r.Seq)
	}
}

// checkpoint holds the tree against what was signed at this size.
func (v *eventVerifier) checkpoint() {
	for _, root := range v.wanted[v.tree.Size()] {
		if root != v.tree.Root() {
			v.report.fault("the log up to event %d is not what was signed", v.tree.Size())
			continue
		}
		v.report.Checkpoints++
	}
	delete(v.wanted, v.tree.Size())
}

func (v *eventVerifier) head(tx *sql.Tx) error {
	var (
		size int64
		root []byte
	)
	err := tx.QueryRow("SELECT size, root FROM event_head WHERE id = 1").Scan(&size, &root)
	if errors.Is(err, sql.ErrNoRows) {
		v.report.fault("the head of the log is missing")
		return nil
	}
	if err != nil {
		return err
	}
	now := v.tree.Root()
	if size != v.tree.Size() || size > 0 && !bytes.Equal(root, now[:]) {
		v.report.fault("the head of the log says %d events, and there are %d", size, v.tree.Size())
	}
	for size := range v.wanted {
		if size > v.tree.Size() {
			v.report.fault("a signed checkpoint speaks of %d events, and there are %d", size, v.tree.Size())
		}
	}
	return nil
}
