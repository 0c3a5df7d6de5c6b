package link

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// A backlog is what waits after a long time away: so many messages, the oldest
// of them of such an age. By age it is known after a restart, too.
const (
	BacklogMessages = 10
	BacklogAge      = 5 * time.Minute
)

// tidy keeps the outbox of a link that is down for long from growing with every
// repeat: of a notification only the newest state waits. Everything else stays,
// in its order; session events are never touched.
func (l *Link) tidy(ctx context.Context) {
	if l.count(ctx) < l.config.Crowded {
		return
	}
	gone, err := l.config.Store.Supersede(ctx, cloudapi.KindNotification, notificationKey)
	switch {
	case err != nil:
		l.config.Log.Error("the outbox cannot be tidied", "error", err)
	case gone > 0:
		l.config.Log.Info("older states of notifications will not be sent", "messages", gone)
		l.count(ctx)
	}
}

// notificationKey is whose state a message carries; "" when it says nothing of
// the kind.
func notificationKey(body []byte) string {
	var n struct {
		ID uint64 `json:"id"`
	}
	if json.Unmarshal(body, &n) != nil || n.ID == 0 {
		return ""
	}
	return strconv.FormatUint(n.ID, 10)
}

// count looks how much waits.
func (l *Link) count(ctx context.Context) int {
	n, err := l.config.Store.Waiting(ctx)
	if err != nil {
		return 0 // the store says more about it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = n
	return n
}

// greet has a digest made of a backlog; the store puts it ahead of what it sums
// up. Without one the messages go as they are.
func (c *connection) greet(ctx context.Context) {
	if c.config.Digest == nil || !c.backlog(ctx) {
		return
	}
	if err := c.config.Digest(ctx); err != nil {
		c.config.Log.Error("no digest of what waited", "error", err)
	}
}

func (c *connection) backlog(ctx context.Context) bool {
	if c.count(ctx) <= BacklogMessages {
		return false
	}
	oldest, err := c.config.Store.Outbox(ctx, 1)
	return err == nil && len(oldest) == 1 && c.config.Now().Sub(oldest[0].Made) > BacklogAge
}
