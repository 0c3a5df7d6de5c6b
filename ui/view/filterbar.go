package view

import (
	"slices"

	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
)

// filterBar narrows the list of notifications.
type filterBar struct {
	kit     *part.Kit
	actions Actions
	filter  model.Filter
	setting bool   // fields are being set: what they say is no wish
	onLeave func() // Escape or Enter in the search field

	search   *part.Entry
	scope    *part.Segments
	picks    []*part.Button
	source   *part.Select
	span     *part.Select
	group    *part.Text
	groupRow *fyne.Container // what group is shown, in place of the rest
	rest     *fyne.Container
}

func newFilterBar(k *part.Kit, actions Actions) *filterBar {
	f := &filterBar{kit: k, actions: actions}
	f.search = k.Entry("notifications.search", k.T("alarms.search"))
	f.search.OnChanged = func(s string) { f.change(func(want *model.Filter) { want.Text = s }) }
	f.search.OnKey = func(*fyne.KeyEvent) { f.leave() }
	f.search.OnSubmitted = func(string) { f.leave() }
	f.scope = k.Segments("notifications.scope", []part.Segment{
		{ID: "open", Label: k.T("alarms.scope.open")}, {ID: "shelved", Label: k.T("alarms.scope.shelved")}, {ID: "all", Label: k.T("alarms.scope.all")},
	})
	f.scope.OnChanged = func(i int) { f.change(func(want *model.Filter) { want.Scope = model.Scope(i) }) }
	line := part.Flow(8, f.scope)
	for i, s := range []struct {
		id, key string
		icon    icons.Name
	}{
		{"high", "severity.high", icons.Stop}, {"medium", "severity.medium", icons.Warning}, {"low", "severity.low", icons.Low}, {"info", "severity.info", icons.Info},
	} {
		b := k.SmallButton("notifications.severity."+s.id, part.Pick, s.icon, k.T(s.key), func() {
			f.change(func(want *model.Filter) {
				on := []*bool{&want.High, &want.Medium, &want.Low, &want.Info}[i]
				*on = !*on
			})
		})
		f.picks = append(f.picks, b)
		line.Add(b)
	}
	sources := []string{k.T("alarms.source.all")}
	for _, name := range model.Sources() {
		sources = append(sources, model.SourceName(k.Words, name))
	}
	f.source = part.NewSelect(sources, func(label string) {
		f.change(func(want *model.Filter) {
			want.Source = ""
			if i := slices.Index(sources, label); i > 0 {
				want.Source = model.Sources()[i-1]
			}
		})
	})
	spans := []string{k.T("alarms.span.any"), k.T("time.today"), k.T("time.yesterday"), k.T("alarms.span.week"), k.T("alarms.span.month")}
	f.span = part.NewSelect(spans, func(label string) {
		f.change(func(want *model.Filter) { want.Span = model.Span(max(slices.Index(spans, label), 0)) })
	})
	f.group = k.Bold("")
	f.groupRow = part.RowStretch(10, 1, k.SmallButton("notifications.group.back", part.Quiet, icons.Back, k.T("help.back"), actions.BackFromNotification), f.group)
	f.groupRow.Hide()
	f.rest = part.Column(8,
		part.Sides(8, k.Size(158)+8+k.Size(138), k.Hinted(f.search.PlaceHolder), f.search, part.Row(8,
			part.FixedWidth(k.Size(158), part.NewNamed("notifications.source", k.Boxed(f.source))), part.FixedWidth(k.Size(138), part.NewNamed("notifications.span", k.Boxed(f.span))))),
		line)
	return f
}

// change asks for another filter.
func (f *filterBar) change(how func(*model.Filter)) {
	if f.setting {
		return
	}
	want := f.filter
	how(&want)
	f.actions.FilterNotifications(want)
}

func (f *filterBar) leave() {
	if f.onLeave != nil {
		f.onLeave()
	}
}

// scopeWord is what the list shows: open, put away or all.
func (f *filterBar) scopeWord() string {
	return f.kit.T([]string{"alarms.scope.open", "alarms.scope.shelved", "alarms.scope.all"}[f.filter.Scope])
}

// set shows the filter that holds.
func (f *filterBar) set(v model.AlarmsView) {
	f.setting = true
	defer func() { f.setting = false }()
	f.filter = v.Filter
	if f.search.Text != v.Filter.Text {
		f.search.SetText(v.Filter.Text)
	}
	f.scope.Select(int(v.Filter.Scope))
	for i, on := range []bool{v.Filter.High, v.Filter.Medium, v.Filter.Low, v.Filter.Info} {
		f.picks[i].SetSelected(on)
	}
	f.source.SetSelectedIndex(slices.Index(model.Sources(), v.Filter.Source) + 1)
	f.span.SetSelectedIndex(int(v.Filter.Span))
	f.group.Set(v.Group)
	show(f.groupRow, v.Group != "")
	show(f.rest, v.Group == "")
	f.rest.Refresh()
}
