package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// matcher finds a person by a folded word.
type matcher struct{ word string }

// is says whether a value names the person.
func (m matcher) is(value string) bool { return slices.Contains(words(value), m.word) }

// in says whether a text names the person: as all of it, or, where the word is
// long enough to be nothing else, among other words.
func (m matcher) in(text string) bool {
	if m.is(text) {
		return true
	}
	if utf8.RuneCountInString(m.word) < 4 {
		return false
	}
	text = fold(text)
	for at := 0; ; {
		i := strings.Index(text[at:], m.word)
		if i < 0 {
			return false
		}
		i += at
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(m.word):])
		if !wordRune(before) && !wordRune(after) {
			return true
		}
		at = i + 1
	}
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// besideLog is where else the person stands.
type besideLog struct {
	acknowledged, shelved []uint64    // notifications
	steps                 [][2]uint64 // notification and number
	events                uint64      // newest event, 0: none
	outbox                []uint64
	settings              []string
}

func (b besideLog) none() bool {
	return len(b.acknowledged)+len(b.shelved)+len(b.steps)+len(b.outbox)+len(b.settings) == 0 && b.events == 0
}

func (b besideLog) notifications() int {
	ids := map[uint64]bool{}
	for _, list := range [][]uint64{b.acknowledged, b.shelved} {
		for _, id := range list {
			ids[id] = true
		}
	}
	for _, s := range b.steps {
		ids[s[0]] = true
	}
	return len(ids)
}

func (x *erasure) findBeside(ctx context.Context, tx *sql.Tx) (b besideLog, err error) {
	open := func(table, column, query string, take func(key [2]uint64, plain []byte)) {
		if err == nil {
			err = x.each(ctx, tx, table, column, query, take)
		}
	}
	open("notifications", "sealed_by", "SELECT id, 0, sealed_by FROM notifications WHERE sealed_by IS NOT NULL", func(k [2]uint64, by []byte) {
		if x.m.is(string(by)) {
			b.acknowledged = append(b.acknowledged, k[0])
		}
	})
	open("notifications", "sealed_shelf", "SELECT id, 0, sealed_shelf FROM notifications WHERE sealed_shelf IS NOT NULL", func(k [2]uint64, plain []byte) {
		var w shelfWords
		if json.Unmarshal(plain, &w) == nil && (x.m.is(w.By) || x.m.in(w.Reason)) {
			b.shelved = append(b.shelved, k[0])
		}
	})
	open("notification_steps", "sealed", "SELECT notification, n, sealed FROM notification_steps WHERE sealed IS NOT NULL", func(k [2]uint64, plain []byte) {
		var w stepWords
		if json.Unmarshal(plain, &w) == nil && (x.m.is(w.By) || x.m.in(w.Detail)) {
			b.steps = append(b.steps, k)
		}
	})
	open("events", "sealed", "SELECT seq, 0, sealed FROM events ORDER BY seq", func(k [2]uint64, payload []byte) {
		if strings.Contains(fold(string(payload)), x.m.word) {
			b.events = k[0]
		}
	})
	open("outbox", "sealed", "SELECT seq, 0, sealed FROM outbox ORDER BY seq", func(k [2]uint64, body []byte) {
		if without, found := x.without(body); found || without == nil {
			b.outbox = append(b.outbox, k[0])
		}
	})
	if err == nil {
		b.settings, err = x.findSettings(ctx, tx)
	}
	return b, err
}

func (x *erasure) each(ctx context.Context, tx *sql.Tx, table, column, query string, take func([2]uint64, []byte)) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k [2]uint64
		var sealed []byte
		if err := rows.Scan(&k[0], &k[1], &sealed); err != nil {
			return err
		}
		if len(sealed) == 0 {
			continue
		}
		row := strconv.FormatUint(k[0], 10)
		if table == "notification_steps" {
			row = stepRow(k[0], int64(k[1]))
		}
		plain, err := x.s.seal.open(table, row, column, sealed)
		if err != nil {
			return err
		}
		take(k, plain)
	}
	return rows.Err()
}

// without is a message's JSON with nothing in place of every value that names
// the person; nil when it is no JSON and names them.
func (x *erasure) without(body []byte) (out []byte, found bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		if strings.Contains(fold(string(body)), x.m.word) {
			return nil, true
		}
		return body, false
	}
	v = x.blank(v, &found)
	if !found {
		return body, false
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil, true
	}
	return out, true
}

func (x *erasure) blank(v any, found *bool) any {
	switch v := v.(type) {
	case string:
		if x.m.in(v) {
			*found = true
			return ""
		}
	case []any:
		for i := range v {
			v[i] = x.blank(v[i], found)
		}
	case map[string]any:
		for k := range v {
			v[k] = x.blank(v[k], found)
		}
	}
	return v
}

// findSettings asks about every setting; a refusal ends the erasure before it
// begins.
func (x *erasure) findSettings(ctx context.Context, tx *sql.Tx) (list []string, err error) {
	if x.Setting == nil {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT key, sealed FROM settings ORDER BY key")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var sealed []byte
		if err := rows.Scan(&key, &sealed); err != nil {
			return nil, err
		}
		value, err := x.s.seal.open("settings", key, "sealed", sealed)
		if err != nil {
			return nil, err
		}
		next, err := x.Setting(key, string(value), x.m.in)
		if err != nil {
			return nil, err
		}
		if next != string(value) {
			list = append(list, key)
		}
	}
	return list, rows.Err()
}

// beside takes the person out of all that is not the log. It is little: what
// people did to alarms, and what waits.
func (x *erasure) beside(ctx context.Context) error {
	return x.s.Update(ctx, func(tx *Tx) error {
		for _, id := range x.found.acknowledged {
			if err := tx.exec("UPDATE notifications SET sealed_by = NULL WHERE id = ?", int64(id)); err != nil {
				return err
			}
		}
		for _, id := range x.found.shelved {
			empty, err := json.Marshal(shelfWords{})
			if err == nil {
				empty, err = tx.s.seal.seal("notifications", strconv.FormatUint(id, 10), "sealed_shelf", empty)
			}
			if err != nil {
				return tx.fail(err)
			}
			if err := tx.exec("UPDATE notifications SET sealed_shelf = ? WHERE id = ? AND sealed_shelf IS NOT NULL", empty, int64(id)); err != nil {
				return err
			}
		}
		for _, k := range x.found.steps {
			if err := tx.exec("UPDATE notification_steps SET sealed = NULL WHERE notification = ? AND n = ?", int64(k[0]), int64(k[1])); err != nil {
				return err
			}
		}
		// Windows that resume below this number take the state anew.
		if err := tx.exec("DELETE FROM events WHERE seq <= ?", int64(x.found.events)); err != nil {
			return err
		}
		if err := x.waiting(tx); err != nil {
			return err
		}
		for _, key := range x.found.settings {
			if err := x.setting(tx, key); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *erasure) waiting(tx *Tx) error {
	for _, seq := range x.found.outbox {
		var sealed []byte
		ok, err := tx.row([]any{&sealed}, "SELECT sealed FROM outbox WHERE seq = ?", int64(seq))
		if err != nil {
			return err
		}
		if !ok {
			continue // sent meanwhile
		}
		row := strconv.FormatUint(seq, 10)
		body, err := tx.s.seal.open("outbox", row, "sealed", sealed)
		if err != nil {
			return tx.fail(err)
		}
		body, _ = x.without(body)
		if body == nil {
			err = tx.exec("DELETE FROM outbox WHERE seq = ?", int64(seq))
		} else if sealed, err = tx.s.seal.seal("outbox", row, "sealed", body); err == nil {
			err = tx.exec("UPDATE outbox SET sealed = ? WHERE seq = ?", sealed, int64(seq))
		}
		if err != nil {
			return tx.fail(err)
		}
	}
	return nil
}

func (x *erasure) setting(tx *Tx, key string) error {
	value, ok, err := tx.Setting(key)
	if err != nil || !ok {
		return err
	}
	next, err := x.Setting(key, value, x.m.in)
	if err != nil || next == value {
		return err
	}
	if next == "" {
		return tx.DeleteSetting(key)
	}
	return tx.SetSetting(key, next)
}
