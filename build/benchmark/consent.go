package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/jezek/xgb"

	"beckmanconnect/build/stage"
)

// What the issue asks of consent, in ms.
const (
	revokedWithin = 50.0
	codeWithin    = 500.0
	pictureWithin = 2000.0
)

// handHolds is how long the technician's own mouse or key keeps the engineer's
// input out (B5).
const handHolds = 2 * time.Second

const (
	desktopWidth  = 1280
	desktopHeight = 800
)

// consentPolicy is that of a laboratory without patient data: what may be asked
// for there, is asked for.
const consentPolicy = `number = 1
site = "Laboratory 1"
instrument_class = "general"
instrument_type = "DxH 900"
staff = ["` + stage.EngineerAccount + `"]
prompt_timeout = "15s"

[capabilities]
view = "ask"
control = "ask"
files = "ask"
`

// consentRig is the technician at the instrument PC's desktop, the engineer,
// and a witness who has nothing to do with either.
type consentRig struct {
	house      *stage.House
	pc         *stage.PC
	outer      *stage.Display
	desktop    *stage.Display
	hand       *stage.Hand
	finger     *finger
	gaze       *gaze
	witness    *witness
	technician *technician
	staff      *staff
	closing    []func()
}

// consent measures how quickly the technician's word counts: how long input
// goes on after control was taken back, how long a code takes to come to the
// screen, and how long it takes from the right code to the picture.
func consent(ctx context.Context, o options) ([]row, error) {
	o.rounds = cmp.Or(o.rounds, 200)
	some := max(o.rounds/10, 3)
	// About 2 s a round of each kind, with all that is to be waited for.
	limit := 6*time.Minute + time.Duration(2*o.rounds+20*some)*3*time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %v", limit))
	defer cancel()
	r, err := openConsent(ctx, o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	rows, err := r.measure(ctx, o.rounds, some)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return rows, err
}

func (r *consentRig) measure(ctx context.Context, rounds, some int) ([]row, error) {
	r.say("from asking for help to the code, %d times", some)
	c, err := r.code(ctx, some)
	if err != nil {
		return nil, err
	}
	r.say("revocation, %d times on a stalled link and in other ways", rounds)
	took, err := r.revocations(ctx, rounds)
	if err != nil {
		return nil, err
	}
	if err := r.witness.away(); err != nil {
		return nil, err
	}
	r.say("from the right code to the picture, %d times", some)
	p, err := r.picture(ctx, some+1) // the first finds out where things are drawn
	if err != nil {
		return nil, err
	}
	return slices.Concat(revocationRows(took), codeRows(c), pictureRows(p)), nil
}

func openConsent(ctx context.Context, o options) (r *consentRig, err error) {
	r = &consentRig{}
	xgb.Logger.SetOutput(io.Discard) // it would tell that the stage's displays need no authority
	defer func() {
		if err != nil {
			r.close()
			r = nil
		}
	}()
	if r.house, r.pc, err = instrumentPC(ctx, o, stage.PCConfig{Policy: consentPolicy}); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.house.Close)
	if r.outer, r.desktop, r.hand, err = r.house.TechnicianDesktop(ctx, desktopWidth, desktopHeight); err != nil {
		return r, err
	}
	if r.finger, err = openFinger(r.outer); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.finger.close)
	if r.gaze, err = openGaze(r.desktop); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.gaze.close)
	if r.witness, err = openWitness(r.desktop); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.witness.close)
	// Before the log-on: a PIN is set while nothing runs.
	if r.technician, err = technicianOf(ctx, r.pc); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.technician.close)
	if r.staff, err = signIn(ctx, r.house); err != nil {
		return r, err
	}
	return r, r.pc.LogOn(r.desktop, r.hand.LayoutEnv(), "LANG=en_US.UTF-8", "LANGUAGE=en")
}

// close ends everything, the newest first.
func (r *consentRig) close() {
	for _, end := range slices.Backward(r.closing) {
		end()
	}
}

func (r *consentRig) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "  "+format+"\n", args...)
}

// part waits for one of several parts of the window to show.
func (r *consentRig) part(ctx context.Context, patterns ...string) (stage.Part, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if len(patterns) == 1 {
		return r.hand.Part(ctx, patterns[0])
	}
	var found stage.Part
	err := stage.Until(ctx, fmt.Sprintf("one of %q in the window", patterns), func() (bool, error) {
		parts, err := r.hand.Parts()
		for _, p := range parts {
			if slices.Contains(patterns, p.ID) {
				found = p
				return true, nil
			}
		}
		return false, err
	})
	return found, err
}

// resting waits for a part to show and to stay where it is: the session bar
// grows and moves when a right is given, and the window program writes down
// where its parts are twice a second.
func (r *consentRig) resting(ctx context.Context, pattern string) (stage.Part, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for before := (stage.Part{}); ; {
		p, err := r.hand.Part(ctx, pattern)
		if err != nil || p == before {
			return p, err
		}
		before = p
		if err := pause(ctx, 1200*time.Millisecond); err != nil {
			return p, fmt.Errorf("“%s” does not come to rest: %w", pattern, err)
		}
	}
}

// revocationRows hold each way against the same limit.
func revocationRows(took map[way][]revoked) []row {
	var rows []row
	for _, w := range slices.Sorted(maps.Keys(took)) {
		var last, effect []float64
		least := 0
		for _, one := range took[w] {
			last, effect = append(last, one.last), append(effect, one.effect)
			if least == 0 || one.onWay < least {
				least = one.onWay
			}
		}
		n := len(last)
		what := fmt.Sprintf("%s, %d times, ≥ %d inputs on the way", w, n, least)
		quantiles := []struct {
			name string
			at   float64
		}{{"median", 0.5}, {"99th percentile", 0.99}, {"slowest", 1}}
		for _, q := range quantiles {
			if q.at == 0.99 && n < 100 {
				continue // the slowest of so few says as much
			}
			rows = append(rows, limited("click to last applied input, "+what+", "+q.name, "ms", quantile(last, q.at), "limit", revokedWithin))
		}
		if w.byHand() {
			// The hand itself has stopped the input already, for 2 s: until then
			// the right has to be gone.
			rows = append(rows, limited("press to control gone at the service, "+string(w)+", slowest", "ms", quantile(effect, 1), "time a hand keeps input out", ms(handHolds)))
		}
	}
	return rows
}

func codeRows(c codeTimes) []row {
	return []row{
		limited(fmt.Sprintf("help asked for (call) to code, %d times, median", len(c.replied)), "ms", median(c.replied), "limit", codeWithin),
		limited(fmt.Sprintf("help asked for (click) to code drawn, %d times, median", len(c.drawn)), "ms", median(c.drawn), "limit", codeWithin),
		limited("help asked for (click) to code drawn, slowest", "ms", quantile(c.drawn, 1), "limit", codeWithin),
	}
}

func pictureRows(p pictures) []row {
	n := len(p.whole)
	return []row{
		limited(fmt.Sprintf("right code to whole picture, %d times, with the technician's Allow as soon as it is armed (800 ms), median", n), "ms", median(p.whole), "limit", pictureWithin),
		limited("right code to whole picture, without the time the technician was waited for, median", "ms", median(p.alone), "limit", pictureWithin),
		limited(fmt.Sprintf("prompt put to prompt drawn, %d times, median", len(p.prompt)), "ms", median(p.prompt), "time until Allow is armed", ms(armed)),
	}
}
