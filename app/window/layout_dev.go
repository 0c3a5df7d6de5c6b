//go:build !production

package window

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"

	"beckmanconnect/ui/part"
)

// layoutVariable names the file that a development build tells where its
// buttons are, so that a script can click the real windows from outside.
const layoutVariable = "BECKMANCONNECT_LAYOUT"

// layoutDump writes the file when something has moved.
type layoutDump struct {
	path string
	last []byte
}

// layoutEntry is one named part, in pixels of the screen.
type layoutEntry struct {
	ID      string `json:"id"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	W       int    `json:"w"`
	H       int    `json:"h"`
	Window  string `json:"window"` // "main", "prompt", "bar", "preview"
	Text    string `json:"text,omitempty"`
	Enabled bool   `json:"enabled"`
	Focused bool   `json:"focused,omitempty"` // has the keyboard
}

func newLayoutDump(getenv func(string) string) *layoutDump {
	path := getenv(layoutVariable)
	if path == "" {
		return nil
	}
	return &layoutDump{path: path}
}

func (d *layoutDump) write(p *program) {
	if d == nil {
		return
	}
	entries := []layoutEntry{}
	entries = p.layoutOf(entries, "main", p.main)
	if p.prompt != nil {
		entries = p.layoutOf(entries, "prompt", p.prompt.window)
	}
	if p.bar != nil {
		entries = p.layoutOf(entries, "bar", p.bar.window)
	}
	if p.preview != nil {
		entries = p.layoutOf(entries, "preview", p.preview.window)
	}
	raw, err := json.MarshalIndent(entries, "", " ")
	if err != nil || bytes.Equal(raw, d.last) {
		return
	}
	if err := writeWhole(d.path, raw); err != nil {
		p.log.Warn("write the layout", "error", err)
		return
	}
	d.last = raw
}

// layoutOf adds the parts of one window that can be seen.
func (p *program) layoutOf(entries []layoutEntry, name string, w fyne.Window) []layoutEntry {
	if w == nil || !p.native.Visible(w) {
		return entries
	}
	area, err := p.native.Area(w)
	if err != nil {
		return entries
	}
	focused := w.Canvas().Focused()
	for _, place := range part.Places(w.Content()) {
		at := pixels(place, area, w.Canvas().Scale())
		e := layoutEntry{ID: place.ID, Window: name, X: at.X, Y: at.Y, W: at.W, H: at.H, Enabled: true}
		if f, ok := place.Object.(fyne.Focusable); ok {
			e.Focused = f == focused
		}
		switch o := place.Object.(type) {
		case *part.RailEntry:
			e.Text = o.Label()
		case *part.Button:
			e.Text, e.Enabled = o.Label(), o.Enabled()
		case *part.Entry:
			if !o.Password {
				e.Text = o.Text
			}
		case *part.Choice:
			e.Text = o.Text
		}
		entries = append(entries, e)
	}
	return entries
}

// writeWhole replaces a file in one step, so that a reader never sees half.
func writeWhole(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".layout-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
