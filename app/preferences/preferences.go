// Package preferences is what the technician chose for this log-on: one small
// file that the window program writes and the tray reads too, so that both
// speak one language and look alike (B12). Nothing in it is a right: whoever
// can write the file is the technician already.
package preferences

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"beckmanconnect/internal/version"
)

// What may be chosen. The first of each is what is meant by none.
var (
	Looks     = []string{"system", "light", "dark", "contrast"}
	TextSizes = []string{"normal", "large", "largest"}
)

// Preferences are all choices. The zero value is a first start.
type Preferences struct {
	Language string  `json:"language,omitempty"`  // a tag of package text; "": the system's
	Look     string  `json:"look,omitempty"`      // one of Looks
	TextSize string  `json:"text_size,omitempty"` // one of TextSizes
	Silent   bool    `json:"silent,omitempty"`    // no sounds; every one has a visible twin
	Guided   string  `json:"guided,omitempty"`    // version whose guide was finished or left; "": never
	Folder   string  `json:"folder,omitempty"`    // received files go there; "": into the downloads
	Window   *Window `json:"window,omitempty"`    // nil: as it opens the first time
}

// Window is where the main window was left, in the screen's own pixels.
type Window struct {
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Width     int  `json:"width"`
	Height    int  `json:"height"`
	Maximised bool `json:"maximised,omitempty"`
}

// maxFile bounds what is read: the file is the technician's and may be anything.
const maxFile = 64 << 10

// Path is the file of this log-on.
func Path() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("preferences: %w", err)
	}
	return filepath.Join(dir, version.ID(), "preferences.json"), nil
}

// Load reads a file. One that is not there is a first start; one that cannot be
// understood is told, and what comes back is a first start too: looks are no
// reason not to show an alarm.
func Load(path string) (Preferences, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Preferences{}, nil
	}
	if err != nil {
		return Preferences{}, fmt.Errorf("preferences: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Preferences{}, fmt.Errorf("preferences: read %s: %w", path, err)
	}
	if len(raw) > maxFile {
		return Preferences{}, fmt.Errorf("preferences: %s is larger than %d bytes", path, maxFile)
	}
	var p Preferences
	if err := json.Unmarshal(raw, &p); err != nil {
		return Preferences{}, fmt.Errorf("preferences: read %s: %w", path, err)
	}
	return p.known(), nil
}

// Save replaces the file as a whole: whoever reads meanwhile finds the old one
// or the new one.
func Save(path string, p Preferences) error {
	raw, err := json.MarshalIndent(p.known(), "", "\t")
	if err != nil {
		return fmt.Errorf("preferences: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("preferences: %w", err)
	}
	f, err := os.CreateTemp(dir, ".preferences-*")
	if err != nil {
		return fmt.Errorf("preferences: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(raw, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("preferences: write %s: %w", path, err)
	}
	return nil
}

// known replaces what is no choice by none.
func (p Preferences) known() Preferences {
	if !slices.Contains(Looks, p.Look) {
		p.Look = Looks[0]
	}
	if !slices.Contains(TextSizes, p.TextSize) {
		p.TextSize = TextSizes[0]
	}
	if w := p.Window; w != nil && (w.Width <= 0 || w.Height <= 0) {
		p.Window = nil
	}
	return p
}
