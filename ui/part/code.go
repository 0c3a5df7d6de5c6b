package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/theme"
)

// codeText is the size of a code's characters: read from an arm's length.
const codeText float32 = 34

// Code is a one-time code to read out: each character large, and below it the
// word to say it with. Its groups go below each other where the width ends.
func (k *Kit) Code(groups []string, spelling [][]string) fyne.CanvasObject {
	p := k.Palette
	// All tiles are as wide as the longest word needs, so that nothing is cut and
	// the characters stand at even steps.
	tile := k.Size(60)
	for _, words := range spelling {
		for _, word := range words {
			tile = max(tile, fyne.MeasureText(word, k.Size(theme.TextSmall), fyne.TextStyle{}).Width+4)
		}
	}
	row := Flow(14)
	for g, group := range groups {
		tiles := Row(6)
		for i, r := range []rune(group) {
			word := string(r)
			if g < len(spelling) && i < len(spelling[g]) {
				word = spelling[g][i]
			}
			box := canvas.NewRectangle(p.Chips[theme.Note].Paper)
			box.CornerRadius = 10
			k.outline(box, p.Chips[theme.Note].Ink)
			letter := k.Plain(string(r), codeText, true, p.Chips[theme.Note].Ink)
			letter.Alignment = fyne.TextAlignCenter
			said := k.Plain(word, theme.TextSmall, false, p.Muted)
			said.Alignment = fyne.TextAlignCenter
			tiles.Add(FixedWidth(tile, Column(4, container.NewStack(box, Inset(4, 0, 6, 0, letter)), said)))
		}
		// A little more room between the groups than within them.
		row.Add(Inset(0, 12, 0, 0, tiles))
	}
	return row
}
