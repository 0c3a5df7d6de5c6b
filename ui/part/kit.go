package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"beckmanconnect/assets/fonts"
	"beckmanconnect/assets/text"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Kit makes parts in one look and one language. A change of either makes a new
// Kit and builds the views again.
type Kit struct {
	Palette theme.Palette
	Words   *text.Catalogue
	Text    float32 // how much larger than usual text is (theme.TextScale); 0 is 1

	outlined bool // what is filled has an edge too: it may lie on its own colour
}

// Size is a text size of package theme as large as the technician wants it.
func (k *Kit) Size(base float32) float32 { return base * max(k.Text, 1) }

// Edge is how thick an edge is drawn.
func (k *Kit) Edge() float32 {
	if k.Palette.Edges {
		return 2
	}
	return 1
}

// Ring is drawn around what has the focus; hidden at first.
func (k *Kit) Ring(radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.StrokeColor, r.StrokeWidth, r.CornerRadius = k.Palette.Accent, 2.5, radius
	if k.Palette.Edges {
		r.StrokeWidth = 4
	}
	r.Hide()
	return r
}

// OnHeader is the kit for what lies on a header's colours: rings, edges and
// words in what can be seen there.
func (k *Kit) OnHeader() *Kit {
	on := *k
	on.Palette.Accent, on.Palette.Field, on.Palette.Line = theme.HeaderInk, theme.HeaderInk, theme.HeaderInk
	on.outlined = true
	return &on
}

// T is the catalogue's T.
func (k *Kit) T(key string, args ...any) string { return k.Words.T(key, args...) }

func (k *Kit) text(s string, size float32, bold bool, ink color.Color) *Text {
	t := &Text{content: s, lang: k.lang(), size: k.Size(size), bold: bold, ink: ink}
	t.ExtendBaseWidget(t)
	return t
}

// Title heads a page.
func (k *Kit) Title(s string) *Text { return k.text(s, theme.TextTitle, true, k.Palette.Ink) }

// Strong heads a card or a row.
func (k *Kit) Strong(s string) *Text { return k.text(s, theme.TextStrong, true, k.Palette.Ink) }

// Body is running text.
func (k *Kit) Body(s string) *Text { return k.text(s, theme.TextBody, false, k.Palette.Ink) }

// Bold is running text that stands out.
func (k *Kit) Bold(s string) *Text { return k.text(s, theme.TextBody, true, k.Palette.Ink) }

// Muted is running text that matters less.
func (k *Kit) Muted(s string) *Text { return k.text(s, theme.TextBody, false, k.Palette.Muted) }

// Small is a caption.
func (k *Kit) Small(s string) *Text { return k.text(s, theme.TextSmall, false, k.Palette.Muted) }

// Toned is running text in the ink of a tone.
func (k *Kit) Toned(s string, tone theme.Tone) *Text {
	return k.text(s, theme.TextBody, true, k.Palette.Chips[tone].Ink)
}

// Styled is text of any size and colour, for headers and codes.
func (k *Kit) Styled(s string, size float32, bold bool, ink color.NRGBA) *Text {
	return k.text(s, size, bold, ink)
}

// Plain is one line that is never shortened.
func (k *Kit) Plain(s string, size float32, bold bool, ink color.NRGBA) *canvas.Text {
	t := canvas.NewText(s, ink)
	t.TextSize, t.TextStyle, t.FontSource = k.Size(size), fyne.TextStyle{Bold: bold}, fonts.Source(k.lang(), s, bold)
	return t
}

func (k *Kit) lang() string {
	if k.Words == nil {
		return ""
	}
	return k.Words.Lang()
}

// Icon is an icon of a size in a colour.
func (k *Kit) Icon(n icons.Name, size float32, ink color.NRGBA) fyne.CanvasObject {
	img := canvas.NewImageFromResource(icons.Resource(n, ink))
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSquareSize(size))
	return img
}

// Column stacks from top to bottom.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{gap: gap}, objects...)
}

// Row places side by side, each in the middle of the row's height.
func Row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, stretch: -1}, objects...)
}

// RowStretch is a Row in which one object takes the width that is left.
func RowStretch(gap float32, stretch int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, stretch: stretch}, objects...)
}

// RowTop is RowStretch with everything at the top.
func RowTop(gap float32, stretch int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, stretch: stretch, top: true}, objects...)
}

// Inset leaves room around an object.
func Inset(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// Space is room between things in a row or column.
func Space(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

// Limit keeps an object no wider than a line that reads well, at the left.
func Limit(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(limitLayout{width: width}, o)
}

// Center is Limit in the middle.
func Center(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(limitLayout{width: width, center: true}, o)
}

// columnLayout is a vertical box that gives each object its width before it
// asks for its height, so that wrapped text is right at the first pass.
type columnLayout struct{ gap float32 }

func (l columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		if o.Visible() {
			m := o.MinSize()
			size.Width = max(size.Width, m.Width)
			size.Height += m.Height
		}
	}
	if n := visible(objects); n > 1 {
		size.Height += l.gap * float32(n-1)
	}
	return size
}

func (l columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, y))
		y += h + l.gap
	}
}

// rowLayout places side by side. Texts in it wrap to the width they get.
type rowLayout struct {
	gap     float32
	stretch int
	top     bool
}

func visible(objects []fyne.CanvasObject) int {
	n := 0
	for _, o := range objects {
		if o.Visible() {
			n++
		}
	}
	return n
}

func (l rowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		if o.Visible() {
			m := o.MinSize()
			size.Width += m.Width
			size.Height = max(size.Height, m.Height)
		}
	}
	if n := visible(objects); n > 1 {
		size.Width += l.gap * float32(n-1)
	}
	return size
}

func (l rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	spare := size.Width - l.MinSize(objects).Width
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		w := m.Width
		if i == l.stretch && spare > 0 {
			w += spare
		}
		// The width first: it may change the height.
		o.Resize(fyne.NewSize(w, m.Height))
		h := o.MinSize().Height
		if i == l.stretch && !l.top {
			h = max(h, 0)
		}
		y := float32(0)
		if !l.top {
			y = (size.Height - h) / 2
		}
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(x, y))
		x += w + l.gap
	}
}

type limitLayout struct {
	width  float32
	center bool
}

func (l limitLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}

func (l limitLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width, l.width)
	for _, o := range objects {
		w := max(w, o.MinSize().Width)
		o.Resize(fyne.NewSize(w, size.Height))
		if l.center {
			o.Move(fyne.NewPos((size.Width-w)/2, 0))
		} else {
			o.Move(fyne.NewPos(0, 0))
		}
	}
}
