package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

const (
	settingTime = "link.trusted-time"
	// A time that moves on by less is not worth a write to the disk; a broker
	// that sends many gets no more writes than that out of it.
	timeStep   = time.Minute
	maxMessage = 64 << 10
	timeHeader = "beckmanconnect time"
)

// receive takes one message from the cloud. Anything that is not understood is
// dropped.
func (c *connection) receive(payload []byte) {
	if len(payload) > maxMessage {
		return
	}
	var e cloudapi.Envelope
	if json.Unmarshal(payload, &e) != nil || e.V != cloudapi.Version {
		return
	}
	// The store bounds how long either can take.
	ctx := context.Background()
	switch e.Kind {
	case cloudapi.KindTime:
		var signed cloudapi.SignedTime
		if json.Unmarshal(e.Body, &signed) != nil {
			return
		}
		c.learn(ctx, signed.Note) // before it is kept: what was kept says nothing any more
		if err := KeepTime(ctx, c.config.Store, c.config.Vendor, signed.Note); err != nil {
			c.config.Log.Warn("a time from the cloud was not taken", "error", err)
		}
	case cloudapi.KindPolicy:
		var policy cloudapi.VendorPolicy
		if c.config.Policy == nil || json.Unmarshal(e.Body, &policy) != nil {
			return
		}
		if err := c.config.Policy(ctx, policy.Note); err != nil {
			c.config.Log.Warn("a policy from the cloud was not taken", "error", err)
		}
	case cloudapi.KindAgain:
		c.askedAgain(e.Body)
	case cloudapi.KindWitness:
		c.witnessed(ctx, e.Body)
	case cloudapi.KindMessage:
		var message cloudapi.VendorMessage
		if c.config.Message == nil || json.Unmarshal(e.Body, &message) != nil {
			return
		}
		if err := c.config.Message(ctx, message.Note); err != nil {
			c.config.Log.Warn("a message from the cloud was not taken", "error", err)
		}
	case cloudapi.KindQueue:
		var place cloudapi.QueuePlace
		if c.config.Queue == nil || json.Unmarshal(e.Body, &place) != nil {
			return
		}
		// One that is about a request that has just ended is nothing to warn of.
		if err := c.config.Queue(place); err != nil {
			c.config.Log.Debug("a place in the queue was not taken", "error", err)
		}
	}
}

// learn notes how far this PC's clock is from the vendor's, unless the vendor
// has told that time or a later one before: one that is played again says
// nothing, and the newest of all would set the vendor's time back a little more
// each time it came.
func (l *Link) learn(ctx context.Context, signed string) {
	told, err := openTime(signed, l.config.Vendor)
	if err != nil {
		return
	}
	if trusted, err := TrustedTime(ctx, l.config.Store); err != nil || !told.After(trusted) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if told.After(l.heard) { // not each is kept, see timeStep
		l.heard, l.offset, l.told = told, told.Sub(l.config.Now()), true
	}
}

// Time is the vendor's, as far as it is known: this PC's clock and how far it
// was off when the vendor last told the time.
func (l *Link) Time() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.config.Now().Add(l.offset)
}

// KeepTime verifies a signed time and keeps it as the last trusted time when
// it is later than the one before. No local clock is ever kept (design).
func KeepTime(ctx context.Context, s *store.Store, vendor note.Verifiers, signed string) error {
	told, err := openTime(signed, vendor)
	if err != nil {
		return fmt.Errorf("link: signed time: %w", err)
	}
	before, err := TrustedTime(ctx, s)
	if err != nil {
		return err
	}
	if told.Before(before.Add(timeStep)) {
		return nil
	}
	return s.Update(ctx, func(tx *store.Tx) error {
		return tx.SetSetting(settingTime, strconv.FormatInt(told.Unix(), 10))
	})
}

func openTime(signed string, vendor note.Verifiers) (time.Time, error) {
	if vendor == nil {
		return time.Time{}, errors.New("there is no key to verify it with")
	}
	opened, err := note.Open([]byte(signed), vendor)
	if err != nil {
		return time.Time{}, err
	}
	header, rest, _ := strings.Cut(opened.Text, "\n")
	number, tail, _ := strings.Cut(rest, "\n")
	seconds, err := strconv.ParseInt(number, 10, 64)
	if header != timeHeader || tail != "" || err != nil || seconds <= 0 {
		return time.Time{}, errors.New("this is not a time")
	}
	return time.Unix(seconds, 0), nil
}

// TrustedTime is the last time that the vendor signed; zero when there was
// none yet. The present is never before it.
func TrustedTime(ctx context.Context, s *store.Store) (time.Time, error) {
	text, ok, err := s.Setting(ctx, settingTime)
	if err != nil || !ok {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("link: last trusted time: %w", err)
	}
	return time.Unix(seconds, 0), nil
}
