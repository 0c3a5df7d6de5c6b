package broker

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"beckmanconnect/internal/cloudapi"
)

// sink is a connection that takes everything.
type sink struct {
	net.Conn
	got bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error)      { return s.got.Write(p) }
func (s *sink) SetDeadline(time.Time) error      { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// A device that does not wait for the engine's answers has no more subscriptions
// than one that does.
func TestSubscriptionsOnTheirWayCount(t *testing.T) { // scenario 42
	var from bytes.Buffer
	for number := range uint16(4) {
		pk := &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: number + 1}
		for n := range 2 {
			pk.Filters = append(pk.Filters, packets.Subscription{Filter: cloudapi.DeviceBoundTopic("a") + fmt.Sprint(number, n)})
		}
		if err := writePacket(&from, pk); err != nil {
			t.Fatal(err)
		}
	}
	far := &sink{}
	b := &Broker{Config: Config{Log: slog.New(slog.DiscardHandler)}}
	s := &carriedSession{c: &carried{b: b}, conn: &deviceConn{Conn: &sink{}, device: "a"}, near: bufio.NewReader(&from), far: far, granted: map[string]byte{}}
	if err := s.up(time.Minute); !errors.Is(err, packets.ErrRejectPacket) {
		t.Errorf("it ends with %v", err)
	}
	passed, filters := bufio.NewReader(&far.got), 0
	for {
		pk, err := readPacket(passed)
		if err != nil {
			break
		}
		filters += len(pk.Filters)
	}
	if filters != 4 {
		t.Errorf("%d subscriptions reach the engine", filters)
	}
}
