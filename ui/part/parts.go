package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Card is a rounded surface around what belongs together.
func (k *Kit) Card(content fyne.CanvasObject) fyne.CanvasObject {
	return k.card(k.Palette.Surface, k.Palette.Line, theme.CardInset, content)
}

// TonedCard is a card in the paper of a tone, for what must be seen.
func (k *Kit) TonedCard(tone theme.Tone, content fyne.CanvasObject) fyne.CanvasObject {
	return k.card(k.Palette.Chips[tone].Paper, k.tonedLine(tone), theme.CardInset, content)
}

// TonedBox is a TonedCard with less room, for what has room of its own.
func (k *Kit) TonedBox(tone theme.Tone, content fyne.CanvasObject) fyne.CanvasObject {
	return k.card(k.Palette.Chips[tone].Paper, k.tonedLine(tone), 12, Inset(0, 0, -8, 0, content))
}

// tonedLine is the edge of a field in the paper of a tone.
func (k *Kit) tonedLine(tone theme.Tone) color.NRGBA {
	line := k.Palette.Chips[tone].Ink
	if !k.Palette.Edges {
		line.A = 0x50
	}
	return line
}

func (k *Kit) card(paper, line color.NRGBA, inset float32, content fyne.CanvasObject) fyne.CanvasObject {
	box := canvas.NewRectangle(paper)
	box.CornerRadius, box.StrokeColor, box.StrokeWidth = theme.Radius, line, k.Edge()
	return container.NewStack(box, Inset(inset, inset, inset, inset, content))
}

// Stripe is a card with a coloured edge at its left: an open notification.
func (k *Kit) Stripe(tone theme.Tone, content fyne.CanvasObject) fyne.CanvasObject {
	edge := canvas.NewRectangle(k.Palette.Chips[tone].Ink)
	edge.CornerRadius = 2
	edge.SetMinSize(fyne.NewSize(4, 0))
	box := canvas.NewRectangle(k.Palette.Surface)
	box.CornerRadius, box.StrokeColor, box.StrokeWidth = theme.Radius, k.Palette.Line, k.Edge()
	return container.NewStack(box, container.NewBorder(nil, nil, Inset(14, 0, 14, 8, edge), nil, Inset(14, 16, 14, 8, content)))
}

// Tile is a small field in the paper of a tone.
func (k *Kit) Tile(tone theme.Tone, content fyne.CanvasObject) fyne.CanvasObject {
	c := k.Palette.Chips[tone]
	box := canvas.NewRectangle(c.Paper)
	box.CornerRadius = 10
	k.outline(box, c.Ink)
	return container.NewStack(box, content)
}

// chipMost is the most room a chip's word gets: it may come from elsewhere.
const chipMost float32 = 420

// Chip is a tone with its icon and word; the colour never stands alone.
func (k *Kit) Chip(tone theme.Tone, icon icons.Name, word string) fyne.CanvasObject {
	c := k.Palette.Chips[tone]
	word = Shorten(word, chipMost, k.Size(theme.TextSmall), true)
	box := canvas.NewRectangle(c.Paper)
	box.CornerRadius = 13
	k.outline(box, c.Ink)
	row := Row(6, k.Icon(icon, k.Size(15), c.Ink), k.Plain(word, theme.TextSmall, true, c.Ink))
	if icon == "" {
		row = Row(0, k.Plain(word, theme.TextSmall, true, c.Ink))
	}
	return container.NewStack(box, Inset(4, 11, 4, 9, row))
}

// Disc is an icon in a round field of its tone.
func (k *Kit) Disc(tone theme.Tone, icon icons.Name, size float32) fyne.CanvasObject {
	c := k.Palette.Chips[tone]
	disc := canvas.NewCircle(c.Paper)
	if k.Palette.Edges {
		disc.StrokeColor, disc.StrokeWidth = c.Ink, k.Edge()
	}
	room := size * 0.25
	return container.New(squareLayout{size}, disc, Inset(room, room, room, room, k.Icon(icon, size-2*room, c.Ink)))
}

// outline draws the edge of a small field in the look that draws all of them.
func (k *Kit) outline(box *canvas.Rectangle, ink color.NRGBA) {
	if k.Palette.Edges {
		box.StrokeColor, box.StrokeWidth = ink, k.Edge()
	}
}

// squareLayout gives everything the same square.
type squareLayout struct{ size float32 }

func (l squareLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(l.size) }

func (l squareLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSquareSize(l.size))
		o.Move(fyne.NewPos((size.Width-l.size)/2, (size.Height-l.size)/2))
	}
}

// bannerWords is the least width of a banner's words: what else is in it goes
// below them where less would be left.
const bannerWords float32 = 200

// Banner is a message across the page.
func (k *Kit) Banner(tone theme.Tone, icon icons.Name, s string, extra ...fyne.CanvasObject) fyne.CanvasObject {
	c := k.Palette.Chips[tone]
	words := k.text(s, theme.TextBody, false, c.Ink)
	objects := append([]fyne.CanvasObject{k.Icon(icon, k.Size(20), c.Ink), words}, extra...)
	return k.card(c.Paper, k.tonedLine(tone), 12, FlowStretch(12, k.Size(bannerWords), words, objects...))
}

// Empty is what a list shows that has nothing in it.
func (k *Kit) Empty(tone theme.Tone, icon icons.Name, title, detail string) fyne.CanvasObject {
	return Column(10,
		Space(0, 36),
		k.Disc(tone, icon, 76),
		k.text(title, theme.TextStrong, true, k.Palette.Ink).Centered(),
		k.text(detail, theme.TextBody, false, k.Palette.Muted).Centered(),
	)
}

// Boxed draws the border of an input around one that has none, and the ring
// where it has the focus.
func (k *Kit) Boxed(o fyne.CanvasObject) fyne.CanvasObject {
	box := canvas.NewRectangle(color.Transparent)
	box.CornerRadius, box.StrokeColor, box.StrokeWidth = 8, k.Palette.Field, k.Edge()
	if s, ok := o.(*Select); ok {
		s.ring = k.Ring(11)
		return container.New(ringedLayout{}, o, box, s.ring)
	}
	return container.NewStack(o, box)
}

// Rule is a thin line.
func (k *Kit) Rule() fyne.CanvasObject {
	r := canvas.NewRectangle(k.Palette.Line)
	r.SetMinSize(fyne.NewSize(1, k.Edge()))
	return r
}

// Facts is a table of names and values, the values aligned.
func (k *Kit) Facts(rows ...[2]string) fyne.CanvasObject {
	width := float32(0)
	for _, r := range rows {
		width = max(width, fyne.MeasureText(r[0], k.Size(theme.TextBody), fyne.TextStyle{}).Width)
	}
	out := make([]fyne.CanvasObject, 0, len(rows))
	for _, r := range rows {
		out = append(out, RowTop(20, 1, container.New(widthLayout{width}, k.Muted(r[0])), k.Body(r[1])))
	}
	return Column(7, out...)
}

// widthLayout gives its objects one width.
type widthLayout struct{ width float32 }

func (l widthLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(l.width, h)
}

func (l widthLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// FixedWidth gives an object a width of its own.
func FixedWidth(w float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(widthLayout{w}, o)
}
