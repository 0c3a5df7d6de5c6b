package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Named gives anything a stable name.
type Named struct {
	widget.BaseWidget
	ID      string
	Content fyne.CanvasObject
}

// NewNamed gives an object a stable name.
func NewNamed(id string, content fyne.CanvasObject) *Named {
	n := &Named{ID: id, Content: content}
	if s := selectIn(content); s != nil && s.id == "" {
		s.id = id + ".choice"
	}
	n.ExtendBaseWidget(n)
	return n
}

// selectIn is the choice in a box, or nil.
func selectIn(o fyne.CanvasObject) *Select {
	switch o := o.(type) {
	case *Select:
		return o
	case *Named:
		return selectIn(o.Content)
	case *fyne.Container:
		if len(o.Objects) > 0 {
			return selectIn(o.Objects[0])
		}
	}
	return nil
}

// WidgetID is the stable name.
func (n *Named) WidgetID() string { return n.ID }

// Inside is what tests find inside.
func (n *Named) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{n.Content} }

// CreateRenderer is Fyne's.
func (n *Named) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.Content) }
