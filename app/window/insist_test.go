package window

import (
	"testing"
	"time"

	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

// Scenario 11: a question that a full-screen program covers is raised again,
// twice a second, for a while; not over the lock screen.
func TestInsistence(t *testing.T) {
	var i insistence
	now := time.Unix(1e9, 0)
	count := func(d time.Duration, sight model.Sight) (n int) {
		for ; d > 0; d -= 100 * time.Millisecond {
			now = now.Add(100 * time.Millisecond)
			if i.due(now, sight) {
				n++
			}
		}
		return n
	}
	if n := count(10*time.Second, model.InSight); n != 0 {
		t.Errorf("in sight: %d", n)
	}
	if n := count(time.Second, model.Covered); n != 2 {
		t.Errorf("covered: %d in a second", n)
	}
	if n := count(time.Minute, model.Covered); n != insistMost-2 {
		t.Errorf("covered for a minute: %d", n)
	}
	if n := count(time.Second, model.Locked) + count(time.Second, model.OutOfSight); n != 0 {
		t.Errorf("locked: %d", n)
	}
	if count(time.Second, model.InSight); count(time.Minute, model.Covered) != insistMost {
		t.Error("seen in between, and not raised again")
	}
}

func TestAQuestionIsRaised(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.ask(sample.ViewPrompt())
	s.look(time.Second)
	if s.native.insists != 0 {
		t.Error("raised while it can be seen")
	}
	s.native.covered = true
	s.look(time.Second)
	if s.native.insists != 2 {
		t.Errorf("raised %d times in a second", s.native.insists)
	}
}
