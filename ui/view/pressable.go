package view

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/part"
)

// pressable makes anything open something, with the pointer, and with Enter or
// space while it has the focus.
type pressable struct {
	widget.BaseWidget
	content fyne.CanvasObject
	pressed func()
	onKey   func(*fyne.KeyEvent)
	ring    *canvas.Rectangle
	box     *fyne.Container
}

func newPressable(content fyne.CanvasObject, pressed func(), onKey func(*fyne.KeyEvent), k *part.Kit) *pressable {
	p := &pressable{content: content, pressed: pressed, onKey: onKey, ring: k.Ring(10)}
	p.box = container.NewStack(content, p.ring)
	p.ExtendBaseWidget(p)
	return p
}

// WidgetID is that of what is inside.
func (p *pressable) WidgetID() string {
	if named, ok := p.content.(part.Identified); ok {
		return named.WidgetID() + ".open"
	}
	return ""
}

// Spoken is what a screen reader says: all that is written inside.
func (p *pressable) Spoken() string {
	if spoken, ok := p.content.(part.Spoken); ok {
		return spoken.Spoken()
	}
	return part.Written(p.content)
}

func (p *pressable) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{p.content} }
func (p *pressable) Tapped(*fyne.PointEvent)     { p.pressed() }
func (p *pressable) Cursor() desktop.Cursor      { return desktop.PointerCursor }
func (p *pressable) FocusGained()                { p.ring.Show(); part.Reveal(p) }
func (p *pressable) FocusLost()                  { p.ring.Hide() }
func (p *pressable) TypedRune(rune)              {}
func (p *pressable) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.pressed()
	default:
		p.onKey(e)
	}
}
func (p *pressable) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.box) }
