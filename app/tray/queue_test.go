package tray_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

func waitingAt(q *hostpb.QueuePlace) tray.State {
	return tray.State{Connected: true, Status: well(phase(hostpb.SupportPhase_SUPPORT_PHASE_WAITING), func(s *hostpb.Status) { s.Support.Queue = q })}
}

// Who waits sees case number and place beside the clock, too.
func TestQueueInTheTooltip(t *testing.T) {
	c := text.New("en")
	for want, q := range map[string]*hostpb.QueuePlace{
		"BeckmanConnect: waiting for an engineer":                                                    nil,
		"BeckmanConnect: waiting for an engineer · Case K-4F7Q":                                      {CaseNumber: "K-4F7Q", Place: 1, Waiting: 4},
		"BeckmanConnect: waiting for an engineer · Case K-4F7Q · You are number 2 of 3.":             {CaseNumber: "K-4F7Q", Current: true, Place: 2, Waiting: 3},
		"BeckmanConnect: waiting for an engineer · Case K-4F7Q · You are the next one.":              {CaseNumber: "K-4F7Q", Current: true, Place: 1, Waiting: 3},
		"BeckmanConnect: waiting for an engineer · Case K-4F7Q · Somebody has taken your case.":      {CaseNumber: "K-4F7Q", Current: true, Waiting: 3},
		"BeckmanConnect: waiting for an engineer · Case K-4F7Q · Somebody has taken your case: Anna": {CaseNumber: "K-4F7Q", Current: true, Waiting: 3, TakenBy: "Anna"},
	} {
		if got := tray.Show(waitingAt(q), c).Tooltip; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, l := range text.Languages() {
		for _, q := range []*hostpb.QueuePlace{
			{CaseNumber: strings.Repeat("K", 20), Current: true, Place: 9999, Waiting: 10_000},
			{CaseNumber: strings.Repeat("K", 20), Current: true, TakenBy: strings.Repeat("\U0001F600", 80)},
		} {
			got := tray.Show(waitingAt(q), text.New(l.Tag)).Tooltip
			if n := len(utf16.Encode([]rune(got))); n > 127 || !strings.Contains(got, q.CaseNumber) {
				t.Errorf("%s: %d units: %s", l.Tag, n, got)
			}
		}
	}
}
