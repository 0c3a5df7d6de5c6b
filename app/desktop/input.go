package desktop

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"time"

	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/ipc/hostpb"
)

// localHold is how long the technician's own input keeps the engineer's out.
const localHold = 2 * time.Second

// maxName bounds a key's names; the longest real one is "NumpadParenRight".
const maxName = 32

// applier applies input and gives way to the technician.
type applier struct {
	log      *slog.Logger
	queue    *queue
	injector Injector
	watcher  Watcher
	onLocal  func(bool) // the technician took over, or let go
	now      func() time.Time
	place    func(image.Point) image.Point // of the picture on the desktop; nil: the same

	localUntil time.Time
	local      bool
}

// run ends with ctx, or when the display is gone.
func (a *applier) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.watcher.LocalInput():
			a.takeOver()
		case <-timer.C:
			a.letGo()
		case <-a.watcher.FocusChanged():
			if err := a.checkFocus(); err != nil {
				return err
			}
		case <-a.queue.wake:
			if err := a.drain(); err != nil {
				return err
			}
		}
		if a.local {
			timer.Reset(max(a.localUntil.Sub(a.now()), 0))
		}
	}
}

// mayApply is asked by a Guarded injector right before it applies an event that
// it has been checking: neither was control taken back meanwhile, nor did the
// technician's hand move. The pointer would jump away from under it.
func (a *applier) mayApply() bool { return a.queue.still() && len(a.watcher.LocalInput()) == 0 }

func (a *applier) takeOver() {
	a.localUntil = a.now().Add(localHold)
	if a.local {
		return
	}
	a.local = true
	_ = a.release()
	a.onLocal(true)
}

func (a *applier) letGo() {
	if a.local && !a.now().Before(a.localUntil) {
		a.local = false
		a.onLocal(false)
	}
}

// checkFocus lifts what is held as soon as a hidden window gets the keyboard.
func (a *applier) checkFocus() error {
	hidden, err := a.injector.HiddenFocus()
	if err != nil {
		return a.judge(err)
	}
	if hidden {
		return a.release()
	}
	return nil
}

func (a *applier) drain() error {
	for {
		select { // before each event the technician goes first
		case <-a.watcher.LocalInput():
			a.takeOver()
		default:
		}
		event, release := a.queue.next()
		switch {
		case release:
			if err := a.release(); err != nil {
				return err
			}
		case event == nil:
			return nil
		default:
			if err := a.apply(event); err != nil {
				return err
			}
		}
	}
}

func (a *applier) apply(e *hostpb.InputEvent) error {
	lifting := e.GetKind() == hostpb.InputEvent_KIND_KEY_UP || e.GetKind() == hostpb.InputEvent_KIND_BUTTON_UP
	if a.now().Before(a.localUntil) && !lifting {
		return nil
	}
	at := image.Pt(int(e.GetX()), int(e.GetY()))
	if a.place != nil {
		at = a.place(at)
	}
	x, y := at.X, at.Y
	key := keys.Key{Code: e.GetCode(), Text: e.GetKey()}
	var err error
	switch e.GetKind() {
	case hostpb.InputEvent_KIND_KEY_DOWN, hostpb.InputEvent_KIND_KEY_UP:
		if len(key.Code) > maxName || len(key.Text) > maxName || key.Forbidden() || key.Lock() {
			return nil
		}
		err = a.injector.Key(key, !lifting)
	case hostpb.InputEvent_KIND_POINTER_MOVE:
		err = a.injector.Move(x, y)
	case hostpb.InputEvent_KIND_BUTTON_DOWN, hostpb.InputEvent_KIND_BUTTON_UP:
		err = a.injector.Button(x, y, keys.Button(e.GetButton()), !lifting)
	case hostpb.InputEvent_KIND_WHEEL:
		err = a.injector.Wheel(x, y, int(e.GetWheelX()), int(e.GetWheelY()))
	case hostpb.InputEvent_KIND_TEXT:
		err = a.text(e.GetText())
	}
	if errors.Is(err, ErrHidden) {
		a.log.Debug("input dropped: hidden window")
		return a.release()
	}
	return a.judge(err)
}

// text types what an input method or a dead key made, each character guarded as
// any key is: the technician's hand, a revocation or a window that comes up ends
// it in the middle. A text that cannot be typed as a whole is not begun.
func (a *applier) text(text string) error {
	characters, ok := keys.Typed(text)
	if !ok {
		return errors.New("desktop: this text is not typed")
	}
	for _, r := range characters {
		if !a.mayApply() {
			return ErrTakenBack
		}
		if err := a.injector.Text(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) release() error { return a.judge(a.injector.Release()) }

// judge lets one event fail without ending the session; a display that is gone
// ends it.
func (a *applier) judge(err error) error {
	if err == nil || errors.Is(err, ErrLost) {
		return err
	}
	a.log.Debug("input dropped", "error", err)
	return nil
}
