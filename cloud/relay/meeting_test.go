package relay

import (
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Both ends of a pair hear that the request has ended, whichever of them is
// quicker to go: none is told that the other end left.
func TestEndReachesBoth(t *testing.T) { // scenario 29
	for round := range 2000 {
		m := &meeting{request: "r1"}
		host, engineer := newSide(roleHost, "device:a", 1), newSide(roleEngineer, "staff:b", 1)
		if !m.sit(host) || !m.sit(engineer) || host.other != engineer {
			t.Fatal("they are not joined")
		}
		gone := make(chan struct{}, 2)
		for _, s := range []*side{host, engineer} {
			go func() {
				<-s.ctx.Done()
				m.stand(s)
				gone <- struct{}{}
			}()
		}
		m.end(time.Microsecond, requestEnded)
		<-gone
		<-gone
		if host.parting.code != cloudapi.CloseEnded || engineer.parting.code != cloudapi.CloseEnded {
			t.Fatalf("round %d: closed with %d and %d", round, host.parting.code, engineer.parting.code)
		}
	}
}
