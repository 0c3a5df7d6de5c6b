package data

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// What sites and groups refuse.
var (
	// ErrTaken: the region has a site or group of that name.
	ErrTaken = errors.New("there is one of that name in this region")
	// ErrInUse: instruments stand at the site.
	ErrInUse = errors.New("instruments are still there")
	// ErrClosed: the site is closed.
	ErrClosed = errors.New("this site is closed")
	// ErrOtherRegion: a site and its instruments are of one region.
	ErrOtherRegion = errors.New("this is of another region")
)

func newID(kind string) string { return kind + "-" + strings.ToLower(rand.Text()[:16]) }

// AddSite makes a site.
func (db *DB) AddSite(ctx context.Context, s cloudapi.Site) (cloudapi.Site, error) {
	s.ID = newID("site")
	address, err := db.seal.sealJSON(s.Address, "sites", s.ID, "address")
	if err != nil {
		return s, fmt.Errorf("data: site: %w", err)
	}
	s.CreatedMS = db.nowMS()
	err = db.update(ctx, func(tx *sql.Tx) error {
		if err := nameFree(tx, "sites", s.Region, s.Name, s.ID); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO sites (id, region, name, address, created_ms) VALUES (?,?,?,?,?)", s.ID, s.Region, s.Name, address, s.CreatedMS)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("data: site: %w", err)
	}
	return s, nil
}

// nameFree: table is one of ours, never a caller's text.
func nameFree(tx *sql.Tx, table, region, name, but string) error {
	var one int
	err := tx.QueryRow("SELECT 1 FROM "+table+" WHERE region = ? AND name = ? AND id <> ?", region, name, but).Scan(&one)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return ErrTaken
}

// Site gives one site without its counts, or ErrNotFound.
func (db *DB) Site(ctx context.Context, id string) (cloudapi.Site, error) {
	s, err := db.scanSite(db.sql.QueryRowContext(ctx, "SELECT id, region, name, address, created_ms, closed_ms, 0, 0 FROM sites WHERE id = ?", id).Scan)
	if err != nil {
		return s, fmt.Errorf("data: site: %w", err)
	}
	return s, nil
}

func (db *DB) scanSite(scan func(...any) error) (s cloudapi.Site, err error) {
	var address []byte
	err = scan(&s.ID, &s.Region, &s.Name, &address, &s.CreatedMS, &s.ClosedMS, &s.Devices, &s.Online)
	if errors.Is(err, sql.ErrNoRows) {
		return s, ErrNotFound
	}
	if err != nil {
		return s, err
	}
	return s, db.seal.openJSON(address, &s.Address, "sites", s.ID, "address")
}

// ChangeSite renames a site or closes it; a closed one stays on record.
func (db *DB) ChangeSite(ctx context.Context, s cloudapi.Site, shut bool) error {
	address, err := db.seal.sealJSON(s.Address, "sites", s.ID, "address")
	if err != nil {
		return fmt.Errorf("data: site: %w", err)
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		var closed int64
		var region string
		err := tx.QueryRow("SELECT region, closed_ms FROM sites WHERE id = ?", s.ID).Scan(&region, &closed)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := nameFree(tx, "sites", region, s.Name, s.ID); err != nil {
			return err
		}
		if shut && closed == 0 {
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM devices WHERE site = ? AND retired_ms = 0", s.ID).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return ErrInUse
			}
			closed = db.nowMS()
		}
		_, err = tx.Exec("UPDATE sites SET name=?, address=?, closed_ms=? WHERE id=?", s.Name, address, closed, s.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("data: site: %w", err)
	}
	return nil
}

// Scope is what somebody may see: devices of these regions and, where Sites are
// given, at these sites alone (P5, P20).
type Scope struct {
	Regions []string
	Sites   []string
}

// Of gives the scope of somebody of the staff.
func Of(who cloudapi.Staff) Scope { return Scope{Regions: who.Regions, Sites: who.Sites} }

// Sees tells whether a device of a region, at a site, is in scope.
func (s Scope) Sees(region, site string) bool {
	return slices.Contains(s.Regions, region) && (len(s.Sites) == 0 || slices.Contains(s.Sites, site))
}

// where is the scope as a condition on a table with columns region and site.
func (s Scope) where(region, site string) (string, []any) {
	query, args := oneOf(region, s.Regions)
	if len(s.Sites) > 0 {
		more, sites := oneOf(site, s.Sites)
		query, args = query+" AND "+more, append(args, sites...)
	}
	return query, args
}

// oneOf is "column IN (…)"; of no values, nothing is one.
func oneOf(column string, values []string) (string, []any) {
	if len(values) == 0 {
		return "1 = 0", nil
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return column + " IN (?" + strings.Repeat(",?", len(values)-1) + ")", args
}

// Sites gives the sites in scope by name, with how many instruments stand
// there.
func (db *DB) Sites(ctx context.Context, scope Scope) ([]cloudapi.Site, error) {
	where, args := scope.where("s.region", "s.id")
	rows, err := db.sql.QueryContext(ctx, `SELECT s.id, s.region, s.name, s.address, s.created_ms, s.closed_ms,
		(SELECT count(*) FROM devices d WHERE d.site = s.id AND d.retired_ms = 0),
		(SELECT count(*) FROM devices d WHERE d.site = s.id AND d.retired_ms = 0 AND d.online = 1)
		FROM sites s WHERE `+where+" ORDER BY s.region, s.name, s.id", args...)
	if err != nil {
		return nil, fmt.Errorf("data: sites: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.Site{}
	for rows.Next() {
		s, err := db.scanSite(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("data: sites: %w", err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: sites: %w", err)
	}
	return list, nil
}

// Move moves devices to a site of their region, all or none; "" is no site.
func (db *DB) Move(ctx context.Context, devices []string, site, by, reason string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		var region, name string
		if site != "" {
			var closed int64
			err := tx.QueryRow("SELECT region, name, closed_ms FROM sites WHERE id = ?", site).Scan(&region, &name, &closed)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return ErrNotFound
			case err != nil:
				return err
			case closed > 0:
				return ErrClosed
			}
		}
		for _, device := range devices {
			if err := db.move(tx, device, site, region, cloudapi.History{Kind: HistorySite, By: by, To: name, Text: reason}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("data: move: %w", err)
	}
	return nil
}

func (db *DB) move(tx *sql.Tx, device, site, region string, h cloudapi.History) error {
	var own, was, from string
	var retired int64
	err := tx.QueryRow("SELECT d.region, d.site, coalesce(s.name, ''), d.retired_ms FROM devices d LEFT JOIN sites s ON s.id = d.site WHERE d.id = ?", device).Scan(&own, &was, &from, &retired)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return err
	case retired > 0:
		return ErrRetired
	case site != "" && own != region:
		return ErrOtherRegion
	case was == site:
		return nil
	}
	if _, err := tx.Exec("UPDATE devices SET site=? WHERE id=?", site, device); err != nil {
		return err
	}
	h.From = from
	return db.noteHistory(tx, device, h)
}

// leaveRegion takes a device out of what belongs to the region it was in.
func (db *DB) leaveRegion(tx *sql.Tx, device, from, to string) error {
	if _, err := tx.Exec("UPDATE devices SET site='' WHERE id=?", device); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM device_group_members WHERE device=?", device); err != nil {
		return err
	}
	return db.noteHistory(tx, device, cloudapi.History{Kind: HistoryRegion, From: from, To: to})
}
