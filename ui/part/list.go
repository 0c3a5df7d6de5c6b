package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Rows is what a List shows. A row is known by its key, which stays with it
// wherever it moves; 0 is a row that is still on its way.
type Rows interface {
	Len() int
	Key(i int) uint64
	Index(key uint64) (i int, ok bool)
	Make() fyne.CanvasObject
	Fill(i int, row fyne.CanvasObject)
}

// List shows rows of one height out of any number: only those in sight exist.
// Fyne's list numbers its rows; this one knows them by key, so that what
// somebody reads, points at or has chosen stays where it is when rows come
// before it.
type List struct {
	widget.BaseWidget
	ID   string
	Name string // what is in it, in words
	// OnOpen gets the key of a row that was pressed, or Enter was pressed on.
	OnOpen func(key uint64)
	// OnKey and OnRune get what the list has no use for.
	OnKey  func(*fyne.KeyEvent)
	OnRune func(rune)
	// OnSight is told which rows are in sight; to is the first that is not.
	OnSight func(from, to int)

	kit      *Kit
	rows     Rows
	height   float32
	scroll   *container.Scroll
	field    *fyne.Container
	shown    map[uint64]*listCell
	pool     []*listCell
	from, to int
	cursor   uint64 // the chosen row
	hovered  uint64 // the row the pointer is on
	focused  bool
	ring     *canvas.Rectangle // around all of it, while it is empty
	busy     bool              // arranging: scrolling inside does not start it again
}

// List makes a list of rows of a height.
func (k *Kit) List(id string, height float32, rows Rows) *List {
	l := &List{ID: id, kit: k, rows: rows, height: height, shown: map[uint64]*listCell{}}
	l.field = container.New(fieldLayout{l})
	l.scroll = container.NewVScroll(l.field)
	l.scroll.OnScrolled = func(fyne.Position) { l.arrange(false) }
	l.ring = k.Ring(10)
	l.ExtendBaseWidget(l)
	return l
}

// WidgetID is the stable name.
func (l *List) WidgetID() string { return l.ID }

// Spoken is what a screen reader says.
func (l *List) Spoken() string { return l.Name }

// Inside is what tests find inside.
func (l *List) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{l.scroll} }

// Offset is how far it is scrolled.
func (l *List) Offset() float32 { return l.scroll.Offset.Y }

// Sight is which rows are in sight; to is the first that is not.
func (l *List) Sight() (from, to int) { return l.from, l.to }

// Whole is which rows are in sight from top to bottom.
func (l *List) Whole() (from, to int) {
	from, to = l.from, l.to
	if float32(from)*l.height < l.scroll.Offset.Y-0.5 {
		from++
	}
	if float32(to)*l.height > l.scroll.Offset.Y+l.scroll.Size().Height+0.5 {
		to--
	}
	return from, max(from, to)
}

// Cursor is the key of the chosen row; 0: none is.
func (l *List) Cursor() uint64 { return l.cursor }

// Update shows the rows as they are now. The row somebody points at, has
// chosen or reads first stays at its place on the screen.
func (l *List) Update() {
	anchor, at := l.anchor()
	offset := l.scroll.Offset.Y
	if i, ok := l.rows.Index(anchor); ok && anchor != 0 {
		offset = float32(i)*l.height - at
	}
	l.jump(offset)
	l.arrange(true)
}

// anchor is the row that must not move, and how far below the upper edge it is.
// At the very top nothing needs to: there the newest are what is read.
func (l *List) anchor() (key uint64, at float32) {
	for _, key := range []uint64{l.hovered, l.focusedKey()} {
		if c := l.shown[key]; c != nil && key != 0 {
			return key, c.Position().Y - l.scroll.Offset.Y
		}
	}
	if l.scroll.Offset.Y <= 0 {
		return 0, 0
	}
	for i := l.from; i < l.to; i++ {
		for _, c := range l.shown {
			if c.index == i && c.key != 0 {
				return c.key, c.Position().Y - l.scroll.Offset.Y
			}
		}
	}
	return 0, 0
}

// focusedKey is the row with the focus: the chosen one, or one in which a
// button has it.
func (l *List) focusedKey() uint64 {
	if l.focused {
		return l.cursor
	}
	c := fyne.CurrentApp().Driver().CanvasForObject(l)
	if c == nil {
		return 0
	}
	named, ok := c.Focused().(Identified)
	if !ok {
		return 0
	}
	for key, cell := range l.shown {
		if Find(cell, named.WidgetID()) != nil {
			return key
		}
	}
	return 0
}

// jump scrolls to an offset, as far as there are rows.
func (l *List) jump(offset float32) {
	least := l.field.MinSize().Height - l.scroll.Size().Height
	l.scroll.Offset.Y = max(0, min(offset, least))
	l.busy = true
	l.scroll.Base.Refresh() // the bar and the length; the rows are arranged after
	l.busy = false
}

// ScrollTo brings a row into sight.
func (l *List) ScrollTo(i int) {
	top, bottom := float32(i)*l.height, float32(i+1)*l.height
	switch view := l.scroll.Size().Height; {
	case top < l.scroll.Offset.Y:
		l.jump(top)
	case bottom > l.scroll.Offset.Y+view:
		l.jump(bottom - view)
	}
	l.arrange(false)
}

// ScrollBy scrolls by so much, as a wheel does.
func (l *List) ScrollBy(dy float32) {
	l.jump(l.scroll.Offset.Y + dy)
	l.arrange(false)
}

// arrange makes the rows in sight exist. all fills those anew that were there.
func (l *List) arrange(all bool) {
	if l.busy || l.scroll.Size().Height <= 0 {
		return
	}
	top, view := l.scroll.Offset.Y, l.scroll.Size().Height
	from := max(int(top/l.height), 0)
	to := min(l.rows.Len(), int((top+view)/l.height)+1)
	from = min(from, to)
	before := l.shown
	l.shown = make(map[uint64]*listCell, to-from)
	var missing []int
	for i := from; i < to; i++ {
		key := l.rows.Key(i)
		c := before[key]
		if c == nil {
			missing = append(missing, i)
			continue
		}
		delete(before, key)
		c.index = i
		l.shown[key] = c
		if all {
			l.rows.Fill(i, c.child)
		}
	}
	for _, c := range before {
		c.left()
		l.pool = append(l.pool, c)
	}
	for _, i := range missing {
		c := l.cell()
		c.index, c.key = i, l.rows.Key(i)
		l.shown[c.key] = c
		l.rows.Fill(i, c.child)
	}
	objects := make([]fyne.CanvasObject, 0, to-from)
	width := l.scroll.Size().Width
	for i := from; i < to; i++ {
		c := l.shown[l.rows.Key(i)]
		c.mark()
		c.Move(fyne.NewPos(0, float32(i)*l.height))
		c.Resize(fyne.NewSize(width, l.height))
		objects = append(objects, c)
	}
	l.field.Objects = objects
	canvas.Refresh(l.field)
	l.from, l.to = from, to
	if l.OnSight != nil {
		l.OnSight(from, to)
	}
}

func (l *List) cell() *listCell {
	if n := len(l.pool); n > 0 {
		c := l.pool[n-1]
		l.pool = l.pool[:n-1]
		return c
	}
	c := &listCell{list: l, child: l.rows.Make(), back: canvas.NewRectangle(color.Transparent), ring: l.kit.Ring(10)}
	c.back.CornerRadius = 8
	c.ExtendBaseWidget(c)
	return c
}

// Choose moves the choice to a row and brings it into sight.
func (l *List) Choose(i int) {
	if n := l.rows.Len(); n > 0 {
		i = max(0, min(i, n-1))
		l.cursor = l.rows.Key(i)
		l.ScrollTo(i)
		l.marks()
	}
}

func (l *List) marks() {
	for _, c := range l.shown {
		c.mark()
	}
}

// TypedKey moves the choice, and opens it.
func (l *List) TypedKey(e *fyne.KeyEvent) {
	at, ok := l.rows.Index(l.cursor)
	page := max(int(l.scroll.Size().Height/l.height)-1, 1)
	step := map[fyne.KeyName]int{fyne.KeyDown: 1, fyne.KeyUp: -1, fyne.KeyPageDown: page, fyne.KeyPageUp: -page, fyne.KeyHome: -l.rows.Len(), fyne.KeyEnd: l.rows.Len()}[e.Name]
	switch {
	case step != 0 && !ok:
		l.Choose(l.from)
	case step != 0:
		l.Choose(at + step)
	case ok && (e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter || e.Name == fyne.KeySpace):
		l.open(l.cursor)
	case l.OnKey != nil:
		l.OnKey(e)
	}
}

// TypedRune is a letter.
func (l *List) TypedRune(r rune) {
	if l.OnRune != nil && r != ' ' {
		l.OnRune(r)
	}
}

func (l *List) open(key uint64) {
	if l.OnOpen != nil && key != 0 {
		l.OnOpen(key)
	}
}

// FocusGained shows which row is chosen.
func (l *List) FocusGained() {
	l.focused, l.ring.Hidden = true, l.rows.Len() > 0
	if _, ok := l.rows.Index(l.cursor); !ok && l.rows.Len() > 0 {
		l.cursor = l.rows.Key(min(l.from, l.rows.Len()-1))
	}
	l.marks()
}

// FocusLost hides it.
func (l *List) FocusLost() {
	l.focused, l.ring.Hidden = false, true
	l.marks()
}

// Resize is Fyne's.
func (l *List) Resize(size fyne.Size) {
	l.BaseWidget.Resize(size)
	l.arrange(false)
}

// CreateRenderer is Fyne's.
func (l *List) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(l.scroll, l.ring))
}
