package window

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
	"beckmanconnect/ui/view"
)

// shows is how much of a window has to be on a screen, in pixels: its title can
// be taken hold of, and it is seen that there is one.
const (
	showsWidth  = 160
	showsHeight = 60
)

// fits says whether a window that is put back where it was can be seen and
// moved on the screens there are now.
func fits(w preferences.Window, screens []native.Rect) bool {
	for _, s := range screens {
		width := min(w.X+w.Width, s.X+s.W) - max(w.X, s.X)
		height := min(w.Y+w.Height, s.Y+s.H) - max(w.Y, s.Y)
		// Its upper edge is where it is moved by.
		if width >= min(showsWidth, w.Width) && height >= min(showsHeight, w.Height) && w.Y >= s.Y-showsHeight/2 && w.Y < s.Y+s.H-showsHeight/2 {
			return true
		}
	}
	return false
}

// within makes a window no larger than the largest screen, nor smaller than its
// content can be.
func within(w preferences.Window, screens []native.Rect) preferences.Window {
	width, height := 0, 0
	for _, s := range screens {
		width, height = max(width, s.W), max(height, s.H)
	}
	if width > 0 && height > 0 {
		w.Width, w.Height = min(w.Width, width), min(w.Height, height)
	}
	return w
}

// unitsOf is a size in pixels in Fyne's units.
func unitsOf(w preferences.Window, scale float32) fyne.Size {
	if scale <= 0 {
		scale = 1
	}
	return fyne.NewSize(float32(w.Width)/scale, float32(w.Height)/scale).Max(view.SmallestSize)
}

// putBack places the main window, which is shown by now, where it was left.
func (p *program) putBack() {
	w := p.choices.Window
	if w == nil {
		return
	}
	screens, err := p.native.Screens()
	if err != nil {
		p.log.Warn("find the screens", "error", err)
		return
	}
	left := within(*w, screens)
	if size := unitsOf(left, p.main.Canvas().Scale()); size != p.main.Canvas().Size() {
		p.main.Resize(size) // the screen's scale is known only now
	}
	if fits(left, screens) {
		if err := p.native.Move(p.main, left.X, left.Y); err != nil {
			p.log.Warn("place the main window", "error", err)
		}
	}
	if left.Maximised {
		if err := p.native.Maximise(p.main); err != nil {
			p.log.Warn("maximise the main window", "error", err)
		}
	}
}

// keepPlace notes where the main window is. Of one that is maximised the size
// before stays, so that there is something to go back to.
func (p *program) keepPlace() {
	if p.main == nil || p.only != nil || !p.placed {
		return
	}
	at, maximised, err := p.native.Placed(p.main)
	if err != nil || at.W <= 0 || at.H <= 0 {
		return
	}
	now := preferences.Window{X: at.X, Y: at.Y, Width: at.W, Height: at.H}
	if maximised {
		if before := p.choices.Window; before != nil {
			now = *before
		}
		now.Maximised = true
	}
	if before := p.choices.Window; before == nil || *before != now {
		p.keep(func(c *preferences.Preferences) { c.Window = &now })
	}
}
