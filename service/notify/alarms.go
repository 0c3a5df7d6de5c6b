package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

// Alarms is the life of notifications. Every change is one transaction.
type Alarms struct {
	Store *store.Store
	Now   func() time.Time
}

// Apply takes observations in their order, and also in the same transaction
// whatever the source has to remember; also may be nil.
func (a *Alarms) Apply(ctx context.Context, seen []Observation, also func(*store.Tx) error) error {
	err := a.Store.Update(ctx, func(tx *store.Tx) error {
		batch := batch{tx: tx, now: a.Now()}
		for _, o := range seen {
			if err := batch.take(o); err != nil {
				return err
			}
		}
		if err := batch.publish(); err != nil {
			return err
		}
		if also != nil {
			return also(tx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// batch is one transaction's changes. Each notification that changed is
// written, told and sent once, however often it was seen.
type batch struct {
	tx      *store.Tx
	now     time.Time
	changed []*change
}

type change struct {
	n     *store.Notification
	steps []string // entry kinds, in order
	more  uint32   // repeats
}

func (b *batch) find(o Observation) (*change, error) {
	for i := len(b.changed) - 1; i >= 0; i-- {
		c := b.changed[i]
		if c.n.Code == o.Code && c.n.Subject == o.Subject && c.n.Open() {
			return c, nil
		}
	}
	n, err := b.tx.OpenNotification(o.Code, o.Subject)
	if err != nil || n == nil {
		return nil, err
	}
	for _, c := range b.changed {
		if c.n.ID == n.ID { // cleared in this batch, not written yet
			return nil, nil
		}
	}
	return &change{n: n}, nil
}

func (b *batch) take(o Observation) error {
	c, err := b.find(o)
	if err != nil {
		return err
	}
	switch {
	case o.Clear && c == nil:
		return nil // it was never seen to begin
	case o.Clear:
		b.clear(c)
	case c != nil && o.Condition:
		return nil // it still holds: no news
	case c != nil && !o.Ends && c.n.State == store.Acknowledged:
		// A person has dealt with it, and it came again: a new one, so that it
		// is seen again.
		b.clear(c)
		return b.raise(o)
	case c != nil:
		c.n.Count++
		c.n.Last = b.now
		c.more++
		b.keep(c)
	default:
		return b.raise(o)
	}
	return nil
}

func (b *batch) clear(c *change) {
	c.n.State, c.n.Cleared = store.Cleared, b.now
	c.steps = append(c.steps, "notification.cleared")
	b.keep(c)
}

// raise writes at once: the number is what everything else goes by.
func (b *batch) raise(o Observation) error {
	n := &store.Notification{
		Code: o.Code, Severity: o.Severity, State: store.Raised, Source: o.Source, Subject: o.Subject, Texts: o.Texts,
		Count: 1, Raised: b.now, Last: b.now, Verified: o.Verified,
	}
	if err := b.tx.PutNotification(n); err != nil {
		return err
	}
	b.keep(&change{n: n, steps: []string{"notification.raised"}})
	return nil
}

func (b *batch) keep(c *change) {
	for _, known := range b.changed {
		if known == c {
			return
		}
	}
	b.changed = append(b.changed, c)
}

func (b *batch) publish() error {
	for _, c := range b.changed {
		steps := c.steps
		if c.more > 0 {
			// Repeats go before an end that came in the same batch.
			steps = append([]string{}, steps...)
			at := len(steps)
			if at > 0 && steps[at-1] == "notification.cleared" {
				at--
			}
			steps = append(steps[:at], append([]string{"notification.repeated"}, steps[at:]...)...)
		}
		for _, kind := range steps {
			if _, err := b.tx.Append(entry(kind, c.n, c.more)); err != nil {
				return err
			}
		}
		if err := write(b.tx, c.n); err != nil {
			return err
		}
	}
	return nil
}

func entry(kind string, n *store.Notification, more uint32) store.Entry {
	fields := map[string]string{
		"notification": strconv.FormatUint(n.ID, 10), "severity": SeverityName(n.Severity), "source": n.Source, "count": strconv.FormatUint(uint64(n.Count), 10),
		"subject": n.Subject,
	}
	if kind == "notification.repeated" {
		fields["more"] = strconv.FormatUint(uint64(more), 10)
	}
	return store.Entry{Kind: kind, Actor: "system", Subject: n.Code, Fields: fields}
}

// write puts the notification, tells the windows and the cloud.
func write(tx *store.Tx, n *store.Notification) error {
	if err := tx.PutNotification(n); err != nil {
		return err
	}
	payload, err := proto.Marshal(Proto(n))
	if err != nil {
		return err
	}
	if _, err := tx.Emit(EventNotification, payload); err != nil {
		return err
	}
	body, err := json.Marshal(forCloud(n))
	if err != nil {
		return err
	}
	_, err = tx.Enqueue(cloudapi.KindNotification, body)
	return err
}

// forCloud leaves out what people or other programs wrote: only the profile's
// own words, which cannot hold patient data, go to the cloud.
func forCloud(n *store.Notification) cloudapi.Notification {
	c := cloudapi.Notification{
		ID: n.ID, Code: n.Code, Severity: SeverityName(n.Severity), State: string(n.State), Source: n.Source,
		Count: int(n.Count), RaisedMS: n.Raised.UnixMilli(), LastMS: n.Last.UnixMilli(),
	}
	if !n.Acknowledged.IsZero() {
		c.Acknowledged = n.Acknowledged.UnixMilli()
	}
	if n.Source == SourceLocal {
		return c
	}
	c.Subject = n.Subject
	for _, t := range n.Texts {
		if t.Language == "en" {
			c.Title = t.Title
		}
	}
	return c
}
