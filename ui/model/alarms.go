package model

import (
	"time"

	"beckmanconnect/ipc/hostpb"
)

// AlarmPlace names what the notifications page shows.
type AlarmPlace int

const (
	PlaceList AlarmPlace = iota
	PlaceDetail
	PlaceHandover
	PlaceOffenders
)

// Alarms is what the notifications page knows: its list, and what was opened
// from it.
type Alarms struct {
	Place     AlarmPlace
	List      AlarmList
	Detail    AlarmDetail
	Handover  HandoverState
	Offenders OffendersState
	Seen      Seen
}

// AlarmDetail is one notification that was opened.
type AlarmDetail struct {
	ID    uint64
	Got   *hostpb.NotificationDetail // nil: on its way
	Stale bool
	Busy  bool // an act on it is under way
	// Act is what is being filled in.
	Act AlarmAct
	// from are the groups it was opened from, the outermost first.
	from []uint64
}

// AlarmAct is an act that needs something to be filled in first.
type AlarmAct int

const (
	ActNone        AlarmAct = iota
	ActAcknowledge          // initials
	ActShelve               // until when, why, initials
	ActUnshelve             // initials
)

// OpenAlarm shows one notification. From inside a group the way back leads to
// the group.
func (s *State) OpenAlarm(id uint64) {
	d := AlarmDetail{ID: id, Stale: true}
	if s.Alarms.Place == PlaceDetail && s.Alarms.Detail.ID != id {
		d.from = append(s.Alarms.Detail.from, s.Alarms.Detail.ID)
	}
	s.Alarms.Place, s.Alarms.Detail = PlaceDetail, d
}

// ShowAlarmPlace opens another part of the page.
func (s *State) ShowAlarmPlace(place AlarmPlace) {
	s.Alarms.Place, s.Alarms.Detail = place, AlarmDetail{}
	switch place {
	case PlaceHandover:
		s.Alarms.Handover.Stale, s.Alarms.Handover.Saved = true, false
	case PlaceOffenders:
		s.Alarms.Offenders.Stale = true
	}
}

// BackFromAlarm goes one step back. It says whether there was one.
func (s *State) BackFromAlarm() bool {
	a := &s.Alarms
	switch {
	case a.Place == PlaceDetail && a.Detail.Act != ActNone:
		a.Detail.Act = ActNone
	case a.Place == PlaceDetail && len(a.Detail.from) > 0:
		last := len(a.Detail.from) - 1
		a.Detail = AlarmDetail{ID: a.Detail.from[last], Stale: true, from: a.Detail.from[:last]}
	case a.Place != PlaceList:
		a.Place, a.Detail = PlaceList, AlarmDetail{}
	case a.List.Filter().Group != 0:
		group := a.List.Filter().Group
		a.List.SetFilter(Filter{})
		s.OpenAlarm(group)
	default:
		return false
	}
	return true
}

// PutAlarm takes one notification in, new or changed.
func (s *State) PutAlarm(n *hostpb.Notification) {
	if n.GetId() == 0 {
		return
	}
	s.Home.alarmChanged(n)
	s.Alarms.List.Apply(n)
	d := &s.Alarms.Detail
	if d.ID != 0 && (n.GetId() == d.ID || n.GetGroupId() == d.ID) {
		d.Stale = true
	}
	if d.Got != nil && n.GetId() == d.ID {
		// The history follows; what it says of itself holds now.
		d.Got = &hostpb.NotificationDetail{Notification: n, History: d.Got.GetHistory(), Members: d.Got.GetMembers()}
	}
	if s.Alarms.Place == PlaceHandover {
		s.Alarms.Handover.Stale = true
	}
}

// PutDetail takes in what was opened, unless something else has been since.
func (s *State) PutDetail(id uint64, got *hostpb.NotificationDetail) {
	if s.Alarms.Detail.ID == id && got.GetNotification() != nil {
		s.Alarms.Detail.Got = got
	}
}

// Notification returns one that is known, by its number.
func (s *State) Notification(id uint64) *hostpb.Notification {
	d := s.Alarms.Detail.Got
	if d.GetNotification().GetId() == id && id != 0 {
		return d.GetNotification()
	}
	for _, n := range d.GetMembers() {
		if n.GetId() == id {
			return n
		}
	}
	return s.Alarms.List.Notification(id)
}

// NeedInitials says whether this site wants to know who acts.
func (s *State) NeedInitials() bool {
	who := s.Status.GetIdentify()
	return who == "initials" || who == "pin"
}

// NeedPIN says whether an act needs the PIN of these initials as well.
func (s *State) NeedPIN() bool { return s.Status.GetIdentify() == "pin" }

// Signature is who acts, as far as this site wants it to be known. The PIN goes
// into the one call it was typed for and is kept nowhere.
type Signature struct{ Initials, PIN string }

// Signing is what an act needs of whoever does it.
type Signing struct {
	Initials bool
	PIN      bool
	NoPIN    bool // a PIN is needed, and nobody has one yet
}

func (s *State) signing() Signing {
	return Signing{Initials: s.NeedInitials(), PIN: s.NeedPIN(), NoPIN: s.NeedPIN() && len(s.Status.GetPinInitials()) == 0}
}

// Missing names what a signature lacks: a catalogue key, "" for nothing. The
// service checks again.
func (g Signing) Missing(who Signature) (key string) {
	switch {
	case g.Initials && !InitialsFit(who.Initials):
		return "pin.error.initials"
	case g.PIN && (len(who.PIN) < PINLeast || len(who.PIN) > PINMost || Digits(who.PIN) != who.PIN):
		return "pin.error.digits"
	}
	return ""
}

// ShelfChoice is for how long a notification can be put away.
type ShelfChoice int

const (
	ShelfHour     ShelfChoice = iota
	ShelfShift                // 8 hours
	ShelfTomorrow             // until 7 in the morning
	ShelfWeek
)

// Until is when it comes back, chosen at now.
func (c ShelfChoice) Until(now time.Time) time.Time {
	switch c {
	case ShelfShift:
		return now.Add(8 * time.Hour)
	case ShelfTomorrow:
		y, m, d := now.Date()
		return time.Date(y, m, d+1, 7, 0, 0, 0, now.Location())
	case ShelfWeek:
		return now.AddDate(0, 0, 7)
	}
	return now.Add(time.Hour)
}

// The bounds of what is typed, in characters.
const (
	ShelfReasonLimit  = 200
	HandoverNoteLimit = 2000
)
