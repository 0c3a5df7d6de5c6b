package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// AddGroup makes a group.
func (db *DB) AddGroup(ctx context.Context, g cloudapi.Group) (cloudapi.Group, error) {
	g.ID = newID("group")
	err := db.update(ctx, func(tx *sql.Tx) error {
		if err := nameFree(tx, "device_groups", g.Region, g.Name, g.ID); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO device_groups (id, region, name, created_ms) VALUES (?,?,?,?)", g.ID, g.Region, g.Name, db.nowMS())
		return err
	})
	if err != nil {
		return g, fmt.Errorf("data: group: %w", err)
	}
	return g, nil
}

// Group gives one group without its count, or ErrNotFound.
func (db *DB) Group(ctx context.Context, id string) (g cloudapi.Group, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT id, region, name FROM device_groups WHERE id = ?", id).Scan(&g.ID, &g.Region, &g.Name)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return g, fmt.Errorf("data: group: %w", err)
	}
	return g, nil
}

// Groups gives the groups in scope by name, with how many instruments of the
// scope are in each.
func (db *DB) Groups(ctx context.Context, scope Scope) ([]cloudapi.Group, error) {
	inScope, some := scope.where("d.region", "d.site")
	regions, args := oneOf("g.region", scope.Regions)
	rows, err := db.sql.QueryContext(ctx, `SELECT g.id, g.region, g.name,
		(SELECT count(*) FROM device_group_members m JOIN devices d ON d.id = m.device WHERE m.member_of = g.id AND d.retired_ms = 0 AND `+inScope+`)
		FROM device_groups g WHERE `+regions+" ORDER BY g.region, g.name, g.id", append(some, args...)...)
	if err != nil {
		return nil, fmt.Errorf("data: groups: %w", err)
	}
	return scanGroups(rows)
}

// GroupsOf gives the groups a device is in.
func (db *DB) GroupsOf(ctx context.Context, device string) ([]cloudapi.Group, error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT g.id, g.region, g.name, 0 FROM device_groups g
		JOIN device_group_members m ON m.member_of = g.id WHERE m.device = ? ORDER BY g.name, g.id`, device)
	if err != nil {
		return nil, fmt.Errorf("data: groups: %w", err)
	}
	return scanGroups(rows)
}

func scanGroups(rows *sql.Rows) ([]cloudapi.Group, error) {
	defer rows.Close()
	list := []cloudapi.Group{}
	for rows.Next() {
		var g cloudapi.Group
		if err := rows.Scan(&g.ID, &g.Region, &g.Name, &g.Devices); err != nil {
			return nil, fmt.Errorf("data: groups: %w", err)
		}
		list = append(list, g)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: groups: %w", err)
	}
	return list, nil
}

// ChangeGroup renames a group, puts devices into it and takes some out, or
// deletes it; all of it or nothing.
func (db *DB) ChangeGroup(ctx context.Context, c cloudapi.GroupChange, by string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		var region, name string
		err := tx.QueryRow("SELECT region, name FROM device_groups WHERE id = ?", c.ID).Scan(&region, &name)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if c.Delete {
			_, err := tx.Exec("DELETE FROM device_groups WHERE id = ?", c.ID)
			return err
		}
		if c.Name != "" && c.Name != name {
			if err := nameFree(tx, "device_groups", region, c.Name, c.ID); err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE device_groups SET name=? WHERE id=?", c.Name, c.ID); err != nil {
				return err
			}
			name = c.Name
		}
		for _, device := range c.Add {
			if err := db.addMember(tx, c.ID, region, name, device, by); err != nil {
				return err
			}
		}
		for _, device := range c.Remove {
			if err := db.removeMember(tx, c.ID, name, device, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("data: group: %w", err)
	}
	return nil
}

func (db *DB) addMember(tx *sql.Tx, group, region, name, device, by string) error {
	var own string
	err := tx.QueryRow("SELECT region FROM devices WHERE id = ?", device).Scan(&own)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return err
	case own != region:
		return ErrOtherRegion
	}
	res, err := tx.Exec("INSERT INTO device_group_members (member_of, device) VALUES (?,?) ON CONFLICT (member_of, device) DO NOTHING", group, device)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return db.noteHistory(tx, device, cloudapi.History{Kind: HistoryGroup, By: by, To: name})
}

func (db *DB) removeMember(tx *sql.Tx, group, name, device, by string) error {
	res, err := tx.Exec("DELETE FROM device_group_members WHERE member_of = ? AND device = ?", group, device)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return db.noteHistory(tx, device, cloudapi.History{Kind: HistoryGroup, By: by, From: name})
}
