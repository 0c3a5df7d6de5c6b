package broker

import (
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// socket knows whether it was closed.
type socket struct {
	net.Conn
	closed atomic.Bool
}

func (s *socket) Close() error {
	s.closed.Store(true)
	return nil
}

func newStarting(places int) *Broker {
	return &Broker{starting: make(chan struct{}, places), coming: map[string]*place{}}
}

// comes is a device that has taken one of the places.
func (b *Broker) comes(t *testing.T, device string) (*deviceConn, *socket) {
	t.Helper()
	if !b.begin() {
		t.Fatalf("there is no place for %s", device)
	}
	s := &socket{}
	conn := &deviceConn{Conn: s, device: device}
	b.starts(conn)
	return conn, s
}

func (b *Broker) taken(t *testing.T, want int) {
	t.Helper()
	if len(b.starting) != want || len(b.coming) != want {
		t.Fatalf("%d places are taken by %d devices, not %d", len(b.starting), len(b.coming), want)
	}
}

// So many devices come in at a time; the next one is told to try again, until
// one is in or over (scenario 56).
func TestComingInIsBounded(t *testing.T) {
	b := newStarting(2)
	first, _ := b.comes(t, "a")
	b.comes(t, "b")
	if b.begin() {
		t.Fatal("a third one came in")
	}
	first.settled()
	first.settled() // counted once
	b.comes(t, "c")
	if b.begin() {
		t.Fatal("a third one came in")
	}
	b.taken(t, 2)
}

// One device that opens connection after connection, and says nothing over any,
// keeps nobody out: each costs it the one before.
func TestOneDeviceHasOnePlace(t *testing.T) { // scenario 42
	b := newStarting(3)
	other, open := b.comes(t, "b")
	last, socket := b.comes(t, "a")
	for range 50 {
		before := socket
		last, socket = b.comes(t, "a")
		if !before.closed.Load() || socket.closed.Load() {
			t.Fatal("it is not the connection before that is closed")
		}
		b.taken(t, 2)
	}
	if open.closed.Load() {
		t.Error("another device's connection is closed")
	}
	other.settled()
	last.settled()
	b.taken(t, 0)
}

// A device that connects and never says what it wants to hear stays connected,
// and its place is another one's.
func TestAPlaceIsKeptForATime(t *testing.T) { // scenario 42
	synctest.Test(t, func(t *testing.T) {
		b := newStarting(1)
		conn, socket := b.comes(t, "a")
		time.Sleep(startingTime - time.Second)
		if b.begin() {
			t.Error("there were two places")
		}
		time.Sleep(2 * time.Second)
		next, _ := b.comes(t, "b")
		if socket.closed.Load() {
			t.Error("the first one's connection is over")
		}
		conn.settled() // counted once
		b.taken(t, 1)
		next.settled()
		b.taken(t, 0)
	})
}
