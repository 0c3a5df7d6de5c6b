package view

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
)

// notificationsPage is the list of notifications and what is opened from it.
type notificationsPage struct {
	kit     *part.Kit
	actions Actions
	state   *model.State // the newest, for the rows of the list
	now     time.Time

	place     *fyne.Container
	present   model.AlarmPlace
	drawn     bool
	list      *alarmList
	detail    *alarmDetail
	handover  *handoverPage
	offenders *offendersPage
}

func newNotificationsPage(kit *part.Kit, actions Actions) *notificationsPage {
	p := &notificationsPage{kit: kit, actions: actions, place: container.NewStack(), state: &model.State{}}
	p.list = newAlarmList(p)
	p.detail = newAlarmDetail(kit, actions)
	p.handover = newHandoverPage(kit, actions)
	p.offenders = newOffendersPage(kit, actions)
	return p
}

func (p *notificationsPage) content() fyne.CanvasObject { return p.place }

func (p *notificationsPage) update(s *model.State, now time.Time) {
	p.state, p.now = s, now
	if place := s.Alarms.Place; !p.drawn || place != p.present {
		p.drawn, p.present = true, place
		p.place.Objects = []fyne.CanvasObject{p.part()}
		p.place.Refresh()
		if place == model.PlaceList {
			p.list.focus()
		}
	}
	switch p.present {
	case model.PlaceDetail:
		p.detail.update(s, now)
	case model.PlaceHandover:
		p.handover.update(s, now)
	case model.PlaceOffenders:
		p.offenders.update(s, now)
	default:
		p.list.update(s)
	}
}

func (p *notificationsPage) part() fyne.CanvasObject {
	switch p.present {
	case model.PlaceDetail:
		return p.detail.root
	case model.PlaceHandover:
		return p.handover.root
	case model.PlaceOffenders:
		return p.offenders.root
	}
	return p.list.root
}

// inSight are the notifications that somebody at the window can read whole.
func (p *notificationsPage) inSight() []uint64 {
	switch p.present {
	case model.PlaceDetail:
		if p.state.Alarms.Detail.Got == nil {
			return nil
		}
		return []uint64{p.state.Alarms.Detail.ID}
	case model.PlaceList:
		return p.list.inSight()
	}
	return nil
}

// key is a key that no part of the page has used.
func (p *notificationsPage) key(e *fyne.KeyEvent) {
	if !p.leave(e) && p.present == model.PlaceList {
		p.list.list.TypedKey(e)
	}
}

// leave takes the keys that lead away, and says whether this was one. The list
// hands what it does not use to it, and so gets nothing back.
func (p *notificationsPage) leave(e *fyne.KeyEvent) bool {
	switch {
	case e.Name == fyne.KeyF1:
		p.actions.Navigate(Help)
	case e.Name == fyne.KeyEscape && p.present == model.PlaceList && p.state.Alarms.List.Filter().Group == 0:
		p.actions.Navigate(Home)
	case e.Name == fyne.KeyEscape:
		p.actions.BackFromNotification()
	default:
		return false
	}
	return true
}

// rune is a letter that no part of the page has used.
func (p *notificationsPage) rune(r rune) {
	switch p.present {
	case model.PlaceList:
		p.list.rune(r)
	case model.PlaceDetail:
		p.detail.rune(r)
	}
}
