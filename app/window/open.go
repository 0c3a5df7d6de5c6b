package window

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/app/window/native"
	"beckmanconnect/ui/view"
)

// mainSize fits a screen of 1024 × 768 with its panel.
var mainSize = fyne.NewSize(980, 690)

// openMain shows the main window.
func (p *program) openMain() {
	// The first title is what X11 takes the window's class from.
	p.main = p.app.NewWindow(native.Class)
	p.main.SetPadded(false)
	p.main.SetMaster()
	p.main.SetCloseIntercept(p.closeMain)
	size := mainSize
	left := p.choices.Window
	if left != nil {
		size = unitsOf(*left, p.main.Canvas().Scale())
	}
	if to, ok := readPlace(p.config.Place); ok {
		p.enter(to)
		size = to.size()
	}
	p.build()
	p.main.Resize(size)
	if left == nil {
		p.main.CenterOnScreen()
	}
	p.main.Show()
	p.putBack()
	p.placed = true
	p.main.SetTitle(p.kit.T("app.name") + " " + p.kit.T("app.subtitle"))
}

// build makes the main window's content for the present kit.
func (p *program) build() {
	page := p.config.View
	if p.content != nil {
		page = p.content.Page()
	}
	p.content = view.NewWindow(p.kit, p, p.settings)
	p.chosen = p.chosen || page != ""
	page, id, _ := aView(page)
	if id != 0 {
		p.state.OpenAlarm(id)
	}
	p.content.Show(page)
	p.main.SetContent(p.content.Content())
	p.shortcuts()
	p.main.Canvas().SetOnTypedKey(p.content.TypedKey)
	p.main.Canvas().SetOnTypedRune(p.content.TypedRune)
	p.refresh()
}

// choose picks the first page when nobody asked for one.
func (p *program) choose() {
	if p.chosen || p.state.Status == nil {
		return
	}
	p.chosen = true
	switch {
	case p.state.InSession() || p.state.Waiting() || p.state.Prompt != nil:
		p.content.Show(view.Help)
	case p.choices.Guided == "":
		p.content.Show(view.Guide)
	case p.needsSetup():
		p.content.Show(view.Register)
	}
}

func (p *program) needsSetup() bool {
	return p.state.Status != nil && (!p.state.Status.GetTermsAccepted() || p.state.Status.GetRegistration() == nil)
}

// show brings the main window forward with a page.
func (p *program) show(page string) {
	if page == "prompt" { // it stands in a window of its own
		p.refresh()
		return
	}
	if page != "" {
		p.chosen = true
		p.state.SummaryOpen = false
		p.navigate(page)
	}
	p.hidden = false
	p.main.Show()
	p.main.RequestFocus()
	p.own(p.main)
	p.refresh()
}
