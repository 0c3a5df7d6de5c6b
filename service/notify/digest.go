package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

// digestFrom is how many messages about notifications have to wait for a
// digest to be worth its place.
const digestFrom = 10

// Digest tells the cloud in one line what happened while the link was away,
// before the messages themselves: the link calls it after an outage, before it
// sends what waits. Without much to tell it does nothing.
func Digest(ctx context.Context, s *store.Store, now time.Time) error {
	err := s.Update(ctx, func(tx *store.Tx) error { return MakeDigest(tx, now) })
	if err != nil {
		return fmt.Errorf("notify: digest: %w", err)
	}
	return nil
}

// MakeDigest puts a digest ahead of the outbox when more than digestFrom
// messages about notifications wait: of the time since the oldest of them.
func MakeDigest(tx *store.Tx, now time.Time) error {
	waiting, all, since, err := tx.Waiting(cloudapi.KindNotification)
	if err != nil || waiting <= digestFrom {
		return err
	}
	raised, open, err := tx.RaisedSince(since)
	if err != nil {
		return err
	}
	d := cloudapi.Digest{FromMS: since.UnixMilli(), ToMS: now.UnixMilli(), Raised: map[string]int{}, Open: open, Waiting: all}
	for severity, n := range raised {
		d.Raised[SeverityName(severity)] = n
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.EnqueueAhead(cloudapi.KindDigest, body)
	return err
}
