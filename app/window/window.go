// Package window is the program the technician sees: the main window, the
// prompts and the session bar, bound to the service over the local pipe. What
// the windows show is decided in ui/model and drawn by ui/view; here are the
// windows themselves, the calls, and the clock.
package window

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"beckmanconnect/app/desktop/lock"
	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/app/killkey"
	"beckmanconnect/app/preferences"
	"beckmanconnect/app/single"
	"beckmanconnect/app/window/native"
	"beckmanconnect/assets/icons"
	"beckmanconnect/assets/text"
	installed "beckmanconnect/internal/program"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/view"
)

// Config says how the program starts.
type Config struct {
	Client   client.Config
	File     string // the configuration file, for the program on a desktop of its own
	View     string // a page of ui/view; empty: what matters most
	Language string // empty: as chosen before, or the system's
	Theme    string // one of preferences.Looks; empty: as chosen before
	Place    string // where another version of the program left the technician (Again), before View; empty: nowhere
	Log      *slog.Logger

	Preferences string // the file of what the technician chose; empty: this log-on's
	Notices     string // third-party notices, as the build writes them
}

// Check finds what a person may have typed wrong.
func (c Config) Check() error {
	page, _, ok := aView(c.View)
	if page != "" && (!ok || !slices.Contains(view.Pages(), page)) {
		return fmt.Errorf("there is no view %q; choose one of %s", c.View, strings.Join(view.Pages(), ", "))
	}
	if c.Theme != "" && !slices.Contains(preferences.Looks, c.Theme) {
		return fmt.Errorf("there is no theme %q; choose one of %s", c.Theme, strings.Join(preferences.Looks, ", "))
	}
	return nil
}

// handOverTime is how long a second start tries to wake the first one.
const handOverTime = 5 * time.Second

// Run shows the windows until the last one is closed or ctx ends. It has to be
// called on the program's first goroutine. When the windows of this log-on are
// open already, they come forward and Run returns at once. The error is Again
// when another version of the program is to take the windows over.
func Run(ctx context.Context, c Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	release, err := single.Acquire("window")
	if errors.Is(err, single.ErrRunning) {
		return handOver(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("window: %w", err)
	}
	defer release()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fyneApp, with, err := onScreen(ctx, c)
	if err != nil {
		return err
	}
	defer with.native.Close()
	if with.pulse, err = newPulse(os.Getenv); err != nil {
		return fmt.Errorf("window: %w", err)
	}
	with.grabKillKey, with.dump, with.successor = killkey.Grab, newLayoutDump(os.Getenv), installed.Successor
	p := newProgram(ctx, fyneApp, with)
	p.desk = owndesk.New(owndesk.Config{System: owndesk.Native(), Now: time.Now, Log: with.config.Log})
	defer p.close()
	// Quitting from outside goes the same way as closing the last window.
	defer context.AfterFunc(ctx, func() { fyne.Do(fyneApp.Quit) })()
	fyneApp.Lifecycle().SetOnStarted(p.start)
	fyneApp.Lifecycle().SetOnEnteredForeground(func() { p.inFront(true) })
	fyneApp.Lifecycle().SetOnExitedForeground(func() { p.inFront(false) })
	p.openMain()
	// Without a window, as without OpenGL, this program must not count as one:
	// then the tray asks in its place.
	if _, err := with.native.Area(p.main); err != nil {
		return fmt.Errorf("window: this screen cannot be drawn on: %w", err)
	}
	fyneApp.Run()
	if p.again != nil {
		return *p.again
	}
	return nil
}

// onScreen is what both programs, the one with all the windows and the one with
// a question alone, begin with. Whoever calls it closes native.
func onScreen(ctx context.Context, c Config) (fyne.App, parts, error) {
	a := app.NewWithID(version.ID())
	a.SetIcon(fyne.NewStaticResource("app.png", icons.App()))
	windows, err := native.New()
	if err != nil {
		return nil, parts{}, fmt.Errorf("window: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return a, parts{config: c, now: time.Now, do: fyne.Do, native: windows, locked: lock.Follow(ctx, c.Log).Locked, quit: quitOf(a)}, nil
}

// handOver asks the windows that are open to come forward.
func handOver(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeout(ctx, handOverTime)
	defer cancel()
	service, err := client.Dial(ctx, c.Client)
	if err != nil {
		return fmt.Errorf("window: BeckmanConnect is open already, and the service that could bring it forward does not answer: %w", err)
	}
	defer service.Close()
	if _, err := service.Host.Show(ctx, &hostpb.ShowRequest{View: c.View}); err != nil {
		return fmt.Errorf("window: bring the open window forward: %w", err)
	}
	return nil
}

// language is the one to speak: asked for, chosen before, or the system's.
func (c Config) language(chosen string) string {
	for _, l := range []string{c.Language, chosen} {
		if l != "" {
			return text.Match(l)
		}
	}
	return text.SystemLanguage()
}
