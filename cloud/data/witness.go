package data

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"beckmanconnect/internal/cloudapi"
)

// Checkpoint is a device log's checkpoint that the witness cosigned.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   []byte
	Note   string
}

// NewestCheckpoint gives the newest cosigned checkpoint of a log of the device;
// its Size is 0 when there is none.
func (t *Tx) NewestCheckpoint(origin string) (Checkpoint, error) {
	c := Checkpoint{Origin: origin}
	err := t.tx.QueryRow("SELECT size, root, note FROM checkpoints WHERE device=? AND origin=? ORDER BY size DESC LIMIT 1", t.device, origin).
		Scan(&c.Size, &c.Root, &c.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return Checkpoint{Origin: origin}, nil
	}
	return c, err
}

// HasCheckpoint says whether exactly this checkpoint was cosigned.
func (t *Tx) HasCheckpoint(origin string, size int64, root []byte) (bool, error) {
	var known []byte
	err := t.tx.QueryRow("SELECT root FROM checkpoints WHERE device=? AND origin=? AND size=?", t.device, origin, size).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return bytes.Equal(known, root), err
}

// KeepCheckpoint keeps a checkpoint that is about to be answered with a
// cosignature. One of the same size gets the newer cosignature.
func (t *Tx) KeepCheckpoint(c Checkpoint) error {
	_, err := t.tx.Exec(`INSERT INTO checkpoints (device, origin, size, root, note, at_ms) VALUES (?,?,?,?,?,?)
		ON CONFLICT (device, origin, size) DO UPDATE SET note=excluded.note, at_ms=excluded.at_ms WHERE checkpoints.root=excluded.root`,
		t.device, c.Origin, c.Size, c.Root, c.Note, t.db.nowMS())
	return err
}

// WitnessBack tells staff that a device was cosigned more of its log than this
// database knows of, once a log; unless a backup was restored since, which
// explains it. It reports whether staff is told.
func (t *Tx) WitnessBack(known Checkpoint, cosigned int64) (bool, error) {
	at, _, err := restored(context.Background(), t.tx)
	if err != nil {
		return false, err
	}
	var newest int64
	if err := t.tx.QueryRow("SELECT coalesce(max(at_ms), 0) FROM checkpoints WHERE device=? AND origin=?", t.device, known.Origin).Scan(&newest); err != nil || newest < at {
		return false, err
	}
	return true, t.db.raise(t.tx, t.device, AlarmWitnessBack, known.Origin,
		fmt.Sprintf("The cloud's record of this device's log went back: %d entries were witnessed, %d are known here", cosigned, known.Size),
		cloudapi.Values{"witnessed": strconv.FormatInt(cosigned, 10), "known": strconv.FormatInt(known.Size, 10)})
}

// logStanding is what the witness knows of the log of a device, whose name is
// in front of the verifier. A history that was contradicted stays so; a wrong
// signature is over with the next right one.
const logStanding = `WITH logs AS (SELECT id, substr(log_verifier, 1, instr(log_verifier, '+') - 1) AS origin FROM devices WHERE log_verifier <> '' AND (?1 = '' OR id = ?1))
	SELECT l.id,
		coalesce((SELECT size  FROM checkpoints c WHERE c.device = l.id AND c.origin = l.origin ORDER BY size DESC LIMIT 1), 0),
		coalesce((SELECT at_ms FROM checkpoints c WHERE c.device = l.id AND c.origin = l.origin ORDER BY size DESC LIMIT 1), 0),
		coalesce((SELECT code FROM alarms a WHERE a.device = l.id AND a.subject = l.origin AND a.code IN ('CLOUD-LOG-FORKED', 'CLOUD-LOG-SHRUNK') ORDER BY a.code LIMIT 1), ''),
		coalesce((SELECT last_ms FROM alarms a WHERE a.device = l.id AND a.code = 'CLOUD-LOG-SIGNATURE' AND a.subject = 'log'), 0)
	FROM logs l`

var logTroubles = map[string]string{AlarmLogForked: "forked", AlarmLogShrunk: "shrunk"}

// addLogs fills in what the witness knows of the devices' logs. device is the
// only one in the list, or empty.
func (db *DB) addLogs(ctx context.Context, device string, list []DeviceRecord) error {
	at := make(map[string]*DeviceRecord, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	rows, err := db.sql.QueryContext(ctx, logStanding, device)
	if err != nil {
		return fmt.Errorf("data: logs of devices: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id, code        string
			size, ms, wrong int64
		)
		if err := rows.Scan(&id, &size, &ms, &code, &wrong); err != nil {
			return fmt.Errorf("data: logs of devices: %w", err)
		}
		d, ok := at[id]
		if !ok {
			continue
		}
		d.LogEntries, d.LogWitnessedMS, d.LogTrouble = size, ms, logTroubles[code]
		if d.LogTrouble == "" && wrong > ms {
			d.LogTrouble = "signature"
		}
	}
	return rows.Err()
}
