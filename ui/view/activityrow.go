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

// activityRow is an entry of the log in a list, drawn by hand as a
// notification's is: when, what, who, and quietly how well it is proven.
type activityRow struct {
	widget.BaseWidget
	kit   *part.Kit
	shown model.ActivityRow
	width float32 // that the texts were cut for

	size activityRowSize

	rule                                   *canvas.Rectangle
	disc                                   *canvas.Circle
	icon, seal                             *canvas.Image
	clock, day, what, meta, proof, warning *canvas.Text
	only                                   *part.Button
	onOnly                                 func(session string)
}

// activityRowSize is how high a row and its lines are, and where they begin, at
// a size of text. A row holds two lines and a button.
type activityRowSize struct {
	height, body, small float32 // of the row, and of its lines
	upper, lower        float32 // where the lines begin
	disc, text          float32 // where icon and sentence begin
}

func newActivityRowSize(k *part.Kit) activityRowSize {
	s := activityRowSize{upper: 10, disc: k.Size(100), text: k.Size(100) + 46}
	s.body, s.small = k.Plain("Ag", theme.TextBody, true, k.Palette.Ink).MinSize().Height, k.Plain("Ag", theme.TextSmall, true, k.Palette.Ink).MinSize().Height
	s.lower = s.upper + s.body + 2
	button := k.SmallButton("", part.Ghost, icons.Search, k.T("activity.session.show"), nil).MinSize().Height
	s.height = max(s.lower+s.small+s.upper, button+14)
	return s
}

func newActivityRow(k *part.Kit, size activityRowSize, only func(session string)) *activityRow {
	p := k.Palette
	r := &activityRow{kit: k, onOnly: only, size: size, rule: canvas.NewRectangle(p.Line), disc: canvas.NewCircle(color.Transparent),
		icon: &canvas.Image{FillMode: canvas.ImageFillContain}, seal: &canvas.Image{FillMode: canvas.ImageFillContain},
		clock: k.Plain("", theme.TextBody, false, p.Muted), day: k.Plain("", theme.TextSmall, true, p.Muted),
		what: k.Plain("", theme.TextBody, true, p.Ink), meta: k.Plain("", theme.TextSmall, false, p.Muted),
		proof: k.Plain("", theme.TextSmall, false, p.Muted), warning: k.Plain("", theme.TextSmall, true, p.Chips[theme.Attention].Ink),
	}
	r.only = k.SmallButton("", part.Ghost, icons.Search, k.T("activity.session.show"), func() { r.onOnly(r.shown.Session) })
	r.ExtendBaseWidget(r)
	return r
}

// WidgetID is the stable name.
func (r *activityRow) WidgetID() string {
	if r.shown.Key == 0 {
		return ""
	}
	return fmt.Sprintf("activity.%d", r.shown.Index)
}

// Inside is what tests find inside.
func (r *activityRow) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{r.only} }

// set shows an entry.
func (r *activityRow) set(v model.ActivityRow) {
	if v == r.shown && r.width > 0 {
		return
	}
	r.shown, r.width = v, 0
	p := r.kit.Palette
	r.only.ID = fmt.Sprintf("activity.%d.session", v.Index)
	r.disc.FillColor = p.Chips[v.Tone].Paper
	picture(r.icon, v.Icon, p.Chips[v.Tone].Ink)
	r.seal.Hidden = v.Proof.Word == ""
	if !r.seal.Hidden {
		picture(r.seal, v.Proof.Icon, p.Chips[v.Proof.Tone].Ink)
	}
	r.what.Color = p.Ink
	if v.Loading {
		r.what.Color = p.Muted
	}
	r.clock.Text, r.day.Text, r.proof.Text, r.warning.Text = v.Clock, v.Day, v.Proof.Word, v.Warning
	r.place(r.Size())
	r.Refresh()
}

// picture gives an image another icon.
func picture(image *canvas.Image, icon icons.Name, ink color.NRGBA) {
	if to := icons.Resource(icon, ink); image.Resource == nil || image.Resource.Name() != to.Name() {
		image.Resource = to
		image.Refresh()
	}
}

const (
	entryRound float32 = 32
	sealSize   float32 = 14
	whatLeast  float32 = 120 // of what happened: what else is in the row gives way, and stands in the entry
)

// place cuts the texts for a width and puts everything where it stands.
func (r *activityRow) place(size fyne.Size) {
	if size.Width <= 0 || r.width == size.Width {
		return
	}
	r.width = size.Width
	v, end := r.shown, size.Width-rowInset-8 // the scroll bar
	at := func(t *canvas.Text, x, y, height float32) {
		t.Move(fyne.NewPos(x, y))
		t.Resize(fyne.NewSize(t.MinSize().Width, height))
	}
	at(r.clock, rowInset, r.size.upper, r.size.body)
	at(r.day, rowInset, r.size.lower, r.size.small)
	r.disc.Move(fyne.NewPos(r.size.disc, (size.Height-entryRound)/2))
	r.disc.Resize(fyne.NewSquareSize(entryRound))
	r.icon.Move(fyne.NewPos(r.size.disc+entryRound/4, (size.Height-entryRound/2)/2))
	r.icon.Resize(fyne.NewSquareSize(entryRound / 2))
	proof := r.proof.MinSize().Width
	small := r.size.upper + (r.size.body-r.size.small)/2
	at(r.proof, end-proof, small, r.size.small)
	r.seal.Move(fyne.NewPos(end-proof-sealSize-5, small+(r.size.small-sealSize)/2))
	r.seal.Resize(fyne.NewSquareSize(sealSize))
	upper := end - proof - sealSize - 5
	lower := end
	r.warning.Move(fyne.NewPos(0, 0)) // a row shows another entry later: nothing of the last stays
	r.warning.Resize(fyne.Size{})
	if v.Warning != "" {
		lower = end - r.warning.MinSize().Width
		at(r.warning, lower, r.size.lower, r.size.small)
	}
	button := r.only.MinSize()
	if show(r.only, v.Session != "" && upper-button.Width-24-r.size.text >= r.kit.Size(whatLeast)); r.only.Visible() {
		upper, lower = upper-button.Width-10, min(lower, upper-button.Width-10)
		r.only.Move(fyne.NewPos(upper, (size.Height-button.Height)/2))
		r.only.Resize(button)
	}
	r.what.Text = part.Shorten(v.What, upper-14-r.size.text, r.kit.Size(theme.TextBody), true)
	r.meta.Text = part.Shorten(v.Meta, lower-14-r.size.text, r.kit.Size(theme.TextSmall), false)
	at(r.what, r.size.text, r.size.upper, r.size.body)
	at(r.meta, r.size.text, r.size.lower, r.size.small)
	if v.Loading {
		at(r.what, r.size.text, (size.Height-r.size.body)/2, r.size.body)
	}
	r.rule.Move(fyne.NewPos(r.size.text, size.Height-1))
	r.rule.Resize(fyne.NewSize(max(end-r.size.text, 0), 1))
}

// CreateRenderer is Fyne's.
func (r *activityRow) CreateRenderer() fyne.WidgetRenderer { return &activityRowRenderer{r} }

type activityRowRenderer struct{ row *activityRow }

func (r *activityRowRenderer) MinSize() fyne.Size { return fyne.NewSize(320, r.row.size.height) }

func (r *activityRowRenderer) Layout(size fyne.Size) {
	if r.row.width != size.Width {
		r.row.place(size)
		r.Refresh()
	}
}

func (r *activityRowRenderer) Refresh() {
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}

func (r *activityRowRenderer) Objects() []fyne.CanvasObject {
	w := r.row
	return []fyne.CanvasObject{w.disc, w.icon, w.clock, w.day, w.what, w.meta, w.seal, w.proof, w.warning, w.rule, w.only}
}

func (r *activityRowRenderer) Destroy() {}
