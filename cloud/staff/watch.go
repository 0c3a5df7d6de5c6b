package staff

import (
	"context"
	"net/http"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// attendance is an engineer at the relay.
type attendance struct{ request, account string }

// attending is the session somebody came in, and when.
type attending struct {
	session []byte
	at      time.Time
}

// Attend remembers in which session an engineer came to the relay.
func (d *Desk) Attend(r *http.Request, request string) (cloudapi.Staff, bool) {
	who, _, ok := d.Open(r, request)
	if !ok {
		return who, false
	}
	l, ok := d.session(r)
	if !ok {
		return who, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.attending[attendance{request, who.Account}] = attending{l.hash, d.Now()}
	return who, true
}

// Relay is what Watch needs of the relay.
type Relay interface {
	Engineers() map[string]string // request → account, of those that are here
	CutEngineer(request, account string)
}

// watchEvery bounds how long somebody may go on who may not any more.
const watchEvery = time.Second

// Watch sends engineers away from the relay, and wakes consoles, when their
// session has ended, their account was removed or revoked, or their training
// has run out in mid-session (P20, P21, scenario 27). It ends with ctx.
func (d *Desk) Watch(ctx context.Context, relay Relay) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		here := relay.Engineers()
		for request, account := range here {
			if d.still(ctx, request, account) || ctx.Err() != nil {
				continue
			}
			d.Log.Warn("an engineer may not be here any more", "request", request)
			relay.CutEngineer(request, account)
			d.Feed.Changed()
		}
		d.forgetGone(here)
	}
}

// still tells whether an engineer at the relay may be there.
func (d *Desk) still(ctx context.Context, request, account string) bool {
	d.mu.Lock()
	hash := d.attending[attendance{request, account}].session
	d.mu.Unlock()
	l, err := d.Data.StaffSessionByHash(ctx, hash)
	if err != nil || l.Staff.Account != account {
		return false
	}
	who, ok := d.valid(ctx, l)
	if !ok {
		return false
	}
	if _, ok := d.mayHelp(ctx, who, request); !ok {
		// The device's own word that a request has ended takes its way to both
		// ends; it is not this that cuts it short.
		_, err := d.Data.OpenRequest(ctx, request)
		return err != nil
	}
	// Being in a session is activity.
	d.touch(ctx, login{who, l.Hash, l.UsedMS})
	return true
}

func (d *Desk) forgetGone(here map[string]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for a, came := range d.attending {
		// Who was let in a moment ago may not have sat down yet.
		if here[a.request] != a.account && d.Now().Sub(came.at) > time.Minute {
			delete(d.attending, a)
		}
	}
}
