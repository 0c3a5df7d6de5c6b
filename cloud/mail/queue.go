package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"time"

	"beckmanconnect/cloud/events"
)

// How mail is tried, and how much of it.
const (
	life        = 24 * time.Hour   // then a message is given up
	firstPause  = 30 * time.Second // after the first try that failed; doubled each time,
	longPause   = time.Hour        // up to this
	lease       = 5 * time.Minute  // how long a message is held for whoever tries it
	tryFor      = 2 * time.Minute  // how long one try may last
	lookEvery   = 15 * time.Second
	batch       = 20
	perAddress  = 10 // messages an hour to one address
	maxWaiting  = 10_000
	rateHorizon = time.Hour
)

// Waiting is a message in the queue.
type Waiting struct {
	ID string
	Message
	Tries   int
	UntilMS int64
}

// Store keeps the queue.
type Store interface {
	// AddMail keeps a message, ErrRate when its address had perAddress since
	// horizon, ErrFull when maxWaiting wait.
	AddMail(ctx context.Context, w Waiting, at time.Time, horizon time.Time, perAddress, maxWaiting int) error
	// DueMail gives messages that are to be tried now, and holds each until
	// held, so that no other process tries it too.
	DueMail(ctx context.Context, now, held time.Time, limit int) ([]Waiting, error)
	// SentMail forgets a message's text; its address is remembered for the rate.
	SentMail(ctx context.Context, id string) error
	// AgainMail lets a message wait until next.
	AgainMail(ctx context.Context, id string, next time.Time) error
	// DropMail forgets a message.
	DropMail(ctx context.Context, id string) error
	// CleanMail forgets what was sent before horizon.
	CleanMail(ctx context.Context, horizon time.Time) error
}

// Transport hands a message to a mail server. ErrRefused: it will never take
// this one.
type Transport interface {
	Deliver(ctx context.Context, m Message) error
}

// ErrRefused: the mail server does not know the address, for good.
var ErrRefused = errors.New("mail: the mail server does not take mail to this address")

// QueueConfig is what a Queue works with.
type QueueConfig struct {
	Store     Store
	Transport Transport
	Events    events.Sink // nil: none
	Log       *slog.Logger
	Now       func() time.Time
}

// Queue is the Sender: on disk first, then tried until it is taken.
type Queue struct {
	QueueConfig
	wake chan struct{}
}

// NewQueue makes a Queue; Run sends what is in it.
func NewQueue(c QueueConfig) *Queue { return &Queue{QueueConfig: c, wake: make(chan struct{}, 1)} }

// Send implements Sender.
func (q *Queue) Send(ctx context.Context, m Message) error {
	if err := Check(m); err != nil {
		return err
	}
	now := q.Now()
	until := now.Add(life)
	if !m.Until.IsZero() && m.Until.Before(until) {
		until = m.Until
	}
	w := Waiting{ID: "mail-" + strings.ToLower(rand.Text()), Message: m, UntilMS: until.UnixMilli()}
	if err := q.Store.AddMail(ctx, w, now, now.Add(-rateHorizon), perAddress, maxWaiting); err != nil {
		return err
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run sends until ctx ends. What is under way then is tried again by the next.
func (q *Queue) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	said := ""
	for {
		err := q.flush(ctx)
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			q.Log.Error("mail is not sent", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-tick.C:
		}
	}
}

func (q *Queue) flush(ctx context.Context) error {
	for ctx.Err() == nil {
		now := q.Now()
		held := now.Add(lease)
		due, err := q.Store.DueMail(ctx, now, held, batch)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			return q.Store.CleanMail(ctx, now.Add(-rateHorizon))
		}
		var failed error
		for _, w := range due {
			if q.Now().Add(tryFor).After(held) {
				break // others may try the rest by the time this try ends
			}
			failed = errors.Join(failed, q.try(ctx, w))
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

// try sends one message. What goes wrong names no address: it goes to the log.
func (q *Queue) try(ctx context.Context, w Waiting) error {
	if q.Now().UnixMilli() >= w.UntilMS {
		return q.giveUp(ctx, w, false)
	}
	trying, cancel := context.WithTimeout(ctx, tryFor)
	err := q.Transport.Deliver(trying, w.Message)
	cancel()
	// What happened is kept even when the process is told to stop meanwhile.
	ctx = context.WithoutCancel(ctx)
	now := q.Now()
	switch {
	case err == nil:
		return q.Store.SentMail(ctx, w.ID)
	case errors.Is(err, ErrRefused) || now.Add(pause(w.Tries)).UnixMilli() >= w.UntilMS:
		return errors.Join(err, q.giveUp(ctx, w, errors.Is(err, ErrRefused)))
	}
	return errors.Join(err, q.Store.AgainMail(ctx, w.ID, now.Add(jittered(pause(w.Tries)))))
}

func (q *Queue) giveUp(ctx context.Context, w Waiting, refused bool) error {
	if q.Events != nil {
		err := q.Events.Emit(ctx, events.Event{Kind: events.MailGivenUp, Severity: events.Warning,
			Fields: map[string]string{"mail": w.ID, "to": w.To, "subject": w.Subject, "refused": fmt.Sprint(refused)}})
		if err != nil {
			return err // and it stays in the queue until that is on record
		}
	}
	return q.Store.DropMail(ctx, w.ID)
}

func pause(tries int) time.Duration {
	if tries > 12 {
		return longPause
	}
	return min(firstPause<<tries, longPause)
}

// jittered spreads tries of messages that failed together by a quarter.
func jittered(d time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d/4)+1))
	if err != nil {
		return d
	}
	return d + time.Duration(n.Int64())
}
