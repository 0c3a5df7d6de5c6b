package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"beckmanconnect/store"
)

const settingQuiet = "alarms.quiet"

// ErrSiteQuiet: the site's policy sets the quiet hours.
var ErrSiteQuiet = errors.New("notify: quiet hours are set by the site's policy")

// ErrQuietHours: these are no hours.
var ErrQuietHours = errors.New("notify: quiet hours go from one minute of the day to another one")

// ownQuiet is what the technician set, read once.
type ownQuiet struct {
	mu   sync.Mutex
	read bool
	now  Quiet
}

func (o *ownQuiet) get(setting func(string) (string, bool, error)) (Quiet, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.read {
		return o.now, nil
	}
	text, ok, err := setting(settingQuiet)
	if err != nil {
		return Quiet{}, fmt.Errorf("notify: quiet hours: %w", err)
	}
	if ok && json.Unmarshal([]byte(text), &o.now) != nil {
		o.now = Quiet{} // loud is the safe side
	}
	o.read = true
	return o.now, nil
}

func (o *ownQuiet) set(q Quiet) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read, o.now = true, q
}

// QuietHours gives the quiet hours that hold, and whether they do right now.
func (a *Alarms) QuietHours(ctx context.Context) (q Quiet, now bool, err error) {
	if site := a.rules().Quiet; site != nil {
		q = Quiet{On: site.From != site.To, From: site.From, To: site.To, Site: true}
	} else if q, err = a.own.get(func(key string) (string, bool, error) { return a.Store.Setting(ctx, key) }); err != nil {
		return q, false, err
	}
	return q, quietAt(q.hours(), a.Now().Local()), nil
}

// SetQuietHours sets the technician's own. They hold once they are on record.
func (a *Alarms) SetQuietHours(ctx context.Context, q Quiet, who Person) error {
	inDay := func(minute int) bool { return minute >= 0 && minute < minutesOfDay }
	switch {
	case a.rules().Quiet != nil:
		return ErrSiteQuiet
	case q.On && (!inDay(q.From) || !inDay(q.To) || q.From == q.To):
		return ErrQuietHours
	case !q.On && (!inDay(q.From) || !inDay(q.To)):
		q.From, q.To = 0, 0
	}
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	fields := map[string]string{"on": strconv.FormatBool(q.On), "from": timeOfDay(q.From), "to": timeOfDay(q.To)}
	who.Mark(fields)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "quiet.changed", Actor: who.Role, Personal: who.Fields(), Fields: fields})
		if err != nil {
			return err
		}
		return tx.SetSetting(settingQuiet, string(text))
	})
	if err != nil {
		return fmt.Errorf("notify: quiet hours: %w", err)
	}
	a.own.set(q)
	a.wake()
	return nil
}

func timeOfDay(minute int) string {
	return time.Date(2000, 1, 1, minute/60, minute%60, 0, 0, time.UTC).Format("15:04")
}
