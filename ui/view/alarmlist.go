package view

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// alarmList is the list of notifications with its filter.
type alarmList struct {
	page    *notificationsPage
	kit     *part.Kit
	shown   model.AlarmsView
	version uint64
	day     int
	online  bool
	drawn   bool

	filter *filterBar
	count  *part.Text
	newer  *part.Button
	top    uint64 // the first row when it was last scrolled to the top
	list   *part.List
	size   alarmRowSize
	empty  *fyne.Container
	again  *part.Button
	clear  *part.Button
	head   *fyne.Container
	toggle *part.Button // opens the filter where there is not room for it and the list
	fold   *part.Fold
	root   fyne.CanvasObject

	acknowledged struct { // the last row that was, and where it stood
		at   time.Time
		seat float32
	}
}

// How many rows of the list should be seen with the filter above them, and how
// many always are.
const (
	rowsWanted float32 = 2.5
	rowsLeast  float32 = 1.5
)

func newAlarmList(p *notificationsPage) *alarmList {
	k := p.kit
	l := &alarmList{page: p, kit: k, empty: container.NewStack(), size: newAlarmRowSize(k)}
	l.filter = newFilterBar(k, p.actions)
	l.filter.onLeave = l.focus
	l.list = k.List("notifications.list", l.size.height, l)
	l.list.Name = k.T("notifications.title")
	l.list.OnOpen = p.actions.OpenNotification
	l.list.OnKey, l.list.OnRune = func(e *fyne.KeyEvent) { p.leave(e) }, l.rune
	l.list.OnSight = func(from, to int) { p.actions.SeeNotifications(from, to) }
	l.count = k.Title("")
	l.newer = k.SmallButton("notifications.newer", part.Primary, icons.Bell, "", l.toTop)
	l.again = k.SmallButton("notifications.again", part.Quiet, "", k.T("alarms.again"), p.actions.ReloadNotifications)
	l.clear = k.SmallButton("notifications.clear", part.Ghost, icons.Cross, k.T("alarms.clear"), func() {
		p.actions.FilterNotifications(model.Filter{Scope: l.shown.Filter.Scope})
	})
	l.newer.Hide()
	l.again.Hide()
	l.clear.Hide()
	l.toggle = k.SmallButton("notifications.filter", part.Pick, icons.Search, "", nil)
	l.head = part.Head(8, l.count, l.newer, l.again, l.clear, l.toggle,
		k.SmallButton("notifications.handover", part.Quiet, icons.Note, k.T("handover.title"), func() { p.actions.ShowNotifications(model.PlaceHandover) }),
		k.SmallButton("notifications.offenders", part.Quiet, icons.Activity, k.T("offenders.title"), func() { p.actions.ShowNotifications(model.PlaceOffenders) }))
	l.fold = part.NewFold(10, rowsWanted*l.size.height, rowsLeast*l.size.height, l.toggle, func() { giveFocus(l.filter.rest, l.list) },
		part.Column(10, l.head, l.filter.groupRow), container.NewStack(l.filter.rest), k.Panel(container.NewStack(l.list, l.empty)))
	l.root = part.Inset(14, 24, 18, 24, l.fold.Container)
	return l
}

// Len, Key, Index, Make and Fill are the list's rows.
func (l *alarmList) Len() int         { return l.page.state.Alarms.List.Len() }
func (l *alarmList) Key(i int) uint64 { return l.page.state.Alarms.List.ID(i) }
func (l *alarmList) Index(key uint64) (int, bool) {
	if key == 0 {
		return 0, false
	}
	return l.page.state.Alarms.List.Index(key)
}
func (l *alarmList) Make() fyne.CanvasObject { return newAlarmRow(l.kit, l.size, l.acknowledge) }
func (l *alarmList) Fill(i int, row fyne.CanvasObject) {
	row.(*alarmRow).set(l.page.state.AlarmRow(l.kit.Words, i, l.page.now))
}

func (l *alarmList) update(s *model.State) {
	v := s.AlarmsView(l.kit.Words)
	version, day := s.Alarms.List.Version(), l.page.now.YearDay()
	if l.drawn && v == l.shown && version == l.version && day == l.day && s.Connected == l.online {
		return
	}
	other := v.Filter != l.shown.Filter
	if !l.drawn || v != l.shown {
		l.draw(v)
	}
	l.drawn, l.shown, l.version, l.day, l.online = true, v, version, day, s.Connected
	l.list.Update()
	if other {
		l.list.ScrollBy(-l.list.Offset())
	}
	l.tellNewer()
}

// tellNewer says how many came above what is read; they do not move it.
func (l *alarmList) tellNewer() {
	if l.list.Offset() <= 0 {
		l.top = l.Key(0)
	}
	n, ok := l.Index(l.top)
	from, _ := l.list.Sight()
	if n = min(n, from); ok && n > 0 {
		l.newer.SetLabel(l.kit.T("alarms.newer", "n", n))
	}
	if visible := ok && n > 0; visible != l.newer.Visible() {
		show(l.newer, visible)
		l.head.Refresh()
	}
}

func (l *alarmList) toTop() {
	l.list.ScrollBy(-l.list.Offset())
	l.tellNewer()
	l.focus()
}

func (l *alarmList) draw(v model.AlarmsView) {
	k := l.kit
	l.count.Set(or(v.Count, k.T("notifications.title")))
	rest, before := v, l.shown
	rest.Count, before.Count = "", ""
	if l.drawn && rest == before {
		return // a count changes often
	}
	l.filter.set(v)
	l.toggle.SetLabel(k.T("alarms.filter", "scope", l.filter.scopeWord()))
	show(l.again, v.Faulty)
	show(l.clear, v.Narrowed && v.Group == "")
	l.fold.Refresh()
	l.empty.Objects = nil
	say := func(tone theme.Tone, icon icons.Name, key string) {
		l.empty.Objects = []fyne.CanvasObject{k.Empty(tone, icon, k.T(key+".title"), k.T(key+".detail"))}
	}
	switch {
	case v.Loading:
		l.empty.Objects = []fyne.CanvasObject{part.Inset(18, 18, 0, 18, k.Muted(k.T("notifications.loading")))}
	case v.Unknown:
		say(theme.Neutral, icons.Offline, "notifications.unknown")
	case v.Faulty && l.Len() == 0:
		say(theme.Attention, icons.Warning, "alarms.faulty")
	case v.NoneOpen:
		say(theme.Good, icons.Check, "notifications.empty")
	case v.NoneFound:
		say(theme.Neutral, icons.Search, "alarms.none")
	}
	l.empty.Refresh()
}

// acknowledge is the button of a row. A second press at the same place right
// after the first was meant for the row that has gone.
func (l *alarmList) acknowledge(id uint64) {
	seat := float32(-1)
	if i, ok := l.Index(id); ok {
		seat = float32(i)*l.size.height - l.list.Offset()
	}
	if now := time.Now(); now.Sub(l.acknowledged.at) > doublePress || seat != l.acknowledged.seat {
		l.acknowledged.at, l.acknowledged.seat = now, seat
		l.page.actions.Acknowledge(id, model.Signature{})
	}
}

// doublePress is the longest time between the presses of a double one.
const doublePress = 250 * time.Millisecond

func (l *alarmList) inSight() []uint64 {
	var out []uint64
	for i, to := l.list.Whole(); i < to; i++ {
		if n := l.page.state.Alarms.List.At(i); n != nil {
			out = append(out, n.GetId())
		}
	}
	return out
}

// rune is a letter: A acknowledges what is chosen, the slash searches.
func (l *alarmList) rune(r rune) {
	switch r {
	case '/':
		l.fold.Open(true)
		focusOn(l.filter.search)
	case 'a', 'A':
		i, ok := l.Index(l.list.Cursor())
		if n := l.page.state.Alarms.List.At(i); ok && n != nil && l.page.state.AlarmRow(l.kit.Words, i, l.page.now).CanAcknowledge {
			l.acknowledge(n.GetId())
		}
	}
}

// focus gives the list the keyboard, unless something on the page has it.
func (l *alarmList) focus() { focusOn(l.list) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func focusOn(o fyne.CanvasObject) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		c.Focus(o.(fyne.Focusable))
	}
}

// giveFocus hands the keyboard on to another part where one inside has it.
func giveFocus(inside, to fyne.CanvasObject) {
	c := fyne.CurrentApp().Driver().CanvasForObject(to)
	if c == nil {
		return
	}
	if named, ok := c.Focused().(part.Identified); ok && part.Find(inside, named.WidgetID()) != nil {
		c.Focus(to.(fyne.Focusable))
	}
}
