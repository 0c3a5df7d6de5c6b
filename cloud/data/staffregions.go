package data

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"beckmanconnect/internal/cloudapi"
)

// staffSources are where somebody's regions may be read: sign-ins that count or
// wait, what they were allowed when they were at the desk last, and the cloud's
// own word. A region counts also when a training for it has ended.
var staffSources = []struct {
	table, key, column string
	lives              bool // a row counts until its expires_ms
	regions            func(text []byte) (account string, regions []string, err error)
}{
	{"staff_sessions", "hash", "identity", true, func(text []byte) (string, []string, error) {
		var who cloudapi.Staff
		err := json.Unmarshal(text, &who)
		return who.Account, regionsOf(who), err
	}},
	{"staff_waiting", "hash", "identity", true, func(text []byte) (string, []string, error) {
		var w SignInWaiting
		err := json.Unmarshal(text, &w)
		return w.Staff.Account, regionsOf(w.Staff), err
	}},
	{"colleagues", "who", "identity", false, func(text []byte) (string, []string, error) {
		var who cloudapi.Staff
		err := json.Unmarshal(text, &who)
		return who.Account, regionsOf(who), err
	}},
	{"staff_people", "who", "person", false, func(text []byte) (string, []string, error) {
		var p StaffPerson
		err := json.Unmarshal(text, &p)
		return p.Account, append(regionsOf(cloudapi.Staff{Training: p.Training}), p.Regions...), err
	}},
}

func regionsOf(who cloudapi.Staff) []string {
	list := slices.Clone(who.Regions)
	for _, t := range who.Training {
		list = append(list, t.Region)
	}
	return list
}

// StaffRegions gives the regions that somebody of the staff belongs to, as far
// as the cloud knows, in order; none: it knows of no region.
func (db *DB) StaffRegions(ctx context.Context, account string) ([]string, error) {
	all, err := db.staffRegions(ctx, db.index.of(account))
	return all[account], err
}

// AllStaffRegions gives the same for everybody of whom it knows a region, by
// account.
func (db *DB) AllStaffRegions(ctx context.Context) (map[string][]string, error) {
	return db.staffRegions(ctx, nil)
}

// Regions gives the regions of this deployment, in order: those with devices or
// sites, and those that staff belongs to. An account of whom no region is known
// may be of any of them.
func (db *DB) Regions(ctx context.Context) ([]string, error) {
	list, err := strs(db.sql.QueryContext(ctx, "SELECT region FROM devices WHERE region<>'' UNION SELECT region FROM sites"))
	if err != nil {
		return nil, fmt.Errorf("data: regions: %w", named(err))
	}
	staff, err := db.AllStaffRegions(ctx)
	for _, more := range staff {
		list = append(list, more...)
	}
	slices.Sort(list)
	return slices.Compact(list), err
}

// staffRegions reads the sources, of one account or (nil) of all.
func (db *DB) staffRegions(ctx context.Context, who []byte) (map[string][]string, error) {
	found := map[string]map[string]bool{}
	for _, s := range staffSources {
		query, args := "SELECT "+s.key+", "+s.column+" FROM "+s.table+" WHERE 1=1", []any(nil)
		if who != nil {
			query, args = query+" AND who=?", append(args, who)
		}
		if s.lives {
			query, args = query+" AND expires_ms>?", append(args, db.nowMS())
		}
		err := db.eachRow(ctx, query, func(rows *sql.Rows) error {
			var key, sealed []byte
			if err := rows.Scan(&key, &sealed); err != nil {
				return err
			}
			text, err := db.seal.openText(sealed, s.table, hex.EncodeToString(key), s.column)
			if err != nil {
				return err
			}
			account, regions, err := s.regions([]byte(text))
			if err != nil {
				return err
			}
			if found[account] == nil {
				found[account] = map[string]bool{}
			}
			for _, r := range regions {
				found[account][r] = true
			}
			return nil
		}, args...)
		if err != nil {
			return nil, fmt.Errorf("data: regions of staff: %s: %w", s.table, err)
		}
	}
	all := map[string][]string{}
	for account, regions := range found {
		if len(regions) > 0 {
			all[account] = slices.Sorted(maps.Keys(regions))
		}
	}
	return all, nil
}
