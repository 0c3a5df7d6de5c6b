package model_test

import (
	"strings"
	"testing"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

// While help is asked for, Home and Help say the case number and the place in
// the queue, and nothing of it that may not be so any more.
func TestQueueView(t *testing.T) {
	c := text.New("en")
	at := func(change func(*model.State)) *model.QueueView {
		s := sample.Waiting()
		change(&s)
		home, help := s.HomeView(c, sample.Now).Help, s.HelpView(c, sample.Now).Waiting.Queue
		if (home.Queue == nil) != (help == nil) || help != nil && *home.Queue != *help {
			t.Errorf("home %+v, help %+v", home.Queue, help)
		}
		if help != nil && (!strings.Contains(home.Spoken, help.Word) || !strings.Contains(home.Spoken, help.Says)) {
			t.Errorf("not spoken: %s", home.Spoken)
		}
		return help
	}
	queue := func(q *hostpb.QueuePlace) func(*model.State) {
		return func(s *model.State) { s.Support.Queue = q }
	}
	for want, change := range map[string]func(*model.State){
		"Case K-4F7Q · You are number 2 of 3.":                   func(*model.State) {},
		"Case K-4F7Q · You are the next one.":                    queue(&hostpb.QueuePlace{CaseNumber: "K-4F7Q", Current: true, Place: 1, Waiting: 3}),
		"Case K-4F7Q · Somebody has taken your case: Anna Weber": queue(&hostpb.QueuePlace{CaseNumber: "K-4F7Q", Current: true, Waiting: 3, TakenBy: "Anna\u202e Weber\n"}),
		"Case K-4F7Q · Somebody has taken your case.":            queue(&hostpb.QueuePlace{CaseNumber: "K-4F7Q", Current: true, TakenBy: "\u200b"}),
		"Case K-4F7Q · " + c.T("queue.unheard"):                  queue(&hostpb.QueuePlace{CaseNumber: "K-4F7Q", Place: 1, Waiting: 1}),
	} {
		if v := at(change); v == nil || model.Joined(v.Word, v.Says) != want {
			t.Errorf("%+v, want %s", v, want)
		}
	}
	if v := at(queue(nil)); v != nil {
		t.Errorf("the vendor has said nothing: %+v", v)
	}
	gone := sample.Waiting()
	gone.SetConnected(false)
	if v := gone.HelpView(c, sample.Now).Waiting.Queue; v != nil && v.Says != c.T("queue.unheard") {
		t.Errorf("without the service: %+v", v)
	}
	session := sample.Session()
	session.Support.Queue = &hostpb.QueuePlace{CaseNumber: "K-4F7Q", Current: true, Place: 1, Waiting: 1}
	if v := session.HomeView(c, sample.Now).Help.Queue; v != nil {
		t.Errorf("in a session: %+v", v)
	}
}
