package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/build/stage"
)

// stepNames are the nine steps of the story, in their order.
var stepNames = []string{"register", "notify", "help", "view", "control", "files", "refuse", "upgrade", "log"}

// teller plays the story: the technician's hand on the left, the engineer's
// browser on the right.
type teller struct {
	o       options
	words   *text.Catalogue // what the technician reads
	report  *report
	house   *stage.House
	outer   *stage.Display
	desktop *stage.Display
	pc      *stage.PC
	hand    *stage.Hand
	browser *stage.Browser
	on      platform

	midnight time.Time // of the technician's time zone, in the tasks
}

// sitePolicy is what this laboratory's IT signed: an instrument without
// patient data, one engineer, and prompts that wait 30 seconds.
const sitePolicy = `number = 1
site = "Laboratory 1"
instrument_class = "general"
instrument_type = "DxH 900"
staff = ["` + stage.EngineerAccount + `"]
prompt_timeout = "30s"

[capabilities]
view = "ask"
control = "ask"
files = "ask"
`

func script(ctx context.Context, o options) (err error) {
	t := &teller{o: o, words: text.New(o.lang), report: &report{dir: o.script}, on: newPlatform(o)}
	defer func() { err = errors.Join(err, t.report.write(stepNames)) }()
	defer func() {
		if t.house != nil {
			t.house.Close()
		}
	}()
	if err := t.setUp(ctx); err != nil {
		return fmt.Errorf("setting the stage: %w", err)
	}
	steps := []func(context.Context) (string, error){t.register, t.notify, t.help, t.view, t.control, t.files, t.refuse, t.upgrade, t.proof}
	for i, step := range steps {
		if !t.report.run(stepNames[i], func() (string, error) { return step(ctx) }) {
			t.lastPictures(ctx)
			t.hold(ctx)
			return fmt.Errorf("step %q failed", stepNames[i])
		}
		if err := t.report.write(stepNames); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) setUp(ctx context.Context) error {
	house, err := stage.Open(ctx, stage.Config{Dir: t.o.dir, Bin: t.o.bin, Package: t.o.first, Scanner: true, Progress: func(what string) { fmt.Println("  " + what) }})
	if err != nil {
		return err
	}
	t.house = house
	if t.browser, err = house.OpenBrowser(ctx); err != nil {
		return err
	}
	return t.on.setUp(ctx, t)
}

// lastPictures shows how the screens stood when a step failed.
func (t *teller) lastPictures(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for name, shot := range map[string]func(string) error{
		"failed-technician": func(f string) error { return t.desktop.Shot(ctx, f) },
		"failed-engineer":   func(f string) error { return t.browser.Shot(f) },
	} {
		if err := shot(t.report.shot(name)); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// desk takes a picture of the technician's screen for the present step.
func (t *teller) desk(ctx context.Context, name string) error {
	return t.desktop.Shot(ctx, t.report.shot(name))
}

// page takes a picture of the engineer's page for the present step.
func (t *teller) page(name string) error { return t.browser.Shot(t.report.shot(name)) }

func (t *teller) path(parts ...string) string {
	return filepath.Join(append([]string{t.o.dir}, parts...)...)
}

// all performs actions in order until one fails.
func all(actions ...func() error) error {
	for _, do := range actions {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps the stage as a failed step left it, for somebody who wants to
// look, until Ctrl-C.
func (t *teller) hold(ctx context.Context) {
	if os.Getenv("BECKMANCONNECT_HOLD") == "" {
		return
	}
	fmt.Printf("held: technician's display %s, engineer's %s, config %s\n", t.desktop.Name, t.browser.Display.Name, t.pc.Config)
	<-ctx.Done()
}
