package model

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// QuietView is the card about quiet hours and the test alarm.
type QuietView struct {
	Known    bool
	On       bool
	From, To uint32 // minutes of the day
	Site     bool   // the site's policy sets them: only shown
	State    string // in a sentence
	Busy     bool
	CanSave  bool
	Sign     Signing
	Tested   string // "" unless a test alarm was sent
}

// QuietTry is what was last done about quiet hours.
type QuietTry struct {
	Busy   bool
	Tested bool
}

// QuietSet takes in what was set; the status follows.
func (s *State) QuietSet(q *hostpb.QuietHours) {
	if s.Status != nil && q != nil {
		s.Status = proto.CloneOf(s.Status)
		s.Status.QuietHours = q
	}
}

// QuietView makes the view model.
func (s *State) QuietView(c *text.Catalogue) QuietView {
	q := s.Status.GetQuietHours()
	v := QuietView{
		Known: s.Connected && s.Status != nil, On: q.GetOn(), From: q.GetFromMinute() % dayMinutes, To: q.GetToMinute() % dayMinutes, Site: q.GetSite(),
		Busy: s.Quiet.Busy, CanSave: s.Connected && !s.Quiet.Busy, Sign: s.signing(),
	}
	if q == nil {
		v.From, v.To = 22*60, 6*60 // what is offered to begin with
	}
	from, to := DayTime(v.From), DayTime(v.To)
	switch {
	case v.Site && v.On:
		v.State = c.T("quiet.site", "from", from, "to", to)
	case v.Site:
		v.State = c.T("quiet.site-off")
	case v.On && q.GetNow():
		v.State = c.T("quiet.now", "to", to)
	case v.On:
		v.State = c.T("quiet.on", "from", from, "to", to)
	default:
		v.State = c.T("quiet.off")
	}
	if s.Quiet.Tested {
		v.Tested = c.T("quiet.tested")
	}
	return v
}

const dayMinutes = 24 * 60

// DayTime writes a minute of the day.
func DayTime(minute uint32) string { return fmt.Sprintf("%02d:%02d", minute/60%24, minute%60) }

// DayTimes are the times that can be chosen, and the one that is set.
func DayTimes(set uint32) (labels []string, minutes []uint32) {
	for m := uint32(0); m < dayMinutes; m += 30 {
		if set > m-30 && set < m && m > 0 {
			labels, minutes = append(labels, DayTime(set)), append(minutes, set)
		}
		labels, minutes = append(labels, DayTime(m)), append(minutes, m)
	}
	if set > dayMinutes-30 && set < dayMinutes {
		labels, minutes = append(labels, DayTime(set)), append(minutes, set)
	}
	return labels, minutes
}
