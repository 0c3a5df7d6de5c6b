package tray

import (
	"unicode/utf16"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// maxTooltip is what Windows has room for, in UTF-16 units.
const maxTooltip = 127

// withQueue adds case number and place in the vendor's queue to the tooltip of
// a request that waits, as far as there is room.
func withQueue(tooltip string, q *hostpb.QueuePlace, c *text.Catalogue) string {
	if q.GetCaseNumber() == "" {
		return tooltip
	}
	add := func(more string) {
		if longer := tooltip + " · " + more; len(utf16.Encode([]rune(longer))) <= maxTooltip {
			tooltip = longer
		}
	}
	add(c.T("queue.case", "case", clean(q.GetCaseNumber(), 20)))
	switch {
	case !q.GetCurrent():
	case q.GetPlace() == 0 && q.GetTakenBy() != "":
		add(c.T("queue.taken-by", "name", clean(q.GetTakenBy(), maxName)))
	case q.GetPlace() == 0:
		add(c.T("queue.taken"))
	case q.GetPlace() == 1:
		add(c.T("queue.next"))
	default:
		add(c.T("queue.place", "place", q.GetPlace(), "waiting", q.GetWaiting()))
	}
	return tooltip
}
