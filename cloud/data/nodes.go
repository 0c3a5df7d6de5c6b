package data

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// NodeGone is after how long a node that says nothing counts as gone, and its
// devices as offline. A node says that it is there every NodeBeat.
const (
	NodeBeat = 15 * time.Second
	NodeGone = 90 * time.Second
)

// Beat says that this node is there, takes over keys that were changed
// elsewhere, and marks the devices of nodes that are gone as offline. It is
// called every NodeBeat; gone reports whether devices were marked.
func (db *DB) Beat(ctx context.Context) (gone bool, err error) {
	if err := db.Healthy(ctx); err != nil {
		return false, err
	}
	if err := db.seal.refresh(ctx); err != nil {
		return false, fmt.Errorf("data: %w", err)
	}
	if !db.pg {
		return false, nil // nobody else is there
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		gone = false
		now := db.now()
		if _, err := tx.Exec("INSERT INTO nodes (name, seen_ms) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET seen_ms=excluded.seen_ms", db.node, now.UnixMilli()); err != nil {
			return err
		}
		const lost = "node <> ? AND NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.name = devices.node AND nodes.seen_ms >= ?)"
		since := now.Add(-NodeGone).UnixMilli()
		if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM devices WHERE online = 1 AND "+lost+")", db.node, since).Scan(&gone); err != nil || !gone {
			return err
		}
		return db.leave(tx, lost, db.node, since)
	})
	if err != nil {
		return false, fmt.Errorf("data: node: %w", err)
	}
	return gone, nil
}

// Nodes gives the nodes that were there within NodeGone, by name.
func (db *DB) Nodes(ctx context.Context) ([]string, error) {
	list, err := strs(db.sql.QueryContext(ctx, "SELECT name FROM nodes WHERE seen_ms >= ? ORDER BY name", db.now().Add(-NodeGone).UnixMilli()))
	if err != nil {
		return nil, fmt.Errorf("data: nodes: %w", named(err))
	}
	return list, nil
}
