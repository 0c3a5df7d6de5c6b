package main

import (
	"context"
	"crypto/sha256"
	"os"

	"beckmanconnect/build/stage"
)

// platform is the system the technician's programs run on. The steps of the
// story are the same on each; what differs in how they are played stands here.
type platform interface {
	// setUp makes the technician's desktop and PC, and packs the versions.
	setUp(ctx context.Context, t *teller) error
	// another completes the configuration of a further PC.
	another(c stage.PCConfig) stage.PCConfig
	// chooseInTray picks the entry with this label from the tray's menu.
	chooseInTray(ctx context.Context, t *teller, label string) error
	// shotOfTrayMenu takes a picture of the open menu.
	shotOfTrayMenu(ctx context.Context, t *teller, file string) error
	// toasts checks that the alarms' toasts were shown, as far as the desktop
	// tells.
	toasts(ctx context.Context, t *teller) error
	// openPrograms starts what stands on an instrument PC: the instrument's own
	// screen, and an editor for the engineer to type into.
	openPrograms(ctx context.Context, t *teller) error
	// clicks are the windows that the engineer clicks until each is in front, by
	// which a click is seen to arrive; the last is the editor.
	clicks() []func(stage.Window) bool
	// clicked checks that the engineer's click at a place reached a window: it is
	// in front, and the pointer there.
	clicked(ctx context.Context, t *teller, at stage.Window, x, y int) (bool, error)
	// written is what has been typed into the editor.
	written(ctx context.Context, t *teller) (string, error)
	// transfer offers a file, has it allowed, and checks what becomes of it. It
	// says that in words.
	transfer(ctx context.Context, t *teller, offered string, want [sha256.Size]byte) (string, error)
}

// linux is the platform of build/demo.
type linux struct{}

func (linux) setUp(ctx context.Context, t *teller) (err error) {
	if t.outer, t.desktop, t.hand, err = t.house.TechnicianDesktop(ctx, 1280, 800); err != nil {
		return err
	}
	folder, err := t.house.SmallFolder(ctx, "small")
	if err != nil {
		return err
	}
	if err := t.house.StartScanner(ctx); err != nil {
		return err
	}
	if t.pc, err = t.house.AddPC(ctx, stage.PCConfig{Name: "pc1", Policy: sitePolicy, Folder: folder}); err != nil {
		return err
	}
	return t.pc.LogOn(t.desktop, t.hand.LayoutEnv(), "LANG="+t.o.lang+".UTF-8")
}

func (linux) another(c stage.PCConfig) stage.PCConfig { return c }

func (linux) chooseInTray(ctx context.Context, t *teller, label string) error {
	return t.hand.ChooseInTray(ctx, t.desktop, label)
}

func (linux) shotOfTrayMenu(ctx context.Context, t *teller, file string) error {
	return t.hand.ShotOfTrayMenu(ctx, t.desktop, file)
}

// toasts: the picture of the step has them.
func (linux) toasts(context.Context, *teller) error { return nil }

// instrumentScreen is what the instrument's software shows.
const instrumentScreen = `
  SAMPLE INSTRUMENT

  Rack   Position   Test      State
  0412   1          CBC       done
  0412   2          CBC       done
  0412   3          CBC+DIFF  aspirating
  0413   1          CBC       waiting

  Reagents 84 %   Waste 31 %   Temperature 37.0 C
`

func (linux) openPrograms(_ context.Context, t *teller) error {
	if _, err := t.desktop.Start(t.house, "instrument", "xterm", "-class", "Instrument", "-T", "Sample instrument", "-bg", "#10233a", "-fg", "#d7e6f5",
		"-fa", "DejaVu Sans Mono", "-fs", "12", "-geometry", "72x18+420+130", "-e", "sh", "-c", `printf %s "$0"; exec sleep 3600`, instrumentScreen); err != nil {
		return err
	}
	_, err := t.desktop.Start(t.house, "editor", "xterm", "-T", "Notes", "-geometry", "60x16+40+470", "-e", "sh", "-c", `stty -icanon; exec cat > "$0"`, typedFile(t))
	return err
}

func typedFile(t *teller) string { return t.path("typed.txt") }

func (linux) clicks() []func(stage.Window) bool {
	return []func(stage.Window) bool{func(w stage.Window) bool { return w.Class == "XTerm" }}
}

func (linux) clicked(ctx context.Context, t *teller, at stage.Window, x, y int) (bool, error) {
	atX, atY, err := t.desktop.Pointer(ctx)
	if err != nil || max(atX-x, x-atX, atY-y, y-atY) > 2 {
		return false, err
	}
	return t.desktop.Active(ctx, at)
}

func (linux) written(_ context.Context, t *teller) (string, error) {
	text, err := os.ReadFile(typedFile(t))
	return string(text), err
}

func (linux) transfer(ctx context.Context, t *teller, offered string, want [sha256.Size]byte) (string, error) {
	return "with the same SHA-256", t.arrives(ctx, offered, want)
}
