package data

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"beckmanconnect/cloud/mail"
)

// AddMail keeps a message to be sent: mail.ErrRate when its address had
// perAddress since horizon, mail.ErrFull when maxWaiting wait.
func (db *DB) AddMail(ctx context.Context, w mail.Waiting, at, horizon time.Time, perAddress, maxWaiting int) error {
	body, err := db.seal.sealJSON(w.Message, "mails", w.ID, "body")
	if err != nil {
		return fmt.Errorf("data: mail: %w", err)
	}
	to := db.index.of("mail|" + w.To)
	err = db.update(ctx, func(tx *sql.Tx) error {
		lately, waiting := 0, 0
		if err := tx.QueryRow("SELECT count(*) FROM mails WHERE to_who=? AND at_ms>?", to, horizon.UnixMilli()).Scan(&lately); err != nil {
			return err
		}
		if err := tx.QueryRow("SELECT count(*) FROM mails WHERE state='waiting'").Scan(&waiting); err != nil {
			return err
		}
		switch {
		case lately >= perAddress:
			return mail.ErrRate
		case waiting >= maxWaiting:
			return mail.ErrFull
		}
		_, err := tx.Exec("INSERT INTO mails (id, to_who, body, at_ms, next_ms, until_ms) VALUES (?,?,?,?,?,?)",
			w.ID, to, body, at.UnixMilli(), at.UnixMilli(), w.UntilMS)
		return err
	})
	if err != nil {
		return fmt.Errorf("data: mail: %w", err)
	}
	return nil
}

// DueMail gives messages to be tried now and holds them until held.
func (db *DB) DueMail(ctx context.Context, now, held time.Time, limit int) ([]mail.Waiting, error) {
	var due []mail.Waiting
	err := db.update(ctx, func(tx *sql.Tx) error {
		var err error
		if due, err = db.dueMail(tx, now.UnixMilli(), limit); err != nil {
			return err
		}
		for _, w := range due {
			if _, err := tx.Exec("UPDATE mails SET next_ms=?, tries=tries+1 WHERE id=?", held.UnixMilli(), w.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("data: mail: %w", err)
	}
	return due, nil
}

func (db *DB) dueMail(tx *sql.Tx, now int64, limit int) ([]mail.Waiting, error) {
	rows, err := tx.Query("SELECT id, body, tries, until_ms FROM mails WHERE state='waiting' AND next_ms<=? ORDER BY next_ms, id LIMIT ?", now, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []mail.Waiting
	for rows.Next() {
		var (
			w    mail.Waiting
			body []byte
		)
		if err := rows.Scan(&w.ID, &body, &w.Tries, &w.UntilMS); err != nil {
			return nil, err
		}
		if err := db.seal.openJSON(body, &w.Message, "mails", w.ID, "body"); err != nil {
			return nil, err
		}
		due = append(due, w)
	}
	return due, rows.Err()
}

// SentMail forgets a message's text; its address is remembered for the rate.
func (db *DB) SentMail(ctx context.Context, id string) error {
	return db.mail(ctx, "UPDATE mails SET state='sent', body=? WHERE id=?", []byte{}, id)
}

// AgainMail lets a message wait until next.
func (db *DB) AgainMail(ctx context.Context, id string, next time.Time) error {
	return db.mail(ctx, "UPDATE mails SET next_ms=? WHERE id=?", next.UnixMilli(), id)
}

// DropMail forgets a message.
func (db *DB) DropMail(ctx context.Context, id string) error {
	return db.mail(ctx, "DELETE FROM mails WHERE id=?", id)
}

// CleanMail forgets what was sent before horizon.
func (db *DB) CleanMail(ctx context.Context, horizon time.Time) error {
	return db.mail(ctx, "DELETE FROM mails WHERE state='sent' AND at_ms<=?", horizon.UnixMilli())
}

func (db *DB) mail(ctx context.Context, query string, args ...any) error {
	if _, err := db.one(ctx, query, args...); err != nil {
		return fmt.Errorf("data: mail: %w", err)
	}
	return nil
}
