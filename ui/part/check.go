package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Check is a tick with its words, which wrap: Fyne's stay on one line. Space
// ticks it while it has the focus; a press anywhere on it does.
type Check struct {
	widget.BaseWidget
	ID        string
	Checked   bool
	OnChanged func(bool)
	OnKey     func(*fyne.KeyEvent) // gets the keys it has no use for

	kit      *Kit
	label    *Text
	box      *canvas.Rectangle
	tick     *canvas.Image
	ring     *canvas.Rectangle
	focused  bool
	disabled bool
}

// Check makes a tick.
func (k *Kit) Check(id, label string, changed func(bool)) *Check {
	c := &Check{ID: id, OnChanged: changed, kit: k, label: k.Body(label), box: canvas.NewRectangle(color.Transparent),
		tick: &canvas.Image{FillMode: canvas.ImageFillContain, Resource: icons.Resource(icons.Check, k.Palette.Primary.Ink)}, ring: k.Ring(10)}
	c.ExtendBaseWidget(c)
	return c
}

// WidgetID is the stable name.
func (c *Check) WidgetID() string { return c.ID }

// Spoken is what a screen reader says.
func (c *Check) Spoken() string { return c.label.Content() }

// Label is its words.
func (c *Check) Label() string { return c.label.Content() }

// SetChecked ticks it, or takes the tick away.
func (c *Check) SetChecked(on bool) {
	if c.Checked == on {
		return
	}
	c.Checked = on
	if c.OnChanged != nil {
		c.OnChanged(on)
	}
	c.Refresh()
}

// SetEnabled says whether it can be ticked.
func (c *Check) SetEnabled(on bool) {
	if c.disabled == on {
		c.disabled = !on
		c.Refresh()
	}
}

// Tapped is a click or a touch.
func (c *Check) Tapped(*fyne.PointEvent) { c.press() }

func (c *Check) press() {
	if !c.disabled {
		c.SetChecked(!c.Checked)
	}
}

// Cursor is a hand where a press does something.
func (c *Check) Cursor() desktop.Cursor {
	if c.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// TypedRune ticks with a space.
func (c *Check) TypedRune(r rune) {
	if r == ' ' {
		c.press()
	}
}

// TypedKey hands on what a tick does not use.
func (c *Check) TypedKey(e *fyne.KeyEvent) {
	if e.Name != fyne.KeySpace {
		given(c, c.OnKey, e)
	}
}

// FocusGained shows the ring.
func (c *Check) FocusGained() { c.focused = true; c.Refresh(); Reveal(c) }

// FocusLost hides it.
func (c *Check) FocusLost() { c.focused = false; c.Refresh() }

// CreateRenderer is Fyne's.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	r := &checkRenderer{c}
	r.apply()
	return r
}

type checkRenderer struct{ check *Check }

const (
	checkBox  float32 = 22
	checkGap  float32 = 12 // between box and words
	checkRoom float32 = 8  // above and below the words
)

func (r *checkRenderer) apply() {
	c, p := r.check, r.check.kit.Palette
	c.box.CornerRadius, c.box.StrokeColor, c.box.StrokeWidth, c.box.FillColor = 5, p.Field, 1.5*c.kit.Edge(), p.Surface
	c.label.ink = p.Ink
	if c.Checked {
		c.box.FillColor, c.box.StrokeColor = p.Primary.Paper, p.Primary.Paper
	}
	if c.disabled {
		c.label.ink = p.Muted
	}
	c.tick.Hidden, c.ring.Hidden = !c.Checked, !c.focused
}

func (r *checkRenderer) side() float32 { return r.check.kit.Size(checkBox) }

func (r *checkRenderer) MinSize() fyne.Size {
	m := r.check.label.MinSize()
	return fyne.NewSize(r.side()+checkGap+m.Width, max(theme.Touch, m.Height+2*checkRoom))
}

func (r *checkRenderer) Layout(size fyne.Size) {
	c, side := r.check, r.side()
	at := fyne.NewPos(0, (size.Height-side)/2)
	c.box.Move(at)
	c.box.Resize(fyne.NewSquareSize(side))
	inset := side / 8
	c.tick.Move(at.AddXY(inset, inset))
	c.tick.Resize(fyne.NewSquareSize(side - 2*inset))
	width := max(size.Width-side-checkGap, 0)
	c.label.Resize(fyne.NewSize(width, c.label.MinSize().Height))
	h := c.label.MinSize().Height
	c.label.Resize(fyne.NewSize(width, h))
	c.label.Move(fyne.NewPos(side+checkGap, (size.Height-h)/2))
	c.ring.Move(fyne.NewPos(-6, 0))
	c.ring.Resize(size.Add(fyne.NewSize(12, 0)))
}

func (r *checkRenderer) Refresh() {
	r.apply()
	r.Layout(r.check.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *checkRenderer) Objects() []fyne.CanvasObject {
	c := r.check
	return []fyne.CanvasObject{c.ring, c.box, c.tick, c.label}
}

func (r *checkRenderer) Destroy() {}
