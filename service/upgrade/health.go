package upgrade

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/service/upgrade/source"
)

// await asks the service until it says it is this version, has what it had
// before, and is still there a moment later. While it restarts there is
// nothing to be notified by.
func (u *Upgrader) await(ctx context.Context, version string, before Health) error {
	ctx, cancel := context.WithTimeout(ctx, u.config.Patience)
	defer cancel()
	nudge := time.NewTimer(u.config.Patience / 3)
	defer nudge.Stop()
	tick := time.NewTicker(u.config.Poll)
	defer tick.Stop()
	seen := u.listen(version, before)
	var last error
	var since time.Time // it has been healthy since; zero: it is not
	for {
		now, err := u.config.Service.Ask(ctx)
		seen.answer(now, err)
		if err == nil {
			err = lacks(now, version, before)
		}
		switch {
		case err != nil:
			if ctx.Err() == nil {
				last = err
			}
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= u.config.Steady:
			return nil
		}
		select {
		case <-ctx.Done():
			return u.verdict(ctx, last)
		case <-tick.C:
		case <-nudge.C:
			if since.IsZero() && u.config.Restart != nil {
				if err := u.config.Restart(ctx); err != nil {
					u.config.Log.Warn("the service could not be restarted from here", "error", err)
				}
			}
		}
	}
}

var errOffline = errors.New("its link to the cloud does not come up")

// lacks is an error unless the service is the version that is wanted and has
// what it had before.
func lacks(now Health, version string, before Health) error {
	switch {
	case now.Version != version:
		return fmt.Errorf("it still runs as %q", now.Version)
	case before.Writable && !now.Writable:
		return errors.New("its store does not take entries")
	case before.Online && !now.Online:
		return errOffline
	}
	return nil
}

// verdict is about a service whose time is up. A link that is down is not the
// new version's doing where this service does not get through either.
func (u *Upgrader) verdict(ended context.Context, last error) error {
	if errors.Is(last, errOffline) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ended), u.config.Patience)
		defer cancel()
		if err := u.config.Source.Confirm(ctx, u.memory.Offer); errors.Is(err, source.ErrUnreachable) {
			u.config.Log.Warn("the link to the cloud is down, and so is the network", "error", err)
			return nil
		}
	}
	return fmt.Errorf("%w: %w", errHealth, last)
}

// maxEnds is how often the service may end while it is watched.
const maxEnds = 1

// watch looks at the service until it was there for Watch in one piece. It is
// an error when it ends more than once, or does not answer for Patience, and
// when the trays of its version, which came up, end again and again.
func (u *Upgrader) watch(ctx context.Context, version string) error {
	tick := time.NewTicker(u.config.Poll)
	defer tick.Stop()
	seen := u.listen(version, Health{})
	began := time.Now() // of the piece
	answered, ends, life := began, 0, uint64(0)
	for {
		now, err := u.config.Service.Ask(ctx)
		seen.answer(now, err)
		if err == nil && now.Version != version {
			err = fmt.Errorf("it runs as %q", now.Version)
		}
		switch {
		case err != nil && time.Since(answered) >= u.config.Patience:
			return fmt.Errorf("%w: it does not answer any more: %w", errHealth, err)
		case err != nil:
		case now.Trays != "":
			return fmt.Errorf("%w: %s", errHealth, plain(now.Trays))
		case life != 0 && now.Life != life:
			if ends++; ends > maxEnds {
				return fmt.Errorf("%w: it ended %d times", errHealth, ends)
			}
			began = time.Now()
		case time.Since(began) >= u.config.Watch:
			return nil
		}
		if err == nil {
			answered, life = time.Now(), now.Life
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// heard tells board and journal of every change in how the service answers.
type heard struct {
	upgrader *Upgrader
	want     string // version
	asked    bool
	last     Health // zero: it does not answer
}

// listen begins with how the service was, if that was seen in this life of ours.
func (u *Upgrader) listen(want string, before Health) *heard {
	if before.Life == 0 {
		return &heard{upgrader: u, want: want}
	}
	return &heard{upgrader: u, want: want, asked: true, last: before}
}

func (h *heard) answer(now Health, err error) {
	if err != nil {
		now = Health{}
	}
	u := h.upgrader
	if now.Version == h.want {
		u.board.step(onAnswer, nil)
	} else {
		u.board.step(onSilence, nil)
	}
	same := now.Version == h.last.Version && now.Life == h.last.Life
	if h.asked && !same {
		if h.last.Version != "" {
			u.journal.add(kindServiceStopped, map[string]string{"version": h.last.Version})
		}
		if now.Version != "" {
			u.journal.add(kindServiceStarted, map[string]string{"version": now.Version})
		}
	}
	h.asked, h.last = true, now
}
