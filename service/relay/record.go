package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/support"
)

// Tx is one transaction of the store.
type Tx interface {
	Append(support.Entry) error
	Enqueue(kind string, body []byte) error
	Setting(key string) (value string, found bool, err error)
	SetSetting(key, value string) error
}

// Store is what the driver needs of the store: one transaction, durable when
// Update returns nil. FromStore makes one.
type Store interface {
	Update(ctx context.Context, fn func(Tx) error) error
}

// Keys of the settings.
const (
	settingTries = "support.tries"
	settingOpen  = "support.open"
)

// recordWithin bounds how long a step waits for the disk: a log that cannot be
// written in this time is one that cannot be written.
const recordWithin = 5 * time.Second

// recorder writes the machine's steps.
type recorder struct {
	store Store
	tries string // path of the counter's second copy, or ""
}

// Record implements support.Recorder.
func (r *recorder) Record(b support.Batch) error {
	ctx, cancel := context.WithTimeout(context.Background(), recordWithin)
	defer cancel()
	if b.Tries != nil {
		// First the copy: whatever happens in between, the newer one counts.
		if err := r.writeTries(*b.Tries); err != nil {
			return err
		}
	}
	return r.store.Update(ctx, func(tx Tx) error {
		for _, e := range b.Entries {
			if err := tx.Append(e); err != nil {
				return err
			}
		}
		for _, o := range b.Out {
			if err := enqueue(tx, o); err != nil {
				return err
			}
		}
		if b.Tries != nil {
			if err := setJSON(tx, settingTries, b.Tries); err != nil {
				return err
			}
		}
		if b.Open != nil {
			return setJSON(tx, settingOpen, b.Open)
		}
		return nil
	})
}

func enqueue(tx Tx, o support.Outgoing) error {
	kind, body := cloudapi.KindSessionEvent, any(o.Event)
	switch {
	case o.Request != nil:
		kind, body = cloudapi.KindRequest, o.Request
	case o.Logs != nil:
		kind, body = cloudapi.KindHelpLogs, o.Logs
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return tx.Enqueue(kind, raw)
}

func setJSON(tx Tx, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.SetSetting(key, string(raw))
}

// recover reads the counter of wrong codes and closes, in the log and for the
// cloud, what was open when the service died.
func (r *recorder) recover(ctx context.Context) (support.Tries, error) {
	tries, err := r.readTries()
	if err != nil {
		return tries, err
	}
	err = r.store.Update(ctx, func(tx Tx) error {
		var kept support.Tries
		if err := getJSON(tx, settingTries, &kept); err != nil {
			return err
		}
		tries = tries.Newer(kept)
		var open support.Open
		if err := getJSON(tx, settingOpen, &open); err != nil || open == (support.Open{}) {
			return err
		}
		kind, subject := "help.ended", open.Request
		if open.Session != "" {
			kind, subject = "session.ended", open.Session
		}
		if err := tx.Append(support.Entry{Kind: kind, Actor: "service", Subject: subject, Fields: map[string]string{"why": "service-lost"}}); err != nil {
			return err
		}
		for _, o := range []support.Outgoing{
			{Event: &cloudapi.SessionEvent{Request: open.Request, Session: open.Session, Kind: "ended", Fields: map[string]string{"why": "service-lost", "by": "service"}}},
			{Request: &cloudapi.Request{ID: open.Request, State: "ended"}},
		} {
			if err := enqueue(tx, o); err != nil {
				return err
			}
		}
		return setJSON(tx, settingOpen, support.Open{})
	})
	return tries, err
}

func getJSON(tx Tx, key string, v any) error {
	text, found, err := tx.Setting(key)
	if err != nil || !found {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	return nil
}

func (r *recorder) readTries() (support.Tries, error) {
	var t support.Tries
	if r.tries == "" {
		return t, nil
	}
	raw, err := os.ReadFile(r.tries)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return t, fmt.Errorf("relay: read the counter of wrong codes: %w", err)
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		// Torn or tampered with: the database's copy counts.
		return support.Tries{}, nil
	}
	return t, nil
}

func (r *recorder) writeTries(t support.Tries) error {
	if r.tries == "" {
		return nil
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.tries), ".tries-*")
	if err != nil {
		return fmt.Errorf("relay: count a wrong code: %w", err)
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), r.tries)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("relay: count a wrong code: %w", err)
	}
	return nil
}
