package data

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// found is a row that is a person's.
type found struct {
	names  []any // of its row columns
	key    string
	device string
	at     int64
	values []string // of the rule's columns
}

// PersonData gives everything that is kept about a person, by e-mail address or
// account (GDPR, article 15). It reads every sealed value there is, which takes
// its time on a large database.
func (db *DB) PersonData(ctx context.Context, subject string) (cloudapi.Person, error) {
	p := cloudapi.Person{Subject: subject, AtMS: db.nowMS(), Parts: []cloudapi.PersonPart{}, Counts: map[string]int{}}
	err := db.eachRule(ctx, subject, func(rule personRule, rows []found) error {
		part := rule.part()
		for _, row := range rows {
			record := cloudapi.PersonRecord{Key: row.key, Device: row.device, AtMS: row.at, Values: map[string]string{}}
			for n, c := range rule.columns {
				record.Values[c.name] = withoutLinks(row.values[n])
			}
			part.Records = append(part.Records, record)
		}
		p.Parts = append(p.Parts, part)
		p.Counts[rule.table] = len(rows)
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("data: person: %w", err)
	}
	return p, nil
}

// secretOfLink is what makes a link good that was mailed to somebody.
var secretOfLink = regexp.MustCompile(`([?&](?:token|link)=)[A-Za-z0-9%]+`)

// withoutLinks takes the secrets out of links in a mail that waits: whoever hands a
// person's data out must not be able to confirm in that person's place.
func withoutLinks(text string) string { return secretOfLink.ReplaceAllString(text, "${1}…") }

// ErasePerson overwrites what is kept about a person, as each table's rule says,
// and counts the records (GDPR, article 17). A second time it finds less and
// does no harm.
func (db *DB) ErasePerson(ctx context.Context, subject, by string) (map[string]int, error) {
	counts := map[string]int{}
	err := db.eachRule(ctx, subject, func(rule personRule, rows []found) error {
		n, err := db.eraseRows(ctx, rule, rows, by)
		if n > 0 {
			counts[rule.table] = n
		}
		return err
	})
	if err != nil {
		return counts, fmt.Errorf("data: erase person: %w", err)
	}
	return counts, nil
}

// EraseDevice overwrites what is kept of persons with a device whose life here
// is over.
func (db *DB) EraseDevice(ctx context.Context, device string) error {
	for _, rule := range personRules {
		if rule.secret || rule.device == "" {
			continue
		}
		rows, err := db.rowsOf(ctx, rule, func(f found) bool { return f.device == device })
		if err == nil {
			_, err = db.eraseRows(ctx, rule, rows, "")
		}
		if err != nil {
			return fmt.Errorf("data: erase device: %w", err)
		}
	}
	return db.decide(ctx, "erase device", device, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE devices SET erased_ms=? WHERE id=? AND erased_ms=0", db.nowMS(), device)
		return err
	})
}

// eachRule gives each table's rows that are a person's, where there are any.
// What belongs to a device that they registered is theirs too.
func (db *DB) eachRule(ctx context.Context, subject string, do func(personRule, []found) error) error {
	devices := map[string]bool{}
	for _, rule := range personRules {
		if rule.secret {
			continue
		}
		rows, err := db.rowsOf(ctx, rule, func(f found) bool {
			return devices[f.device] || slices.ContainsFunc(f.values, func(v string) bool { return mentions(v, subject) })
		})
		if err != nil {
			return err
		}
		if rule.table == "devices" { // the first rule
			for _, f := range rows {
				devices[f.device] = true
			}
		}
		if len(rows) == 0 {
			continue
		}
		if err := do(rule, rows); err != nil {
			return err
		}
	}
	return nil
}

func (r personRule) rowColumns() []string {
	if len(r.row) > 0 {
		return r.row
	}
	return r.key
}

// rowsOf reads a table's rows and opens what is sealed in them.
func (db *DB) rowsOf(ctx context.Context, rule personRule, mine func(found) bool) ([]found, error) {
	device, at := rule.device, rule.at
	if device == "" {
		device = "''"
	}
	if at == "" {
		at = "0"
	}
	columns := slices.Concat(rule.rowColumns(), rule.key, []string{device, at})
	for _, c := range rule.columns {
		columns = append(columns, c.name)
	}
	rows, err := db.sql.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+rule.table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []found
	for rows.Next() {
		f := found{names: make([]any, len(rule.rowColumns())), values: make([]string, len(rule.columns))}
		keys, sealed := make([]any, len(rule.key)), make([][]byte, len(rule.columns))
		var into []any
		for n := range f.names {
			into = append(into, &f.names[n])
		}
		for n := range keys {
			into = append(into, &keys[n])
		}
		into = append(into, &f.device, &f.at)
		for n := range sealed {
			into = append(into, &sealed[n])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		f.key = keyText(keys)
		for n, c := range rule.columns {
			if len(sealed[n]) == 0 {
				continue
			}
			if f.values[n], err = db.seal.openText(sealed[n], rule.table, f.key, c.name); err != nil {
				return nil, err
			}
		}
		if mine(f) {
			list = append(list, f)
		}
	}
	return list, rows.Err()
}

// keyText is a row's part of the place of its sealed values: bytes in hex,
// several columns with a bar between.
func keyText(keys []any) string {
	parts := make([]string, len(keys))
	for n, k := range keys {
		switch k := k.(type) {
		case []byte:
			parts[n] = hex.EncodeToString(k)
		case string:
			parts[n] = k
		case int64:
			parts[n] = strconv.FormatInt(k, 10)
		default:
			parts[n] = fmt.Sprint(k)
		}
	}
	return strings.Join(parts, "|")
}

// eraseRows does with rows what their table's rule says; n counts those that
// were changed.
func (db *DB) eraseRows(ctx context.Context, rule personRule, rows []found, by string) (n int, err error) {
	where := strings.Join(rule.rowColumns(), " = ? AND ") + " = ?"
	remove := slices.ContainsFunc(rule.columns, func(c sealedColumn) bool { return c.erase == remove })
	for _, row := range rows {
		set, args, err := db.blank(rule, row)
		if err != nil {
			return n, err
		}
		query := "DELETE FROM " + rule.table + " WHERE " + where
		switch {
		case remove:
			args = row.names
		case len(set) == 0:
			continue
		default:
			query = "UPDATE " + rule.table + " SET " + strings.Join(set, ", ") + " WHERE " + where
			args = append(args, row.names...)
		}
		err = db.update(ctx, func(tx *sql.Tx) error {
			if _, err := tx.Exec(query, args...); err != nil {
				return err
			}
			if rule.table == "devices" {
				return db.forgetPerson(tx, row.device, by)
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// blank gives what a row's columns are overwritten by; nothing where they are
// empty already.
func (db *DB) blank(rule personRule, row found) (set []string, args []any, err error) {
	for n, c := range rule.columns {
		if c.erase != overwrite || row.values[n] == c.empty {
			continue
		}
		sealed, err := db.seal.sealText(c.empty, rule.table, row.key, c.name)
		if err != nil {
			return nil, nil, err
		}
		set, args = append(set, c.name+" = ?"), append(args, sealed)
	}
	return set, args, nil
}

// forgetPerson: nobody answers for the device any more.
func (db *DB) forgetPerson(tx *sql.Tx, device, by string) error {
	if err := forgetAsks(tx, device); err != nil {
		return err
	}
	// It is not asked again: there is no address.
	if _, err := tx.Exec("UPDATE devices SET confirmed_ms = 0, asked_ms = ? WHERE id = ?", db.nowMS(), device); err != nil {
		return err
	}
	return db.noteHistory(tx, device, cloudapi.History{Kind: HistoryErased, By: by})
}

// RegisteredBy counts the instruments that somebody registered, by region.
func (db *DB) RegisteredBy(ctx context.Context, subject string) (map[string]int, error) {
	rows, err := db.rowsOf(ctx, personRules[0], func(f found) bool { return mentions(f.values[0], subject) })
	if err != nil {
		return nil, fmt.Errorf("data: registered by: %w", err)
	}
	regions, err := db.DeviceRegions(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, f := range rows {
		counts[regions[f.device]]++
	}
	return counts, nil
}

func (r personRule) part() cloudapi.PersonPart {
	return cloudapi.PersonPart{Name: r.table, Purpose: r.purpose, Erasure: r.erasure}
}

// PersonParts are the parts that may hold something of a person, without records.
// The console has words of its own for each, which a test holds against these.
func PersonParts() []cloudapi.PersonPart {
	var list []cloudapi.PersonPart
	for _, rule := range personRules {
		if !rule.secret {
			list = append(list, rule.part())
		}
	}
	return list
}

// KeptOfPerson names the tables that an erasure leaves as they are.
func KeptOfPerson() []string {
	var list []string
	for _, rule := range personRules {
		if !rule.secret && slices.ContainsFunc(rule.columns, func(c sealedColumn) bool { return c.erase == keep }) {
			list = append(list, rule.table)
		}
	}
	return list
}
