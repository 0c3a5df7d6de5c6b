package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/look"
	"beckmanconnect/ui/theme"
)

// StatusHeader is the head of the window: the one sentence about the state,
// readable from across the bench.
func (k *Kit) StatusHeader(tone theme.Tone, icon icons.Name, title, detail string, linkIcon icons.Name, link string) fyne.CanvasObject {
	badge := k.Badge(icon, 56)

	state := k.HeaderPill(linkIcon, link)
	words := Column(2,
		k.Styled(title, theme.TextHero, true, theme.HeaderInk),
		k.Styled(detail, theme.TextBody, false, theme.HeaderMuted),
	)
	return k.Header(tone, Inset(18, 24, 18, 24, RowStretch(18, 1, badge, words, state)))
}

// Header lays content on a header's colours.
func (k *Kit) Header(tone theme.Tone, content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(k.HeaderBack(tone), content)
}

// HeaderBack is a header's colours: from left to right, or one of them with an
// edge below in the look that has no gradients.
func (k *Kit) HeaderBack(tone theme.Tone) fyne.CanvasObject {
	colours := k.Palette.Headers[tone]
	if !k.Palette.Edges {
		return canvas.NewHorizontalGradient(colours[0], colours[1])
	}
	edge := canvas.NewRectangle(k.Palette.Chips[tone].Ink)
	edge.SetMinSize(fyne.NewSize(0, k.Edge()))
	return container.NewStack(canvas.NewRectangle(colours[0]), container.NewBorder(nil, edge, nil, nil))
}

// HeaderPill is an icon and a word in a darker field on a header.
func (k *Kit) HeaderPill(icon icons.Name, word string) fyne.CanvasObject {
	pill := canvas.NewRectangle(look.HeaderPill)
	pill.CornerRadius = 15
	k.outline(pill, theme.HeaderInk)
	return container.NewStack(pill, Inset(6, 14, 6, 12, Row(7, k.Icon(icon, k.Size(16), theme.HeaderInk), k.Plain(word, theme.TextSmall, true, theme.HeaderInk))))
}

// Badge is an icon in a round field on a header's gradient.
func (k *Kit) Badge(icon icons.Name, size float32) fyne.CanvasObject {
	disc := canvas.NewCircle(look.HeaderBadge)
	if k.Palette.Edges {
		disc.StrokeColor, disc.StrokeWidth = theme.HeaderInk, k.Edge()
	}
	room := size / 4
	return container.New(squareLayout{size}, disc, Inset(room, room, room, room, k.Icon(icon, size-2*room, theme.HeaderInk)))
}
