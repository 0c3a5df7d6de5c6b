package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// help is step 3: asked for from the tray; the engineer signs in, types a
// wrong code, then the right one (P3, P5, P23). The instrument's log goes along,
// looked at first (B8).
func (t *teller) help(ctx context.Context) (string, error) {
	err := within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.openFromTray(ctx, "help.called-them", "tray.menu.help") },
			func() error { return t.hand.Press(ctx, "help.called-them") },
			func() error { return t.hand.Press(ctx, "help.with-log") },
			func() error { _, err := t.hand.Part(ctx, "logs.send"); return err },
			func() error { return t.desk(ctx, "log") },
			func() error { return t.hand.Press(ctx, "logs.send") },
			func() error { _, err := t.hand.Part(ctx, "help.code"); return err },
			func() error { return t.desk(ctx, "code") },
		)
	})
	if err != nil {
		return "", err
	}
	code, err := t.readCode(ctx)
	if err != nil {
		return "", err
	}
	err = within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error {
				return t.browser.Wait(ctx, "the waiting request", `document.querySelector('#waiting .request button.join')`)
			},
			func() error { return t.page("waiting") },
			func() error { return t.browser.Click("#waiting .request button.logs") },
			func() error {
				return t.browser.Wait(ctx, "the log that the technician sent", `document.querySelector("#logs-text")?.textContent.includes("Sample syringe worn")`)
			},
			func() error { return t.page("log") },
			func() error { return t.browser.Click("#logs-back") },
			func() error { return t.browser.Click("#waiting .request button.join") },
			func() error { return t.browser.Fill("#ticket", "4711") },
			func() error { return t.browser.Fill("#reason", "Sample syringe worn") },
			func() error { return t.browser.Fill("#code", wrong(code)) },
			func() error { return t.browser.Click("#join-confirm") },
			func() error {
				return t.browser.Wait(ctx, "the wrong code to be refused", `document.querySelector('#code-error')?.textContent.trim()`)
			},
			func() error { return t.page("wrong-code") },
		)
	})
	if err != nil {
		return "", err
	}
	state, err := t.support(ctx)
	if err != nil {
		return "", err
	}
	if state.WrongCodes != 1 || state.Phase != hostpb.SupportPhase_SUPPORT_PHASE_WAITING {
		return "", fmt.Errorf("after one wrong code the service counts %d and is %v", state.WrongCodes, state.Phase)
	}
	if err := within(ctx, 60*time.Second, func(ctx context.Context) error { return t.enter(ctx, code) }); err != nil {
		return "", err
	}
	err = within(ctx, 20*time.Second, func(ctx context.Context) error {
		return stage.Until(ctx, "the session on the technician's side", func() (bool, error) {
			state, err := t.support(ctx)
			return state.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED && state.GetEngineer().GetAccount() == stage.EngineerAccount, err
		})
	})
	if err != nil {
		return "", err
	}
	if state, err = t.support(ctx); err != nil {
		return "", err
	}
	if err := within(ctx, 5*time.Second, func(ctx context.Context) error {
		return t.browser.Wait(ctx, "the same words on both screens", fmt.Sprintf(`%q && document.querySelector('#words')?.textContent.trim() === %q`, state.GetWords(), state.GetWords()))
	}); err != nil {
		return "", err
	}
	if err := t.secretsKept(code); err != nil {
		return "", err
	}
	return fmt.Sprintf("one wrong code refused and counted, the right one opened the end-to-end channel through the relay; both screens say %q; the code is in no file and no argument", state.GetWords()),
		errors.Join(t.page("connected"), t.desk(ctx, "connected"))
}

// enter types a code and waits for the session; a wait imposed by an earlier
// wrong code is sat out as a person would.
func (t *teller) enter(ctx context.Context, code string) error {
	if err := t.browser.Wait(ctx, "the code field to be free again", `!document.querySelector('#join-confirm').disabled`); err != nil {
		return err
	}
	return all(
		func() error { return t.browser.Fill("#code", code) },
		func() error { return t.browser.Click("#join-confirm") },
		func() error {
			return t.browser.Wait(ctx, "the session", `document.querySelector('#ask-view')?.offsetParent && document.querySelector('#words')?.textContent.trim()`)
		},
	)
}

// readCode asks the service for the code on the technician's screen: asking
// again while one is waiting gives the same.
func (t *teller) readCode(ctx context.Context) (string, error) { return readCode(ctx, t.pc) }

func readCode(ctx context.Context, pc *stage.PC) (string, error) {
	service, err := pipe(ctx, pc)
	if err != nil {
		return "", err
	}
	defer service.Close()
	help, err := service.Host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if err != nil {
		return "", err
	}
	return help.Code, nil
}

// wrong is a code of the right form that is not this one.
func wrong(code string) string {
	b := []byte(code)
	last := len(b) - 1
	if b[last] == b[0] {
		b[0], b[last] = b[1], b[0]
	} else {
		b[0], b[last] = b[last], b[0]
	}
	if string(b) == code {
		b[0] = 'X'
	}
	return string(b)
}

func (t *teller) support(ctx context.Context) (*hostpb.SupportState, error) {
	service, err := pipe(ctx, t.pc)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	status, err := service.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	return status.GetSupport(), err
}

// granted asks for a capability and has it allowed. A question that ended before
// its answer was given is asked again: its deadline is the product's.
func (t *teller) granted(ctx context.Context, selector, shot string) error {
	return stage.Until(ctx, selector+" to be granted", func() (bool, error) {
		if err := t.browser.Click(selector); err != nil {
			return false, err
		}
		asked, cancel := context.WithTimeout(ctx, questionTime)
		defer cancel()
		err := t.allow(asked, shot)
		if err == nil {
			err = t.state(asked, selector, "granted")
		}
		return err == nil, err
	})
}

// questionTime is the site policy's for a question, and a little for its end to
// be told.
const questionTime = 35 * time.Second

// allow answers the prompt that comes up, after its buttons are armed.
func (t *teller) allow(ctx context.Context, shot string) error {
	if _, err := t.hand.Part(ctx, "prompt.allow"); err != nil {
		return err
	}
	// Allow is armed 800 ms after the prompt came in sight; a person needs
	// longer than that to read it, and so does the story.
	select {
	case <-time.After(1200 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	return all(
		func() error { return t.confirmRun(ctx) },
		func() error { return t.desk(ctx, shot) },
		func() error { return t.identify(ctx) },
		func() error { return t.answer(ctx, "prompt.allow") },
	)
}

// answer presses a button of the prompt until the prompt goes: a click on a
// window that is not drawn yet goes nowhere, and a person clicks again.
func (t *teller) answer(ctx context.Context, button string) error {
	if err := t.hand.Press(ctx, button); err != nil {
		return err
	}
	return stage.Until(ctx, "the prompt to go", func() (bool, error) {
		if briefly(ctx, func(ctx context.Context) error { return t.hand.Gone(ctx, button) }) == nil {
			return true, nil
		}
		return false, briefly(ctx, func(ctx context.Context) error { return t.hand.Press(ctx, button) })
	})
}

// briefly does what a person gives up after a moment.
func briefly(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return do(ctx)
}

// The technician of the story, as far as a prompt asks who it is.
const (
	initials = "MK"
	pin      = "274913"
)

// identify fills in what a prompt wants to know of who answers: after control
// was given, initials and PIN (B3), until Allow answers. A window that has only
// just come in sight may not take the keyboard yet, and the question before may
// still have been on its way out; a person sees an empty field and types.
func (t *teller) identify(ctx context.Context) error {
	return stage.Until(ctx, "Allow to answer", func() (bool, error) {
		if err := t.fillIn(ctx); err != nil {
			return false, err
		}
		return briefly(ctx, func(ctx context.Context) error { return t.hand.Pressable(ctx, "prompt.allow") }) == nil, nil
	})
}

// fillIn types once what the prompt asks for.
func (t *teller) fillIn(ctx context.Context) error {
	parts, err := t.hand.Parts()
	if err != nil {
		return err
	}
	for _, p := range parts {
		text := map[string]string{"prompt.initials": initials, "prompt.pin": pin}[p.ID]
		if text == "" {
			continue
		}
		// A field that went meanwhile is looked for again by the next round.
		_ = briefly(ctx, func(ctx context.Context) error { return t.hand.Fill(ctx, p.ID, text) })
	}
	return nil
}

// state waits until a capability's button on the engineer's page shows a state.
func (t *teller) state(ctx context.Context, selector, state string) error {
	return t.browser.Wait(ctx, selector+" "+state, fmt.Sprintf(`document.querySelector(%q)?.dataset.state === %q`, selector, state))
}

// view is step 4 (P24, B3).
func (t *teller) view(ctx context.Context) (string, error) {
	if err := t.on.openPrograms(ctx, t); err != nil {
		return "", err
	}
	if err := t.closeMainWindow(ctx); err != nil {
		return "", err
	}
	different := 0
	err := within(ctx, 90*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.granted(ctx, "#ask-view", "prompt-view") },
			func() error {
				return stage.Until(ctx, "the engineer's picture to equal the technician's screen", func() (bool, error) {
					n, err := t.compare(ctx)
					different = n
					return err == nil && n == 0, err
				})
			},
		)
	})
	if err != nil {
		return "", fmt.Errorf("%w (%d pixels differ)", err, different)
	}
	return "allowed by click; the settled picture equals the screen, 0 pixels differ outside our own windows, which are black", errors.Join(t.page("view"), t.desk(ctx, "bar"))
}

// closeMainWindow puts our large window away, as a technician does who wants
// to see the instrument's screen. The session bar stays.
func (t *teller) closeMainWindow(ctx context.Context) error {
	return stage.Until(ctx, "the main window to close", func() (bool, error) {
		windows, err := t.desktop.Windows(ctx)
		if err != nil {
			return false, err
		}
		for _, w := range windows {
			if strings.TrimSuffix(w.Class, ".exe") == "beckmanconnect" && w.H > 400 && w.Shown {
				return false, t.hand.Click(ctx, w.X+w.W-11, w.Y-10)
			}
		}
		return true, nil
	})
}

// control is step 5: what the engineer types lands in a real program.
func (t *teller) control(ctx context.Context) (string, error) {
	err := within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.granted(ctx, "#ask-control", "prompt-control") },
			func() error { return t.clickEditor(ctx) },
			func() error { return t.engineerTypes("pump primed by remote, OK (1)") },
			func() error { return t.lands(ctx, "pump primed by remote, OK (1)") },
		)
	})
	if err != nil {
		return "", err
	}
	return "typed in the browser, written in the editor on the technician's desktop", errors.Join(t.page("control"), t.desk(ctx, "control"))
}

// confirmRun ticks the second yes where a run is or may be in progress (B7).
func (t *teller) confirmRun(ctx context.Context) error {
	parts, err := t.hand.Parts()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.ID == "prompt.run" {
			return t.hand.Tick(ctx, p.ID)
		}
	}
	return nil
}

// clickEditor gives the editor the focus, by the engineer's mouse. For two
// seconds after the technician's own last move the engineer's input is
// dropped, so the engineer clicks until the pointer is there and the editor in
// front.
func (t *teller) clickEditor(ctx context.Context) error {
	for _, is := range t.on.clicks() {
		if err := t.click(ctx, is); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) click(ctx context.Context, is func(stage.Window) bool) error {
	return stage.Until(ctx, "the window in front, by the engineer's click", func() (bool, error) {
		windows, err := t.desktop.Windows(ctx)
		if err != nil {
			return false, err
		}
		i := slices.IndexFunc(windows, is)
		if i < 0 {
			return false, errors.New("it is not on the technician's desktop")
		}
		w := windows[i]
		x, y := w.X+w.W/2, w.Y+w.H/2
		if err := t.browser.ClickPixel("#screen", x, y); err != nil {
			return false, err
		}
		return t.on.clicked(ctx, t, w, x, y)
	})
}

func (t *teller) engineerTypes(text string) error { return t.browser.TypeKeys(text + "\r") }

// lands waits until the editor has the text.
func (t *teller) lands(ctx context.Context, text string) error {
	return stage.Until(ctx, "the typed text in the editor", func() (bool, error) {
		written, err := t.on.written(ctx, t)
		return strings.Contains(written, text+"\n"), err
	})
}

// files is step 6: one arrives with the same hash; on a patient-data
// instrument and on one without a policy it is refused without a prompt (P25).
func (t *teller) files(ctx context.Context) (string, error) {
	offered := t.path("calibration-v7.bin")
	content := make([]byte, 3<<20)
	for i := range content {
		content[i] = byte(rand.N(256))
	}
	if err := os.WriteFile(offered, content, 0o600); err != nil {
		return "", err
	}
	want := sha256.Sum256(content)
	became, err := t.on.transfer(ctx, t, offered, want)
	if err != nil {
		return "", err
	}
	if err := errors.Join(t.page("file"), t.desk(ctx, "file")); err != nil {
		return "", err
	}
	for _, other := range []struct{ name, policy string }{
		{"navios", strings.NewReplacer("DxH 900", "Navios", "general", "patient-data").Replace(sitePolicy)},
		{"no-policy", ""},
	} {
		if err := within(ctx, 90*time.Second, func(ctx context.Context) error { return t.refusedElsewhere(ctx, other.name, other.policy, offered) }); err != nil {
			return "", fmt.Errorf("instrument %s: %w", other.name, err)
		}
	}
	if err := t.browser.Front(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes %s; refused without a prompt on a Navios and on a PC without a policy", len(content), became), nil
}

// arrives offers a file, allows it, and waits until it is there with the same
// hash.
func (t *teller) arrives(ctx context.Context, offered string, want [32]byte) error {
	return within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.browser.Choose("#file-input", offered) },
			func() error { return t.allow(ctx, "prompt-file") },
			func() error {
				return stage.Until(ctx, "the file with the same hash", func() (bool, error) { return arrived(t.desktop.Home(), want) })
			},
		)
	})
}

// arrived looks for a file with this hash below the PC's folders; where it is
// kept is the product's business.
func arrived(dir string, want [32]byte) (found bool, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.Contains(path, "install") || !strings.HasPrefix(entry.Name(), "calibration") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil && sha256.Sum256(b) == want {
			found = true
		}
		return nil
	})
	return found, err
}

// refuse is step 7: denied, timed out, and ended by the named key.
func (t *teller) refuse(ctx context.Context) (string, error) {
	err := within(ctx, 90*time.Second, func(ctx context.Context) error {
		return all(
			// Taken back first, so that there is something to ask for.
			func() error { return t.hand.Press(ctx, "bar.view.revoke") },
			func() error { return t.state(ctx, "#ask-view", "idle") },
			func() error { return t.browser.Click("#ask-view") },
			func() error { return t.answer(ctx, "prompt.deny") },
			func() error { return t.state(ctx, "#ask-view", "denied") },
			func() error { return t.page("denied") },
			func() error { return t.browser.Click("#ask-view") },
			func() error { _, err := t.hand.Part(ctx, "prompt.deny"); return err },
			func() error { return t.desk(ctx, "prompt-unanswered") },
			func() error { return t.state(ctx, "#ask-view", "timeout") },
			func() error { return t.page("timeout") },
		)
	})
	if err != nil {
		return "", err
	}
	// Allowed once more: what is typed now arrives, what is typed after the key
	// does not.
	err = within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.granted(ctx, "#ask-view", "prompt-again") },
			func() error { return t.clickEditor(ctx) },
			func() error { return t.engineerTypes("last words") },
			func() error { return t.lands(ctx, "last words") },
		)
	})
	if err != nil {
		return "", err
	}
	before, err := t.on.written(ctx, t)
	if err != nil {
		return "", err
	}
	err = within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.hand.Key(ctx, "Pause") },
			func() error { return t.browser.TypeKeys("neverarrives") },
			func() error {
				return stage.Until(ctx, "the end of the session", func() (bool, error) {
					state, err := t.support(ctx)
					return state.GetEndedCode() == "kill-key", err
				})
			},
			func() error {
				return t.browser.Wait(ctx, "the engineer to be told", `document.body.dataset.phase === 'summary'`)
			},
		)
	})
	if err != nil {
		return "", err
	}
	after, err := t.on.written(ctx, t)
	if err != nil {
		return "", err
	}
	if before != after {
		return "", fmt.Errorf("input was applied after the kill key: %q", strings.TrimPrefix(after, before))
	}
	return "one denied, one timed out and denied, then the Pause key: nothing typed afterwards arrived", errors.Join(t.page("ended"), t.desk(ctx, "ended"))
}
