package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// aboutPage is what this is: versions, device, log, what is permitted, licences.
type aboutPage struct {
	kit     *part.Kit
	actions Actions
	chosen  Choices
	shown   model.AboutView
	drawn   bool
	place   *fyne.Container
	scroll  *container.Scroll
	root    *fyne.Container // the page, or the notices
	notices *noticesPage    // nil: not opened yet
}

func newAboutPage(kit *part.Kit, actions Actions, chosen Choices) *aboutPage {
	p := &aboutPage{kit: kit, actions: actions, chosen: chosen, place: part.Column(14)}
	p.scroll = pageFrame(p.place)
	p.root = container.NewStack(p.scroll)
	return p
}

func (p *aboutPage) content() fyne.CanvasObject { return p.root }

func (p *aboutPage) update(s *model.State, now time.Time) {
	v := s.AboutView(p.kit.Words, p.chosen.Version, now)
	if p.drawn && reflect.DeepEqual(v, p.shown) {
		return
	}
	p.drawn, p.shown = true, v
	k := p.kit
	head := part.RowStretch(14, 1, k.Disc(theme.Note, icons.Instr, 52),
		part.Column(2, k.Strong(k.T("app.name")+" "+k.T("app.subtitle")), k.Muted(k.T("about.not-affiliated"))))
	rows := []fyne.CanvasObject{k.Title(k.T("about.title")), k.Card(part.Column(16, head, k.Rule(), k.Facts(v.Facts...)))}
	if len(v.Log) > 0 {
		rows = append(rows, k.Card(part.NewNamed("about.log", part.Column(14, k.Strong(k.T("about.log")), k.Facts(v.Log...)))))
	}
	if len(v.Permitted) > 0 {
		list := part.Column(0, k.Strong(k.T("about.permitted")), part.Space(0, 12))
		for i, r := range v.Permitted {
			if i > 0 {
				list.Add(part.Inset(9, 0, 9, 0, k.Rule()))
			}
			list.Add(part.RowStretch(12, 0, part.Column(1, k.Bold(r.Label), k.Small(r.Why)), k.Chip(r.Mark.Tone, r.Mark.Icon, r.Mark.Word)))
		}
		rows = append(rows, k.Card(list))
	}
	licences := part.Column(14, part.Column(3, k.Strong(k.T("about.licences")), k.Body(k.T("about.licences.detail")), k.Small(k.T("about.licence"))))
	if p.chosen.Notices != "" {
		licences.Add(part.Row(0, k.Button("about.notices", part.Quiet, icons.Next, k.T("about.notices"), p.open)))
	}
	redraw(p.place, append(rows, k.Card(licences))...)
}

func (p *aboutPage) open() {
	if p.notices == nil {
		p.notices = newNoticesPage(p.kit, p.chosen.Notices, func() { p.back() })
	}
	p.root.Objects = []fyne.CanvasObject{p.notices.root}
	p.root.Refresh()
	focusOn(p.notices.list)
}

// back leaves the notices.
func (p *aboutPage) back() bool {
	if p.root.Objects[0] == fyne.CanvasObject(p.scroll) {
		return false
	}
	p.root.Objects = []fyne.CanvasObject{p.scroll}
	p.root.Refresh()
	return true
}

// noticesPage is the third-party notices, however long they are: only the lines
// in sight exist.
type noticesPage struct {
	kit   *part.Kit
	lines []model.NoticeLine
	list  *part.List
	root  fyne.CanvasObject
}

// noticesWidth is what a line of the notices may take.
const noticesWidth float32 = 600

func newNoticesPage(k *part.Kit, notices string, back func()) *noticesPage {
	p := &noticesPage{kit: k}
	sample := fyne.MeasureText("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ", k.Size(theme.TextSmall), fyne.TextStyle{Bold: true})
	p.lines = model.Notices(notices, int(noticesWidth/(sample.Width/53)))
	p.list = k.List("about.notices.list", sample.Height+4, p)
	p.list.OnKey = func(e *fyne.KeyEvent) { part.Unused(p.list, e) }
	head := part.RowStretch(14, 1, k.Button("about.notices.back", part.Ghost, icons.Back, k.T("about.title"), back), k.Strong(k.T("about.notices")))
	p.list.Name = k.T("about.notices")
	p.root = part.Inset(14, 24, 24, 24, part.Fill(part.Inset(0, 0, 8, 0, head), k.Panel(p.list), nil))
	return p
}

func (p *noticesPage) Len() int { return len(p.lines) }

func (p *noticesPage) Key(i int) uint64 { return uint64(i) + 1 }

func (p *noticesPage) Index(key uint64) (int, bool) {
	return int(key) - 1, key > 0 && int(key) <= len(p.lines)
}

func (p *noticesPage) Make() fyne.CanvasObject {
	return container.NewStack(part.Inset(2, 8, 2, 8, p.kit.Small("").SingleLine()))
}

func (p *noticesPage) Fill(i int, row fyne.CanvasObject) {
	k, line := p.kit, p.lines[i]
	text := k.Plain(line.Text, theme.TextSmall, line.Head, k.Palette.Muted)
	if line.Head {
		text.Color = k.Palette.Ink
	}
	row.(*fyne.Container).Objects = []fyne.CanvasObject{part.Inset(2, 8, 2, 8, text)}
	row.Refresh()
}
