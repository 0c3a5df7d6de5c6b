package data

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// Unassigned as InstrumentQuery.Site: of no site yet.
const Unassigned = "-"

// InstrumentQuery says which instruments are asked for. Empty fields ask for
// any.
type InstrumentQuery struct {
	Scope   Scope
	Region  string
	Site    string // an ID, or Unassigned
	Group   string
	State   string // one of cloudapi's; retired ones are listed only when asked for
	Version string
	Channel string
	Text    string // part of type, serial number, ID or the site's name
	After   string // Page's next
	Limit   int
}

// place is where a page ends.
type instrumentPlace struct{ Type, Serial, ID string }

const instrumentColumns = `d.id, d.serial, d.type, d.region, d.name, d.online, d.since_ms, d.status, d.copied_ms, d.revoked_ms,
	d.site, coalesce(s.name, ''), d.channel, d.version_ms, d.registered_ms, d.confirmed_ms, d.retired_ms, d.moved_to`

const instrumentFrom = " FROM devices d LEFT JOIN sites s ON s.id = d.site WHERE "

// ErrPlace: the place to go on from is none.
var ErrPlace = errors.New("this is no place to go on from")

// Instruments gives a page of the instruments in scope by type, serial number
// and ID, and how many there are in all.
func (db *DB) Instruments(ctx context.Context, q InstrumentQuery) (page cloudapi.InstrumentPage, err error) {
	page.Rows = []cloudapi.Instrument{}
	where, args := q.where()
	if err := db.sql.QueryRowContext(ctx, "SELECT count(*)"+instrumentFrom+where, args...).Scan(&page.Total); err != nil {
		return page, fmt.Errorf("data: instruments: %w", err)
	}
	if q.After != "" {
		var at instrumentPlace
		if json.Unmarshal([]byte(q.After), &at) != nil {
			return page, fmt.Errorf("data: instruments: %w", ErrPlace)
		}
		where += " AND (d.type > ? OR d.type = ? AND (d.serial > ? OR d.serial = ? AND d.id > ?))"
		args = append(args, at.Type, at.Type, at.Serial, at.Serial, at.ID)
	}
	rows, err := db.sql.QueryContext(ctx, "SELECT "+instrumentColumns+instrumentFrom+where+" ORDER BY d.type, d.serial, d.id LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return page, fmt.Errorf("data: instruments: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		d, err := db.scanInstrument(rows.Scan)
		if err != nil {
			return page, fmt.Errorf("data: instruments: %w", err)
		}
		page.Rows = append(page.Rows, d)
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("data: instruments: %w", err)
	}
	if len(page.Rows) > q.Limit {
		page.Rows = page.Rows[:q.Limit]
		last := page.Rows[q.Limit-1]
		next, err := json.Marshal(instrumentPlace{last.Type, last.Serial, last.ID})
		if err != nil {
			return page, fmt.Errorf("data: instruments: %w", err)
		}
		page.Next = string(next)
	}
	return page, nil
}

func (q *InstrumentQuery) where() (string, []any) {
	where, args := q.Scope.where("d.region", "d.site")
	add := func(condition string, values ...any) {
		where += " AND " + condition
		args = append(args, values...)
	}
	if q.Region != "" {
		add("d.region = ?", q.Region)
	}
	switch q.Site {
	case "":
	case Unassigned:
		add("d.site = ''")
	default:
		add("d.site = ?", q.Site)
	}
	if q.Group != "" {
		add("EXISTS (SELECT 1 FROM device_group_members m WHERE m.device = d.id AND m.member_of = ?)", q.Group)
	}
	if q.State == cloudapi.StateRetired {
		add("d.retired_ms > 0")
	} else {
		add("d.retired_ms = 0")
	}
	if condition := stateIs[q.State]; condition != "" {
		add(condition)
	}
	if q.Version != "" {
		add("d.version = ?", q.Version)
	}
	if q.Channel != "" {
		add("d.channel = ?", q.Channel)
	}
	for word := range strings.FieldsSeq(strings.ToLower(q.Text)) {
		add(`lower(d.type || ' ' || d.serial || ' ' || d.id || ' ' || coalesce(s.name, '')) LIKE ? ESCAPE '\'`, "%"+likeless.Replace(word)+"%")
	}
	return where, args
}

var likeless = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// stateIs is each state's condition beside being retired or not.
var stateIs = map[string]string{
	cloudapi.StateOnline: "d.online = 1", cloudapi.StateOffline: "d.online = 0", cloudapi.StateUnconfirmed: "d.confirmed_ms = 0",
	cloudapi.StateCopied: "d.copied_ms > 0", cloudapi.StateRevoked: "d.revoked_ms > 0",
}

func (db *DB) scanInstrument(scan func(...any) error) (d cloudapi.Instrument, err error) {
	var (
		name   []byte
		status string
		copied int64
	)
	err = scan(&d.ID, &d.Serial, &d.Type, &d.Region, &name, &d.Online, &d.SinceMS, &status, &copied, &d.RevokedMS,
		&d.Site, &d.SiteName, &d.Channel, &d.VersionMS, &d.RegisteredMS, &d.ConfirmedMS, &d.RetiredMS, &d.MovedTo)
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

// Instrument gives one instrument, who registered it, and when that address was
// asked to confirm; ErrNotFound.
func (db *DB) Instrument(ctx context.Context, id string) (d cloudapi.Instrument, email string, askedMS int64, err error) {
	var sealed []byte
	err = db.sql.QueryRowContext(ctx, "SELECT email, asked_ms FROM devices WHERE id = ?", id).Scan(&sealed, &askedMS)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err == nil {
		email, err = db.seal.openText(sealed, "devices", id, "email")
	}
	if err == nil {
		d, err = db.scanInstrument(db.sql.QueryRowContext(ctx, "SELECT "+instrumentColumns+instrumentFrom+"d.id = ?", id).Scan)
	}
	if err != nil {
		return d, "", 0, fmt.Errorf("data: instrument: %w", err)
	}
	return d, email, askedMS, nil
}

// VersionCounts gives what the instruments in scope run.
func (db *DB) VersionCounts(ctx context.Context, scope Scope) ([]cloudapi.VersionCount, error) {
	where, args := scope.where("region", "site")
	rows, err := db.sql.QueryContext(ctx, "SELECT version, channel, count(*), sum(online) FROM devices WHERE retired_ms = 0 AND "+where+
		" GROUP BY version, channel ORDER BY count(*) DESC, version, channel", args...)
	if err != nil {
		return nil, fmt.Errorf("data: versions: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.VersionCount{}
	for rows.Next() {
		var v cloudapi.VersionCount
		if err := rows.Scan(&v.Version, &v.Channel, &v.Devices, &v.Online); err != nil {
			return nil, fmt.Errorf("data: versions: %w", err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: versions: %w", err)
	}
	return list, nil
}

// RegionCounts gives how many instruments in scope each region has, and how
// many of them have no site.
func (db *DB) RegionCounts(ctx context.Context, scope Scope) (map[string][2]int, error) {
	where, args := scope.where("region", "site")
	rows, err := db.sql.QueryContext(ctx, "SELECT region, count(*), sum(CASE site WHEN '' THEN 1 ELSE 0 END) FROM devices WHERE retired_ms = 0 AND "+where+" GROUP BY region", args...)
	if err != nil {
		return nil, fmt.Errorf("data: regions: %w", err)
	}
	defer rows.Close()
	counts := map[string][2]int{}
	for rows.Next() {
		var region string
		var n [2]int
		if err := rows.Scan(&region, &n[0], &n[1]); err != nil {
			return nil, fmt.Errorf("data: regions: %w", err)
		}
		counts[region] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: regions: %w", err)
	}
	return counts, nil
}

// StateCounts gives how many instruments in scope are in each state; one may be
// in several.
func (db *DB) StateCounts(ctx context.Context, scope Scope) (map[string]int, error) {
	counts := map[string]int{}
	for _, state := range []string{cloudapi.StateOnline, cloudapi.StateOffline, cloudapi.StateUnconfirmed, cloudapi.StateCopied, cloudapi.StateRevoked, cloudapi.StateRetired} {
		q := InstrumentQuery{Scope: scope, State: state}
		where, args := q.where()
		var n int
		if err := db.sql.QueryRowContext(ctx, "SELECT count(*)"+instrumentFrom+where, args...).Scan(&n); err != nil {
			return nil, fmt.Errorf("data: states: %w", err)
		}
		counts[state] = n
	}
	return counts, nil
}
