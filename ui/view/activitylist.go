package view

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// activityList is the log with its filter.
type activityList struct {
	page    *activityPage
	kit     *part.Kit
	shown   model.ActivityView
	version uint64
	sealed  uint64 // entries that were witnessed, when it was drawn
	day     int
	drawn   bool
	setting bool // fields are being set: what they say is no wish

	title   *part.Text
	newer   *part.Button
	top     uint64 // the first row when it was last scrolled to the top
	again   *part.Button
	clear   *part.Button
	save    *part.Button
	head    *fyne.Container
	proof   *fyne.Container
	notice  *fyne.Container
	search  *part.Entry
	span    *part.Select
	picks   []*part.Button
	session *part.Button
	paper   *part.Button    // the certificate of that session
	line    *fyne.Container // what session is shown
	toggle  *part.Button    // opens the filter where there is not room for it and the list
	fold    *part.Fold
	list    *part.List
	size    activityRowSize
	empty   *fyne.Container
	root    fyne.CanvasObject
}

func newActivityList(p *activityPage) *activityList {
	k := p.kit
	l := &activityList{page: p, kit: k, empty: container.NewStack(), proof: container.NewStack(), notice: part.Column(10), size: newActivityRowSize(k)}
	l.list = k.List("activity.list", l.size.height, l)
	l.list.Name = k.T("nav.activity")
	l.list.OnOpen = func(key uint64) { p.actions.OpenActivity(key - 1) }
	l.list.OnKey, l.list.OnRune = func(e *fyne.KeyEvent) { p.leave(e) }, l.rune
	l.list.OnSight = p.actions.SeeActivity
	l.title = k.Title("")
	l.newer = k.SmallButton("activity.newer", part.Primary, icons.Activity, "", l.toTop)
	l.again = k.SmallButton("activity.again", part.Quiet, "", k.T("activity.again"), p.actions.ReloadActivity)
	l.clear = k.SmallButton("activity.clear", part.Ghost, icons.Cross, k.T("activity.clear"), func() { p.actions.FilterActivity(model.ActivityFilter{}) })
	l.save = k.SmallButton("activity.export", part.Quiet, icons.File, k.T("activity.export"), p.actions.AskExport)
	l.toggle = k.SmallButton("activity.filter", part.Pick, icons.Search, k.T("activity.filter"), nil)
	l.head = part.Head(8, l.title, l.newer, l.again, l.clear, l.toggle, l.save)
	for _, b := range []*part.Button{l.newer, l.again, l.clear} {
		b.Hide()
	}
	groups := l.filter()
	l.line = part.Flow(8, l.session, l.paper)
	details := part.Column(8, part.Sides(8, k.Size(150), k.Hinted(l.search.PlaceHolder), l.search, part.NewNamed("activity.span", k.Boxed(l.span))), groups)
	l.fold = part.NewFold(10, rowsWanted*l.size.height, rowsLeast*l.size.height, l.toggle, func() { giveFocus(details, l.list) },
		part.Column(10, part.Column(3, l.head, l.proof), l.notice, l.line), details, k.Panel(container.NewStack(l.list, l.empty)))
	l.root = part.Inset(14, 24, 18, 24, l.fold.Container)
	return l
}

// filter makes what narrows the log, and returns the row of groups.
func (l *activityList) filter() *fyne.Container {
	k := l.kit
	l.search = k.Entry("activity.search", k.T("activity.search"))
	l.search.OnChanged = func(s string) { l.change(func(f *model.ActivityFilter) { f.Text = s }) }
	l.search.OnKey = func(*fyne.KeyEvent) { focusOn(l.list) }
	l.search.OnSubmitted = func(string) { focusOn(l.list) }
	words := map[model.Span]string{model.SpanAny: "alarms.span.any", model.SpanToday: "time.today", model.SpanYesterday: "time.yesterday", model.SpanWeek: "alarms.span.week", model.SpanMonth: "alarms.span.month"}
	var spans []string
	for _, s := range model.ActivitySpans() {
		spans = append(spans, k.T(words[s]))
	}
	l.span = part.NewSelect(spans, func(label string) {
		l.change(func(f *model.ActivityFilter) { f.Span = model.ActivitySpans()[max(slices.Index(spans, label), 0)] })
	})
	groups := part.Flow(8)
	l.session = k.SmallButton("activity.session", part.Primary, icons.Cross, "", func() { l.change(func(f *model.ActivityFilter) { f.Session = "" }) })
	l.paper = k.SmallButton("activity.certificate", part.Quiet, icons.File, k.T("activity.session.certificate"), func() { l.page.actions.SaveCertificate(l.shown.Filter.Session) })
	for i, group := range model.ActivityGroups() {
		b := k.SmallButton("activity.group."+group, part.Pick, "", k.T("activity.group."+group), func() {
			l.change(func(f *model.ActivityFilter) { f.Groups[i] = !f.Groups[i] })
		})
		l.picks = append(l.picks, b)
		groups.Add(b)
	}
	return groups
}

// change asks for another filter.
func (l *activityList) change(how func(*model.ActivityFilter)) {
	if !l.setting {
		want := l.shown.Filter
		how(&want)
		l.page.actions.FilterActivity(want)
	}
}

// Len, Key, Index, Make and Fill are the list's rows.
func (l *activityList) Len() int                     { return l.page.state.Activity.List.Len() }
func (l *activityList) Key(i int) uint64             { return l.page.state.Activity.List.Key(i) }
func (l *activityList) Index(key uint64) (int, bool) { return l.page.state.Activity.List.Index(key) }
func (l *activityList) Make() fyne.CanvasObject      { return newActivityRow(l.kit, l.size, l.only) }
func (l *activityList) Fill(i int, o fyne.CanvasObject) {
	o.(*activityRow).set(l.page.state.ActivityRow(l.kit.Words, i, l.page.now))
}

// only narrows the log to a session.
func (l *activityList) only(session string) {
	l.page.actions.FilterActivity(model.ActivityFilter{Session: session})
}

func (l *activityList) update(s *model.State) {
	v := s.ActivityView(l.kit.Words, l.page.now)
	version, sealed, day := s.Activity.List.Version(), s.Status.GetLog().GetWitnessed(), l.page.now.YearDay()
	if l.drawn && v == l.shown && version == l.version && sealed == l.sealed && day == l.day {
		return
	}
	other := v.Filter != l.shown.Filter
	if !l.drawn || v != l.shown {
		before := l.shown
		l.shown = v
		l.draw(v, before)
	}
	l.drawn, l.version, l.sealed, l.day = true, version, sealed, day
	l.list.Update()
	if other {
		l.list.ScrollBy(-l.list.Offset())
	}
	l.tellNewer()
}

// tellNewer says how many came above what is read; they do not move it.
func (l *activityList) tellNewer() {
	if l.list.Offset() <= 0 {
		l.top = l.Key(0)
	}
	n, ok := l.Index(l.top)
	if ok && n > 0 {
		l.newer.SetLabel(l.kit.T("activity.newer", "n", n))
	}
	if visible := ok && n > 0; visible != l.newer.Visible() {
		show(l.newer, visible)
		l.head.Refresh()
	}
}

func (l *activityList) toTop() {
	l.list.ScrollBy(-l.list.Offset())
	l.tellNewer()
	focusOn(l.list)
}

func (l *activityList) draw(v, before model.ActivityView) {
	k := l.kit
	l.setting = true
	defer func() { l.setting = false }()
	l.title.Set(v.Title)
	show(l.again, v.Faulty)
	show(l.clear, v.Narrowed)
	l.save.SetEnabled(v.CanSave && v.Export.Step == model.ExportClosed)
	if !l.drawn || v.Proof != before.Proof {
		l.proof.Objects = nil
		if v.Proof.Word != "" {
			l.proof.Objects = []fyne.CanvasObject{part.RowStretch(6, 1, k.Icon(v.Proof.Icon, k.Size(15), k.Palette.Chips[v.Proof.Tone].Ink), k.Small(v.Proof.Word))}
		}
		l.proof.Refresh()
	}
	if !l.drawn || v.Trouble != before.Trouble || v.Export != before.Export {
		var rows []fyne.CanvasObject
		if v.Trouble.Title != "" {
			rows = append(rows, part.NewNamed("activity.trouble", k.TonedCard(theme.Danger, part.RowStretch(12, 1,
				k.Icon(icons.Warning, 26, k.Palette.Chips[theme.Danger].Ink), part.Column(3, k.Styled(v.Trouble.Title, theme.TextStrong, true, k.Palette.Chips[theme.Danger].Ink), k.Body(v.Trouble.Detail))))))
		}
		if panel := exportPanel(k, l.page.actions, v.Export, l.page.key); panel != nil {
			rows = append(rows, panel)
		}
		redraw(l.notice, rows...)
	}
	if l.search.Text != v.Filter.Text {
		l.search.SetText(v.Filter.Text)
	}
	l.span.SetSelectedIndex(max(slices.Index(model.ActivitySpans(), v.Filter.Span), 0))
	for i, on := range v.Filter.Groups {
		l.picks[i].SetSelected(on)
	}
	l.session.SetLabel(v.Session)
	l.paper.SetEnabled(v.CanSave && v.Export.Step == model.ExportClosed)
	show(l.line, v.Session != "")
	l.fold.Refresh()
	l.nothing(v)
}

// nothing says why there are no rows.
func (l *activityList) nothing(v model.ActivityView) {
	k := l.kit
	l.empty.Objects = nil
	say := func(tone theme.Tone, icon icons.Name, title, detail string) {
		l.empty.Objects = []fyne.CanvasObject{k.Empty(tone, icon, k.T(title), k.T(detail))}
	}
	switch {
	case v.Loading:
		l.empty.Objects = []fyne.CanvasObject{part.Inset(18, 18, 0, 18, k.Muted(k.T("activity.loading")))}
	case v.Unknown:
		say(theme.Neutral, icons.Offline, "activity.unknown.title", "activity.unknown.detail")
	case v.Faulty && l.Len() == 0:
		say(theme.Attention, icons.Warning, "activity.faulty.title", "activity.faulty.detail")
	case v.NoneFound:
		say(theme.Neutral, icons.Search, "activity.none.title", "activity.none.detail")
	case v.None:
		say(theme.Neutral, icons.Activity, "activity.empty", "activity.detail")
	}
	l.empty.Refresh()
}

// rune is a letter: the slash searches.
func (l *activityList) rune(r rune) {
	if r == '/' {
		l.fold.Open(true)
		focusOn(l.search)
	}
}
