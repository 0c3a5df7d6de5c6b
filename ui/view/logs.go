package view

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// logsPage shows the log that would go with a request for help, word for word,
// and asks whether it goes.
type logsPage struct {
	kit     *part.Kit
	actions Actions
	id      string
	lines   []model.LogLine
	list    *part.List
	facts   *part.Text
	send    *part.Button
	without *part.Button
	root    fyne.CanvasObject
}

const (
	logSize   float32 = 12
	logHeight float32 = 18
	// logLeast lines are always there to read: in a low window the page scrolls.
	logLeast = 6
	// logColumns fit the page at the window's least width.
	logColumns = 80
)

func newLogsPage(k *part.Kit, actions Actions) *logsPage {
	p := &logsPage{kit: k, actions: actions}
	p.list = k.List("logs.text", k.Size(logHeight), p)
	p.list.Name = k.T("logs.title")
	p.list.OnKey = p.key
	p.facts = k.Small("")
	back := k.SmallButton("logs.back", part.Quiet, icons.Back, k.T("help.back"), func() { actions.HelpStep(model.StepForm) })
	p.send = k.Button("logs.send", part.Primary, icons.Send, k.T("logs.send"), func() { actions.RequestHelp(true) })
	p.without = k.Button("logs.without", part.Quiet, icons.Cross, k.T("logs.without"), func() { actions.RequestHelp(false) })
	back.OnKey, p.send.OnKey, p.without.OnKey = p.key, p.key, p.key
	head := part.Column(8, part.RowStretch(12, 1, back, k.Title(k.T("logs.title"))), k.Body(k.T("logs.detail")),
		k.Banner(theme.Attention, icons.Warning, k.T("logs.some-remain")), p.facts)
	p.root = part.Inset(14, 24, 18, 24, part.Fill(part.Inset(0, 0, 10, 0, head),
		k.Panel(container.NewStack(part.Space(0, logLeast*k.Size(logHeight)), p.list)), part.Inset(12, 0, 0, 0, part.Answers(p.without, nil, p.send))))
	return p
}

func (p *logsPage) key(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		p.actions.HelpStep(model.StepForm)
	}
}

func (p *logsPage) update(v model.HelpView) {
	if v.Logs.ID != p.id {
		p.id, p.lines = v.Logs.ID, model.LogLines(v.Logs.Text, int(logColumns/p.kit.Size(1)))
		p.list.ScrollBy(-p.list.Offset())
		p.list.Update()
	}
	p.facts.Set(v.Logs.Facts)
	p.send.SetEnabled(!v.Busy)
	p.without.SetEnabled(!v.Busy)
}

// Len, Key, Index, Make and Fill are the list's rows.
func (p *logsPage) Len() int         { return len(p.lines) }
func (p *logsPage) Key(i int) uint64 { return uint64(i) + 1 }
func (p *logsPage) Index(key uint64) (int, bool) {
	return int(key) - 1, key > 0 && int(key) <= len(p.lines)
}
func (p *logsPage) Make() fyne.CanvasObject         { return newLogRow(p.kit) }
func (p *logsPage) Fill(i int, o fyne.CanvasObject) { o.(*logRow).set(p.lines[i]) }

// logRow is a line of a log: letters of one width, what was taken out marked.
type logRow struct {
	widget.BaseWidget
	kit    *part.Kit
	field  *fyne.Container
	letter float32
}

func newLogRow(k *part.Kit) *logRow {
	r := &logRow{kit: k, field: container.NewWithoutLayout(), letter: fyne.MeasureText(strings.Repeat("m", 100), k.Size(logSize), fyne.TextStyle{Monospace: true}).Width / 100}
	r.ExtendBaseWidget(r)
	return r
}

func (r *logRow) set(line model.LogLine) {
	p := r.kit.Palette
	var objects []fyne.CanvasObject
	x := float32(8)
	if line.Goes {
		x += 2 * r.letter
	}
	for _, piece := range line.Pieces {
		width := r.letter * float32(len([]rune(piece.Text)))
		t := canvas.NewText(piece.Text, p.Ink)
		t.TextSize, t.TextStyle = r.kit.Size(logSize), fyne.TextStyle{Monospace: true}
		if piece.Scrubbed {
			t.Color = p.Chips[theme.Good].Ink
			box := canvas.NewRectangle(p.Chips[theme.Good].Paper)
			box.StrokeColor, box.StrokeWidth, box.CornerRadius = color.Color(p.Chips[theme.Good].Ink), 1, 3
			box.Move(fyne.NewPos(x-1, 1))
			box.Resize(fyne.NewSize(width+2, r.kit.Size(logHeight)-2))
			objects = append(objects, box)
		}
		t.Move(fyne.NewPos(x, 1))
		t.Resize(t.MinSize())
		objects = append(objects, t)
		x += width
	}
	r.field.Objects = objects
	r.field.Refresh()
}

// CreateRenderer is Fyne's.
func (r *logRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.field) }
