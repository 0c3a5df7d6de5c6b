package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// The technician's initials and PIN, for services that ask for them.
const (
	initials      = "MK"
	technicianPIN = "483926"
)

// armed is how long a prompt has to be in sight before it can be allowed (P24).
const armed = 800 * time.Millisecond

// technician is a program of the technician's account: it answers prompts and
// takes rights back by the calls the window makes.
type technician struct {
	host    hostpb.HostClient
	prompts chan question
	changes chan change
	close   func()
}

// question is a prompt, and when it was put.
type question struct {
	*hostpb.Prompt
	at      time.Time // when its event came
	inSight time.Time // when it was seen; zero where nobody looked
}

// change is the support state, and when it was told.
type change struct {
	*hostpb.SupportState
	at time.Time
}

// technicianOf connects to the service and follows its events. A PIN is set
// while no session runs, because none can be set later.
func technicianOf(ctx context.Context, pc *stage.PC) (*technician, error) {
	c, err := dial(ctx, pc)
	if err != nil {
		return nil, err
	}
	if err := setPIN(ctx, c.Host); err != nil {
		c.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &technician{host: c.Host, prompts: make(chan question, 64), changes: make(chan change, 4096)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = client.Follow(ctx, clientConfig(pc), t.event, nil) // ends with ctx
	}()
	t.close = func() {
		cancel()
		<-done
		c.Close()
	}
	return t, nil
}

func setPIN(ctx context.Context, host hostpb.HostClient) error {
	_, err := host.SetPIN(ctx, &hostpb.SetPINRequest{Initials: initials, Pin: technicianPIN})
	if err != nil && status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("set the technician's PIN: %w", err)
	}
	return nil
}

// event passes on what is waited for. Nobody may stay so far behind that the
// channels fill; what does not fit then is missed by a wait that says so.
func (t *technician) event(e *hostpb.Event) {
	now := time.Now()
	if p := e.GetPrompt(); p != nil {
		select {
		case t.prompts <- question{Prompt: p, at: now}:
		default:
		}
	}
	if s := e.GetSupport(); s != nil {
		select {
		case t.changes <- change{s, now}:
		default:
		}
	}
}

// prompt waits for the next question about a capability.
func (t *technician) prompt(ctx context.Context, c hostpb.Capability) (question, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		select {
		case q := <-t.prompts:
			if q.Capability == c {
				return q, nil
			}
		case <-ctx.Done():
			return question{}, fmt.Errorf("no prompt came: %v", c)
		}
	}
}

// allow says yes as soon as the prompt is armed, and gives for how long the
// technician was waited for.
func (t *technician) allow(ctx context.Context, q question) (waited time.Duration, err error) {
	if err := pause(ctx, time.Until(later(q.at, q.inSight).Add(armed))); err != nil {
		return 0, err
	}
	a := &hostpb.AnswerPromptRequest{PromptId: q.GetId(), Nonce: q.GetNonce(), Allow: true, RunConfirmed: q.GetRunInProgress()}
	if n := len(q.GetDurations()); n > 0 {
		a.Duration = q.Durations[n-1] // the longest
	}
	if q.GetNeedsInitials() || q.GetNeedsPin() {
		a.Initials = initials
	}
	if q.GetNeedsPin() {
		a.Pin = technicianPIN
	}
	waited = time.Since(q.at)
	if _, err := t.host.AnswerPrompt(ctx, a); err != nil {
		return 0, fmt.Errorf("allow %v: %w", q.Capability, err)
	}
	return waited, nil
}

// forget drops what was told so far.
func (t *technician) forget() {
	for {
		select {
		case <-t.changes:
		case <-t.prompts:
		default:
			return
		}
	}
}

// state waits until the service tells a state that is looked for, and gives
// when it told it.
func (t *technician) state(ctx context.Context, what string, is func(*hostpb.SupportState) bool) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		select {
		case s := <-t.changes:
			if is(s.SupportState) {
				return s.at, nil
			}
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("waited in vain for %s", what)
		}
	}
}

// may says whether a right is given.
func may(s *hostpb.SupportState, c hostpb.Capability) bool {
	for _, l := range s.GetLeases() {
		if l.GetCapability() == c {
			return true
		}
	}
	return false
}

// ready waits until help may be asked for.
func (t *technician) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return stage.Until(ctx, "support to be ready", func() (bool, error) {
		s, err := t.host.GetStatus(ctx, &hostpb.GetStatusRequest{})
		return s.GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY, err
	})
}
