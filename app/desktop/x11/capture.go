//go:build linux

package x11

import (
	"errors"
	"fmt"
	"image"
	"slices"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"
)

// Capture implements desktop.Screen.
func (s *Screen) Capture(full bool) (desktop.Picture, error) {
	defer s.settle()
	picture, err := s.unchanged(full)
	if errors.Is(err, errChanged) {
		picture, err = s.anew(full)
	}
	if err == nil {
		s.black = false
		return picture, nil
	}
	if s.lost.Load() {
		return desktop.Picture{}, fmt.Errorf("%w: %w", desktop.ErrLost, err)
	}
	// Fail closed: whatever could not be told apart is not shown at all.
	clear(s.pix)
	s.black, s.cover = true, desktop.Cover{}
	return s.picture(desktop.Picture{Black: true}), err
}

// settle takes back the word that something changed when the picture has it
// already, so that no empty picture follows.
func (s *Screen) settle() {
	select {
	case <-s.changed:
	default:
		return
	}
	s.mu.Lock()
	more := s.moved || len(s.painted) > 0
	s.mu.Unlock()
	if more || s.lost.Load() || s.mirror.stale() {
		signal(s.changed)
	}
}

// picture adds what is the same in every picture.
func (s *Screen) picture(p desktop.Picture) desktop.Picture {
	p.Frame = screen.Frame{Pix: s.pix, Stride: 4 * s.view.Dx(), Width: s.view.Dx(), Height: s.view.Dy()}
	p.Monitor = s.picked
	s.mu.Lock()
	p.Layout, s.shown = s.layout, s.view
	s.mu.Unlock()
	return p
}

// errChanged means that the windows are not those that were known.
var errChanged = errors.New("x11: the windows changed")

// rounds is how often a picture takes in what was painted while it was read.
const rounds = 2

// unchanged captures without holding the server and without asking for the
// windows: the pixels only count when, after they were read, it turns out that
// no window changed before. What was read otherwise is thrown away.
func (s *Screen) unchanged(full bool) (desktop.Picture, error) {
	s.mu.Lock()
	moved := s.moved
	s.mu.Unlock()
	if moved || s.black || !s.mirror.exact() {
		return desktop.Picture{}, errChanged
	}
	var all []image.Rectangle
	for range rounds {
		rects := s.due(full, s.cover)
		s.owed = append(s.owed, rects...)
		s.reader.ask(rects, s.view)
		s.mirror.mark() // answered after the pixels
		err := s.reader.wait()
		if errSync := s.mirror.await(); errSync != nil || err != nil || !s.mirror.exact() {
			s.owed = append(s.owed, all...) // in the picture, but nobody was told
			return desktop.Picture{}, errChanged
		}
		s.keep(s.cover)
		all = append(all, rects...)
		if full || !s.behind() {
			break
		}
	}
	return s.made(desktop.Merge(all)), nil
}

// anew holds the server while it reads the windows and the pixels: a window
// that is to be hidden can then neither appear nor move in between.
func (s *Screen) anew(full bool) (desktop.Picture, error) {
	release := s.c.hold()
	defer release()
	windows, resized, err := s.mirror.windows()
	if errSize := s.aim(resized); errSize != nil || err != nil {
		s.mirror.whole = true
		return desktop.Picture{}, first(err, errSize)
	}
	seen := make([]desktop.Facts, len(windows))
	for i, w := range windows {
		seen[i] = w
		seen[i].Bounds = w.Bounds.Sub(s.view.Min)
	}
	cover := s.mirror.masks.Cover(image.Rectangle{Max: s.view.Size()}, s.view.Min, seen)
	for _, gap := range s.gaps {
		cover.Area = cover.Area.Add(gap)
	}
	rects := s.due(full, cover)
	s.reader.ask(rects, s.view)
	if err := s.reader.wait(); err != nil {
		s.owed = append(s.owed, rects...)
		return desktop.Picture{}, err
	}
	s.keep(cover)
	return s.made(rects), nil
}

// keep puts pixels that were read into the picture, and the cover over it.
func (s *Screen) keep(cover desktop.Cover) {
	s.reader.copy(s.pix, 4*s.view.Dx())
	desktop.Blacken(s.pix, 4*s.view.Dx(), cover.Area)
	s.cover, s.owed = cover, nil
}

// made is the picture that was kept.
func (s *Screen) made(damage []image.Rectangle) desktop.Picture {
	return s.picture(desktop.Picture{Damage: damage, Hidden: s.cover.Windows, Masks: s.cover.Masks, Black: s.cover.Whole, Cover: s.cover.Area})
}

// due is what has to be read: what was painted, what an earlier try could not
// keep, and both what was and what is hidden when that is not the same: a mask
// that goes away paints nothing by itself.
func (s *Screen) due(full bool, cover desktop.Cover) []image.Rectangle {
	whole := image.Rectangle{Max: s.view.Size()}
	painted := s.repainted()
	if full || s.black {
		return []image.Rectangle{whole}
	}
	rects := s.owed
	for _, r := range painted {
		rects = append(rects, r.Sub(s.view.Min).Intersect(whole))
	}
	if !slices.Equal(s.cover.Area, cover.Area) {
		rects = append(append(rects, s.cover.Area...), cover.Area...)
	}
	return desktop.Merge(rects)
}

// aim finds out what of the desktop is to be captured, and makes room for it.
func (s *Screen) aim(resized bool) error {
	s.mu.Lock()
	wish, moved := s.wish, s.moved
	s.moved = false
	s.mu.Unlock()
	if !resized && !moved && !s.view.Empty() {
		return nil
	}
	size, err := s.c.size()
	if err != nil {
		return err
	}
	layout, err := s.c.layout(size, s.monitors)
	if err != nil {
		return err
	}
	picked, view, gaps := layout.Choose(wish)
	s.mu.Lock()
	s.layout = layout
	s.mu.Unlock()
	s.size, s.picked = size, picked
	s.gaps = nil
	for _, gap := range gaps {
		s.gaps = append(s.gaps, gap.Sub(view.Min))
	}
	if view == s.view {
		return nil
	}
	if len(s.pix) != 4*view.Dx()*view.Dy() {
		s.pix = make([]byte, 4*view.Dx()*view.Dy())
	}
	s.view, s.cover = view, desktop.Cover{}
	s.owed = []image.Rectangle{{Max: view.Size()}}
	s.reader.resize(len(s.pix))
	return nil
}
