package view

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// chatHeight is the room for the lines; what is older scrolls.
const chatHeight = 210

// chatCard is the conversation of a session. It outlives what is drawn around
// it, so that a half-written line and its cursor stay where they are.
type chatCard struct {
	kit   *part.Kit
	send  func(string)
	entry *part.Entry
	lines *fyne.Container
	roll  *container.Scroll
	last  uint64 // newest line that is shown
}

func newChatCard(kit *part.Kit, send func(string)) *chatCard {
	c := &chatCard{kit: kit, send: send, lines: part.Column(8)}
	c.entry = kit.Entry("chat.text", kit.T("chat.hint"))
	c.entry.OnSubmitted = func(string) { c.submit() }
	c.roll = container.NewVScroll(part.Inset(2, 10, 2, 2, c.lines))
	c.roll.SetMinSize(fyne.NewSize(0, chatHeight))
	return c
}

// submit sends what was typed. The field is emptied at once: what was said
// comes back with the log's number.
func (c *chatCard) submit() {
	line := model.ChatLine(c.entry.Text)
	if line == "" || c.entry.Disabled() {
		return
	}
	c.entry.SetText("")
	c.send(line)
}

// putBack gives a line back that was not sent, unless another one was begun.
func (c *chatCard) putBack(line string) {
	if c.entry.Text == "" {
		c.entry.SetText(line)
	}
}

// draw builds the card for a state.
func (c *chatCard) draw(v *model.ChatView) fyne.CanvasObject {
	k := c.kit
	c.lines.Objects = nil
	for _, l := range v.Lines {
		c.lines.Add(c.line(l))
	}
	if len(v.Lines) == 0 {
		c.lines.Add(k.Muted(k.T("chat.empty")))
	}
	c.lines.Refresh()
	column := part.Column(12, k.Strong(k.T("chat.title")))
	if v.PatientData {
		column.Add(part.RowStretch(8, 1, k.Icon(icons.Warning, k.Size(18), k.Palette.Chips[theme.Attention].Ink), k.Toned(k.T("chat.patient-data"), theme.Attention)))
	}
	column.Add(part.NewNamed("chat.lines", c.roll))
	if v.Open {
		c.entry.Enable()
		column.Add(part.RowStretch(10, 0, c.entry, k.Button("chat.send", part.Primary, icons.Send, k.T("chat.send"), c.submit)))
	} else {
		c.entry.Disable()
		column.Add(k.Muted(v.Why))
	}
	column.Add(k.Small(k.T("chat.log")))
	return k.Card(column)
}

// follow shows the newest line when one came.
func (c *chatCard) follow(v *model.ChatView) {
	if n := len(v.Lines); n > 0 && v.Lines[n-1].ID != c.last {
		c.last = v.Lines[n-1].ID
		c.roll.ScrollToBottom()
	}
}

// line is one line: the engineer's at the left, the technician's at the right.
func (c *chatCard) line(l model.ChatRow) fyne.CanvasObject {
	k := c.kit
	tone := theme.Neutral
	if l.Mine {
		tone = theme.Note
	}
	ink := k.Palette.Chips[tone].Ink
	paper := canvas.NewRectangle(k.Palette.Chips[tone].Paper)
	paper.CornerRadius = theme.Radius
	words := part.Column(2, k.Styled(model.Joined(l.Who, l.Clock), theme.TextSmall, true, ink), k.Styled(l.Text, theme.TextBody, false, k.Palette.Ink))
	return container.New(bubble{mine: l.Mine}, container.NewStack(paper, part.Inset(8, 12, 10, 12, words)))
}

// bubble leaves a part of the width free, on the side of the other person.
type bubble struct{ mine bool }

const bubbleFree = 0.22

func (b bubble) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (b bubble) Layout(o []fyne.CanvasObject, size fyne.Size) {
	free := size.Width * bubbleFree
	at := fyne.NewPos(0, 0)
	if b.mine {
		at.X = free
	}
	o[0].Move(at)
	o[0].Resize(fyne.NewSize(size.Width-free, size.Height))
}
