package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Fold stacks a head, details, and a list that takes the height that is left.
// Where that would be too little for the list, the details are folded away until
// somebody opens them.
type Fold struct {
	*fyne.Container
	layout *foldLayout
}

// NewFold makes a fold. toggle stands in head and is there only where it folds;
// it looks selected while the details are open. wanted is the height of the list
// under which it folds, least the one it always has; gap is between the three.
// leave takes the focus out of details that go out of sight.
func NewFold(gap, wanted, least float32, toggle *Button, leave func(), head, details, list fyne.CanvasObject) *Fold {
	toggle.Hide()
	f := &Fold{layout: &foldLayout{gap: gap, wanted: wanted, least: least, toggle: toggle, leave: leave}}
	f.Container = container.New(f.layout, head, details, list)
	toggle.OnTapped = func() { f.Open(!f.layout.open) }
	return f
}

// Open says whether the details show where there is not room for all.
func (f *Fold) Open(open bool) {
	if f.layout.open != open {
		f.layout.open = open
		f.layout.toggle.SetSelected(open)
		f.Refresh()
	}
}

// foldLayout remembers whether it folds: its parents ask how high it is before
// they say how high it may be.
type foldLayout struct {
	gap, wanted, least float32
	toggle             *Button
	leave              func()
	folds, open        bool
}

func (l *foldLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	head, details, list := o[0].MinSize(), o[1].MinSize(), o[2].MinSize()
	size := fyne.NewSize(max(head.Width, details.Width, list.Width), head.Height+l.gap+max(list.Height, l.least))
	if o[1].Visible() {
		size.Height += l.below(details.Height)
	}
	return size
}

// below is the height of the details with the gap before them; of a list that has
// none at the moment there is neither.
func (l *foldLayout) below(details float32) float32 {
	if details <= 0 {
		return 0
	}
	return l.gap + details
}

func (l *foldLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	head, details, list := o[0], o[1], o[2]
	// The width first: it may change the height.
	for _, each := range []fyne.CanvasObject{head, details} {
		each.Resize(fyne.NewSize(size.Width, each.MinSize().Height))
	}
	l.fold(head, details, size.Height)
	y := float32(0)
	place := func(o fyne.CanvasObject, height float32) {
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, height))
		y += height
	}
	place(head, head.MinSize().Height)
	y += l.gap
	if h := details.MinSize().Height; details.Visible() && h > 0 {
		place(details, h)
		y += l.gap
	}
	place(list, max(size.Height-y, 0))
}

// fold shows and hides what the height asks for.
func (l *foldLayout) fold(head, details fyne.CanvasObject, height float32) {
	shown := l.toggle.Visible()
	l.toggle.Hidden = true
	whole := head.MinSize().Height + l.below(details.MinSize().Height) + l.gap
	l.folds = details.MinSize().Height > 0 && height-whole < l.wanted
	l.toggle.Hidden = !l.folds
	if shown != l.folds {
		head.Refresh()
	}
	switch show := !l.folds || l.open; {
	case show && !details.Visible():
		details.Show()
	case !show && details.Visible():
		l.leave()
		details.Hide()
	}
}
