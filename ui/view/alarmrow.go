package view

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// alarmRow is a notification in a list. It is drawn by hand: a list that
// scrolls over a hundred thousand of them fills one at every step.
type alarmRow struct {
	widget.BaseWidget
	kit   *part.Kit
	shown model.AlarmRow
	width float32 // that the texts were cut for
	drawn drawnRow

	size alarmRowSize

	edge, rule        *canvas.Rectangle
	disc              *canvas.Circle
	icon              *canvas.Image
	title, advice     *canvas.Text
	meta, when, state *canvas.Text
	acknowledge       *part.Button
	onAcknowledge     func(id uint64)
}

// alarmRowSize is how high a row and its lines are at a size of text. A row
// holds three lines at its left, and at its right when, and a button.
type alarmRowSize struct {
	height, body, small  float32 // of the row, and of its lines
	title, advice, meta  float32 // where the lines begin
	when, acknowledgeEnd float32 // where that begins, and how far the button is from the end
}

func newAlarmRowSize(k *part.Kit) alarmRowSize {
	s := alarmRowSize{title: 8, when: 9, acknowledgeEnd: 6}
	s.body, s.small = k.Plain("Ag", theme.TextBody, true, k.Palette.Ink).MinSize().Height, k.Plain("Ag", theme.TextSmall, true, k.Palette.Ink).MinSize().Height
	s.advice = s.title + s.body + 2
	s.meta = s.advice + s.body + 2
	button := k.SmallButton("", part.Quiet, icons.Check, k.T("notifications.acknowledge"), nil).MinSize().Height
	s.height = max(s.meta+s.small+s.title, s.when+s.small+4+button+s.acknowledgeEnd)
	return s
}

func newAlarmRow(k *part.Kit, size alarmRowSize, acknowledge func(id uint64)) *alarmRow {
	r := &alarmRow{kit: k, onAcknowledge: acknowledge, size: size,
		edge: canvas.NewRectangle(color.Transparent), rule: canvas.NewRectangle(k.Palette.Line), disc: canvas.NewCircle(color.Transparent),
		icon:  &canvas.Image{FillMode: canvas.ImageFillContain},
		title: k.Plain("", theme.TextBody, true, k.Palette.Ink), advice: k.Plain("", theme.TextBody, false, k.Palette.Ink),
		meta: k.Plain("", theme.TextSmall, false, k.Palette.Muted), when: k.Plain("", theme.TextSmall, true, k.Palette.Muted),
		state: k.Plain("", theme.TextSmall, false, k.Palette.Muted),
	}
	r.edge.CornerRadius = 2
	r.when.Alignment, r.state.Alignment = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	r.acknowledge = k.SmallButton("", part.Quiet, icons.Check, k.T("notifications.acknowledge"), func() { r.onAcknowledge(r.shown.ID) })
	r.ExtendBaseWidget(r)
	return r
}

// WidgetID is the stable name.
func (r *alarmRow) WidgetID() string {
	if r.shown.ID == 0 {
		return ""
	}
	return fmt.Sprintf("notification.%d", r.shown.ID)
}

// Spoken is what a screen reader says.
func (r *alarmRow) Spoken() string {
	return model.Joined(r.shown.Severity.Word, r.shown.Title, r.shown.Advice, r.shown.Meta, r.shown.When, r.shown.State)
}

// Inside is what tests find inside.
func (r *alarmRow) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{r.acknowledge} }

// set shows a notification.
func (r *alarmRow) set(v model.AlarmRow) {
	if v == r.shown && r.width > 0 {
		return
	}
	r.shown, r.width = v, 0
	r.acknowledge.ID = fmt.Sprintf("notification.%d.acknowledge", v.ID)
	show(r.acknowledge, v.CanAcknowledge && r.onAcknowledge != nil)
	p := r.kit.Palette
	tone := p.Chips[v.Severity.Tone]
	quiet := !v.Open
	if quiet {
		tone = p.Chips[theme.Neutral]
	}
	r.disc.FillColor, r.edge.FillColor = tone.Paper, tone.Ink
	icon := v.Severity.Icon
	if v.Group {
		icon = icons.Group
	}
	r.icon.Hidden = v.Loading
	if picture := icons.Resource(icon, tone.Ink); !v.Loading && (r.icon.Resource == nil || r.icon.Resource.Name() != picture.Name()) {
		r.icon.Resource = picture
		r.icon.Refresh()
	}
	r.edge.Hidden, r.disc.Hidden = quiet, v.Loading
	r.title.Color, r.advice.Color = p.Ink, p.Ink
	if quiet {
		r.advice.Color = p.Muted
	}
	if v.Loading {
		r.title.Color = p.Muted
	}
	r.when.Text, r.state.Text = v.When, v.State
	r.place(r.Size())
	r.tell()
}

// drawnRow is what of a row was given to Fyne: a text that is given again is
// drawn letter by letter again, and at a flood a count is all that changes.
type drawnRow struct {
	texts  [5]drawnText
	fields [2]color.Color // of disc and edge
	hidden [4]bool
}

type drawnText struct {
	words  string
	colour color.Color
}

func (r *alarmRow) texts() [5]*canvas.Text {
	return [5]*canvas.Text{r.title, r.advice, r.meta, r.when, r.state}
}

// tell has Fyne draw what is another than before.
func (r *alarmRow) tell() {
	now := drawnRow{
		fields: [2]color.Color{r.disc.FillColor, r.edge.FillColor},
		hidden: [4]bool{r.disc.Hidden, r.edge.Hidden, r.icon.Hidden, r.acknowledge.Hidden},
	}
	for i, t := range r.texts() {
		if now.texts[i] = (drawnText{t.Text, t.Color}); now.texts[i] != r.drawn.texts[i] {
			canvas.Refresh(t)
		}
	}
	if now.fields != r.drawn.fields || now.hidden != r.drawn.hidden {
		canvas.Refresh(r.edge) // one is enough: fields are drawn at every frame
	}
	r.drawn = now
}

const (
	rowInset float32 = 14
	rowText  float32 = 62 // where the texts begin
	rowDisc  float32 = 34
)

// place cuts the texts for a width and puts everything where it stands.
func (r *alarmRow) place(size fyne.Size) {
	if size.Width <= 0 || r.width == size.Width {
		return
	}
	r.width = size.Width
	v := r.shown
	right := r.when.MinSize().Width
	button := r.acknowledge.MinSize()
	if r.acknowledge.Visible() {
		right = max(right, button.Width)
	}
	end := size.Width - rowInset - 8 // the scroll bar
	// What became of it may be long: it gets its width, up to a third.
	r.state.Text = part.Shorten(v.State, max(right, size.Width/3), r.kit.Size(theme.TextSmall), false)
	lower := right
	if v.State != "" {
		lower = max(right, r.state.MinSize().Width)
	}
	r.title.Text = part.Shorten(v.Title, end-right-16-rowText, r.kit.Size(theme.TextBody), true)
	r.advice.Text = part.Shorten(v.Advice, end-lower-16-rowText, r.kit.Size(theme.TextBody), false)
	r.meta.Text = part.Shorten(v.Meta, end-lower-16-rowText, r.kit.Size(theme.TextSmall), false)
	r.edge.Move(fyne.NewPos(0, 10))
	r.edge.Resize(fyne.NewSize(4, size.Height-20))
	r.disc.Move(fyne.NewPos(rowInset, (size.Height-rowDisc)/2))
	r.disc.Resize(fyne.NewSquareSize(rowDisc))
	r.icon.Move(fyne.NewPos(rowInset+rowDisc/4, (size.Height-rowDisc/2)/2))
	r.icon.Resize(fyne.NewSquareSize(rowDisc / 2))
	at := func(t *canvas.Text, x, y, height float32) {
		t.Move(fyne.NewPos(x, y))
		t.Resize(fyne.NewSize(max(end-x, 0), height))
	}
	gap := float32(0) // without advice two lines stand in the middle
	if v.Advice == "" {
		gap = (r.size.meta - r.size.advice) / 2
	}
	at(r.title, rowText, r.size.title+gap, r.size.body)
	at(r.advice, rowText, r.size.advice, r.size.body)
	at(r.meta, rowText, r.size.meta-gap, r.size.small)
	// These stand at the right: their whole width is theirs.
	at(r.when, rowText, r.size.when, r.size.small)
	at(r.state, rowText, r.size.meta, r.size.small)
	r.acknowledge.Move(fyne.NewPos(end-button.Width, size.Height-button.Height-r.size.acknowledgeEnd))
	r.acknowledge.Resize(button)
	r.rule.Move(fyne.NewPos(rowText, size.Height-1))
	r.rule.Resize(fyne.NewSize(max(end-rowText, 0), 1))
}

// CreateRenderer is Fyne's.
func (r *alarmRow) CreateRenderer() fyne.WidgetRenderer { return &alarmRowRenderer{r} }

type alarmRowRenderer struct{ row *alarmRow }

func (r *alarmRowRenderer) MinSize() fyne.Size { return fyne.NewSize(320, r.row.size.height) }

func (r *alarmRowRenderer) Layout(size fyne.Size) {
	if r.row.width != size.Width {
		r.row.place(size)
		r.row.tell()
	}
}

func (r *alarmRowRenderer) Refresh() {
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}

func (r *alarmRowRenderer) Objects() []fyne.CanvasObject {
	w := r.row
	return []fyne.CanvasObject{w.edge, w.disc, w.icon, w.title, w.advice, w.meta, w.when, w.state, w.rule, w.acknowledge}
}

func (r *alarmRowRenderer) Destroy() {}
