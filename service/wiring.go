package service

import (
	"context"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/offers"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// signal wakes whoever waits on a channel of one; it never blocks.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (h *house) statusChanged() { signal(h.poke) }

// sessionsChanged has the machine look again at policy and gate. It is called
// from places that hold locks of the store, so it only leaves word.
func (h *house) sessionsChanged() {
	signal(h.news)
	signal(h.poke)
}

func (h *house) tellSessions(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.news:
			h.support.PolicyChanged()
		}
	}
}

func (h *house) writableChanged(bool) { h.sessionsChanged() }

func (h *house) runChanged(run notify.Run) {
	h.runState.Store(&run)
	h.sessionsChanged()
}

func (h *house) registrationChanged() {
	h.policy.SetFacts(h.facts())
	h.sessionsChanged()
	h.link.Urgent()
}

// upgradeFacts are what decides when an upgrade may be installed. Somebody who
// waits for an engineer is as good as in a session: a restart would take the
// code away.
func (h *house) upgradeFacts() offers.Facts {
	effective := h.policy.Current()
	f := offers.Facts{
		Run: *h.runState.Load(), Policy: effective.Upgrade(),
		Authorised: func(capability string) bool { return effective.Authorised(policy.Capability(capability)) },
	}
	switch h.support.State().GetPhase() {
	case hostpb.SupportPhase_SUPPORT_PHASE_WAITING, hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		f.Session = true
	}
	return f
}

func (h *house) offerChanged(ctx context.Context, u *hostpb.Upgrade) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := recordOutcome(ctx, h.store, u); err != nil {
		h.log.Error("the outcome of an upgrade is not on record", "error", err)
	}
	h.hub.Publish(&hostpb.Event{Body: &hostpb.Event_Upgrade{Upgrade: u}})
	h.statusChanged()
}

func (h *house) wantRestart() {
	h.restartOnce.Do(func() { close(h.restart) })
}

// presence: a session ends with the tray or the window of the technician who
// asked for help (B5, scenario 17).
func (h *house) presence(p server.Presence) {
	if p.Here || p.Count > 0 || h.host.Asker().ID != p.Actor.ID {
		return
	}
	switch p.Program {
	case protocol.Tray:
		h.support.TrayLost()
	case protocol.Window:
		h.support.WindowLost()
	}
}

// committed hands an event that is on the disk to the programs that watch.
func (h *house) committed(e store.Event) {
	if event := toProto(e); event != nil {
		h.hub.Publish(event)
	}
	h.statusChanged()
	h.link.Kick()
}

func toProto(e store.Event) *hostpb.Event {
	if e.Kind != notify.EventNotification {
		return nil
	}
	var n hostpb.Notification
	if proto.Unmarshal(e.Payload, &n) != nil {
		return nil
	}
	return &hostpb.Event{Seq: e.Seq, Body: &hostpb.Event_Notification{Notification: &n}}
}

// history reads events back for programs that resume.
type history struct{ store *store.Store }

func (h history) EventsAfter(ctx context.Context, seq uint64, limit int) ([]*hostpb.Event, error) {
	events, err := h.store.EventsAfter(ctx, seq, limit)
	if err != nil {
		return nil, err
	}
	var out []*hostpb.Event
	for _, e := range events {
		event := toProto(e)
		if event == nil { // of another version: its number is not passed over
			event = &hostpb.Event{Seq: e.Seq}
		}
		out = append(out, event)
	}
	return out, nil
}

func (h history) Bounds(ctx context.Context) (first, last uint64, err error) {
	if last, err = h.store.LastSeq(ctx); err != nil {
		return 0, 0, err
	}
	if first, err = h.store.FirstSeq(ctx); err == nil && first == 0 && last > 0 {
		first = last + 1
	}
	return first, last, err
}

// publisher hands the session's state to the programs of the technician who
// asked for help. It is called under the driver's lock and never blocks.
type publisher struct{ h *house }

func (p publisher) SupportChanged(s *hostpb.SupportState) {
	p.h.hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: s}})
	p.h.statusChanged()
	p.h.link.Kick() // what it says stands in the outbox, too
}

func (p publisher) PromptShown(s *hostpb.Prompt) {
	p.h.hub.PublishTo(p.asker(), &hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: s}})
}

func (p publisher) PromptGone(s *hostpb.PromptGone) {
	p.h.hub.PublishTo(p.asker(), &hostpb.Event{Body: &hostpb.Event_PromptGone{PromptGone: s}})
}

func (p publisher) DesktopWanted(d *hostpb.DesktopWanted) {
	if p.h.hub.PublishTo(p.asker(), &hostpb.Event{Body: &hostpb.Event_DesktopWanted{DesktopWanted: d}}) == 0 {
		p.h.log.Warn("no tray is there to start the desktop helper")
	}
}

func (p publisher) asker() server.Target { return server.Target{ID: p.h.host.Asker().ID} }
