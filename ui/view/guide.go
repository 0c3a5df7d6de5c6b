package view

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// guideSteps is how many steps the introduction has.
const guideSteps = 4

// guidePage introduces the product at the first start. It is a page like any
// other: a question, an alarm or the navigation leads away from it at once.
type guidePage struct {
	kit       *part.Kit
	actions   Actions
	chosen    Choices
	step      int
	connected bool
	drawn     bool
	tested    *part.Text
	place     *fyne.Container
	scroll    *container.Scroll
}

func newGuidePage(kit *part.Kit, actions Actions, chosen Choices) *guidePage {
	p := &guidePage{kit: kit, actions: actions, chosen: chosen, place: part.Column(14), tested: kit.Toned("", theme.Good)}
	p.scroll = pageFrame(p.place)
	return p
}

func (p *guidePage) content() fyne.CanvasObject { return p.scroll }

func (p *guidePage) update(s *model.State, _ time.Time) {
	p.tested.Set(s.QuietView(p.kit.Words).Tested)
	if !p.drawn || p.connected != s.Connected {
		p.drawn, p.connected = true, s.Connected
		p.draw()
	}
}

// back is one step back; at the first Escape leaves it.
func (p *guidePage) back() bool {
	if p.step == 0 {
		p.actions.LeaveGuide()
		return true
	}
	p.turn(p.step - 1)
	return true
}

func (p *guidePage) turn(step int) {
	if step >= guideSteps {
		p.actions.LeaveGuide()
		return
	}
	p.step = step
	p.draw()
	p.scroll.ScrollToTop()
	if next := part.Find(p.place, "guide.next"); next != nil {
		focusOn(next)
	}
}

func (p *guidePage) draw() {
	k := p.kit
	step := strconv.Itoa(p.step + 1)
	mark := []icons.Name{icons.Instr, icons.Bell, icons.Shield, icons.Settings}[p.step]
	words := part.Column(8, k.Title(k.T("guide."+step+".title")), k.Body(k.T("guide."+step+".detail")))
	page := part.Column(18, part.RowTop(18, 1, k.Disc(theme.Note, mark, 64), words))
	switch p.step {
	case 1:
		page.Add(p.shapes())
	case 2:
		page.Add(p.help())
	case 3:
		page.Add(part.Column(16, languageChoice(k, "guide.language", p.actions), sizeChoice(k, "guide.text", p.chosen, p.actions), p.test()))
	}
	next := "guide.next"
	if p.step == guideSteps-1 {
		next = "guide.done"
	}
	skip := k.Button("guide.skip", part.Ghost, "", k.T("guide.skip"), p.actions.LeaveGuide)
	back := k.Button("guide.back", part.Quiet, icons.Back, k.T("help.back"), func() { p.turn(p.step - 1) })
	back.SetEnabled(p.step > 0)
	page.Add(k.Rule())
	page.Add(part.RowStretch(10, 0, k.Muted(k.T("guide.step", "n", p.step+1, "of", guideSteps)), skip, back,
		k.Button("guide.next", part.Primary, icons.Next, k.T(next), func() { p.turn(p.step + 1) })))
	redraw(p.place, k.Card(part.Inset(8, 8, 4, 8, page)))
}

// shapes are what the icon beside the clock tells, in its five states.
func (p *guidePage) shapes() fyne.CanvasObject {
	k := p.kit
	list := part.Column(10)
	for _, s := range []struct {
		id   string
		tone theme.Tone
		icon icons.Name
	}{
		{"well", theme.Good, icons.Check}, {"attention", theme.Attention, icons.Warning}, {"now", theme.Danger, icons.Stop},
		{"session", theme.Session, icons.Person}, {"offline", theme.Neutral, icons.Offline},
	} {
		list.Add(part.RowStretch(12, 1, k.Disc(s.tone, s.icon, 36), k.Body(k.T("guide.shape."+s.id))))
	}
	return list
}

func (p *guidePage) help() fyne.CanvasObject {
	k := p.kit
	list := part.Column(10)
	for i, mark := range []icons.Name{icons.Phone, icons.Shield, icons.Power} {
		list.Add(part.RowStretch(12, 1, k.Disc(theme.Neutral, mark, 36), k.Body(k.T("help.how."+strconv.Itoa(i+1), "key", k.T(model.KillKey)))))
	}
	return list
}

func (p *guidePage) test() fyne.CanvasObject {
	k := p.kit
	try := k.Button("guide.test", part.Quiet, icons.Bell, k.T("quiet.test"), p.actions.TestAlarm)
	try.SetEnabled(p.connected)
	return part.Column(6, part.Row(0, try), k.Small(k.T("quiet.test.detail")), p.tested)
}
