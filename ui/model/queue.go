package model

import (
	"beckmanconnect/assets/text"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// QueueView is where the vendor says the request stands that waits.
type QueueView struct {
	Mark // Word: the case number, to name on the phone
	Says string
}

// queueView is nil while the vendor has said nothing. What was heard last is no
// place any more once the vendor cannot be heard.
func (s *State) queueView(c *text.Catalogue) *QueueView {
	q := s.Support.GetQueue()
	if !s.Waiting() || q.GetCaseNumber() == "" {
		return nil
	}
	v := &QueueView{Mark: Mark{theme.Note, icons.Group, c.T("queue.case", "case", Clean(q.GetCaseNumber(), 20))}}
	name := cleanName(q.GetTakenBy())
	switch {
	case !s.Connected || !q.GetCurrent():
		v.Tone, v.Icon, v.Says = theme.Neutral, icons.Offline, c.T("queue.unheard")
	case q.GetPlace() == 0 && name == "":
		v.Tone, v.Icon, v.Says = theme.Good, icons.Person, c.T("queue.taken")
	case q.GetPlace() == 0:
		v.Tone, v.Icon, v.Says = theme.Good, icons.Person, c.T("queue.taken-by", "name", name)
	case q.GetPlace() == 1:
		v.Says = c.T("queue.next")
	default:
		v.Says = c.T("queue.place", "place", q.GetPlace(), "waiting", q.GetWaiting())
	}
	return v
}
