package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
	maxMasks     = 64      // of a profile
	maxMaskTitle = 512     // bytes of a title's pattern
	maxName      = 128     // bytes of a class or a process
	maxPlace     = 1 << 15 // pixels; no desktop is larger
)

func (b *builder) masks(files []maskFile) []Mask {
	if len(files) > maxMasks {
		b.add("mask[0]", "mask", "there are %d masks; at most %d are possible", len(files), maxMasks)
		return nil
	}
	var all []Mask
	for i, f := range files {
		key, where := "mask["+strconv.Itoa(i)+"]", "mask "+f.ID
		switch {
		case !codeForm.MatchString(f.ID):
			b.add(key+".id", fmt.Sprintf("mask %d", i+1), "id %q must be lower-case letters, digits and hyphens", f.ID)
		case slices.ContainsFunc(all, func(m Mask) bool { return m.ID == f.ID }):
			b.add(key+".id", where, "it stands twice")
		}
		m, field, err := f.mask()
		if err != nil {
			b.add(key+field, where, "%v", err)
		}
		all = append(all, m)
	}
	return all
}

// mask also gives the field that is wrong, as the end of its key.
func (f maskFile) mask() (m Mask, field string, err error) {
	m = Mask{ID: f.ID, Title: f.Title, Class: f.Class, Process: f.Process}
	windows := f.Title != "" || f.Class != "" || f.Process != ""
	region := f.X != nil || f.Y != nil || f.Width != nil || f.Height != nil
	switch {
	case windows && region:
		return m, "", errors.New("title, class and process mask windows, x, y, width and height a region; make two masks of it")
	case region:
		field, err = f.region(&m)
		return m, field, err
	case !windows:
		return m, "", errors.New("it hides nothing; give title, class or process, or a region")
	case len(f.Title) > maxMaskTitle || len(f.Class) > maxName || len(f.Process) > maxName:
		return m, "", fmt.Errorf("a pattern has at most %d characters, a name %d", maxMaskTitle, maxName)
	}
	pattern, err := regexp.Compile(f.Title)
	switch {
	case err != nil:
		return m, ".title", fmt.Errorf("title: %w", err)
	case f.Title != "" && pattern.MatchString(""):
		return m, ".title", fmt.Errorf("title: %q matches windows without a title, too; leave title out to mean every window", f.Title)
	}
	return m, "", nil
}

func (f maskFile) region(m *Mask) (wrong string, err error) {
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
			return "", fmt.Errorf("%s is missing; a region has x, y, width and height", field.name)
		case *field.from < field.min || *field.from > field.max:
			return "." + field.name, fmt.Errorf("%s is %d; it must be %d to %d", field.name, *field.from, field.min, field.max)
		}
		*field.to = *field.from
	}
	return "", nil
}
