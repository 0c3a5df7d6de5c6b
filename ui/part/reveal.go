package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealRoom is what of a scrolled area is kept in sight around what has the
// focus.
const revealRoom float32 = 12

// Reveal scrolls what has just got the focus into sight: Fyne leaves it where it
// is, and somebody who works by keyboard would not see where they are.
func Reveal(o fyne.CanvasObject) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	revealIn(c.Content(), o)
}

// revealIn says where an object begins within another, and scrolls the areas
// on the way.
func revealIn(root, o fyne.CanvasObject) (at fyne.Position, found bool) {
	if root == nil || !root.Visible() {
		return at, false
	}
	if root == o {
		return at, true
	}
	var children []fyne.CanvasObject
	scroll, _ := root.(*container.Scroll)
	switch c := root.(type) {
	case *fyne.Container:
		children = c.Objects
	case *container.Scroll:
		children = []fyne.CanvasObject{c.Content}
	case interface{ Inside() []fyne.CanvasObject }:
		children = c.Inside()
	}
	for _, child := range children {
		in, ok := revealIn(child, o)
		if !ok {
			continue
		}
		at = in.Add(child.Position())
		if scroll == nil {
			return at, true
		}
		// The position of what is scrolled is already less what it is scrolled by.
		top, bottom, view := at.Y-revealRoom, at.Y+o.Size().Height+revealRoom, scroll.Size().Height
		offset := scroll.Offset.Y
		switch {
		case top < 0 || bottom-top > view:
			offset += top
		case bottom > view:
			offset += bottom - view
		}
		offset = max(0, min(offset, scroll.Content.MinSize().Height-view))
		if offset != scroll.Offset.Y {
			at.Y -= offset - scroll.Offset.Y
			scroll.ScrollToOffset(fyne.NewPos(scroll.Offset.X, offset))
		}
		return at, true
	}
	return at, false
}
