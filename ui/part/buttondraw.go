package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/look"
	"beckmanconnect/ui/theme"
)

type buttonRenderer struct {
	button          *Button
	box, ring, mark *canvas.Rectangle
	label, badge    *canvas.Text
	image           *canvas.Image
	drawn           fyne.Resource // in image: reading a picture costs
}

func (r *buttonRenderer) colours() (ink, paper color.NRGBA, line color.NRGBA) {
	b, p := r.button, r.button.kit.Palette
	clear := color.NRGBA{}
	switch {
	case b.disabled && p.Edges:
		return p.Muted, p.Window, p.Line
	case b.disabled:
		return p.Muted, p.Sunken, p.Line
	case b.look == Primary:
		return p.Primary.Ink, p.Primary.Paper, clear
	case b.look == Stop:
		return p.Stop.Ink, p.Stop.Paper, clear
	case (b.look == Nav || b.look == Pick) && b.selected:
		return p.Chips[theme.Note].Ink, p.Chips[theme.Note].Paper, clear
	case b.look == Nav:
		return p.Ink, clear, clear
	case b.look == Ghost:
		return p.Accent, clear, clear
	}
	return p.Ink, p.Sunken, p.Field
}

func (r *buttonRenderer) apply() {
	b, p := r.button, r.button.kit.Palette
	ink, paper, line := r.colours()
	r.box.FillColor, r.box.CornerRadius = paper, 9
	if paper.A == 0 {
		r.box.FillColor = color.Transparent // the one that Fyne does not paint pixel by pixel
	}
	r.box.StrokeColor, r.box.StrokeWidth = line, 0
	if line.A > 0 {
		r.box.StrokeWidth = b.kit.Edge()
	}
	if b.disabled {
		r.box.StrokeWidth = 1
	}
	if b.kit.outlined && paper.A > 0 && !b.disabled {
		r.box.StrokeColor, r.box.StrokeWidth = p.Field, b.kit.Edge()
	}
	if (b.look == Pick || p.Edges && b.look == Nav) && b.selected {
		r.box.StrokeColor, r.box.StrokeWidth = p.Accent, 1.5*b.kit.Edge()
	}
	if b.hovered && !b.disabled {
		behind := paper
		if paper.A == 0 {
			behind = p.Window
		}
		r.box.FillColor = look.Hover(behind, ink)
	}
	r.ring.Hidden = !b.focused
	r.label.Text, r.label.Color, r.label.TextSize = b.label, ink, b.kit.Size(theme.TextBody)
	r.label.TextStyle = fyne.TextStyle{Bold: (b.look != Nav && b.look != Pick) || b.selected}
	r.image.Hidden = b.icon == ""
	if b.icon != "" {
		icon := b.icon
		if b.look == Pick && b.selected {
			icon = icons.Check // a colour never stands alone
		}
		r.image.Resource = icons.Resource(icon, ink)
	}
	r.mark.Hidden, r.badge.Hidden = b.badge == "", b.badge == ""
	r.mark.FillColor = p.Stop.Paper
	r.mark.CornerRadius = r.badge.MinSize().Height / 2
	if b.badge == Dot {
		r.mark.FillColor, r.mark.CornerRadius, r.badge.Hidden = p.Accent, 5, true
	}
	r.badge.Text, r.badge.Color, r.badge.TextSize, r.badge.TextStyle = b.badge, p.Stop.Ink, b.kit.Size(theme.TextSmall), fyne.TextStyle{Bold: true}
}

const (
	buttonIcon  float32 = 19
	buttonInset float32 = 16
	buttonGap   float32 = 9  // between icon and words
	buttonRoom  float32 = 12 // above and below the words, at least
)

func (r *buttonRenderer) inset() float32 {
	if r.button.small || r.button.look == Nav {
		return 12
	}
	return buttonInset
}

func (r *buttonRenderer) height() float32 {
	return max(theme.Touch, r.label.MinSize().Height+2*buttonRoom)
}

// icon grows with the words beside it.
func (r *buttonRenderer) icon() float32 { return r.button.kit.Size(buttonIcon) }

func (r *buttonRenderer) contentWidth() float32 {
	w := float32(0)
	if r.button.label != "" {
		w = r.label.MinSize().Width
	}
	if r.button.icon != "" {
		w += r.icon()
		if r.button.label != "" {
			w += buttonGap
		}
	}
	return w
}

func (r *buttonRenderer) MinSize() fyne.Size {
	w := r.contentWidth() + 2*r.inset()
	if r.button.badge != "" {
		w += r.badge.MinSize().Width + 20
	}
	return fyne.NewSize(max(w, r.height()), r.height())
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.box.Resize(size)
	r.ring.Move(fyne.NewPos(-3, -3))
	r.ring.Resize(size.Add(fyne.NewSize(6, 6)))
	x := (size.Width - r.contentWidth()) / 2
	if r.button.left {
		x = r.inset()
	}
	if r.button.icon != "" {
		r.image.Resize(fyne.NewSquareSize(r.icon()))
		r.image.Move(fyne.NewPos(x, (size.Height-r.icon())/2))
		x += r.icon() + buttonGap
	}
	m := r.label.MinSize()
	r.label.Resize(m)
	r.label.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
	bm := r.badge.MinSize()
	if r.button.badge == Dot {
		r.mark.Resize(fyne.NewSquareSize(10))
		r.mark.Move(fyne.NewPos(size.Width-24, (size.Height-10)/2))
		return
	}
	w := max(bm.Width+12, bm.Height)
	r.mark.Resize(fyne.NewSize(w, bm.Height))
	r.mark.Move(fyne.NewPos(size.Width-w-10, (size.Height-bm.Height)/2))
	r.badge.Resize(bm)
	r.badge.Move(fyne.NewPos(size.Width-10-w/2-bm.Width/2, (size.Height-bm.Height)/2))
}

func (r *buttonRenderer) Refresh() {
	r.apply()
	r.Layout(r.button.Size())
	for _, o := range r.Objects() {
		if o == fyne.CanvasObject(r.image) {
			if r.image.Resource == r.drawn || (r.drawn != nil && r.image.Resource != nil && r.image.Resource.Name() == r.drawn.Name()) {
				continue
			}
			r.drawn = r.image.Resource
		}
		o.Refresh()
	}
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.box, r.image, r.label, r.mark, r.badge}
}

func (r *buttonRenderer) Destroy() {}
