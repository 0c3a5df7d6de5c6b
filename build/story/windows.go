package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beckmanconnect/app/tray"
	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// windows is the platform of build/wine/story: the programs for Windows, under
// Wine.
type windows struct {
	wine *stage.Wine
}

func newPlatform(o options) platform {
	if o.windows == "" {
		return linux{}
	}
	return &windows{}
}

func (w *windows) setUp(ctx context.Context, t *teller) (err error) {
	if t.outer, t.desktop, t.hand, err = t.house.TechnicianDesktop(ctx, 1280, 800); err != nil {
		return err
	}
	folder, err := t.house.SmallFolder(ctx, "small")
	if err != nil {
		return err
	}
	programs := ""
	for _, version := range []*string{&t.o.first, &t.o.release, &t.o.broken} {
		if *version == "" {
			continue
		}
		signed, archive, err := t.house.PackWindows(ctx, *version, filepath.Base(*version))
		if err != nil {
			return err
		}
		if programs == "" {
			programs = signed
		}
		*version = archive
	}
	w.wine, err = t.house.OpenWine(ctx, t.desktop, stage.WineConfig{
		Programs: programs, Package: t.o.first,
		Bridge: filepath.Join(t.o.windows, "bridge.exe"), Prefix: filepath.Join(t.o.windows, "prefix"),
	})
	if err != nil {
		return err
	}
	if t.pc, err = t.house.AddPC(ctx, stage.PCConfig{Name: "pc1", Policy: sitePolicy, Folder: folder, Wine: w.wine}); err != nil {
		return err
	}
	return t.pc.LogOn(t.desktop, t.hand.LayoutEnvOf(t.pc))
}

func (w *windows) another(c stage.PCConfig) stage.PCConfig {
	c.Wine = w.wine
	return c
}

// menu is the tray's menu as it stands: Wine tells nobody outside of a program
// what is in its menus, so it is made from the service's state as the tray makes
// it. A click in the wrong place would be seen by the step.
func (w *windows) menu(ctx context.Context, t *teller) ([]stage.MenuItem, error) {
	service, err := pipe(ctx, t.pc)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	status, err := service.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	if err != nil {
		return nil, err
	}
	var items []stage.MenuItem
	for _, item := range tray.Show(tray.State{Connected: true, Status: status}, t.words).Items {
		if !item.Hidden {
			items = append(items, stage.MenuItem{Label: item.Title, Enabled: item.Enabled})
		}
		// As app/tray/face puts them in.
		if item.ID == tray.ItemStatus || item.ID == tray.ItemSetUp {
			items = append(items, stage.MenuItem{Separator: true})
		}
	}
	return items, nil
}

func (w *windows) chooseInTray(ctx context.Context, t *teller, label string) error {
	return w.wine.ChooseInTray(ctx, t.hand, label, func(ctx context.Context) ([]stage.MenuItem, error) { return w.menu(ctx, t) })
}

func (w *windows) shotOfTrayMenu(ctx context.Context, t *teller, file string) error {
	return w.wine.ShotOfTrayMenu(ctx, t.hand, file)
}

func (w *windows) toasts(ctx context.Context, t *teller) error {
	t.report.cannot("a toast that is seen", "Wine has no notification centre and its PowerShell is a stub: what the tray gave PowerShell to run was recorded and holds the alarm's words")
	return within(ctx, 20*time.Second, func(ctx context.Context) error {
		return stage.Until(ctx, "PowerShell to be given a toast of each alarm", func() (bool, error) {
			alarms, err := t.notifications(ctx)
			if err != nil {
				return false, err
			}
			recorded := html.UnescapeString(w.wine.Recorded()) // texts go to it as numbered entities
			for _, alarm := range alarms {
				i := slices.IndexFunc(alarm.GetTexts(), func(text *hostpb.LocalText) bool { return text.GetLanguage() == "en" })
				if i < 0 || !strings.Contains(recorded, alarm.Texts[i].GetTitle()) {
					return false, nil
				}
			}
			return len(alarms) > 0, nil
		})
	})
}

// Titles of the two programs on the technician's desktop, as Wine's Notepad
// makes them.
const (
	notesTitle      = "notes.txt - Notepad"
	instrumentTitle = "instrument.txt - Notepad"
)

func (w *windows) openPrograms(ctx context.Context, t *teller) error {
	// The instrument's comes last and has the keyboard: the engineer's click has
	// to bring the notes to the front.
	for _, file := range []struct {
		name, title, text string
		x, y, w, h        int
	}{
		{"notes.txt", notesTitle, "", 40, 470, 520, 240},
		{"instrument.txt", instrumentTitle, strings.ReplaceAll(instrumentScreen, "\n", "\r\n"), 420, 110, 640, 330},
	} {
		path := t.path(file.name)
		if err := os.WriteFile(path, []byte(file.text), 0o600); err != nil {
			return err
		}
		if _, err := w.wine.Start(file.name, "notepad", t.pc.Native(path)); err != nil {
			return err
		}
		if err := within(ctx, 20*time.Second, func(ctx context.Context) error {
			return stage.Until(ctx, file.title, func() (bool, error) {
				_, err := w.wine.EditText(ctx, file.title)
				if err != nil {
					return false, err
				}
				return t.desktop.Place(ctx, file.title, file.x, file.y, file.w, file.h)
			})
		}); err != nil {
			return err
		}
	}
	return nil
}

// clicks: the instrument's window first. Where the notes are in front already,
// nothing would show that a click on them did not count.
func (w *windows) clicks() []func(stage.Window) bool {
	titled := func(title string) func(stage.Window) bool {
		return func(of stage.Window) bool { return of.Shown && of.Title == title }
	}
	return []func(stage.Window) bool{titled(instrumentTitle), titled(notesTitle)}
}

func (w *windows) clicked(ctx context.Context, t *teller, at stage.Window, _, _ int) (bool, error) {
	t.report.cannot("the pointer and the order of windows on the screen following the engineer's mouse",
		"SendInput under Wine moves Wine's own pointer and foreground, not the X server's: that the click arrived is checked by Wine's foreground window")
	front, err := w.wine.Foreground(ctx)
	return front == at.Title, err
}

func (w *windows) written(ctx context.Context, _ *teller) (string, error) {
	text, err := w.wine.EditText(ctx, notesTitle)
	return strings.ReplaceAll(text, "\r\n", "\n"), err
}

// transfer: Wine has no antivirus, and its drives no streams beside a file's
// bytes, in which Windows keeps that a file came from outside. The product
// refuses a file that nobody scanned, and keeps none that it cannot mark.
func (w *windows) transfer(ctx context.Context, t *teller, offered string, _ [sha256.Size]byte) (string, error) {
	t.report.cannot("a malware scanner that reads the file",
		"no antivirus runs under Wine: the file was refused, and asked about once one was registered, for which Wine's AMSI library answers that it finds nothing")
	t.report.cannot("the file arriving with the same hash",
		"Wine's drives keep no streams beside a file: the mark as from outside cannot be written, and the product kept nothing, as it must")
	says := func(ctx context.Context, what, words string) error {
		return t.browser.Wait(ctx, what, fmt.Sprintf("document.querySelector('#files')?.textContent.includes(%q)", words))
	}
	err := within(ctx, 120*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.browser.Choose("#file-input", offered) },
			func() error {
				return says(ctx, "the file to be refused without a scanner", "No malware scanner answers")
			},
			func() error { return t.page("no-scanner") },
			func() error {
				return w.wine.Register(ctx, `HKLM\SOFTWARE\Microsoft\AMSI\Providers\{5C0C9A0B-6E0E-4D9B-9C53-5E1D0B6A7F21}`)
			},
			func() error {
				return stage.Until(ctx, "the service to see the scanner", func() (bool, error) {
					said, err := t.pc.ServiceSaid()
					return strings.Contains(said, "files go through a malware scanner"), err
				})
			},
			func() error { return t.browser.Choose("#file-input", offered) },
			func() error { return t.allow(ctx, "prompt-file") },
			func() error { return says(ctx, "the file that cannot be marked to be given up", "could not store it") },
		)
	})
	if err != nil {
		return "", err
	}
	for _, dir := range []string{w.wine.Users(), t.desktop.Home()} {
		if found, err := arrivedAny(dir); err != nil || found {
			return "", fmt.Errorf("a file that could not be marked as from outside is in %s (%w)", dir, err)
		}
	}
	return "refused without a scanner; with one allowed, sent, and given up because it could not be marked as from outside", nil
}
