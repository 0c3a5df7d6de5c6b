package broker

import (
	"context"
	"strings"
	"sync"
	"time"

	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// watcher is the tray: it sees what the service asks of people.
type watcher struct {
	cancel   context.CancelFunc
	done     sync.WaitGroup
	notified chan struct{} // gets a value with a notification
}

func watch(ctx context.Context, config client.Config, b *tally.Block) *watcher {
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{cancel: cancel, notified: make(chan struct{}, 1)}
	w.done.Go(func() {
		_ = client.Follow(ctx, config, func(e *hostpb.Event) { // ends with ctx
			switch {
			case e.GetPrompt() != nil, e.GetDesktopWanted() != nil:
				b.Act("prompt", "somebody is asked: %v", e)
			case e.GetNotification().GetCode() == clockAlarm:
			case e.GetNotification() != nil:
				b.Act("notification", "%v came from outside", e.GetNotification())
				select {
				case w.notified <- struct{}{}:
				default:
				}
			case e.GetUpgrade().GetDigest() != "":
				b.Act("upgrade", "%v came from outside", e.GetUpgrade())
			}
		}, nil)
	})
	return w
}

func (w *watcher) stop() {
	w.cancel()
	w.done.Wait()
}

// aliveWithin is how long an answer of the pipe may take.
const aliveWithin = 30 * time.Second

// check looks at what the service says and what is in its log.
func (w *walk) check() error {
	ctx, cancel := context.WithTimeout(w.ctx, aliveWithin)
	defer cancel()
	s, err := w.window.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	if err != nil {
		if w.ctx.Err() == nil {
			w.b.Act("dead", "the pipe does not answer: %v", err)
		}
		return err
	}
	before := w.status
	support := s.Support
	switch {
	case !s.TermsAccepted || s.TermsVersion != before.TermsVersion:
		w.b.Act("terms", "%q, accepted: %v", s.TermsVersion, s.TermsAccepted)
	case s.Registration.GetDeviceId() != w.device || s.Registration.GetEmail() != before.Registration.GetEmail():
		w.b.Act("registration", "%v", s.Registration)
	case s.Policy != before.Policy || s.InstrumentClass != before.InstrumentClass:
		w.b.Act("policy", "%s, %s", s.Policy, s.InstrumentClass)
	case support.SessionId != "" || len(support.Leases) > 0 || len(support.Transfers) > 0 || support.Prompt != nil || support.Engineer != nil:
		w.b.Act("session", "%v", support)
	case support.Phase != hostpb.SupportPhase_SUPPORT_PHASE_READY && support.Phase != hostpb.SupportPhase_SUPPORT_PHASE_WAITING:
		w.b.Act("phase", "%v %s", support.Phase, support.OffCode)
	case s.Upgrade.GetDigest() != "":
		w.b.Act("upgrade", "%v", s.Upgrade)
	}
	return w.readLog()
}

// own are entries of the service's and the people's own doing.
var own = map[string]bool{
	"log.started": true, "service.started": true, "capabilities.installed": true, "terms.accepted": true, "device.registering": true, "device.registered": true,
	"policy.accepted": true, "help.ended": true, "vendor-policy.refused": true, "clock.moved": true,
	"message.refused": true, "log.checked": true, "person.connected": true, "config.changed": true,
}

// once may be in the log one time.
var once = map[string]bool{"device.registered": true, "policy.accepted": true, "config.changed": true, "person.connected": true}

// clockAlarm is the one alarm that a broker may cause: the walk's genuine times
// run ahead of this PC's clock, and who is told of them is to be warned.
const clockAlarm = "clock-wrong"

func (w *walk) readLog() error {
	ctx, cancel := context.WithTimeout(w.ctx, aliveWithin)
	defer cancel()
	newest := w.read
	for before := uint64(0); ; {
		page, err := w.window.Host.ListActivity(ctx, &hostpb.ListActivityRequest{BeforeIndex: before, Limit: 100})
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if e.Index < w.read || (e.Index == w.read && w.read > 0) {
				w.read = newest
				return nil
			}
			newest = max(newest, e.Index)
			before = e.Index
			w.entry(e)
		}
		if !page.More || len(page.Entries) == 0 {
			w.read = newest
			return nil
		}
	}
}

func (w *walk) entry(e *hostpb.Activity) {
	switch {
	case e.Kind == "help.requested":
		if w.counted["help"]++; w.counted["help"] > int(w.asked) {
			w.b.Act("log", "help was asked for from outside")
		}
	case e.Kind == "terms.accepted":
		if w.counted["terms"]++; w.counted["terms"] > w.accepted {
			w.b.Act("log", "the terms were accepted from outside")
		}
	case e.Kind == "vendor-policy.accepted":
		w.b.Live("vendor policies in force")
		if w.counted["vendor"]++; w.counted["vendor"] > len(w.policies) {
			w.b.Act("log", "a vendor policy that the vendor did not sign: %v", e.Fields)
		}
	case strings.HasPrefix(e.Kind, "notification.") && e.Subject == clockAlarm:
	case !own[e.Kind]:
		w.b.Act("log", "%s came from outside: %v", e.Kind, e.Fields)
	case once[e.Kind]:
		if w.counted[e.Kind]++; w.counted[e.Kind] > 1 {
			w.b.Act("log", "%s again: %v", e.Kind, e.Fields)
		}
	}
}

// explain is what each capability is allowed.
func (w *walk) explain() (map[string]string, error) {
	ctx, cancel := context.WithTimeout(w.ctx, aliveWithin)
	defer cancel()
	p, err := w.window.Host.ExplainPolicy(ctx, &hostpb.ExplainPolicyRequest{})
	if err != nil {
		return nil, err
	}
	rows := map[string]string{}
	for _, r := range p.Rows {
		rows[r.Capability] = r.Effective
	}
	return rows, nil
}

// unchanged: no capability is allowed more, or less, than it was: no genuine
// policy of this campaign switches one off.
func (w *walk) unchanged() error {
	now, err := w.explain()
	if err != nil {
		return err
	}
	for capability, effect := range w.rows {
		if now[capability] != effect || strings.TrimSpace(effect) == "" {
			w.b.Act("policy", "%s is %q, it was %q", capability, now[capability], effect)
		}
	}
	return nil
}
