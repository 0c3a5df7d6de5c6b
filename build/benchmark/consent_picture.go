package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// pictures are the times (ms) from the right code to the first whole picture.
type pictures struct {
	whole  []float64 // from the click on Connect with the code typed in, the technician's Allow included
	alone  []float64 // the same without the time from the prompt's event to the Allow
	prompt []float64 // from the prompt's event on the pipe to its window drawn
}

// keyAhead is how long the engineer's page has been open before an engineer
// joins: it makes its session's key meanwhile.
const keyAhead = 5 * time.Second

// picture measures with a real Chromium how long it takes from the right code
// to the picture.
func (r *consentRig) picture(ctx context.Context, rounds int) (pictures, error) {
	var p pictures
	browser, err := r.house.OpenBrowser(ctx)
	if err != nil {
		return p, err
	}
	if err := r.console(ctx, browser); err != nil {
		return p, fmt.Errorf("the engineer's console: %w", err)
	}
	var place *stage.Part
	for n := range rounds {
		one, err := r.pictureOnce(ctx, browser, place)
		if err != nil {
			return p, fmt.Errorf("picture, round %d: %w", n, err)
		}
		place = &one.place
		p.whole, p.alone = append(p.whole, one.whole), append(p.alone, one.whole-one.waited)
		if one.drawn > 0 {
			p.prompt = append(p.prompt, one.drawn)
		}
	}
	return p, nil
}

// console signs the engineer in.
func (r *consentRig) console(ctx context.Context, b *stage.Browser) error {
	return consoleAt(ctx, b, r.house.Cloud()+"/")
}

// consoleAt signs the engineer in at a console's address.
func consoleAt(ctx context.Context, b *stage.Browser, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for _, do := range []func() error{
		func() error { return b.Open(address) },
		func() error { return b.Click("#sign-in") },
		func() error { return b.Fill("#username", stage.EngineerAccount) },
		func() error { return b.Fill("#password", stage.EngineerPassword) },
		func() error { return b.Click("#submit") },
		func() error { return b.Wait(ctx, "the list", `document.querySelector('#waiting')`) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// asking is run in the page. It asks for the picture the moment it can, as
// quickly as no person could, and notes when the page had drawn all of it: two
// frames after its worker did, so that the picture has reached the screen.
const asking = `(() => {
	const b = window.bench = {frames: 0};
	document.addEventListener('submit', () => { b.began = performance.now(); }, {capture: true, once: true});
	const step = () => {
		const view = document.querySelector('#ask-view');
		if (view?.offsetParent && !b.asked) { b.asked = performance.now(); view.click(); }
		if (b.asked && document.body.dataset.settled && b.frames++ >= 2) { b.whole = performance.now(); return; }
		requestAnimationFrame(step);
	};
	step();
})()`

// once is one round.
type once struct {
	whole, waited, drawn float64 // ms; drawn is 0 while the prompt's place is not known
	place                stage.Part
}

func (r *consentRig) pictureOnce(ctx context.Context, b *stage.Browser, place *stage.Part) (one once, err error) {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	if err := pause(ctx, keyAhead); err != nil {
		return one, err
	}
	if err := r.technician.ready(ctx); err != nil {
		return one, err
	}
	r.technician.forget()
	help, err := r.technician.host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if err != nil {
		return one, fmt.Errorf("ask for help: %w", err)
	}
	join := fmt.Sprintf("#waiting .request[data-id=%q] button.join", help.GetRequestId())
	for _, do := range []func() error{
		func() error {
			return b.Wait(ctx, "the request in the engineer's list", fmt.Sprintf("document.querySelector(%q)", join))
		},
		func() error { return b.Click(join) },
		func() error { return b.Fill("#reason", "Ticket 4711: sample syringe") },
		func() error { return b.Fill("#code", help.GetCode()) },
		func() error { return b.Eval(asking, nil) },
		func() error { return b.Click("#join-confirm") },
	} {
		if err := do(); err != nil {
			return one, err
		}
	}
	q, err := r.technician.prompt(ctx, hostpb.Capability_CAPABILITY_VIEW)
	if err != nil {
		return one, err
	}
	if err := r.answer(ctx, q, place, &one); err != nil {
		return one, err
	}
	if err := b.Wait(ctx, "the first whole picture", `window.bench?.whole`); err != nil {
		return one, err
	}
	if err := b.Eval(`window.bench.whole - window.bench.began`, &one.whole); err != nil {
		return one, err
	}
	if place == nil {
		if err := stage.Until(ctx, "the technician's screen on the engineer's page", func() (bool, error) {
			err := looksWhole(b)
			return err == nil, err
		}); err != nil {
			return one, err
		}
	}
	if _, err := r.technician.host.EndSession(ctx, &hostpb.EndSessionRequest{How: "button"}); err != nil {
		return one, fmt.Errorf("end the session: %w", err)
	}
	if err := b.Wait(ctx, "the end on the engineer's page", `document.body.dataset.phase === 'summary'`); err != nil {
		return one, err
	}
	return one, b.Click("#to-list")
}

// answer allows the prompt 800 ms after it came in sight, as the window would
// let a person. In a round that does not know yet where the prompt is drawn, it
// looks for the place instead of measuring.
func (r *consentRig) answer(ctx context.Context, q question, place *stage.Part, one *once) error {
	var look *watching
	if place == nil {
		found, err := r.part(ctx, "prompt.duration*")
		if err != nil {
			return err
		}
		one.place = found
	} else {
		one.place = *place
		var err error
		if look, err = r.gaze.watch(ctx, *place); err != nil {
			return err
		}
		defer look.stop()
		select {
		case q.inSight = <-look.drawn:
		case <-time.After(10 * time.Second):
			return errors.New("the prompt was not drawn where it was before")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	waited, err := r.technician.allow(ctx, q)
	if err != nil {
		return err
	}
	one.waited = ms(waited)
	if look != nil {
		one.drawn = ms(q.inSight.Sub(q.at))
	}
	return nil
}

// looksWhole: the canvas has the size of the technician's screen, and a desktop
// on it.
func looksWhole(b *stage.Browser) error {
	p, err := b.Pixels("#screen")
	if err != nil {
		return err
	}
	if p.Bounds().Size() != image.Pt(desktopWidth, desktopHeight) {
		return fmt.Errorf("the engineer's picture has %v", p.Bounds().Size())
	}
	colours := map[[3]uint32]bool{}
	for y := 0; y < desktopHeight; y += 3 {
		for x := 0; x < desktopWidth; x += 3 {
			red, green, blue, _ := p.At(x, y).RGBA()
			colours[[3]uint32{red, green, blue}] = true
		}
	}
	if len(colours) < 10 {
		return errors.New("the engineer's picture shows no desktop")
	}
	return nil
}
