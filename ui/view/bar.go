package view

import (
	"image/color"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// BarActions is what the session bar can make happen.
type BarActions interface {
	Revoke(hostpb.Capability)
	EndSession()
	// ShowChat brings the chat forward.
	ShowChat()
	// MoveBar moves the bar's window by so many of Fyne's units.
	MoveBar(dx, dy float32)
}

// Bar is the content of the session bar: who is here, what is allowed for how
// long, and the way to end it. It is there as long as the session is.
type Bar struct {
	kit     *part.Kit
	actions BarActions
	shown   model.BarView
	left    []*canvas.Text
	place   *fyne.Container
	root    fyne.CanvasObject
}

// NewBar builds the bar.
func NewBar(kit *part.Kit, actions BarActions) *Bar {
	b := &Bar{kit: kit, actions: actions, place: container.NewStack()}
	b.root = b.place
	return b
}

// Content is what the window holds.
func (b *Bar) Content() fyne.CanvasObject { return b.root }

// Update draws a state. It says whether the bar's size may have changed.
func (b *Bar) Update(v model.BarView) (resized bool) {
	rest := v
	rest.Leases = append([]model.LeaseRow(nil), v.Leases...)
	for i := range rest.Leases {
		rest.Leases[i].Left = blank(rest.Leases[i].Left)
	}
	if len(b.place.Objects) == 0 || !reflect.DeepEqual(rest, b.shown) {
		b.shown, b.left = rest, nil
		b.draw(v)
		return true
	}
	for i, t := range b.left {
		if t.Text != v.Leases[i].Left {
			t.Text = v.Leases[i].Left
			t.Refresh()
		}
	}
	return false
}

// blank keeps the shape of a time, so that a change of its length counts.
func blank(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r >= '0' && r <= '9' {
			out[i] = '0'
		}
	}
	return string(out)
}

func (b *Bar) draw(v model.BarView) {
	k := b.kit.OnHeader()
	icon := icons.Person
	if v.Lost {
		icon = icons.Offline
	}
	head := []fyne.CanvasObject{k.Badge(icon, 36),
		part.Column(0, k.Plain(v.Title, theme.TextStrong, true, theme.HeaderInk), k.Plain(v.Kill, theme.TextSmall, false, theme.HeaderMuted))}
	if v.Nothing != "" {
		head = append(head, k.Chip(theme.Neutral, icons.Shield, v.Nothing))
	}
	var rights, ends []fyne.CanvasObject
	for _, l := range v.Leases {
		rights = append(rights, b.lease(l))
	}
	if v.Unread != "" {
		ends = append(ends, k.SmallButton("bar.chat", part.Primary, icons.Chat, v.Unread, b.actions.ShowChat))
	}
	ends = append(ends, k.Button("bar.end", part.Stop, icons.Power, v.End, b.actions.EndSession))
	// A few rights stand beside the name, more of them in rows below it.
	content := part.Row(14, slices.Concat(head, rights, ends)...)
	if len(rights) > besideName || content.MinSize().Width > barMost {
		content = part.Column(7, part.Row(14, slices.Concat(head, ends)...))
		for len(rights) > 0 {
			n := min(perRow, len(rights))
			for n > 1 && part.Row(9, rights[:n]...).MinSize().Width > barMost {
				n--
			}
			content.Add(part.Row(9, rights[:n]...))
			rights = rights[n:]
		}
	}
	grip := newGrip(b.actions.MoveBar)
	// An edge, so that the bar stands out from a window of the same colours.
	edge := canvas.NewRectangle(color.Transparent)
	edge.StrokeColor, edge.StrokeWidth = theme.HeaderMuted, k.Edge()
	redraw(b.place, k.HeaderBack(theme.Session), edge, grip, part.Inset(7, 10, 7, 14, content))
}

// How many rights stand where on the bar, and how wide what is on it may be: it
// must fit a screen of 1024, and one of 1920 at 200 %.
const (
	besideName         = 2
	perRow             = 3
	barMost    float32 = 936
)

// lease is one thing that is allowed, with the way to take it back.
func (b *Bar) lease(l model.LeaseRow) fyne.CanvasObject {
	k := b.kit
	tone := theme.Neutral
	if l.Active {
		tone = theme.Attention
	}
	c := k.Palette.Chips[tone]
	left := k.Plain(l.Left, theme.TextSmall, true, c.Ink)
	b.left = append(b.left, left)
	capability := l.Capability
	words := part.Column(0, k.Plain(l.Label, theme.TextSmall, true, c.Ink))
	if l.Left != "" {
		words.Add(left)
	}
	revoke := k.SmallButton("bar."+l.ID+".revoke", part.Quiet, icons.Cross, k.T("bar.take-back"), func() { b.actions.Revoke(capability) })
	return k.Tile(tone, part.Inset(3, 4, 3, 10, part.Row(9, k.Icon(l.Icon, k.Size(20), c.Ink), words, revoke)))
}

// grip is the bar's back: dragging it moves the window.
type grip struct {
	widget.BaseWidget
	move  func(dx, dy float32)
	start *fyne.Position
}

func newGrip(move func(dx, dy float32)) *grip {
	g := &grip{move: move}
	g.ExtendBaseWidget(g)
	return g
}

func (g *grip) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}

func (g *grip) Cursor() desktop.Cursor { return desktop.PointerCursor }

// Dragged moves by how far the pointer is from where it took hold. The window
// follows, so the distance is always the step still to go.
func (g *grip) Dragged(e *fyne.DragEvent) {
	if g.start == nil {
		at := e.Position.Subtract(e.Dragged)
		g.start = &at
	}
	d := e.Position.Subtract(*g.start)
	g.move(d.X, d.Y)
}

func (g *grip) DragEnd() { g.start = nil }
