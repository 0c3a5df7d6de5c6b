package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// offendersPage is what bothered most in a month.
type offendersPage struct {
	kit     *part.Kit
	actions Actions
	shown   model.OffendersView
	drawn   bool
	month   *part.Text
	later   *part.Button
	place   *fyne.Container
	root    fyne.CanvasObject
}

func newOffendersPage(k *part.Kit, actions Actions) *offendersPage {
	p := &offendersPage{kit: k, actions: actions, place: part.Column(0)}
	key := func(e *fyne.KeyEvent) {
		switch e.Name {
		case fyne.KeyEscape:
			actions.BackFromNotification()
		case fyne.KeyLeft:
			actions.GoMonth(-1)
		case fyne.KeyRight:
			actions.GoMonth(1)
		}
	}
	p.month = k.Strong("").Centered()
	earlier := k.SmallButton("offenders.earlier", part.Quiet, icons.Back, k.T("offenders.earlier"), func() { actions.GoMonth(-1) })
	p.later = k.SmallButton("offenders.later", part.Quiet, icons.Next, k.T("offenders.later"), func() { actions.GoMonth(1) })
	back := k.SmallButton("offenders.back", part.Quiet, icons.Back, k.T("help.back"), actions.BackFromNotification)
	earlier.OnKey, p.later.OnKey, back.OnKey = key, key, key
	head := part.RowStretch(12, 1, back, k.Title(k.T("offenders.title")))
	p.root = pageFrame(part.Column(14, head, k.Muted(k.T("offenders.detail")), part.Row(12, earlier, part.FixedWidth(k.Size(150), p.month), p.later), p.place))
	return p
}

func (p *offendersPage) update(s *model.State, now time.Time) {
	v := s.OffendersView(p.kit.Words, now)
	if p.drawn && reflect.DeepEqual(v, p.shown) {
		return
	}
	p.drawn, p.shown = true, v
	k := p.kit
	p.month.Set(v.Month)
	p.later.SetEnabled(v.Later)
	switch {
	case v.Loading:
		redraw(p.place, k.Muted(k.T("notifications.loading")))
		return
	case len(v.Rows) == 0:
		redraw(p.place, k.Card(part.Inset(0, 0, 30, 0, k.Empty(theme.Good, icons.Check, k.T("offenders.none.title"), k.T("offenders.none.detail")))))
		return
	}
	column := part.Column(0)
	for i, r := range v.Rows {
		if i > 0 {
			column.Add(part.Inset(10, 0, 10, 0, k.Rule()))
		}
		words := part.Column(2, k.Bold(r.Title))
		if r.About != "" {
			words.Add(k.Small(r.About))
		}
		words.Add(k.Small(r.Long))
		column.Add(part.RowStretch(14, 2, part.FixedWidth(max(k.Size(26), k.Plain(v.Rows[len(v.Rows)-1].Rank, theme.TextStrong, true, k.Palette.Muted).MinSize().Width), k.Plain(r.Rank, theme.TextStrong, true, k.Palette.Muted)),
			k.Disc(r.Severity.Tone, r.Severity.Icon, 34), words, part.FixedWidth(k.Size(170), part.Column(2, k.Bold(r.Often), k.Small(r.Repeats)))))
	}
	redraw(p.place, k.Card(column))
}
