// Command gallery draws every screen in every state, look and scale, in two
// languages, as pictures into a folder: to look at, and to correct until
// nothing is off. It needs no display.
//
//	go run ./build/gallery DIR [NAME…]
package main

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// screen is one thing to draw.
type screen struct {
	name string
	draw func(k *part.Kit) (fyne.CanvasObject, fyne.Size)
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: gallery DIR [NAME…]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(dir string, names []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	app := test.NewApp()
	defer app.Quit()
	for _, lang := range languages(names) {
		for _, dark := range []bool{false, true} {
			palette, look := theme.Light(), "light"
			if dark {
				palette, look = theme.Dark(), "dark"
			}
			app.Settings().SetTheme(theme.New(palette, lang))
			kit := &part.Kit{Palette: palette, Words: text.New(lang)}
			for _, s := range screens(lang) {
				for _, scale := range []float32{1, 2} {
					name := fmt.Sprintf("%s-%s-%s-%g", s.name, lang, look, scale)
					if !wanted(name, names) {
						continue
					}
					if err := picture(filepath.Join(dir, name+".png"), kit, s, scale); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func languages([]string) []string {
	var out []string
	for _, l := range text.Languages() {
		out = append(out, l.Tag)
	}
	return out
}

func wanted(name string, names []string) bool {
	if len(names) == 0 {
		return true
	}
	for _, n := range names {
		if strings.Contains(name, n) {
			return true
		}
	}
	return false
}

func picture(path string, k *part.Kit, s screen, scale float32) error {
	content, size := s.draw(k)
	w := test.NewWindow(content)
	defer w.Close()
	w.SetPadded(false)
	if c, ok := w.Canvas().(test.WindowlessCanvas); ok {
		c.SetScale(scale)
	}
	// Wrapped text knows its height only at its width: more than one pass.
	for range 3 {
		if size.Height == 0 {
			w.Resize(fyne.NewSize(max(size.Width, content.MinSize().Width), content.MinSize().Height))
		} else {
			w.Resize(size.AddWidthHeight(1, 0))
			w.Resize(size)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = png.Encode(f, w.Canvas().Capture())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

var windowSize = fyne.NewSize(980, 690)

func screens(lang string) []screen {
	page := func(name, page string, s model.State, then ...func(*view.Window)) screen {
		return screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			w := view.NewWindow(k, nobody{}, view.Settings{Theme: "system", Version: "0.1.0"})
			w.Show(page)
			w.Update(&s, sample.Now)
			for _, f := range then {
				f(w)
			}
			return w.Content(), windowSize
		}}
	}
	prompt := func(name string, p *hostpb.Prompt) screen {
		return screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			w := view.NewPrompt(k, p, func(view.Answer) {})
			for i := range 5 {
				w.Tick(sample.Now.Add(time.Duration(i)*250*time.Millisecond), true)
			}
			return w.Content(), fyne.NewSize(580, 0)
		}}
	}
	bar := func(name string, s model.State) screen {
		return screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			b := view.NewBar(k, nobody{})
			v, _ := s.Bar(k.Words, sample.Now)
			b.Update(v)
			return b.Content(), fyne.NewSize(0, 0)
		}}
	}
	accepted := sample.Fresh(lang)
	accepted.Status.TermsAccepted = true
	form := sample.Alarmed()
	form.Help = model.Help{Step: model.StepForm, Notification: 19}
	theyCalled := sample.State()
	theyCalled.Help.Step = model.StepTheyCalled
	busy := sample.Offered()
	busy.Upgrade.State, busy.Upgrade.Percent = "downloading", 62
	failed := sample.State()
	failed.Failure = "cloud-unreachable"
	offline := sample.Alarmed()
	offline.Status.Link = hostpb.Link_LINK_OFFLINE
	quiet := sample.Session()
	quiet.Support.Leases = nil
	return []screen{
		page("notifications", view.Notifications, sample.Alarmed()),
		page("notifications-empty", view.Notifications, sample.State()),
		page("notifications-offline", view.Notifications, offline),
		page("no-service", view.Notifications, sample.NoService()),
		page("help", view.Help, sample.State()),
		page("help-they-called", view.Help, theyCalled),
		page("help-form", view.Help, form),
		page("help-off", view.Help, sample.Fresh(lang)),
		page("help-waiting", view.Help, sample.Waiting()),
		page("help-session", view.Help, sample.Session()),
		page("help-ended", view.Help, sample.Ended()),
		page("upgrade", view.Upgrade, sample.Offered()),
		page("upgrade-busy", view.Upgrade, busy),
		page("upgrade-none", view.Upgrade, sample.State()),
		page("activity", view.Activity, sample.State()),
		page("register", view.Register, sample.Fresh(lang)),
		page("register-who", view.Register, accepted),
		page("register-done", view.Register, sample.State()),
		page("about", view.About, sample.State()),
		page("failure", view.Notifications, failed),
		prompt("prompt-view", sample.ViewPrompt()),
		prompt("prompt-control", sample.ControlPrompt()),
		prompt("prompt-file", sample.FilePrompt()),
		bar("bar", sample.Session()),
		bar("bar-quiet", quiet),
	}
}
