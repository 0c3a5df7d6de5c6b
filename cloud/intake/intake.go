// Package intake takes in what devices send: it checks every message, gives it
// its effect exactly once, and says what changed. Nothing a device sends can
// make the cloud do more than remember it (scenario 42).
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/cosign"
)

// ErrMalformed: the message is not one; it is dropped, and acknowledged so that
// it is not sent for ever.
var ErrMalformed = errors.New("intake: malformed message")

// ErrNotYet: help waits until who registered the device has confirmed it.
var ErrNotYet = errors.New("intake: the registration is not confirmed yet")

// Change says what a message touched.
type Change struct {
	Fleet    bool   // the fleet looks different now
	Status   bool   // a status came
	Requests bool   // the list of requests does
	Feed     bool   // a notification or digest came, or changed
	Ended    string // a request that has ended
	Device   string // that sent the message
	// Witnessed is the answer to a checkpoint; nil: none.
	Witnessed *cloudapi.Witnessed
	// Again is what the device is asked for once more; nil: nothing.
	Again *cloudapi.Again
}

// Config is what an Intake works with.
type Config struct {
	Data    *data.DB
	Log     *slog.Logger
	Now     func() time.Time
	Changed func(Change) // called after the commit; must not block
	// MayAsk tells whether a device's new request for help is taken in; nil: each
	// is.
	MayAsk  func(ctx context.Context, device string) bool
	Witness *cosign.Signer // cosigns checkpoints; nil: they are checked only
}

// Intake takes messages in.
type Intake struct{ Config }

// New makes an Intake.
func New(c Config) *Intake { return &Intake{c} }

// Receive takes in one message of a device. When it returns nil the effect is
// on disk and the message may be acknowledged. ErrMalformed and
// data.ErrNotYours mean that it never will have an effect; any other error
// that it must come again.
func (i *Intake) Receive(ctx context.Context, device string, payload []byte) error {
	e, err := parse(payload)
	if err != nil {
		return err
	}
	effect, err := i.effect(e)
	if err != nil {
		return err
	}
	if e.Kind == cloudapi.KindRequest && i.MayAsk != nil && !ends(e) && !i.MayAsk(ctx, device) {
		return ErrNotYet
	}
	var change Change
	run := func(tx *data.Tx) (err error) {
		change, err = effect(tx)
		return err
	}
	fresh := true
	if e.Seq == 0 {
		err = i.Data.Do(ctx, device, run)
	} else {
		fresh, err = i.Data.Take(ctx, device, e.Epoch, e.Seq, run)
	}
	if err == nil && fresh {
		change.Device = device
		i.Changed(change)
	}
	return err
}

// ends tells whether a request for help ends one; that is always taken in.
func ends(e cloudapi.Envelope) bool {
	var r cloudapi.Request
	return json.Unmarshal(e.Body, &r) == nil && r.State == "ended"
}

// Refused tells whether an error of Receive is final for the message.
func Refused(err error) bool {
	return errors.Is(err, ErrMalformed) || errors.Is(err, ErrNotYet) || errors.Is(err, data.ErrNotYours)
}

func parse(payload []byte) (cloudapi.Envelope, error) {
	var e cloudapi.Envelope
	if err := json.Unmarshal(payload, &e); err != nil {
		return e, fmt.Errorf("%w: not JSON", ErrMalformed)
	}
	switch {
	case e.V != cloudapi.Version:
		return e, fmt.Errorf("%w: version %d", ErrMalformed, e.V)
	case len(e.Epoch) > 64 || !printable(e.Epoch):
		return e, fmt.Errorf("%w: epoch", ErrMalformed)
	case (e.Seq == 0) != (e.Epoch == "") || e.Seq > 1<<62:
		return e, fmt.Errorf("%w: epoch and number belong together", ErrMalformed)
	case e.Seq == 0 && e.Kind != cloudapi.KindStatus && e.Kind != cloudapi.KindCheckpoint && e.Kind != cloudapi.KindKept:
		// Only of these nothing but the latest counts. A checkpoint is never
		// taken for one that came before: an older database counts anew.
		return e, fmt.Errorf("%w: %q without a number", ErrMalformed, short(e.Kind))
	}
	return e, nil
}

type effect func(*data.Tx) (Change, error)

// effect turns a message into what it does; everything is checked before a
// transaction begins.
func (i *Intake) effect(e cloudapi.Envelope) (effect, error) {
	switch e.Kind {
	case cloudapi.KindStatus:
		return body(e, checkStatus, func(tx *data.Tx, s cloudapi.Status) (Change, error) {
			return Change{Fleet: true, Status: true}, tx.SetStatus(s)
		})
	case cloudapi.KindNotification:
		return body(e, checkNotification, func(tx *data.Tx, n cloudapi.Notification) (Change, error) {
			return Change{Feed: true}, tx.PutNotification(e.Epoch, e.Seq, n)
		})
	case cloudapi.KindDigest:
		return body(e, checkDigest, func(tx *data.Tx, d cloudapi.Digest) (Change, error) {
			return Change{Feed: true}, tx.PutDigest(e.Epoch, e.Seq, d)
		})
	case cloudapi.KindHelpLogs:
		return body(e, checkHelpLogs, func(tx *data.Tx, l cloudapi.HelpLogs) (Change, error) {
			return Change{Requests: true}, tx.PutHelpLogs(l)
		})
	case cloudapi.KindRequest:
		return body(e, i.checkRequest, func(tx *data.Tx, r cloudapi.Request) (Change, error) {
			c := Change{Requests: true}
			if r.State == "ended" {
				c.Ended = r.ID
			}
			return c, tx.PutRequest(r)
		})
	case cloudapi.KindSessionEvent:
		return body(e, checkSessionEvent, func(tx *data.Tx, s cloudapi.SessionEvent) (Change, error) {
			// Who is in session, and no longer, is on the consoles' lists.
			return Change{Requests: s.Kind == "authenticated" || s.Kind == "ended"}, tx.AddSessionEvent(s, e.Time)
		})
	case cloudapi.KindCheckpoint:
		return body(e, checkCheckpoint, i.witness)
	case cloudapi.KindKept:
		return body(e, checkKept, missing)
	}
	return nil, fmt.Errorf("%w: unknown kind %q", ErrMalformed, short(e.Kind))
}

// missing asks a device for what it keeps and the cloud lacks.
func missing(tx *data.Tx, k cloudapi.Kept) (Change, error) {
	ranges, err := tx.Missing(k)
	if err != nil || len(ranges) == 0 {
		return Change{}, err
	}
	return Change{Again: &cloudapi.Again{V: cloudapi.AgainVersion, Epoch: k.Epoch, Ranges: ranges}}, nil
}

// body reads and checks a message's body as T.
func body[T any](e cloudapi.Envelope, check func(*T) bool, do func(*data.Tx, T) (Change, error)) (effect, error) {
	var v T
	if err := json.Unmarshal(e.Body, &v); err != nil {
		return nil, fmt.Errorf("%w: %s: body", ErrMalformed, e.Kind)
	}
	if !check(&v) {
		return nil, fmt.Errorf("%w: %s: a field is out of bounds", ErrMalformed, e.Kind)
	}
	return func(tx *data.Tx) (Change, error) { return do(tx, v) }, nil
}
