package data

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// ErrNotFound: no such device, request or session.
var ErrNotFound = errors.New("not found")

// ErrCloned: the device ID is taken by another key.
var ErrCloned = errors.New("this device ID belongs to another key")

// Registration is what a device registers with (P13).
type Registration struct {
	Device      string
	KeyHash     []byte // SHA-256 of the whole public key, of which Device is a part
	Region      string
	Serial      string
	Type        string
	Terms       string
	Email       string
	Name        string
	LogVerifier string // note verifier of the device's log, may be empty
	LogBound    bool   // the device's key speaks for LogVerifier
	PublicKey   []byte // SubjectPublicKeyInfo
	Machine     string // cloudapi.MachineID, may be empty
}

// Register stores a new device, or what changed of a known one. A known device
// proves itself by the same key; another key under its ID is ErrCloned. One that
// was revoked or copied stays out, with ErrRevoked or ErrCopied, until it comes
// with another key.
func (db *DB) Register(ctx context.Context, r Registration) error {
	email, err := db.seal.sealText(r.Email, "devices", r.Device, "email")
	if err != nil {
		return fmt.Errorf("data: register: %w", err)
	}
	name, err := db.seal.sealText(r.Name, "devices", r.Device, "name")
	if err != nil {
		return fmt.Errorf("data: register: %w", err)
	}
	copied := false
	err = db.update(ctx, func(tx *sql.Tx) error {
		copied = false
		known, err := db.knownDevice(tx, r)
		switch {
		case errors.Is(err, ErrNotFound):
			return db.insertDevice(tx, r, email, name)
		case err != nil:
			return err
		}
		if r.Machine != "" && known != "" && r.Machine != known {
			copied, err = db.pinMachine(tx, r.Device, r.Machine)
			return err // what was found stays; what was sent does not
		}
		return db.updateDevice(tx, r, email, name)
	})
	if err == nil && copied {
		err = ErrCopied
	}
	if err != nil {
		return fmt.Errorf("data: register: %w", err)
	}
	return nil
}

// knownDevice gives the machine of a device that may register again.
func (db *DB) knownDevice(tx *sql.Tx, r Registration) (machine string, err error) {
	var (
		hash            []byte
		copied, revoked int64
		movedTo         string
	)
	err = tx.QueryRow("SELECT key_hash, machine, copied_ms, revoked_ms, moved_to FROM devices WHERE id = ?", r.Device).Scan(&hash, &machine, &copied, &revoked, &movedTo)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", ErrNotFound
	case err != nil:
		return "", err
	case !bytes.Equal(hash, r.KeyHash):
		return "", ErrCloned
	}
	return machine, standing(copied, revoked, movedTo)
}

func (db *DB) insertDevice(tx *sql.Tx, r Registration, email, name []byte) error {
	now := db.nowMS()
	_, err := tx.Exec(`INSERT INTO devices (id, key_hash, region, serial, type, terms, email, name, log_verifier, public_key, machine, registered_ms, updated_ms, since_ms)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		r.Device, r.KeyHash, r.Region, r.Serial, r.Type, r.Terms, email, name, r.LogVerifier, nonNil(r.PublicKey), r.Machine, now, now, now)
	if err != nil {
		return err
	}
	if err := db.noteIdentity(tx, IdentityRecord{Device: r.Device, Kind: IdentityRegistered}); err != nil {
		return err
	}
	return db.noteSharedSerial(tx, r)
}

func (db *DB) updateDevice(tx *sql.Tx, r Registration, email, name []byte) error {
	if err := db.noteAddress(tx, r); err != nil {
		return err
	}
	// The log's verifier is pinned by whoever named it first. The device's own
	// key may speak for another one: a new log; without that a device that names
	// another one is a question for the witness, not an update.
	var verifier string
	if err := tx.QueryRow("SELECT log_verifier FROM devices WHERE id=?", r.Device).Scan(&verifier); err != nil {
		return err
	}
	if verifier != "" && r.LogVerifier != "" && verifier != r.LogVerifier && r.LogBound {
		if err := db.newLog(tx, r.Device, r.LogVerifier); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE devices SET region=?, serial=?, type=?, terms=?, email=?, name=?, updated_ms=?, public_key=?,
		machine = CASE machine WHEN '' THEN ? ELSE machine END, log_verifier = CASE log_verifier WHEN '' THEN ? ELSE log_verifier END WHERE id=?`,
		r.Region, r.Serial, r.Type, r.Terms, email, name, db.nowMS(), nonNil(r.PublicKey), r.Machine, r.LogVerifier, r.Device)
	if err != nil {
		return err
	}
	if err := db.noteIdentity(tx, IdentityRecord{Device: r.Device, Kind: IdentityUpdated}); err != nil {
		return err
	}
	// What it wrote is its new region's staff's to see, and no longer the
	// old one's (P20).
	_, err = tx.Exec("UPDATE feed SET region=?1 WHERE device=?2 AND region<>?1", r.Region, r.Device)
	return err
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// noteSharedSerial: a reinstalled PC comes with a new key and its old serial
// number, which is fine, and so might an impostor: staff is told.
func (db *DB) noteSharedSerial(tx *sql.Tx, r Registration) error {
	var other string
	err := tx.QueryRow("SELECT id FROM devices WHERE type = ? AND serial = ? AND id <> ? LIMIT 1", r.Type, r.Serial, r.Device).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return db.raise(tx, r.Device, AlarmSerialTwice, other, "This serial number was registered before with another key", nil)
}

// DeviceRecord is a device as staff may see it, and who answers for it.
type DeviceRecord struct {
	cloudapi.Device
	LogVerifier  string
	RegisteredMS int64
	ReplacedBy   string // the device that took its place
	RetiredMS    int64  // its life here is over
}

const deviceColumns = `id, serial, type, region, name, online, since_ms, status, log_verifier, registered_ms, copied_ms, revoked_ms, replaced_by,
	site, coalesce((SELECT s.name FROM sites s WHERE s.id = devices.site), ''), retired_ms`

// Device gives one device, or ErrNotFound.
func (db *DB) Device(ctx context.Context, id string) (DeviceRecord, error) {
	row := db.sql.QueryRowContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE id = ?", id)
	d, err := db.scanDevice(row.Scan)
	if err != nil {
		return d, fmt.Errorf("data: device: %w", err)
	}
	one := []DeviceRecord{d}
	err = db.addLogs(ctx, id, one)
	return one[0], err
}

// Devices gives the fleet, sorted by type and serial number, without those
// whose life here is over.
func (db *DB) Devices(ctx context.Context) ([]DeviceRecord, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE retired_ms = 0 ORDER BY type, serial, id")
	if err != nil {
		return nil, fmt.Errorf("data: devices: %w", err)
	}
	defer rows.Close()
	var list []DeviceRecord
	for rows.Next() {
		d, err := db.scanDevice(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("data: devices: %w", err)
		}
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: devices: %w", err)
	}
	rows.Close()
	return list, db.addLogs(ctx, "", list)
}

func (db *DB) scanDevice(scan func(...any) error) (DeviceRecord, error) {
	var (
		d      DeviceRecord
		name   []byte
		status string
		copied int64
	)
	err := scan(&d.ID, &d.Serial, &d.Type, &d.Region, &name, &d.Online, &d.SinceMS, &status, &d.LogVerifier, &d.RegisteredMS,
		&copied, &d.RevokedMS, &d.ReplacedBy, &d.Site, &d.SiteName, &d.RetiredMS)
	if errors.Is(err, sql.ErrNoRows) {
		return d, ErrNotFound
	}
	if err != nil {
		return d, err
	}
	d.Copied = copied > 0
	if d.Name, err = db.seal.openText(name, "devices", d.ID, "name"); err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(status), &d.Status)
}
