package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// way is how the technician takes control back in one round.
type way string

const (
	stalledCall way = "revoke call, link stalled" // RevokeCapability; the link holds the inputs and lets them go afterwards
	flowingCall way = "revoke call, inputs go on" // RevokeCapability; the engineer never stops sending
	floodCall   way = "revoke call, flood"        // the same, as quickly as the link takes them
	barButton   way = "button of the session bar" // pressed by a mouse outside the technician's desktop
	endCall     way = "end call, link stalled"    // EndSession
	pauseKey    way = "Pause key"                 // pressed on a keyboard outside
)

func (w way) ends() bool    { return w == endCall || w == pauseKey }
func (w way) stalled() bool { return w == stalledCall || w == endCall }
func (w way) byHand() bool  { return w == barButton || w == pauseKey }

// pace is the pause between two messages of 250 inputs: about 20,000 inputs a
// second, several times of what a desktop applies and a person does.
const pace = 12 * time.Millisecond

func (w way) pace() time.Duration {
	if w == floodCall {
		return 0
	}
	return pace
}

const (
	queued = 10_000 // inputs sent and not applied, at the least, when control is taken back
	// asksASession keeps below the 20 a minute at which a session is throttled.
	asksASession = 18
	// lively: a round counts when input was being applied until so shortly
	// before the click; otherwise there was nothing to stop.
	lively = 100 * time.Millisecond
	// settled is for how long nothing may arrive before the last input is known.
	settled = 150 * time.Millisecond
)

// revoked is one round.
type revoked struct {
	last   float64 // ms from the click to the last applied input; 0: none came after it
	effect float64 // ms from the click until the service said that control is gone
	onWay  int     // inputs sent and not applied at the click
	dry    bool    // nothing was being applied
}

// revocations plays rounds until each way has had its own.
func (r *consentRig) revocations(ctx context.Context, rounds int) (map[way][]revoked, error) {
	took := map[way][]revoked{}
	var v *visit
	defer func() {
		if v != nil {
			v.leave()
		}
	}()
	dry := 0
	for n := 0; ; {
		w, more := nextWay(took, rounds, v != nil && v.asks >= asksASession-1)
		if !more {
			return took, nil
		}
		if v == nil {
			var err error
			if v, err = r.session(ctx); err != nil {
				return nil, fmt.Errorf("round %d: %w", n, err)
			}
		}
		one, err := r.revocation(ctx, v, w)
		if err != nil {
			return nil, fmt.Errorf("round %d (%s): %w", n, w, err)
		}
		if w.ends() {
			v.leave()
			v = nil
		}
		if one.dry {
			if dry++; dry > 5+rounds/10 {
				return nil, fmt.Errorf("round %d (%s): the desktop had applied everything already, again and again", n, w)
			}
			continue
		}
		took[w] = append(took[w], one)
		if n++; n%20 == 0 {
			r.say("round %d", n)
		}
	}
}

// wanted is how many rounds each way gets of so many.
func wanted(w way, rounds int) int {
	switch w {
	case stalledCall:
		return rounds
	case flowingCall, floodCall:
		return max(rounds/8, 1)
	default:
		return max(rounds/20, 1)
	}
}

// nextWay spreads the ways over the rounds. A session that has asked often
// enough ends by one of the ways that end it.
func nextWay(took map[way][]revoked, rounds int, ending bool) (way, bool) {
	behind := func(ways ...way) (way, float64) {
		next, least := way(""), 1.0
		for _, w := range ways {
			if done := float64(len(took[w])) / float64(wanted(w, rounds)); done < least {
				next, least = w, done
			}
		}
		return next, least
	}
	if ending {
		if len(took[pauseKey]) < len(took[endCall]) {
			return pauseKey, true
		}
		return endCall, true
	}
	if w, _ := behind(stalledCall, flowingCall, floodCall, barButton); w != "" {
		return w, true
	}
	w, _ := behind(endCall, pauseKey)
	return w, w != ""
}

// session has the technician ask for help and the engineer come in and see.
func (r *consentRig) session(ctx context.Context) (*visit, error) {
	if err := r.technician.ready(ctx); err != nil {
		return nil, err
	}
	r.technician.forget()
	help, err := r.technician.host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if err != nil {
		return nil, fmt.Errorf("ask for help: %w", err)
	}
	if err := r.staff.listed(ctx, help.GetRequestId()); err != nil {
		return nil, err
	}
	v, err := r.staff.visit(ctx, help.GetRequestId(), help.GetCode())
	if err != nil {
		return nil, err
	}
	if err := r.grant(ctx, v, wire.View, hostpb.Capability_CAPABILITY_VIEW); err != nil {
		v.leave()
		return nil, err
	}
	return v, nil
}

// grant asks for a capability and has the technician allow it.
func (r *consentRig) grant(ctx context.Context, v *visit, name string, c hostpb.Capability) error {
	if err := v.ask(ctx, name); err != nil {
		return err
	}
	q, err := r.technician.prompt(ctx, c)
	if err != nil {
		return err
	}
	if _, err := r.technician.allow(ctx, q); err != nil {
		return err
	}
	return v.granted(ctx)
}

// revocation is one round: control is given, input pours, control is taken
// back.
func (r *consentRig) revocation(ctx context.Context, v *visit, w way) (revoked, error) {
	if err := r.grant(ctx, v, wire.Control, hostpb.Capability_CAPABILITY_CONTROL); err != nil {
		return revoked{}, err
	}
	var button stage.Part
	if w == barButton {
		var err error
		if button, err = r.resting(ctx, "bar.control.revoke"); err != nil {
			return revoked{}, err
		}
	}
	if err := r.witness.front(); err != nil {
		return revoked{}, err
	}
	r.technician.forget()
	keys, moves, _ := r.witness.seen()
	v.sent.Store(0)
	stop := v.keepPouring(ctx, w.pace())
	pouring := true
	quit := func() error { pouring = false; return stop() }
	defer func() {
		if pouring {
			_ = stop()
		}
	}()
	if err := r.witness.live(ctx, 10); err != nil {
		return revoked{}, err
	}
	link := v.link.Load()
	if w.stalled() {
		if err := quit(); err != nil {
			return revoked{}, err
		}
		link.stall()
		if err := v.pour(ctx, queued); err != nil {
			return revoked{}, err
		}
		if held := link.onTheWay(); held < queued {
			return revoked{}, fmt.Errorf("the stalled link holds only %d bytes", held)
		}
	} else if err := r.untilQueued(ctx, v, keys+moves); err != nil {
		return revoked{}, err
	}
	one := revoked{onWay: int(v.sent.Load()) - r.applied() + keys + moves}
	click, err := r.take(ctx, w, button)
	if err != nil {
		return one, err
	}
	gone, err := r.technician.state(ctx, "control to be gone", func(s *hostpb.SupportState) bool { return !may(s, hostpb.Capability_CAPABILITY_CONTROL) })
	if err != nil {
		return one, err
	}
	if err := link.flow(); err != nil && !w.ends() {
		return one, fmt.Errorf("let the stalled link flow: %w", err)
	}
	if pouring {
		// What comes after the technician's word comes to nothing.
		if err := pause(ctx, settled); err != nil {
			return one, err
		}
		if err := quit(); err != nil && !w.ends() {
			return one, err
		}
	}
	if w.ends() {
		if err := ended(ctx, v); err != nil {
			return one, err
		}
	} else if err := v.handled(ctx); err != nil {
		return one, err
	}
	last, err := r.witness.quiet(ctx, settled)
	if err != nil {
		return one, err
	}
	one.dry = last.Before(click.Add(-lively)) && !w.byHand() // a hand stops input by its first move
	one.last, one.effect = max(0, ms(last.Sub(click))), ms(gone.Sub(click))
	return one, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// applied is how many inputs have reached the desktop.
func (r *consentRig) applied() int {
	keys, moves, _ := r.witness.seen()
	return keys + moves
}

// untilQueued waits until enough has been sent that was not applied.
func (r *consentRig) untilQueued(ctx context.Context, v *visit, before int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 20*time.Second, errors.New("the engineer's inputs do not queue up"))
	defer cancel()
	for int(v.sent.Load())-r.applied()+before < queued {
		if pause(ctx, time.Millisecond) != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// take takes control back and gives the instant at which it was wished.
func (r *consentRig) take(ctx context.Context, w way, button stage.Part) (click time.Time, err error) {
	switch w {
	case barButton:
		// The first move takes the mouse out of the engineer's hands, who still
		// moves it until that has come round; the second arrives where it should.
		if err = r.finger.point(button.X+button.W/2-1, button.Y+button.H/2); err != nil {
			return click, err
		}
		if _, err = r.witness.quiet(ctx, 100*time.Millisecond); err != nil {
			return click, err
		}
		if err = r.finger.point(button.X+button.W/2, button.Y+button.H/2); err != nil {
			return click, err
		}
		// As stage.Hand does: a window notices a pointer first, then a click.
		if err = pause(ctx, 150*time.Millisecond); err != nil {
			return click, err
		}
		return r.finger.click()
	case pauseKey:
		return r.finger.kill()
	case endCall:
		click = time.Now()
		_, err = r.technician.host.EndSession(ctx, &hostpb.EndSessionRequest{How: "button"})
	default:
		click = time.Now()
		_, err = r.technician.host.RevokeCapability(ctx, &hostpb.RevokeCapabilityRequest{Capability: hostpb.Capability_CAPABILITY_CONTROL})
	}
	return click, err
}

// ended waits until the engineer's side has ended.
func ended(ctx context.Context, v *visit) error {
	select {
	case <-v.done:
		return nil
	case <-time.After(20 * time.Second):
		return errors.New("the engineer was never told of the end")
	case <-ctx.Done():
		return ctx.Err()
	}
}
