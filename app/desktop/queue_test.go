package desktop

import (
	"testing"

	"beckmanconnect/ipc/hostpb"
)

// Scenario 14: whoever still works on an event learns that control was taken
// back, by a release as by a newer generation, until everything is lifted.
func TestQueueTellsThatControlWasTakenBack(t *testing.T) {
	for name, take := range map[string]func(*queue){
		"release":          func(q *queue) { q.clear(1) },
		"newer generation": func(q *queue) { q.saw(2) },
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(1)
			q.put(1, []*hostpb.InputEvent{{Kind: hostpb.InputEvent_KIND_KEY_DOWN}, {Kind: hostpb.InputEvent_KIND_KEY_DOWN}})
			if event, _ := q.next(); event == nil || !q.still() {
				t.Fatal("nothing was taken back yet")
			}
			take(q)
			if q.still() {
				t.Error("the event that was taken out may still be applied")
			}
			if event, release := q.next(); event != nil || !release {
				t.Errorf("next is %v, release %v", event, release)
			}
			if !q.still() {
				t.Error("nothing is ever applied again")
			}
		})
	}
}
