package tray

import (
	"context"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// A flood, and what came while nobody listened, becomes one toast (B9): this
// many in this time stand alone, the rest is counted.
const (
	burst       = 3
	burstWithin = 10 * time.Second
	// settle is how long after the service came back notifications are gathered:
	// what was missed comes all at once.
	settle = time.Second
	// crowdPace is how long the toast that counts waits for more, so that it is
	// shown anew once a second at most.
	crowdPace = time.Second
)

// crowd decides which notification gets a toast of its own, and gathers the
// others for the one that counts.
type crowd struct {
	shown   []time.Time // when toasts that stood alone were shown
	waiting []*hostpb.Notification
	settled time.Time // from then on the service is not just back
	due     <-chan time.Time
	counted uint32 // in the present crowd
	last    time.Time
}

// connected begins the time in which everything is gathered.
func (c *crowd) connected(now time.Time) { c.settled = now.Add(settle) }

// admit says whether a notification gets its own toast at once. Otherwise it
// waits for the flush.
func (c *crowd) admit(n *hostpb.Notification, now time.Time) bool {
	c.forget(n.GetId())
	recent := c.shown[:0]
	for _, t := range c.shown {
		if now.Sub(t) < burstWithin {
			recent = append(recent, t)
		}
	}
	c.shown = recent
	if !now.Before(c.settled) && len(c.waiting) == 0 && len(c.shown) < burst {
		c.shown = append(c.shown, now)
		return true
	}
	c.waiting = append(c.waiting, n)
	if c.due == nil {
		c.due = time.After(max(c.settled.Sub(now), crowdPace))
	}
	return false
}

// forget drops one that is over before it was shown.
func (c *crowd) forget(id uint64) {
	for i, n := range c.waiting {
		if n.GetId() == id {
			c.waiting = append(c.waiting[:i], c.waiting[i+1:]...)
			return
		}
	}
}

// gathered gives what waits, the worst first, and how many there were in this
// crowd.
func (c *crowd) gathered(now time.Time) (worst *hostpb.Notification, loud bool, n uint32) {
	c.due = nil
	if len(c.waiting) == 0 {
		return nil, false, 0
	}
	if now.Sub(c.last) >= burstWithin {
		c.counted = 0
	}
	for _, w := range c.waiting {
		if worst == nil || w.GetSeverity() > worst.GetSeverity() {
			worst = w
		}
		loud = loud || w.GetAlert() == hostpb.Alert_ALERT_LOUD
	}
	c.counted += uint32(len(c.waiting))
	c.waiting, c.last = nil, now
	c.shown = append(c.shown, now) // the crowd goes on
	if len(c.shown) > burst {
		c.shown = c.shown[len(c.shown)-burst:]
	}
	return worst, loud, c.counted
}

// flush shows what was gathered: one by itself, many as one that counts them.
func (t *Tray) flush(ctx context.Context) {
	worst, loud, n := t.crowd.gathered(t.Now())
	switch {
	case n == 0:
		return
	case n == 1:
		t.toast(ctx, t.heard(ctx, notificationToast(worst, t.Text), worst))
		return
	}
	title, _ := words(worst, t.Text)
	toast := Toast{ID: toastDigest, Title: t.Text.T("tray.toast.digest.title", "n", n), Body: t.Text.T("tray.toast.digest.body", "title", title),
		Icon: severityIcon(worst.GetSeverity()), View: viewNotifications, Sound: SoundNone}
	if loud {
		toast.Sound = SoundLoud
	}
	t.toast(ctx, t.heard(ctx, toast, worst))
}
