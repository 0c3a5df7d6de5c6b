package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/build/badlink"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/flow"
	"beckmanconnect/session/wire"
)

// lineTimes is what was measured on one link; times are in ms.
type lineTimes struct {
	base    float64   // round trip through the host while nothing else is said
	whole   float64   // from the right to view to the first whole picture
	typed   []float64 // from a key to its echo on the engineer's screen
	queued  []float64 // of a round trip, beyond base, while the screen is busy
	line    float64   // the longest wait of a packet for its turn meanwhile
	echoes  []float64 // as typed, while the screen is busy
	carried float64   // Mbit/s of pictures, payload, while the screen is busy
	inputs  []float64 // from a key to where it is applied, while a file goes up and pictures come down
	file    float64   // Mbit/s of the file meanwhile
}

func (m lineTimes) rows(c condition) []row {
	limit := func(name string) string {
		if c.stalls {
			return name + " (loss: the median)"
		}
		return name
	}
	at := 0.95
	if c.stalls {
		at = 0.5
	}
	hold := func(what string, values []float64, most float64) row {
		return limited(fmt.Sprintf("%s: %s, %s of %d", c.name, what, map[bool]string{true: "median", false: "95th percentile"}[c.stalls], len(values)),
			"ms", quantile(values, at), limit("round trip and limit"), most)
	}
	show := func(what, unit string, value float64) row {
		return row{Work: c.name + ": " + what, Unit: unit, Ours: round(value), PeerName: "no limit"}
	}
	rows := []row{
		show("round trip, nothing else said", "ms", m.base),
		limited(c.name+": view given to first whole picture", "ms", m.whole, "limit", wholeWithin),
		show("key to echo, median", "ms", quantile(m.typed, 0.5)),
		hold("key to echo", m.typed, m.base+echoWithin),
		hold("wait in queues, busy screen", m.queued, queueWithin),
		show("wait in queues, busy screen, longest", "ms", quantile(m.queued, 1)),
		show("wait on the line alone, busy screen, longest", "ms", m.line),
		show("key to echo, busy screen, median", "ms", quantile(m.echoes, 0.5)),
		show("key to echo, busy screen, 95th percentile", "ms", quantile(m.echoes, 0.95)),
		show("pictures, busy screen", "Mbit/s", m.carried),
		hold("key to applied, file up and busy screen down", m.inputs, m.base+queueWithin),
		show("file up meanwhile", "Mbit/s", m.file),
	}
	return rows
}

// lineWork is the work on one link.
type lineWork struct {
	*lineRig
	v      *visit
	bad    *badlink.Link
	window time.Duration
}

const (
	pingEach = 50 * time.Millisecond
	keyEach  = 130 * time.Millisecond
)

// ping is one round trip through the host's reader and writer.
func (w *lineWork) ping(ctx context.Context) (float64, error) {
	began := time.Now()
	if err := w.v.handled(ctx); err != nil {
		return 0, err
	}
	return ms(time.Since(began)), nil
}

func (w *lineWork) baseline(ctx context.Context) (float64, error) {
	var all []float64
	for range 20 {
		took, err := w.ping(ctx)
		if err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return median(all), nil
}

// key presses and lifts one.
func (w *lineWork) key(ctx context.Context) error {
	return w.v.say(ctx, wire.Message{Type: "input", Generation: w.v.generation, Events: []wire.Input{
		{Kind: "keydown", Code: "KeyA", Key: "a"}, {Kind: "keyup", Code: "KeyA", Key: "a"},
	}})
}

// live gives the board the keyboard until several keys in a row arrive: the
// session bar, which grows with every right, takes it now and then.
func (w *lineWork) live(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 60*time.Second, errors.New("no keys arrive on the desktop"))
	defer cancel()
	for row := 0; row < 5; {
		if err := w.board.front(); err != nil {
			return err
		}
		n := w.board.count()
		if err := w.key(ctx); err != nil {
			return err
		}
		if err := pause(ctx, time.Second/2); err != nil {
			return context.Cause(ctx)
		}
		if row++; w.board.count() == n {
			row = 0
		}
	}
	return nil
}

// echo presses a key and waits until the engineer sees it.
func (w *lineWork) echo(ctx context.Context) (float64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, fmt.Errorf("30 s went by"))
	defer cancel()
	n, began, err := w.pressed(ctx)
	if err != nil {
		return 0, err
	}
	at := boardCell.Min.Add(boardCell.Size().Div(2))
	if err := w.v.view.sees(ctx, at, shade(n+1)); err != nil {
		return 0, fmt.Errorf("%w; the desktop got %d keys, %d were there before", err, w.board.count(), n)
	}
	return ms(time.Since(began)), nil
}

// pressed presses a key and waits until the desktop has it. One that was kept
// back, since a window of the product had the keyboard, is pressed again.
func (w *lineWork) pressed(ctx context.Context) (before int, began time.Time, err error) {
	for {
		before, began = w.board.count(), time.Now()
		if err := w.key(ctx); err != nil {
			return 0, began, err
		}
		lost := time.NewTimer(8 * time.Second)
		for again := false; !again; {
			_, ok, changed := w.board.pressedAfter(before)
			if ok {
				lost.Stop()
				return before, began, nil
			}
			select {
			case <-changed:
			case <-lost.C:
				again = true
			case <-ctx.Done():
				lost.Stop()
				return 0, began, fmt.Errorf("a key was never applied: %w", context.Cause(ctx))
			}
		}
		if err := w.board.front(); err != nil {
			return 0, began, err
		}
	}
}

func (w *lineWork) typing(ctx context.Context, m *lineTimes) error {
	for range max(10, int(w.window/keyEach)) {
		took, err := w.echo(ctx)
		if err != nil {
			return err
		}
		m.typed = append(m.typed, took)
		if err := pause(ctx, keyEach); err != nil {
			return err
		}
	}
	return nil
}

// busy has the screen as busy as can be.
func (w *lineWork) busy(ctx context.Context, m *lineTimes) error {
	defer w.board.busy()()
	if err := pause(ctx, 2*time.Second); err != nil { // the rate is found out
		return err
	}
	w.bad.Seen()
	_, before := w.v.view.traffic()
	began := time.Now()
	for time.Since(began) < w.window {
		took, err := w.ping(ctx)
		if err != nil {
			return err
		}
		m.queued = append(m.queued, max(took-m.base, 0))
		if err := pause(ctx, pingEach); err != nil {
			return err
		}
	}
	down, _ := w.bad.Seen()
	_, after := w.v.view.traffic()
	m.line = ms(down.Waited)
	m.carried = float64(after-before) * 8 / megabit / time.Since(began).Seconds()
	for range max(5, int(w.window/time.Second)) {
		took, err := w.echo(ctx)
		if err != nil {
			return err
		}
		m.echoes = append(m.echoes, took)
		if err := pause(ctx, keyEach); err != nil {
			return err
		}
	}
	return nil
}

// file sends one up while pictures come down, and types meanwhile.
func (w *lineWork) file(ctx context.Context, m *lineTimes) error {
	defer w.board.busy()()
	up, err := w.offer(ctx)
	if err != nil {
		return err
	}
	sent, stop := make(chan error, 1), make(chan struct{})
	began := time.Now()
	go func() { sent <- up.run(ctx, stop) }()
	for time.Since(began) < w.window {
		took, err := w.applied(ctx)
		if err != nil {
			close(stop)
			<-sent
			return err
		}
		m.inputs = append(m.inputs, took)
		if err := pause(ctx, keyEach); err != nil {
			break
		}
	}
	close(stop)
	err = <-sent
	m.file = float64(up.acked.Load()) * 8 / megabit / time.Since(began).Seconds()
	_ = w.v.say(ctx, wire.Message{Type: "cancel", ID: up.id}) // the session ends with it anyway
	return err
}

// applied presses a key and waits until the desktop has it.
func (w *lineWork) applied(ctx context.Context) (float64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, fmt.Errorf("30 s went by"))
	defer cancel()
	_, began, err := w.pressed(ctx)
	if err != nil {
		return 0, err
	}
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return ms(max(w.board.pressed.Sub(began), 0)), nil
}

// upload is a file on its way up, which keeps to what the link takes as the
// console's worker does: pongs say what has arrived.
type upload struct {
	v    *visit
	id   string
	data []byte

	since time.Time // what the account counts from

	mu    sync.Mutex
	flow  *flow.Control
	marks map[uint32]uint64
	woken chan struct{}
	acked atomic.Int64
}

// uploadPings are told from the other pings by their numbers.
const uploadPings = 1 << 30

// offer has a file allowed that is larger than what goes up in the time.
func (w *lineWork) offer(ctx context.Context) (*upload, error) {
	u := &upload{v: w.v, since: time.Now(), data: make([]byte, 32<<20), flow: flow.New(), marks: map[uint32]uint64{}, woken: make(chan struct{}, 1)}
	if _, err := rand.Read(u.data); err != nil {
		return nil, err
	}
	w.v.asks++
	u.id = fmt.Sprintf("%032x", w.v.asks)
	sum := sha256.Sum256(u.data)
	err := w.v.say(ctx, wire.Message{Type: "ask-file", ID: u.id, File: &wire.File{Name: "sample.bin", Size: int64(len(u.data)), SHA256: hex.EncodeToString(sum[:])}})
	if err != nil {
		return nil, err
	}
	generation := w.v.generation
	q, err := w.technician.prompt(ctx, hostpb.Capability_CAPABILITY_FILES)
	if err != nil {
		return nil, err
	}
	if _, err := w.technician.allow(ctx, q); err != nil {
		return nil, err
	}
	err = w.v.granted(ctx)
	if w.v.generation == 0 {
		w.v.generation = generation
	}
	if err != nil {
		return nil, err
	}
	// A prompt pauses input and takes the keyboard.
	return u, w.live(ctx)
}

// run sends until stop.
func (u *upload) run(ctx context.Context, stop <-chan struct{}) error {
	u.v.pong.Store(u)
	defer u.v.pong.Store(nil)
	key, err := hex.DecodeString(u.id)
	if err != nil {
		return err
	}
	at, seq := 0, uint32(uploadPings)
	for at < len(u.data) {
		u.mu.Lock()
		now := time.Since(u.since)
		n := min(u.flow.Spare(now), flow.Piece(u.flow.Rate()), wire.MaxChunk, len(u.data)-at)
		wait := time.Hour
		if n > 0 {
			seq++
			u.flow.Sent(n, now)
			u.marks[seq] = uint64(at + n)
			wait = flow.Pause(n, u.flow.Rate())
		}
		u.mu.Unlock()
		if n > 0 {
			if err := u.v.client.Send(ctx, wire.FrameChunk, append(key[:16:16], u.data[at:at+n]...)); err != nil {
				return err
			}
			if err := u.v.say(ctx, wire.Message{Type: "ping", Seq: seq}); err != nil {
				return err
			}
			at += n
		}
		timer := time.NewTimer(wait)
		woken := u.woken
		if n > 0 {
			woken = nil // the pace holds
		}
		select {
		case <-timer.C:
		case <-woken:
		case <-stop:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		timer.Stop()
	}
	return nil
}

// arrived takes the pong to a ping behind a piece.
func (u *upload) arrived(seq uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	end, ok := u.marks[seq]
	if !ok {
		return
	}
	delete(u.marks, seq)
	u.flow.Acked(wire.Ack{Received: end}, time.Since(u.since))
	u.acked.Store(int64(end))
	select {
	case u.woken <- struct{}{}:
	default:
	}
}
