package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"beckmanconnect/store"
)

const (
	settingHandover = "alarms.handover"
	handoverRows    = 50
	// handoverBack is how far back a handover counts when nobody wrote a note.
	handoverBack = 12 * time.Hour
)

// Note is what the last shift wrote for the next one (B9).
type Note struct {
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// Handover is what the next shift needs to know.
type Handover struct {
	Note    Note
	Open    []store.Notification // worst first
	Shelved []store.Notification
	Raised  int // since the note was written
	Cleared int
}

// Handover gives the note and what stands now.
func (a *Alarms) Handover(ctx context.Context) (h Handover, err error) {
	text, ok, err := a.Store.Setting(ctx, settingHandover)
	if err == nil && ok {
		err = json.Unmarshal([]byte(text), &h.Note)
	}
	for severity := store.High; severity >= store.Info && err == nil && len(h.Open) < handoverRows; severity-- {
		var page store.NotificationPage
		page, err = a.Store.ListNotifications(ctx, store.NotificationFilter{
			Severities: []store.Severity{severity}, States: []store.State{store.Raised, store.Acknowledged}, Limit: handoverRows - len(h.Open),
		})
		h.Open = append(h.Open, page.List...)
	}
	if err == nil {
		var page store.NotificationPage
		page, err = a.Store.ListNotifications(ctx, store.NotificationFilter{States: []store.State{store.Shelved}, Limit: handoverRows})
		h.Shelved = page.List
	}
	since := h.Note.At
	if since.IsZero() {
		since = a.Now().Add(-handoverBack)
	}
	if err == nil {
		h.Raised, h.Cleared, err = a.Store.Turnover(ctx, since)
	}
	if err != nil {
		return Handover{}, fmt.Errorf("notify: handover: %w", err)
	}
	return h, nil
}

// WriteHandover keeps a note for the next shift; an empty one says that there
// is nothing to hand over. The log has who wrote it, and what, sealed.
func (a *Alarms) WriteHandover(ctx context.Context, text string, who Person) error {
	note, err := json.Marshal(Note{Text: text, By: who.Name(), At: a.Now()})
	if err != nil {
		return err
	}
	personal := who.Fields()
	if text != "" {
		personal["note"] = text
	}
	fields := map[string]string{"empty": strconv.FormatBool(text == "")}
	who.Mark(fields)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "handover.written", Actor: who.Role, Fields: fields, Personal: personal})
		if err != nil {
			return err
		}
		return tx.SetSetting(settingHandover, string(note))
	})
	if err != nil {
		return fmt.Errorf("notify: handover: %w", err)
	}
	return nil
}

// offenderRows is how long a month's list is.
const offenderRows = 20

// Offenders gives what was raised most often in a month of the local calendar.
func (a *Alarms) Offenders(ctx context.Context, year int, month time.Month) ([]store.Offender, error) {
	from := time.Date(year, month, 1, 0, 0, 0, 0, a.Now().Location())
	list, err := a.Store.Offenders(ctx, from, from.AddDate(0, 1, 0), a.Now(), offenderRows, CodeTest)
	if err != nil {
		return nil, fmt.Errorf("notify: offenders: %w", err)
	}
	return list, nil
}
