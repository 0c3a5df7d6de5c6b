package stage

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// MenuItem is one entry of the tray's menu that shows.
type MenuItem struct {
	Label     string
	Enabled   bool
	Separator bool // a line between entries, and nothing else
}

// ChooseInTray clicks the tray icon and picks the entry with this label from
// the menu that opens.
func (h *Hand) ChooseInTray(ctx context.Context, d *Display, label string) error {
	return h.chooseInTray(ctx, d, label, "")
}

// ShotOfTrayMenu opens the menu, takes a picture and closes it again.
func (h *Hand) ShotOfTrayMenu(ctx context.Context, d *Display, file string) error {
	return h.chooseInTray(ctx, d, "", file)
}

func (h *Hand) chooseInTray(ctx context.Context, d *Display, label, shot string) error {
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	down := 0
	if err := Until(wait, fmt.Sprintf("an enabled entry %q in the tray's menu", label), func() (found bool, err error) {
		items, err := d.trayMenu(wait)
		down, found = place(items, label)
		return found || err == nil && label == "", err
	}); err != nil {
		return err
	}
	icon := d.trayIcon()
	// A toast may go in the same moment: what counts is a window that was not
	// there.
	var opened []string
	before, err := d.visible(ctx)
	if err != nil {
		return err
	}
	if err := h.Click(ctx, icon.X+icon.W/2, icon.Y+icon.H/2); err != nil {
		return err
	}
	if err := Until(wait, "the tray's menu to open", func() (bool, error) {
		now, err := d.visible(ctx)
		opened = slices.DeleteFunc(now, func(id string) bool { return slices.Contains(before, id) })
		return len(opened) > 0, err
	}); err != nil {
		return err
	}
	if shot != "" {
		if err := d.Shot(ctx, shot); err != nil {
			return err
		}
	}
	if label == "" {
		if err := h.Key(ctx, "Escape"); err != nil {
			return err
		}
		// Whoever opens it next must not take this one for it.
		return Until(wait, "the tray's menu to close", func() (bool, error) {
			now, err := d.visible(ctx)
			return !slices.ContainsFunc(opened, func(id string) bool { return slices.Contains(now, id) }), err
		})
	}
	for range down {
		if err := h.Key(ctx, "Down"); err != nil {
			return err
		}
	}
	return h.Key(ctx, "Return")
}

// place is how often Down has to be pressed to come to an entry: what cannot
// be chosen is passed over.
func place(items []MenuItem, label string) (down int, found bool) {
	for _, item := range items {
		if !item.Enabled {
			continue
		}
		down++
		if strings.Contains(item.Label, label) {
			return down, true
		}
	}
	return 0, false
}

// visible lists the windows that show, by their IDs.
func (d *Display) visible(ctx context.Context) ([]string, error) {
	out, err := run(ctx, d.Env(), "xdotool", "search", "--onlyvisible", "--class", ".")
	return strings.Fields(out), err
}

// trayIcon is the place of the one icon in the stage's panel: the tray is the
// panel's last plug-in, and its icons are squares as high as the panel.
func (d *Display) trayIcon() Window {
	return Window{X: d.width - panelHeight, Y: d.height - panelHeight, W: panelHeight, H: panelHeight}
}

// trayMenu asks the one StatusNotifier item on the session bus for its menu.
func (d *Display) trayMenu(ctx context.Context) ([]MenuItem, error) {
	conn, err := dbus.Connect(d.Bus, dbus.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("stage: session bus: %w", err)
	}
	defer conn.Close()
	watcher := conn.Object("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher")
	var name, path string
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	err = Until(wait, "the tray icon", func() (bool, error) {
		v, err := watcher.GetProperty("org.kde.StatusNotifierWatcher.RegisteredStatusNotifierItems")
		if err != nil {
			return false, err
		}
		names, _ := v.Value().([]string)
		if len(names) == 0 {
			return false, nil
		}
		name, path, _ = strings.Cut(names[0], "/")
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	item := conn.Object(name, dbus.ObjectPath("/"+path))
	v, err := item.GetProperty("org.kde.StatusNotifierItem.Menu")
	if err != nil {
		return nil, fmt.Errorf("stage: the tray icon's menu: %w", err)
	}
	menu, ok := v.Value().(dbus.ObjectPath)
	if !ok {
		return nil, errors.New("stage: the tray icon has no menu")
	}
	var revision uint32
	var root struct {
		ID         int32
		Properties map[string]dbus.Variant
		Children   []dbus.Variant
	}
	if err := conn.Object(name, menu).CallWithContext(ctx, "com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		return nil, fmt.Errorf("stage: the tray icon's menu: %w", err)
	}
	var items []MenuItem
	for _, child := range root.Children {
		fields, ok := child.Value().([]any)
		if !ok || len(fields) < 2 {
			continue
		}
		properties, _ := fields[1].(map[string]dbus.Variant)
		if value(properties, "visible", true) && value(properties, "type", "") != "separator" {
			items = append(items, MenuItem{Label: strings.ReplaceAll(value(properties, "label", ""), "_", ""), Enabled: value(properties, "enabled", true)})
		}
	}
	return items, nil
}

func value[T any](properties map[string]dbus.Variant, key string, missing T) T {
	if v, ok := properties[key].Value().(T); ok {
		return v
	}
	return missing
}

// ShotOfTray writes a PNG of the tray's icon.
func (d *Display) ShotOfTray(ctx context.Context, file string) error {
	icon := d.trayIcon()
	_, err := run(ctx, d.Env(), "import", "-window", "root", "-crop", fmt.Sprintf("%dx%d+%d+%d", icon.W, icon.H, icon.X, icon.Y), "+repage", file)
	return err
}

// TrayIcon is where the tray's icon stands.
func (d *Display) TrayIcon() image.Rectangle {
	icon := d.trayIcon()
	return image.Rect(icon.X, icon.Y, icon.X+icon.W, icon.Y+icon.H)
}
