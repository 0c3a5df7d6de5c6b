package broker

import "testing"

// So many devices come in at a time; the next one is told to try again, until
// one is in or over (scenario 56).
func TestComingInIsBounded(t *testing.T) {
	b := &Broker{starting: make(chan struct{}, 2)}
	first := &deviceConn{onSettled: func() { <-b.starting }}
	if !b.begin() || !b.begin() || b.begin() {
		t.Fatal("not two at a time")
	}
	first.settled()
	first.settled() // counted once
	if !b.begin() || b.begin() {
		t.Error("one that is in does not make room for exactly one")
	}
}
