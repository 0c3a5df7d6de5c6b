package desktop

import (
	"context"
	"errors"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"

	"google.golang.org/protobuf/proto"
)

// retryAfter is how long a capture that failed closed waits for the next try.
const retryAfter = time.Second

// The error codes of HelperState.
const (
	codeWindows = "windows-unknown" // the picture is black: our windows cannot be told apart
	codeLost    = "display-lost"
)

// show sends pictures and states.
type show struct {
	screen  Screen
	encoder *screen.Encoder
	now     func() time.Time
	wake    chan struct{}

	mu    sync.Mutex
	pacer *pacer
	state *hostpb.HelperState // as it is
	told  *hostpb.HelperState // as it was sent last
}

func newShow(s Screen, e *screen.Encoder) *show {
	return &show{screen: s, encoder: e, now: time.Now, wake: make(chan struct{}, 1), pacer: newPacer(), state: &hostpb.HelperState{}}
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

func (s *show) ack(seq uint32)      { s.change(func() { s.pacer.acked(seq) }) }
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
		}
	}
}

// step does what is due and says how long to wait for the next thing.
func (s *show) step(send func(*hostpb.HelperMessage) error) (time.Duration, error) {
	s.mu.Lock()
	capture, wait := s.pacer.next(s.now())
	full := s.pacer.full
	if capture {
		s.pacer.captured(s.now())
	}
	s.mu.Unlock()
	var update []byte
	if capture {
		var err error
		if update, err = s.picture(full); err != nil {
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
			s.pacer.sent(s.encoder.Seq(), s.encoder.Pending())
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
		s.mu.Lock()
		_, wait = s.pacer.next(s.now())
		s.mu.Unlock()
		wait = max(wait, time.Nanosecond) // come back to see whether more is due
	}
	return wait, nil
}

// picture captures and encodes; it only fails when the display is gone. When
// the windows are unknown the picture is black and tried again later.
func (s *show) picture(full bool) ([]byte, error) {
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
	s.state.MaskedWindows = uint32(p.Masked)
	s.mu.Unlock()
	if full {
		s.encoder.Reset()
	}
	return s.encoder.Encode(nil, p.Frame, p.Damage), nil
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
