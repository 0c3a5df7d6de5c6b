package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// activityPage lists the log. It may be long, so it is drawn by a list that
// makes only the rows in sight.
type activityPage struct {
	kit     *part.Kit
	actions Actions
	shown   model.ActivityView
	drawn   bool

	summary *part.Text
	list    *widget.List
	empty   fyne.CanvasObject
	more    *part.Button
	root    fyne.CanvasObject
}

func newActivityPage(kit *part.Kit, actions Actions) *activityPage {
	p := &activityPage{kit: kit, actions: actions}
	p.summary = kit.Muted("")
	p.list = widget.NewList(
		func() int { return len(p.shown.Rows) },
		func() fyne.CanvasObject { return newActivityRow(kit) },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(p.shown.Rows) {
				o.(*activityRow).set(p.shown.Rows[i])
			}
		},
	)
	p.list.HideSeparators = true
	p.list.OnSelected = func(i widget.ListItemID) { p.list.Unselect(i) }
	p.empty = kit.Empty(theme.Neutral, icons.Activity, kit.T("activity.empty"), kit.T("activity.detail"))
	p.more = kit.SmallButton("activity.more", part.Quiet, icons.Clock, kit.T("activity.more"), actions.OlderActivity)
	head := part.Column(4, kit.Title(kit.T("activity.title")), kit.Muted(kit.T("activity.detail")), p.summary)
	hint := part.RowStretch(8, 1, kit.Chip(theme.Good, icons.Seal, kit.T("activity.proven")), kit.Small(kit.T("activity.proven.hint")))
	p.root = part.Inset(20, 24, 20, 24, container.NewBorder(
		part.Inset(0, 0, 12, 0, part.Column(10, head, hint)), part.Inset(10, 0, 0, 0, part.Row(0, p.more)), nil, nil,
		kit.Card(container.NewStack(p.list, p.empty)),
	))
	return p
}

func (p *activityPage) content() fyne.CanvasObject { return p.root }

func (p *activityPage) update(s *model.State, now time.Time) {
	v := s.ActivityView(p.kit.Words, now)
	if p.drawn && reflect.DeepEqual(v, p.shown) {
		return
	}
	p.drawn, p.shown = true, v
	p.summary.Set(v.Log)
	show(p.empty, !v.Loading && len(v.Rows) == 0)
	show(p.more, v.More)
	p.list.Refresh()
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// activityRow is one line of the log: time, what, who, proven.
type activityRow struct {
	widget.BaseWidget
	kit    *part.Kit
	day    *part.Text
	clock  *canvas.Text
	disc   *fyne.Container
	what   *part.Text
	detail *part.Text
	proven fyne.CanvasObject
	row    fyne.CanvasObject
}

func newActivityRow(k *part.Kit) *activityRow {
	r := &activityRow{kit: k,
		day: k.Styled("", theme.TextSmall, true, k.Palette.Muted).SingleLine(), clock: k.Plain("00:00", theme.TextBody, false, k.Palette.Muted),
		disc: container.NewStack(k.Disc(theme.Neutral, icons.Info, 32)),
		what: k.Bold("").SingleLine(), detail: k.Small("").SingleLine(),
		proven: k.Chip(theme.Good, icons.Seal, k.T("activity.proven")),
	}
	r.row = part.Inset(4, 6, 4, 0, part.RowStretch(14, 2,
		part.FixedWidth(78, part.Column(0, r.clock, r.day)), r.disc, part.Column(1, r.what, r.detail), r.proven))
	r.ExtendBaseWidget(r)
	return r
}

func (r *activityRow) set(v model.ActivityRow) {
	r.day.Set(v.Day)
	r.clock.Text = v.Clock
	r.clock.Refresh()
	r.disc.Objects = []fyne.CanvasObject{r.kit.Disc(v.Tone, v.Icon, 32)}
	r.disc.Refresh()
	r.what.Set(v.What)
	r.detail.Set(model.Joined(v.Who, v.Detail))
	show(r.proven, v.Proven)
	r.row.Refresh()
}

// CreateRenderer is Fyne's.
func (r *activityRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.row) }
