package relay

import (
	"sync"
	"sync/atomic"
	"testing"

	"beckmanconnect/service/support"
	"beckmanconnect/session/channel/channeltest"
)

// Scenario 21: 1,000 guesses in parallel, from 50 links. Each is counted on
// disk before it is answered, hardly any is looked at, and the code is gone
// after five.
func TestGuessesInParallel(t *testing.T) {
	r := newRig(t)
	anna := channeltest.Anna()
	eng := support.Engineer{Account: anna.Account, Name: anna.Name, Organisation: anna.Organisation, Regions: anna.Regions}
	r.help()
	for i := range 50 {
		r.s.do(support.Joined{Link: support.LinkID(1000 + i), Engineer: eng})
	}
	var looked atomic.Int32
	var wait sync.WaitGroup
	for i := range 1000 {
		wait.Go(func() {
			on := support.LinkID(1000 + i%50)
			for _, e := range r.s.do(support.TryCode{Link: on}).Effects {
				if c, ok := e.(support.CheckCode); ok {
					looked.Add(1)
					r.s.do(support.TryDone{Link: on, Try: c.Try})
				}
			}
		})
	}
	wait.Wait()
	if n := looked.Load(); n != 1 {
		t.Errorf("%d guesses were looked at without a wait", n)
	}
	if code := r.s.State().GetEndedCode(); code != "code-burnt" {
		t.Errorf("ended %q", code)
	}
	if n := r.kinds()["code.tried"]; n < 5 {
		t.Errorf("%d tries in the log", n)
	}
	tries, err := (&recorder{store: FromStore(r.store), tries: r.s.cfg.TriesFile}).recover(t.Context())
	if err != nil || tries.Row != r.kinds()["code.tried"] {
		t.Errorf("counted %+v, logged %d, %v", tries, r.kinds()["code.tried"], err)
	}
}
