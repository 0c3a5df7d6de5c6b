package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// menuItem is one entry of the tray's menu, as the panel is told over D-Bus.
type menuItem struct {
	Label   string
	Enabled bool
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
	items, err := d.trayMenu(ctx)
	if err != nil {
		return err
	}
	down, found := 0, label == ""
	for _, item := range items {
		if !item.Enabled {
			continue
		}
		down++
		if strings.Contains(item.Label, label) && label != "" {
			found = true
			break
		}
	}
	if !found {
		return fmt.Errorf("stage: the tray's menu has no enabled entry %q: %v", label, items)
	}
	icon, err := d.trayIcon(ctx)
	if err != nil {
		return err
	}
	before, err := d.Windows(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, w := range before {
		known[w.ID] = true
	}
	if err := h.Click(ctx, icon.X+icon.W/2, icon.Y+icon.H/2); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	opened := func() (bool, error) {
		now, err := d.Windows(ctx)
		for _, w := range now {
			if !known[w.ID] && w.W > 60 && w.H > 60 {
				return true, nil
			}
		}
		return false, err
	}
	if err := Until(wait, "the tray's menu to open", opened); err != nil {
		return err
	}
	if shot != "" {
		if err := d.Shot(ctx, shot); err != nil {
			return err
		}
	}
	if label == "" {
		return h.Key(ctx, "Escape")
	}
	for range down {
		if err := h.Key(ctx, "Down"); err != nil {
			return err
		}
	}
	return h.Key(ctx, "Return")
}

// trayIcon finds the panel's tray on the screen. The stage's panel shows one
// program's icon, so its middle is that icon.
func (d *Display) trayIcon(ctx context.Context) (Window, error) {
	out, err := run(ctx, d.Env(), "xdotool", "search", "--name", "^systray$")
	if err != nil {
		out, err = run(ctx, d.Env(), "xdotool", "search", "--classname", "wrapper-2.0")
	}
	if err != nil {
		return Window{}, fmt.Errorf("stage: no tray on the panel: %w", err)
	}
	for id := range strings.FieldsSeq(out) {
		text, err := run(ctx, d.Env(), "xdotool", "getwindowgeometry", "--shell", id)
		if err != nil {
			continue
		}
		var w Window
		for line := range strings.Lines(text) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			for name, field := range map[string]*int{"X": &w.X, "Y": &w.Y, "WIDTH": &w.W, "HEIGHT": &w.H} {
				if key == name {
					fmt.Sscan(value, field)
				}
			}
		}
		if w.W > 10 && w.H > 10 && w.W < 200 {
			return w, nil
		}
	}
	return Window{}, errors.New("stage: no tray on the panel")
}

// trayMenu asks the one StatusNotifier item on the session bus for its menu.
func (d *Display) trayMenu(ctx context.Context) ([]menuItem, error) {
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
	var items []menuItem
	for _, child := range root.Children {
		fields, ok := child.Value().([]any)
		if !ok || len(fields) < 2 {
			continue
		}
		properties, _ := fields[1].(map[string]dbus.Variant)
		if value(properties, "visible", true) && value(properties, "type", "") != "separator" {
			items = append(items, menuItem{Label: strings.ReplaceAll(value(properties, "label", ""), "_", ""), Enabled: value(properties, "enabled", true)})
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
	icon, err := d.trayIcon(ctx)
	if err != nil {
		return err
	}
	_, err = run(ctx, d.Env(), "import", "-window", "root", "-crop", fmt.Sprintf("%dx%d+%d+%d", icon.W, icon.H, icon.X, icon.Y), "+repage", file)
	return err
}
