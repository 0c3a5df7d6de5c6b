package notify

import (
	"fmt"
	"regexp"
	"slices"
)

// Mask is what of the instrument's screen nobody outside may see (B6): the
// windows that match every one of title, class and process that is set, or a
// region of the desktop, in pixels from the main screen's upper left corner.
type Mask struct {
	ID      string
	Title   string // RE2
	Class   string // WM_CLASS or the class of Windows, in any case
	Process string // file name of the program, in any case, without ".exe"

	X, Y, Width, Height int // Width is 0 for a mask of windows
}

const (
	maxMasks   = 64      // of a profile
	maxPattern = 512     // bytes of a title's pattern
	maxName    = 128     // bytes of a class or a process
	maxPlace   = 1 << 15 // pixels; no desktop is larger
)

type maskFile struct {
	ID      string `toml:"id"`
	Title   string `toml:"title"`
	Class   string `toml:"class"`
	Process string `toml:"process"`
	X       *int   `toml:"x"`
	Y       *int   `toml:"y"`
	Width   *int   `toml:"width"`
	Height  *int   `toml:"height"`
}

func masks(files []maskFile) ([]Mask, error) {
	if len(files) > maxMasks {
		return nil, fmt.Errorf("profile: %d masks; at most %d are possible", len(files), maxMasks)
	}
	var all []Mask
	for i, f := range files {
		if !codeForm.MatchString(f.ID) {
			return nil, fmt.Errorf("profile: mask %d: id %q must be lower-case letters, digits and hyphens", i+1, f.ID)
		}
		if slices.ContainsFunc(all, func(m Mask) bool { return m.ID == f.ID }) {
			return nil, fmt.Errorf("profile: mask %s stands twice", f.ID)
		}
		m, err := f.mask()
		if err != nil {
			return nil, fmt.Errorf("profile: mask %s: %w", f.ID, err)
		}
		all = append(all, m)
	}
	return all, nil
}

func (f maskFile) mask() (Mask, error) {
	m := Mask{ID: f.ID, Title: f.Title, Class: f.Class, Process: f.Process}
	windows := f.Title != "" || f.Class != "" || f.Process != ""
	region := f.X != nil || f.Y != nil || f.Width != nil || f.Height != nil
	switch {
	case windows && region:
		return m, fmt.Errorf("title, class and process mask windows, x, y, width and height a region; make two masks of it")
	case region:
		return m, f.region(&m)
	case !windows:
		return m, fmt.Errorf("it hides nothing; give title, class or process, or a region")
	case len(f.Title) > maxPattern || len(f.Class) > maxName || len(f.Process) > maxName:
		return m, fmt.Errorf("a pattern has at most %d characters, a name %d", maxPattern, maxName)
	}
	pattern, err := regexp.Compile(f.Title)
	switch {
	case err != nil:
		return m, fmt.Errorf("title: %w", err)
	case f.Title != "" && pattern.MatchString(""):
		return m, fmt.Errorf("title: %q matches windows without a title, too; leave title out to mean every window", f.Title)
	}
	return m, nil
}

func (f maskFile) region(m *Mask) error {
	for _, field := range []struct {
		name     string
		from     *int
		to       *int
		min, max int
	}{
		{"x", f.X, &m.X, -maxPlace, maxPlace}, {"y", f.Y, &m.Y, -maxPlace, maxPlace},
		{"width", f.Width, &m.Width, 1, maxPlace}, {"height", f.Height, &m.Height, 1, maxPlace},
	} {
		switch {
		case field.from == nil:
			return fmt.Errorf("%s is missing; a region has x, y, width and height", field.name)
		case *field.from < field.min || *field.from > field.max:
			return fmt.Errorf("%s is %d; it must be %d to %d", field.name, *field.from, field.min, field.max)
		}
		*field.to = *field.from
	}
	return nil
}
