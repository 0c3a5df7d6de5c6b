package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/build/badlink"
	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// condition is a link between the engineer and the relay.
type condition struct {
	name string
	badlink.Config
	// stalls: what is lost is sent again by TCP, and everything behind it waits.
	// The limit holds for the median then.
	stalls bool
}

const megabit = 1_000_000

// near is the way to a cloud that is not far.
const near = 5 * time.Millisecond

var conditions = []condition{
	{name: "1 Mbit/s", Config: badlink.Config{Rate: megabit, Delay: near}},
	{name: "2 Mbit/s", Config: badlink.Config{Rate: 2 * megabit, Delay: near}},
	{name: "6 Mbit/s", Config: badlink.Config{Rate: 6 * megabit, Delay: near}},
	{name: "20 Mbit/s", Config: badlink.Config{Rate: 20 * megabit, Delay: near}},
	{name: "6 Mbit/s, 200 ms", Config: badlink.Config{Rate: 6 * megabit, Delay: 100 * time.Millisecond}},
	{name: "6 Mbit/s, 5 % loss", Config: badlink.Config{Rate: 6 * megabit, Delay: near, Loss: 0.05, Seed: 1}, stalls: true},
	{name: "6 Mbit/s, 30 % loss", Config: badlink.Config{Rate: 6 * megabit, Delay: near, Loss: 0.30, Seed: 1}, stalls: true},
}

// What a link is held against, in ms beyond its round trip.
const (
	queueWithin = 100.0
	echoWithin  = 150.0 // a key's way there, the echo's back, and the queue
	wholeWithin = 5000.0
)

// badLines measures a session over links of all kinds: how quick typing is, how
// long the first picture takes, and how long anything waits in a queue while the
// screen is as busy as can be.
func badLines(ctx context.Context, o options) ([]row, error) {
	if o.window == 0 {
		o.window = 8 * time.Second
	}
	const limit = 20 * time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %v", limit))
	defer cancel()
	r, err := openBadLines(ctx, o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var rows []row
	for _, c := range conditions {
		r.say("%s", c.name)
		m, err := r.condition(ctx, c, o.window)
		if errors.Is(err, errSessionOver) {
			r.say("  the session ended on its own: once more")
			m, err = r.condition(ctx, c, o.window)
		}
		if err != nil {
			return rows, fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, m.rows(c)...)
		r.say("  round trip %.0f ms, picture %.0f ms; key to echo %.0f/%.0f, busy %.0f/%.0f; waits %.0f/%.0f, line %.0f; input %.0f/%.0f; %.1f down, %.1f Mbit/s up", m.base, m.whole,
			quantile(m.typed, 0.5), quantile(m.typed, 0.95), quantile(m.echoes, 0.5), quantile(m.echoes, 0.95), quantile(m.queued, 0.95), quantile(m.queued, 1), m.line,
			quantile(m.inputs, 0.5), quantile(m.inputs, 0.95), m.carried, m.file)
	}
	return rows, nil
}

// errSessionOver is a session that ended in the middle of the work.
var errSessionOver = errors.New("the session ended on its own")

type lineRig struct {
	*consentRig
	board *board
}

func openBadLines(ctx context.Context, o options) (*lineRig, error) {
	c, err := openConsent(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &lineRig{consentRig: c}
	if r.board, err = openBoard(c.desktop); err != nil {
		c.close()
		return nil, err
	}
	c.closing = append(c.closing, r.board.close)
	return r, nil
}

// condition is one session over one link.
func (r *lineRig) condition(ctx context.Context, c condition, window time.Duration) (m lineTimes, err error) {
	bad, err := badlink.Open(c.Config)
	if err != nil {
		return m, err
	}
	defer bad.Close()
	r.staff.over = bad.Dial
	defer func() { r.staff.over = nil }()
	v, err := r.join(ctx)
	if err != nil {
		return m, err
	}
	defer v.leave()
	ctx, over := context.WithCancelCause(ctx)
	defer over(nil)
	go func() {
		<-v.done // leave ends it in any case
		over(errSessionOver)
	}()
	w := &lineWork{lineRig: r, v: v, bad: bad, window: window}
	if m.base, err = w.baseline(ctx); err != nil {
		return m, err
	}
	if err := r.grant(ctx, v, wire.View, hostpb.Capability_CAPABILITY_VIEW); err != nil {
		return m, err
	}
	granted := time.Now()
	whole, err := v.view.wholeAt(ctx)
	if err != nil {
		return m, err
	}
	m.whole = ms(max(whole.Sub(granted), 0))
	if err := r.grant(ctx, v, wire.Control, hostpb.Capability_CAPABILITY_CONTROL); err != nil {
		return m, err
	}
	if err := w.live(ctx); err != nil {
		return m, err
	}
	for _, step := range []func(context.Context, *lineTimes) error{w.typing, w.busy, w.file} {
		if err := step(ctx, &m); err != nil {
			return m, err
		}
	}
	_, err = r.technician.host.EndSession(ctx, &hostpb.EndSessionRequest{How: "button"})
	return m, err
}

// join has the technician ask for help and the engineer come in with the code.
func (r *lineRig) join(ctx context.Context) (*visit, error) {
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
	// The session bar has to be there before anything is shown.
	return v, stage.Until(ctx, "the session bar", func() (bool, error) {
		s, err := r.technician.host.GetStatus(ctx, &hostpb.GetStatusRequest{})
		return s.GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, err
	})
}
