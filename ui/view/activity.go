package view

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
)

// activityPage is the log and the entry that is opened from it.
type activityPage struct {
	kit     *part.Kit
	actions Actions
	state   *model.State // the newest, for the rows of the list
	now     time.Time

	place  *fyne.Container
	open   bool
	drawn  bool
	list   *activityList
	detail *activityDetail
}

func newActivityPage(kit *part.Kit, actions Actions) *activityPage {
	p := &activityPage{kit: kit, actions: actions, place: container.NewStack(), state: &model.State{}}
	p.list, p.detail = newActivityList(p), newActivityDetail(kit, actions)
	return p
}

func (p *activityPage) content() fyne.CanvasObject { return p.place }

func (p *activityPage) update(s *model.State, now time.Time) {
	p.state, p.now = s, now
	if open := s.Activity.Detail.Open; !p.drawn || open != p.open {
		p.drawn, p.open = true, open
		p.place.Objects = []fyne.CanvasObject{p.list.root}
		if open {
			p.place.Objects[0] = p.detail.root
		}
		p.place.Refresh()
		if !open {
			focusOn(p.list.list)
		}
	}
	if p.open {
		p.detail.update(s, now)
		return
	}
	p.list.update(s)
}

// key is a key that no part of the page has used.
func (p *activityPage) key(e *fyne.KeyEvent) {
	if !p.leave(e) && !p.open {
		p.list.list.TypedKey(e)
	}
}

// leave takes the keys that lead away, and says whether this was one. The list
// hands what it does not use to it, and so gets nothing back.
func (p *activityPage) leave(e *fyne.KeyEvent) bool {
	switch {
	case e.Name == fyne.KeyF1:
		p.actions.Navigate(Help)
	case e.Name == fyne.KeyEscape && p.state.AtActivityRoot():
		p.actions.Navigate(Home)
	case e.Name == fyne.KeyEscape:
		p.actions.BackFromActivity()
	default:
		return false
	}
	return true
}

// rune is a letter that no part of the page has used.
func (p *activityPage) rune(r rune) {
	if !p.open {
		p.list.rune(r)
	}
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
