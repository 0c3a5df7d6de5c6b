package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// clickerDir, in the environment, makes TestAutoClicker the program that an
// engineer starts on the technician's desktop: it names the folder where it
// finds the layout of the windows and says what it did.
const clickerDir = "BECKMANCONNECT_TEST_CLICKER"

// TestAutoClicker is no test, but the program of
// TestAProgramOfTheEngineerAnswersNoPrompt. It knows all that a program in the
// technician's log-on can know, and more: where each part of the prompt is, to
// the pixel.
func TestAutoClicker(t *testing.T) {
	dir := os.Getenv(clickerDir)
	if dir == "" {
		t.Skip("not a test, but a program of one")
	}
	hand := &Hand{layout: filepath.Join(dir, "layout.json")}
	for round := 1; ; round++ {
		if _, err := os.Stat(filepath.Join(dir, "stop")); err == nil {
			// One that was cut off in the middle of a click holds the button down, and
			// every press of a person's would go to where it was pressed.
			_, _ = run(context.Background(), nil, "xdotool", "mouseup", "1", "keyup", "ctrl", "keyup", "shift", "keyup", "alt")
			if err := os.WriteFile(filepath.Join(dir, "ended"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
		clickRound(hand)
		if err := os.WriteFile(filepath.Join(dir, "rounds.new"), []byte(strconv.Itoa(round)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "rounds.new"), filepath.Join(dir, "rounds")); err != nil {
			t.Fatal(err)
		}
	}
}

// clickRound tries everything once. What fails is tried again in the next one.
func clickRound(hand *Hand) {
	do := func(args ...string) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = run(ctx, nil, "xdotool", args...) // windows come and go under it
	}
	parts, _ := hand.Parts()
	press := func(part string) {
		for _, p := range parts {
			if strings.HasPrefix(p.ID, part) && p.W > 0 {
				do("mousemove", strconv.Itoa(p.X+min(18, p.W/2)), strconv.Itoa(p.Y+p.H/2), "click", "1")
			}
		}
	}
	press("prompt.run") // the second yes
	for field, text := range map[string]string{"prompt.initials": "MK", "prompt.pin": "1234"} {
		press(field)
		for _, p := range parts {
			if strings.HasPrefix(p.ID, field) {
				do("key", "ctrl+a", "type", text)
			}
		}
	}
	press("prompt.allow")
	// By the prompt's title, so that it does not end the session at the bar.
	windows, _ := run(context.Background(), nil, "xdotool", "search", "--onlyvisible", "--name", "· Permission$")
	for w := range strings.FieldsSeq(windows) {
		do("windowactivate", w, "key", "Tab", "key", "space", "key", "shift+Tab", "key", "space", "key", "Return")
		do("windowfocus", w, "key", "Tab", "key", "space")
		do("key", "--window", w, "Tab", "space") // events that are sent, not made
		for _, p := range parts {
			if p.ID == "prompt.allow" {
				do("mousemove", "--window", w, strconv.Itoa(p.X+p.W/2), strconv.Itoa(p.Y+p.H/2), "click", "--window", w, "1")
			}
		}
	}
}

// B3: the engineer, under granted control, types a command into a terminal on
// the technician's desktop that starts a program which clicks by itself; then
// asks for more. The program never says yes. A no it may come to press: that takes
// nothing from the technician but the question, and is never kept from anybody.
func TestAProgramOfTheEngineerAnswersNoPrompt(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	l.ctx = ctx // prompts that are not answered take their time
	l.h.cloudUp(t, l.ctx)
	l.scan()
	l.serviceUp()
	l.trayUp()
	l.register()
	// A PIN of the technician's, which the program does not know.
	ask(l.site, hostpb.HostClient.SetPIN, &hostpb.SetPINRequest{Initials: "MK", Pin: "739104"})
	l.trayWatches()
	v := l.connected(l.h.signIn(t, l.ctx))
	l.viewed(v)
	input := l.controlled(v)

	c := l.terminal()
	input.line("sh " + c.script)
	until(t, l.ctx, "the program to click by itself", func() (bool, error) { return c.rounds() > 0, nil })

	const tries, roundsEach = 4, 1
	before := c.rounds()
	for n := range tries {
		id := fmt.Sprintf("%032x", n+1)
		what := wire.Message{Type: "ask", ID: id, Capability: wire.Control, Reason: "again", Duration: "session"}
		if n%2 == 0 {
			what = wire.Message{Type: "ask-file", ID: id, File: &wire.File{Name: "report.txt", Size: 4, SHA256: strings.Repeat("ab", 32)}}
		}
		v.say(what)
		prompt, answered := "", l.answers("allowed", "denied")
		until(t, l.ctx, "the prompt", func() (bool, error) {
			prompt = l.status().GetSupport().GetPrompt().GetId()
			return prompt != "" || l.answers("allowed", "denied") > answered, nil
		})
		from := -1
		until(t, l.ctx, "the prompt to stand on the screen and be clicked at", func() (bool, error) {
			if l.status().GetSupport().GetPrompt().GetId() != prompt {
				return true, nil // answered: counted below
			}
			parts, err := l.hand.Parts()
			for _, p := range parts {
				if from < 0 && p.ID == "prompt.deny" {
					from = c.rounds()
				}
			}
			return from >= 0 && c.rounds() >= from+1+roundsEach, err
		})
		v.say(wire.Message{Type: "cancel", ID: id})
		until(t, l.ctx, "the prompt to go", func() (bool, error) {
			return l.status().GetSupport().GetPrompt().GetId() != prompt || prompt == "", nil
		})
	}
	c.stop()
	allowed, denied := l.answers("allowed")-2, l.answers("denied") // view and control were the technician's
	if allowed != 0 {
		t.Errorf("the program allowed %d of %d prompts", allowed, tries)
	}
	rounds := c.rounds() - before
	// Each prompt either stood for a round, or went by a no of the program's,
	// which may be in the middle of one.
	if t.Logf("%d prompts, %d rounds of the program: %d allowed, %d denied", tries, rounds, allowed, denied); rounds+denied < tries {
		t.Errorf("the program came to %d rounds only", rounds)
	}

	// A person's hand still answers, at the same place.
	until(t, l.ctx, "the program to end", func() (bool, error) { _, err := os.Stat(filepath.Join(c.dir, "ended")); return err == nil, nil })
	asked := tries
	for l.answers("denied") <= denied {
		if l.status().GetSupport().GetPrompt().GetId() == "" { // the first, or one that nobody reached in its time
			asked++
			v.say(wire.Message{Type: "ask", ID: fmt.Sprintf("%032x", asked), Capability: wire.Control, Duration: "session"})
		}
		press, enough := context.WithTimeout(l.ctx, 5*time.Second)
		err := l.hand.Press(press, "prompt.deny") // again, where the pointer slipped
		enough()
		if l.ctx.Err() != nil {
			t.Fatalf("the technician's no, asked %d times: %v", asked-tries, err)
		}
	}
	t.Logf("the technician's no, asked %d times", asked-tries)
}

// answers counts the prompts that were answered with one of these, by the log.
func (l *login) answers(of ...string) int {
	l.t.Helper()
	n := 0
	for _, e := range ask(l.site, hostpb.HostClient.ListActivity, &hostpb.ListActivityRequest{Limit: 200}).GetEntries() {
		if slices.Contains(of, e.GetFields()["answer"]) { // of prompt.answered and session.granted
			n++
		}
	}
	return n
}

// engineerInput types as the engineer does.
type engineerInput struct {
	v          *visit
	generation uint64
}

// controlled asks for control and has the technician allow it.
func (l *login) controlled(v *visit) *engineerInput {
	l.t.Helper()
	v.say(wire.Message{Type: "ask", ID: "c1", Capability: wire.Control, Duration: "session"})
	var prompt *hostpb.Prompt
	until(l.t, l.ctx, "the prompt", func() (bool, error) {
		prompt = l.status().GetSupport().GetPrompt()
		return prompt.GetId() != "", nil
	})
	until(l.t, l.ctx, "the answer to be taken", func() (bool, error) {
		_, err := try(l.site, hostpb.HostClient.AnswerPrompt, &hostpb.AnswerPromptRequest{
			PromptId: prompt.Id, Nonce: prompt.Nonce, Allow: true, Duration: hostpb.Duration__DURATION_SESSION, RunConfirmed: true,
			Initials: "MK", Pin: "739104",
		})
		return err == nil, err
	})
	for {
		m := v.hear("answer")
		if m.ID != "c1" {
			continue
		}
		if !m.Granted {
			l.t.Fatalf("not granted: %+v", m)
		}
		return &engineerInput{v: v, generation: m.Generation}
	}
}

// line types a line and Enter.
func (in *engineerInput) line(text string) {
	in.v.t.Helper()
	var events []wire.Input
	for _, r := range text {
		events = append(events, wire.Input{Kind: "keydown", Key: string(r)}, wire.Input{Kind: "keyup", Key: string(r)})
	}
	events = append(events, wire.Input{Kind: "keydown", Code: "Enter", Key: "Enter"}, wire.Input{Kind: "keyup", Code: "Enter", Key: "Enter"})
	in.v.say(wire.Message{Type: "input", Generation: in.generation, Events: events})
}

// clicker is what the test knows of the engineer's program.
type clicker struct {
	l           *login
	dir, script string
}

// terminal opens one on the technician's desktop and waits until it has the
// keyboard. What is typed into it can start the clicker.
func (l *login) terminal() *clicker {
	l.t.Helper()
	dir := l.h.dir()
	c := &clicker{l: l, dir: dir, script: filepath.Join(scratch, "c"+strconv.Itoa(os.Getpid()))}
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	text := fmt.Sprintf("exec env %s='%s' '%s' -test.run='^TestAutoClicker$'\n", clickerDir, dir, self)
	if err := os.WriteFile(c.script, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.display.Start(l.h, "terminal", "xterm", "-geometry", "60x8+5+5", "-e", "sh"); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(c.stop)
	until(l.t, l.ctx, "the terminal to have the keyboard", func() (bool, error) {
		windows, err := l.display.Windows(l.ctx)
		for _, w := range windows {
			if w.Class == "XTerm" && w.Shown {
				_, _ = run(l.ctx, l.display.Env(), "xdotool", "windowactivate", w.ID) // as the technician would
				return l.display.Active(l.ctx, w)
			}
		}
		return false, err
	})
	return c
}

func (c *clicker) rounds() int {
	text, _ := os.ReadFile(filepath.Join(c.dir, "rounds"))
	n, _ := strconv.Atoi(string(text))
	return n
}

// stop has the program end; it ends with its desktop in any case.
func (c *clicker) stop() {
	if err := os.WriteFile(filepath.Join(c.dir, "stop"), nil, 0o600); err != nil {
		c.l.t.Error(err)
	}
}
