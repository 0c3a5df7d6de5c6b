package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Choice is a text field that also offers values. Fyne's own has a button that
// shows no focus and says nothing.
type Choice struct {
	Entry
	values []string
}

// Choice makes a field that offers values.
func (k *Kit) Choice(id, hint string, values []string) *Choice {
	c := &Choice{values: values}
	c.ID, c.ring, c.PlaceHolder = id, k.Ring(11), hint
	open := k.SmallButton(id+".values", Ghost, icons.Down, "", c.offer)
	open.Name = hint
	c.ActionItem = open
	c.hinted = min(k.Hinted(hint)+open.MinSize().Width, hintMost)
	c.ExtendBaseWidget(c)
	return c
}

// MinSize leaves the button inside as high as a finger needs.
func (c *Choice) MinSize() fyne.Size { return touched(c.Entry.MinSize(), theme.Touch+4) }

// FocusGained shows the ring, and where it is.
func (c *Choice) FocusGained() { c.Entry.FocusGained(); Reveal(c) }

// Inside is what tests find inside.
func (c *Choice) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{c.ActionItem} }

// offer shows the values below the field.
func (c *Choice) offer() {
	canvas := fyne.CurrentApp().Driver().CanvasForObject(c)
	if canvas == nil {
		return // its page has been drawn anew meanwhile
	}
	items := make([]*fyne.MenuItem, len(c.values))
	for i, value := range c.values {
		items[i] = fyne.NewMenuItem(value, func() { c.SetText(value) })
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), canvas)
	menu.ShowAtPosition(fyne.CurrentApp().Driver().AbsolutePositionForObject(c).AddXY(0, c.Size().Height))
	menu.Resize(fyne.NewSize(c.Size().Width, menu.MinSize().Height))
}
