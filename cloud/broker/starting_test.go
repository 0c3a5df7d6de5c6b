package broker

import "testing"

// So many devices come in at a time; the next one is told to try again, until
// one is in or over (scenario 56).
func TestComingInIsBounded(t *testing.T) {
	b := &Broker{starting: make(chan struct{}, 2)}
	first := &deviceConn{onSettled: func() { <-b.starting }}
	for i, want := range []bool{true, true, false} {
		if b.begin() != want {
			t.Fatalf("number %d: %v", i+1, !want)
		}
	}
	first.settled()
	first.settled() // counted once
	for i, want := range []bool{true, false} {
		if b.begin() != want {
			t.Errorf("number %d after one is in: %v", i+1, !want)
		}
	}
}
