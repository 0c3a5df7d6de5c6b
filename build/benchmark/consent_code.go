package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// codeTimes are the times (ms) from asking for help to the code.
type codeTimes struct {
	replied []float64 // by the call alone
	drawn   []float64 // from the press on the window's button to the code on the screen
}

// code measures the way to the code, by the call and by a real click in the
// real window.
func (r *consentRig) code(ctx context.Context, rounds int) (codeTimes, error) {
	var c codeTimes
	for range rounds {
		began := time.Now()
		help, err := r.technician.host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
		if err != nil {
			return c, fmt.Errorf("ask for help: %w", err)
		}
		c.replied = append(c.replied, ms(time.Since(began)))
		if err := r.cancelHelp(ctx, help.GetRequestId()); err != nil {
			return c, err
		}
	}
	if err := r.hand.ChooseInTray(ctx, r.desktop, "Get help"); err != nil {
		return c, err
	}
	place, _, err := r.codeByClick(ctx, nil)
	if err != nil {
		return c, fmt.Errorf("the window's code: %w", err)
	}
	before := uint64(0)
	for n := range rounds {
		w, took, err := r.codeByClick(ctx, place)
		if err != nil {
			return c, fmt.Errorf("the window's code, round %d: %w", n, err)
		}
		// Each code is another one: what looks as before is not a new code.
		if w.picture == before {
			return c, errors.New("the window shows the code of before")
		}
		before = w.picture
		c.drawn = append(c.drawn, took)
	}
	return c, nil
}

func (r *consentRig) cancelHelp(ctx context.Context, request string) error {
	if _, err := r.technician.host.CancelHelp(ctx, &hostpb.CancelHelpRequest{RequestId: request}); err != nil {
		return fmt.Errorf("cancel the request: %w", err)
	}
	return r.technician.ready(ctx)
}

// codePlace is where the window draws its code, and what it drew there.
type codePlace struct {
	stage.Part
	picture uint64
}

// codeByClick asks for help in the window, and cancels again. With the place of
// an earlier code it measures when the code was drawn.
func (r *consentRig) codeByClick(ctx context.Context, at *codePlace) (*codePlace, float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	first, err := r.part(ctx, "help.called-them", "help.request")
	if err != nil {
		return nil, 0, err
	}
	if first.ID == "help.called-them" {
		if err := r.hand.Press(ctx, first.ID); err != nil {
			return nil, 0, err
		}
	}
	button, err := r.part(ctx, "help.request")
	if err != nil {
		return nil, 0, err
	}
	var look *watching
	if at != nil {
		if look, err = r.gaze.watch(ctx, at.Part); err != nil {
			return nil, 0, err
		}
	}
	if err := r.finger.point(button.X+button.W/2, button.Y+button.H/2); err != nil {
		return nil, 0, err
	}
	if err := pause(ctx, 150*time.Millisecond); err != nil {
		return nil, 0, err
	}
	click, err := r.finger.click()
	if err != nil {
		return nil, 0, err
	}
	code, err := r.part(ctx, "help.code")
	if err != nil {
		return nil, 0, err
	}
	// Whatever is still to be drawn, a second later it is.
	if err := pause(ctx, time.Second); err != nil {
		return nil, 0, err
	}
	now := &codePlace{Part: code}
	took := 0.0
	if look != nil {
		drawn, err := look.end()
		if err != nil {
			return nil, 0, err
		}
		if now.Part != at.Part {
			return nil, 0, errors.New("the window draws its code elsewhere than before")
		}
		now.picture, took = look.now, ms(drawn.Sub(click))
	}
	help, err := r.technician.host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if err != nil {
		return nil, 0, err
	}
	return now, took, r.cancelHelp(ctx, help.GetRequestId())
}
