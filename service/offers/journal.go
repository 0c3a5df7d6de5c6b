package offers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/store"
)

const (
	// settingJournal holds the marks of what was taken over last and may not
	// have been forgotten over there.
	settingJournal = "upgrade.journal"

	journalPage  = 100
	maxEntryText = 300
)

// journalKinds are the kinds of the upgrade service's journal that the log has
// words for.
var journalKinds = []string{"switched", "healthy", "unhealthy", "rolled-back", "failed", "refused", "service-stopped", "service-started"}

// journalFields are what an entry of the journal may hold.
var journalFields = []string{"version", "digest", "from", "code", "error"}

// takeJournal takes over what happened while this service could not write it
// down. Each entry is in the log before it is forgotten over there, and in the
// log once: the marks of a page are kept in the transaction that logs it. They
// are not sequence numbers alone, which begin anew when the upgrade service
// lost its memory.
func (c *connection) takeJournal(ctx context.Context) error {
	for {
		page, err := c.readJournal(ctx)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := c.offers.logJournal(ctx, page); err != nil {
			return err
		}
		last := page[len(page)-1].GetSequence()
		call, cancel := context.WithTimeout(ctx, callWithin)
		_, err = c.upgrader.Taken(call, &upgradepb.TakenRequest{Sequence: last})
		cancel()
		if err != nil {
			return fmt.Errorf("offers: forget the journal: %w", err)
		}
		if len(page) < journalPage {
			return nil
		}
	}
}

func (c *connection) readJournal(ctx context.Context) ([]*upgradepb.JournalEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	reply, err := c.upgrader.Journal(ctx, &upgradepb.JournalRequest{Limit: journalPage})
	if status.Code(err) == codes.Unimplemented {
		return nil, nil // an older upgrade service
	}
	if err != nil {
		return nil, fmt.Errorf("offers: read the journal: %w", err)
	}
	page := reply.GetEntries()
	for i := 1; i < len(page); i++ {
		if page[i].GetSequence() <= page[i-1].GetSequence() {
			return nil, errors.New("offers: the journal is out of order")
		}
	}
	return page[:min(len(page), journalPage)], nil
}

func mark(e *upgradepb.JournalEntry) string {
	return fmt.Sprintf("%d %d %.20s", e.GetSequence(), e.GetTimeMs(), e.GetKind())
}

// logJournal puts on record what is not on record yet.
func (o *Offers) logJournal(ctx context.Context, page []*upgradepb.JournalEntry) error {
	err := o.config.Store.Update(ctx, func(tx *store.Tx) error {
		text, _, err := tx.Setting(settingJournal)
		if err != nil {
			return err
		}
		var known, marks []string
		if text != "" && json.Unmarshal([]byte(text), &known) != nil {
			known = nil // then twice is better than never
		}
		for _, e := range page {
			m := mark(e)
			if marks = append(marks, m); slices.Contains(known, m) {
				continue
			}
			if _, err := tx.Append(journalEntry(e)); err != nil {
				return err
			}
		}
		next, err := json.Marshal(marks)
		if err != nil {
			return err
		}
		return tx.SetSetting(settingJournal, string(next))
	})
	if err != nil {
		return fmt.Errorf("offers: take over the journal: %w", err)
	}
	return nil
}

func journalEntry(e *upgradepb.JournalEntry) store.Entry {
	out := store.Entry{Kind: "upgrade.journal.other", Actor: "system", Fields: map[string]string{
		"at": time.UnixMilli(e.GetTimeMs()).UTC().Format(time.RFC3339Nano), "sequence": fmt.Sprint(e.GetSequence()),
	}}
	if slices.Contains(journalKinds, e.GetKind()) {
		out.Kind = "upgrade.journal." + e.GetKind()
	} else {
		out.Fields["kind"] = redact.Line(e.GetKind(), maxEntryText)
	}
	for _, name := range journalFields {
		if v := redact.Line(e.GetFields()[name], maxEntryText); v != "" {
			out.Fields[name] = v
		}
	}
	if out.Subject = out.Fields["version"]; out.Subject == "" {
		out.Subject = out.Fields["digest"]
	}
	return out
}
