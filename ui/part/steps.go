package part

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Step is one of a few that lead somewhere.
type Step struct {
	Words              string
	Done, Now, Trouble bool
}

// Steps shows how far something is: what is done has a tick, what is next a
// full disc and bold words, what is in the way a warning. They go on below each
// other where the width ends.
func (k *Kit) Steps(steps ...Step) fyne.CanvasObject {
	const size float32 = 28
	p := k.Palette
	row := Flow(12)
	for i, s := range steps {
		pair, mark := p.Chips[theme.Neutral], icons.Name("")
		switch {
		case s.Trouble:
			pair, mark = p.Chips[theme.Attention], icons.Warning
		case s.Done:
			pair, mark = p.Chips[theme.Good], icons.Check
		case s.Now:
			pair = p.Primary
		}
		disc := canvas.NewCircle(pair.Paper)
		disc.StrokeColor, disc.StrokeWidth = pair.Ink, k.Edge()
		inside := fyne.CanvasObject(container.NewCenter(k.Plain(strconv.Itoa(i+1), theme.TextSmall, true, pair.Ink)))
		if mark != "" {
			inside = Inset(size/4, size/4, size/4, size/4, k.Icon(mark, size/2, pair.Ink))
		}
		words := k.Plain(s.Words, theme.TextBody, s.Now || s.Trouble, p.Ink)
		if !s.Now && !s.Trouble && !s.Done {
			words.Color = p.Muted
		}
		step := Row(8, container.New(squareLayout{k.Size(size)}, disc, inside), words)
		if i+1 < len(steps) {
			line := canvas.NewRectangle(p.Field)
			line.SetMinSize(fyne.NewSize(22, k.Edge()))
			step.Add(Row(0, Space(4, 0), line))
		}
		row.Add(step)
	}
	return row
}
