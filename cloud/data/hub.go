package data

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrLeaseLost: another node reads this partition now.
var ErrLeaseLost = errors.New("another node reads this partition")

// HubLease is a partition of a hub's stream that this node reads.
type HubLease struct {
	Partition string
	Epoch     int64 // higher than that of every node before
	Place     int64 // number of the last message whose effect is stored; -1: none
}

// reader is this process's name among those that read a stream.
func (db *DB) reader() string { return cmp.Or(db.node, "the only one") }

// LeasePartitions says that this node reads the stream, renews what it reads of
// it, takes its share of what nobody reads, and gives back what is more than
// its share. It is called well within life. The leases are in the order of
// partitions.
func (db *DB) LeasePartitions(ctx context.Context, hub string, partitions []string, life time.Duration) ([]HubLease, error) {
	var own []HubLease
	err := db.update(ctx, func(tx *sql.Tx) error {
		own = nil
		now := db.now()
		share, err := db.share(tx, hub, len(partitions), now, life)
		if err != nil {
			return err
		}
		var free []HubLease
		for _, part := range partitions {
			if _, err := tx.Exec("INSERT INTO hub_partitions (hub, part) VALUES (?,?) ON CONFLICT (hub, part) DO NOTHING", hub, part); err != nil {
				return err
			}
			l := HubLease{Partition: part}
			var node string
			var until int64
			if err := tx.QueryRow("SELECT node, until_ms, epoch, place FROM hub_partitions WHERE hub=? AND part=?", hub, part).Scan(&node, &until, &l.Epoch, &l.Place); err != nil {
				return err
			}
			switch {
			case node == db.reader() && len(own) < share:
				own = append(own, l)
			case node == db.reader():
				if _, err := tx.Exec("UPDATE hub_partitions SET node='', until_ms=0 WHERE hub=? AND part=?", hub, part); err != nil {
					return err
				}
			case node == "" || until <= now.UnixMilli():
				free = append(free, l)
			}
		}
		for _, l := range free[:min(len(free), share-len(own))] {
			l.Epoch++
			own = append(own, l)
		}
		slices.SortFunc(own, func(a, b HubLease) int {
			return slices.Index(partitions, a.Partition) - slices.Index(partitions, b.Partition)
		})
		for _, l := range own {
			if _, err := tx.Exec("UPDATE hub_partitions SET node=?, until_ms=?, epoch=? WHERE hub=? AND part=?", db.reader(), now.Add(life).UnixMilli(), l.Epoch, hub, l.Partition); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("data: lease partitions: %w", err)
	}
	return own, nil
}

// share is how many partitions each of the nodes reads at most that are there.
func (db *DB) share(tx *sql.Tx, hub string, partitions int, now time.Time, life time.Duration) (int, error) {
	if _, err := tx.Exec("INSERT INTO hub_readers (hub, node, seen_ms) VALUES (?,?,?) ON CONFLICT (hub, node) DO UPDATE SET seen_ms=excluded.seen_ms", hub, db.reader(), now.UnixMilli()); err != nil {
		return 0, err
	}
	if _, err := tx.Exec("DELETE FROM hub_readers WHERE hub=? AND seen_ms<?", hub, now.Add(-life).UnixMilli()); err != nil {
		return 0, err
	}
	var readers int
	if err := tx.QueryRow("SELECT count(*) FROM hub_readers WHERE hub=?", hub).Scan(&readers); err != nil {
		return 0, err
	}
	return (partitions + readers - 1) / readers, nil
}

// KeepPlace notes how far this node has read a partition: the effect of every
// message up to there is stored. ErrLeaseLost: nothing is noted, another node
// reads it.
func (db *DB) KeepPlace(ctx context.Context, hub string, l HubLease) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE hub_partitions SET place=? WHERE hub=? AND part=? AND node=? AND epoch=?", l.Place, hub, l.Partition, db.reader(), l.Epoch)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return ErrLeaseLost
	})
	if err != nil {
		return fmt.Errorf("data: place in a hub's stream: %w", err)
	}
	return nil
}

// LeavePartitions gives back what this node reads, so that others need not wait
// for the end of its leases.
func (db *DB) LeavePartitions(ctx context.Context, hub string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE hub_partitions SET node='', until_ms=0 WHERE hub=? AND node=?", hub, db.reader()); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM hub_readers WHERE hub=? AND node=?", hub, db.reader())
		return err
	})
	if err != nil {
		return fmt.Errorf("data: leave partitions: %w", err)
	}
	return nil
}

// HubSaid notes what a hub says of a device's connection, by the hub's number.
// It reports false for what is no newer than what it said before.
func (db *DB) HubSaid(ctx context.Context, hub, partition, device string, connected bool, number string) (bool, error) {
	newer := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		newer = false
		var before string
		err := tx.QueryRow("SELECT number FROM hub_devices WHERE hub=? AND device=?", hub, device).Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && number <= before { // of one length, as the hub writes them
			return nil
		}
		newer = true
		_, err = tx.Exec(`INSERT INTO hub_devices (hub, device, part, connected, number) VALUES (?,?,?,?,?)
			ON CONFLICT (hub, device) DO UPDATE SET part=excluded.part, connected=excluded.connected, number=excluded.number`,
			hub, device, partition, connected, number)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("data: connection at a hub: %w", err)
	}
	return newer, nil
}

// HubConnected gives the devices of a partition that the hub last called
// connected.
func (db *DB) HubConnected(ctx context.Context, hub, partition string) ([]string, error) {
	list, err := strs(db.sql.QueryContext(ctx, "SELECT device FROM hub_devices WHERE hub=? AND part=? AND connected=1 ORDER BY device", hub, partition))
	if err != nil {
		return nil, fmt.Errorf("data: connections at a hub: %w", named(err))
	}
	return list, nil
}
