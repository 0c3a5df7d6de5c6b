package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Users is the folder of the accounts' own folders.
func (w *Wine) Users() string { return w.drive("users") }

// PackWindows signs the Windows programs of a version with the house's publisher
// and packs them.
func (h *House) PackWindows(ctx context.Context, programs, version string) (signed, archive string, err error) {
	h.say("signing and packing version %s for Windows", version)
	all, err := filepath.Glob(filepath.Join(programs, "*.exe"))
	if err != nil || len(all) == 0 {
		return "", "", fmt.Errorf("stage: no programs in %s (%w)", programs, err)
	}
	signed = h.dir("built", version)
	archive = h.dir("built", "beckmanconnect-"+version+"-windows-amd64.tar.zst") // signed later, as Linux' is
	if err := os.MkdirAll(signed, 0o700); err != nil {
		return "", "", fmt.Errorf("stage: %w", err)
	}
	if _, err := run(ctx, nil, h.bin("pack"), append([]string{"sign-programs", "--code", h.Keys(), "--roots", h.Roots(), "--out", signed}, all...)...); err != nil {
		return "", "", err
	}
	_, err = run(ctx, nil, h.bin("pack"), "archive", "--bin", signed, "--version", version, "--platform", "windows-amd64", "--fast", "--out", archive)
	return signed, archive, err
}

// trayClass is what X calls the windows of the tray's program.
const trayClass = "beckmanconnect-tray.exe"

// openMenu clicks the tray's icon and gives the window of the menu that opens.
func (w *Wine) openMenu(ctx context.Context, h *Hand) (menu Window, err error) {
	var icon Window
	if err := Until(ctx, "the tray's icon", func() (bool, error) {
		icon, err = w.shown(ctx, func(of Window) bool {
			return of.Class == "explorer.exe" && of.W == of.H && of.W > 8 && of.Y >= w.display.height-panelHeight
		})
		return icon.ID != "", err
	}); err != nil {
		return Window{}, err
	}
	return menu, Until(ctx, "the tray's menu to open", func() (bool, error) {
		if err := h.Click(ctx, icon.X+icon.W/2, icon.Y+icon.H/2); err != nil {
			return false, err
		}
		opened, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		err := Until(opened, "the menu", func() (bool, error) {
			menu, err = w.shown(ctx, func(of Window) bool { return of.Class == trayClass && of.H > 2*menuSeparator })
			return menu.ID != "", err
		})
		return err == nil, err
	})
}

// shown is the first window on the technician's screen that is meant; one
// without an ID: there is none.
func (w *Wine) shown(ctx context.Context, meant func(Window) bool) (Window, error) {
	all, err := w.display.Windows(ctx)
	for _, window := range all {
		if window.Shown && meant(window) {
			return window, err
		}
	}
	return Window{}, err
}

// menuTime bounds all that is done with a menu once: everything starts slowly
// under Wine.
const menuTime = 90 * time.Second

// Pixels of a menu that are no entries, as Wine draws it.
const (
	menuBorder    = 3
	menuSeparator = 9
)

// entry is the middle of an entry in a menu: all entries are of one height.
func entry(menu Window, items []MenuItem, label string) (x, y int, found bool) {
	entries, separators := 0, 0
	for _, item := range items {
		if item.Separator {
			separators++
		} else {
			entries++
		}
	}
	if entries == 0 {
		return 0, 0, false
	}
	height := float64(menu.H-2*menuBorder-separators*menuSeparator) / float64(entries)
	at := float64(menu.Y + menuBorder)
	for _, item := range items {
		if item.Separator {
			at += menuSeparator
			continue
		}
		if item.Enabled && strings.Contains(item.Label, label) {
			return menu.X + menu.W/3, int(at + height/2), true
		}
		at += height
	}
	return 0, 0, false
}

// ChooseInTray clicks the tray icon and then the entry with this label. Items
// says what stands in the menu: Wine tells nobody outside of the tray.
func (w *Wine) ChooseInTray(ctx context.Context, h *Hand, label string, items func(context.Context) ([]MenuItem, error)) error {
	wait, cancel := context.WithTimeout(ctx, menuTime)
	defer cancel()
	var now []MenuItem
	if err := Until(wait, fmt.Sprintf("an enabled entry %q in the tray's menu", label), func() (found bool, err error) {
		now, err = items(wait)
		_, found = place(now, label)
		return found, err
	}); err != nil {
		return err
	}
	menu, err := w.openMenu(wait, h)
	if err != nil {
		return err
	}
	x, y, _ := entry(menu, now, label)
	return h.Click(ctx, x, y)
}

// ShotOfTrayMenu opens the menu, takes a picture and closes it again.
func (w *Wine) ShotOfTrayMenu(ctx context.Context, h *Hand, file string) error {
	wait, cancel := context.WithTimeout(ctx, menuTime)
	defer cancel()
	menu, err := w.openMenu(wait, h)
	if err != nil {
		return err
	}
	if err := w.display.Shot(ctx, file); err != nil {
		return err
	}
	// A click beside it closes a menu.
	return h.Click(ctx, menu.X-20, menu.Y-20)
}
