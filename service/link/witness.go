package link

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// askAgain is after how many times Config.Witness a checkpoint whose answer
// never came is shown again.
const askAgain = 10

// shown is what the cloud, as witness, was shown over this connection.
type shown struct {
	mu       sync.Mutex
	entries  int64 // under the last checkpoint
	answered bool
	again    bool // the last answer asked for another proof, and that was not sent yet
	repeated bool // the last one was such another proof
	at       time.Time
}

// due says whether the log is to be shown now: it grew, and that not more often
// than every; an answer asked for it; or an answer never came. To be asked for
// another proof twice in a row waits as well.
func (s *shown) due(entries int64, every time.Duration, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := now.Sub(s.at)
	switch {
	case s.at.IsZero():
		return true
	case s.again && !s.repeated:
		return true
	case s.again || entries != s.entries:
		return since >= every
	}
	return !s.answered && since >= askAgain*every
}

func (s *shown) sent(entries int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repeated = s.again
	s.entries, s.answered, s.again, s.at = entries, false, false, now
}

func (s *shown) answer(again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered, s.again = true, again
}

// showLog shows the cloud, as witness, how far the log is, while there is
// somebody to show it to. It goes without a number and past the outbox: only
// the newest says anything, and an older database put back, whose numbers the
// cloud has seen, must not be taken for what it was.
func (c *connection) showLog(ctx context.Context) error {
	if c.config.Checkpoint == nil || !c.shown.due(c.config.Entries(), c.config.Witness, time.Now()) {
		return nil
	}
	checkpoint, entries, err := c.config.Checkpoint(ctx)
	if err != nil {
		c.shown.sent(c.config.Entries(), time.Now())
		c.config.Log.Warn("no checkpoint for the cloud", "error", err)
		return nil
	}
	body, err := json.Marshal(checkpoint)
	if err != nil {
		return err
	}
	c.shown.sent(entries, time.Now())
	token, err := c.send(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindCheckpoint, Time: c.config.Now().UnixMilli(), Body: body})
	if err != nil {
		return err
	}
	if err := c.wait(ctx, token, ackWithin); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// witnessed takes the answer of the cloud as witness.
func (c *connection) witnessed(ctx context.Context, body []byte) {
	var answer cloudapi.Witnessed
	if c.config.Witnessed == nil || json.Unmarshal(body, &answer) != nil {
		return
	}
	again, err := c.config.Witnessed(ctx, answer)
	if err != nil {
		c.config.Log.Warn("an answer of the cloud as witness was not taken", "error", err)
	}
	c.shown.answer(again)
	if again {
		c.Kick()
	}
}
