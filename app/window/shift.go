package window

import (
	"context"
	"strings"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// WriteDraft is part of view.Actions. It is called at every letter: only what
// follows from it is drawn.
func (p *program) WriteDraft(note string) {
	p.state.Alarms.Handover.WriteDraft(note)
	p.draw(p.now())
}

// WriteHandover is part of view.Actions.
func (p *program) WriteHandover(note string, who model.Signature) {
	h := &p.state.Alarms.Handover
	if h.Busy {
		return
	}
	h.Busy = true
	p.state.Failure = ""
	var reply *hostpb.Handover
	p.call(callTime, "WriteHandover", func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = host.WriteHandover(ctx, &hostpb.WriteHandoverRequest{Note: strings.TrimSpace(note), Initials: who.Initials, Pin: who.PIN})
		return err
	}, func(err error) {
		if err != nil {
			h.Busy = false // what was written stays
			p.state.Failure = client.Code(err)
			return
		}
		p.remember(who)
		h.Took(reply, note)
	})
	p.refresh()
}

// GoMonth is part of view.Actions.
func (p *program) GoMonth(by int) {
	p.state.Alarms.Offenders.Go(by, p.now())
	p.refresh()
}

// SetQuietHours is part of view.Actions.
func (p *program) SetQuietHours(on bool, from, to uint32, who model.Signature) {
	p.state.Quiet.Busy = true
	p.state.Failure = ""
	var reply *hostpb.QuietHours
	p.call(callTime, "SetQuietHours", func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = host.SetQuietHours(ctx, &hostpb.SetQuietHoursRequest{On: on, FromMinute: from, ToMinute: to, Initials: who.Initials, Pin: who.PIN})
		return err
	}, func(err error) {
		p.state.Quiet.Busy = false
		if err != nil {
			p.state.Failure = client.Code(err)
			return
		}
		p.remember(who)
		p.state.QuietSet(reply)
	})
	p.refresh()
}

// TestAlarm is part of view.Actions.
func (p *program) TestAlarm() {
	p.act("TestAlarm", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.TestAlarm(ctx, &hostpb.TestAlarmRequest{})
		return err
	}, func() { p.state.Quiet.Tested = true })
}
