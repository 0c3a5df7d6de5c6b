package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// StatusHeader is the head of the window: the one sentence about the state,
// readable from across the bench.
func (k *Kit) StatusHeader(tone theme.Tone, icon icons.Name, title, detail string, linkIcon icons.Name, link string) fyne.CanvasObject {
	colours := k.Palette.Headers[tone]
	gradient := canvas.NewHorizontalGradient(colours[0], colours[1])
	badge := k.Badge(icon, 56)

	pill := canvas.NewRectangle(color.NRGBA{A: 0x38})
	pill.CornerRadius = 15
	state := container.NewStack(pill, Inset(6, 14, 6, 12, Row(7, k.Icon(linkIcon, 16, theme.HeaderInk), k.Plain(link, theme.TextSmall, true, theme.HeaderInk))))

	words := Column(2,
		k.Styled(title, theme.TextHero, true, theme.HeaderInk).SingleLine(),
		k.Styled(detail, theme.TextBody, false, theme.HeaderMuted),
	)
	return container.NewStack(gradient, Inset(18, 24, 18, 24, RowStretch(18, 1, badge, words, state)))
}

// Badge is an icon in a round field on a header's gradient.
func (k *Kit) Badge(icon icons.Name, size float32) fyne.CanvasObject {
	disc := canvas.NewCircle(color.NRGBA{R: 255, G: 255, B: 255, A: 0x24})
	room := size / 4
	return container.New(squareLayout{size}, disc, Inset(room, room, room, room, k.Icon(icon, size-2*room, theme.HeaderInk)))
}

// Code is a one-time code to read out: each character large, and below it the
// word to say it with.
func (k *Kit) Code(groups []string, spelling [][]string) fyne.CanvasObject {
	p := k.Palette
	row := Row(26)
	for g, group := range groups {
		tiles := Row(7)
		for i, r := range []rune(group) {
			word := string(r)
			if g < len(spelling) && i < len(spelling[g]) {
				word = spelling[g][i]
			}
			box := canvas.NewRectangle(p.Chips[theme.Note].Paper)
			box.CornerRadius = 10
			letter := k.Plain(string(r), 34, true, p.Chips[theme.Note].Ink)
			letter.Alignment = fyne.TextAlignCenter
			said := k.Plain(word, 12, false, p.Muted)
			said.Alignment = fyne.TextAlignCenter
			tiles.Add(FixedWidth(68, Column(4, container.NewStack(box, Inset(4, 0, 6, 0, letter)), said)))
		}
		row.Add(tiles)
	}
	return row
}
