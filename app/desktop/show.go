package desktop

import (
	"context"
	"errors"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"

	"google.golang.org/protobuf/proto"
)

// retryAfter is how long a capture that failed closed waits for the next try.
const retryAfter = time.Second

// The error codes of HelperState.
const (
	codeWindows = "windows-unknown" // the picture is black: what is to be hidden cannot be told apart
	codeLost    = "display-lost"
)

// show sends pictures and states.
type show struct {
	screen  Screen
	encoder *screen.Encoder
	now     func() time.Time
	wake    chan struct{}
	// onPicture is told each picture before it is sent.
	onPicture func(Picture)

	newest  Picture // what the encoder got last; used by run's goroutine, as preview is
	have    bool
	preview *preview

	mu      sync.Mutex
	pacer   *pacer
	watched bool                // the technician wants to see it, too
	state   *hostpb.HelperState // as it is
	told    *hostpb.HelperState // as it was sent last
}

func newShow(s Screen, e *screen.Encoder) *show {
	return &show{screen: s, encoder: e, now: time.Now, wake: make(chan struct{}, 1), preview: newPreview(), pacer: newPacer(), state: &hostpb.HelperState{}, onPicture: func(Picture) {}}
}

func (s *show) change(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // one is waiting already
	}
}

func (s *show) setView(on, full bool) {
	s.change(func() { s.pacer.view(on, full); s.state.Capturing = on })
}

// setWatched has previews made, beginning with what shows now.
func (s *show) setWatched(on bool) { s.change(func() { s.watched = on }) }

// link takes in what the service says of the engineer's link.
func (s *show) link(a *hostpb.HelperAck) {
	t := told{
		taken: a.GetTaken(),
		room:  int(min(a.GetRoom(), wire.MaxFrame)),
		rate:  int(min(a.GetRate(), 1<<40)),
	}
	s.change(func() { s.pacer.link(t) })
}

func (s *show) setLocal(local bool) { s.change(func() { s.state.LocalInput = local }) }
func (s *show) setLocked()          { s.change(func() { s.state.Locked = true }) }

// run ends with ctx, when send fails, or when the display is gone.
func (s *show) run(ctx context.Context, send func(*hostpb.HelperMessage) error) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		wait, err := s.step(send)
		if err != nil {
			return err
		}
		if next, due := s.beginPreview(); due && (wait == 0 || next < wait) {
			wait = next
		}
		timer.Stop()
		if wait > 0 {
			timer.Reset(wait)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.screen.Changed():
			s.mu.Lock()
			s.pacer.changed()
			s.mu.Unlock()
		case <-s.wake:
		case <-timer.C:
		case p := <-s.preview.made:
			if err := s.sendPreview(p, send); err != nil {
				return err
			}
		}
	}
}

// beginPreview starts a preview that is due, and otherwise says how long to
// wait for it.
func (s *show) beginPreview() (wait time.Duration, due bool) {
	s.mu.Lock()
	on, watched := s.pacer.on, s.watched
	s.mu.Unlock()
	if !watched {
		s.preview.stale, s.preview.last = true, time.Time{} // the next one asked for comes at once
	}
	if !on {
		s.have = false // what was shown once is not shown any more
	}
	if !watched || !s.have {
		return 0, false
	}
	now := s.now()
	if wait, due = s.preview.wait(now); due && wait == 0 {
		s.preview.begin(s.newest, now)
		return 0, false
	}
	return wait, due
}

func (s *show) sendPreview(p *hostpb.Preview, send func(*hostpb.HelperMessage) error) error {
	s.preview.making = false
	s.mu.Lock()
	wanted := s.watched && s.pacer.on
	s.mu.Unlock()
	if !wanted {
		return nil
	}
	return send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Preview{Preview: p}})
}

// step does what is due and says how long to wait for the next thing.
func (s *show) step(send func(*hostpb.HelperMessage) error) (time.Duration, error) {
	s.mu.Lock()
	capture, wait := s.pacer.next(s.now())
	full, budget, rate := s.pacer.full, s.pacer.budget(), s.pacer.told.rate
	if capture {
		s.pacer.captured(s.now())
	}
	s.mu.Unlock()
	var update []byte
	if capture {
		var err error
		if update, err = s.picture(full, budget, rate); err != nil {
			s.change(func() { s.state.ErrorCode, s.state.Capturing = codeLost, false })
			return 0, errors.Join(err, s.tell(send))
		}
	}
	// The state goes first: a new size is known before its first picture.
	if err := s.tell(send); err != nil {
		return 0, err
	}
	if len(update) > 0 {
		s.mu.Lock()
		on := s.pacer.on
		if on {
			s.pacer.sent(s.encoder.Seq(), len(update), s.encoder.Pending(), s.now())
		}
		s.mu.Unlock()
		if !on { // switched off while this was encoded
			return 0, nil
		}
		if err := send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_ScreenUpdate{ScreenUpdate: update}}); err != nil {
			return 0, err
		}
	}
	if capture {
		again, due := s.encoder.Wake()
		s.mu.Lock()
		s.pacer.wake(again, due, s.now())
		_, wait = s.pacer.next(s.now())
		s.mu.Unlock()
		wait = max(wait, time.Nanosecond) // come back to see whether more is due
	}
	return wait, nil
}

// picture captures and encodes; it only fails when the display is gone. When
// the windows are unknown the picture is black and tried again later.
// The budget is in bytes, the rate in bytes a second.
func (s *show) picture(full bool, budget, rate int) ([]byte, error) {
	p, err := s.screen.Capture(full)
	if errors.Is(err, ErrLost) {
		return nil, err
	}
	s.mu.Lock()
	s.state.ErrorCode = ""
	if err != nil {
		s.state.ErrorCode = codeWindows
		s.pacer.retry(s.now(), retryAfter)
	}
	s.state.Width, s.state.Height = uint32(p.Frame.Width), uint32(p.Frame.Height)
	s.state.MaskedWindows, s.state.Masks = uint32(p.Hidden), p.Masks
	p.describe(s.state)
	s.mu.Unlock()
	s.newest, s.have, s.preview.stale = p, true, true
	s.onPicture(p)
	if full {
		s.encoder.Reset()
	}
	s.encoder.SetRate(8 * rate)
	return s.encoder.Encode(nil, p.Frame, p.Damage, budget), nil
}

// tell sends the state when it changed.
func (s *show) tell(send func(*hostpb.HelperMessage) error) error {
	s.mu.Lock()
	state := proto.CloneOf(s.state)
	same := s.told != nil && proto.Equal(state, s.told)
	s.told = state
	s.mu.Unlock()
	if same {
		return nil
	}
	return send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_State{State: state}})
}
