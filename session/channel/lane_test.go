package channel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/wire"
)

// between is a relay that does what a test tells it: two sockets, each message
// of one given to the other.
type between struct {
	host, engineer net.Conn

	mu sync.Mutex
	up func(message []byte) [][]byte // what becomes of a message to the host; nil: itself
}

func (b *between) does(up func(message []byte) [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up = up
}

func newBetween(t *testing.T) *between {
	t.Helper()
	b, sockets := &between{}, make(chan *websocket.Conn)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		ws.SetReadLimit(1 << 20)
		sockets <- ws
		<-t.Context().Done()
	}))
	t.Cleanup(server.Close)
	dial := func() (net.Conn, *websocket.Conn) {
		ws, _, err := websocket.Dial(t.Context(), strings.Replace(server.URL, "http", "ws", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		return channel.NetConn(t.Context(), ws), <-sockets
	}
	var h, e *websocket.Conn
	b.host, h = dial()
	b.engineer, e = dial()
	carry := func(from, to *websocket.Conn, up bool) {
		for {
			_, message, err := from.Read(t.Context())
			if err != nil {
				to.CloseNow()
				return
			}
			on := [][]byte{message}
			b.mu.Lock()
			if up && b.up != nil {
				on = b.up(message)
			}
			b.mu.Unlock()
			for _, m := range on {
				if to.Write(t.Context(), websocket.MessageBinary, m) != nil {
					return
				}
			}
		}
	}
	go carry(e, h, true)
	go carry(h, e, false)
	return b
}

// laned are two ends that met over sockets.
func laned(t *testing.T) (*between, ends) {
	t.Helper()
	k, b := channeltest.New(t, device), newBetween(t)
	r := meetOver(t, b.host, b.engineer, hostOf(k), engineerOf(k))
	if r.hostErr != nil || r.err != nil {
		t.Fatal(r.hostErr, r.err)
	}
	return b, r
}

// conf has keys that are the same on both ends of a channel.
func conf(t *testing.T, c *channel.Conn) channel.LaneConfig {
	t.Helper()
	h, err := c.Exporter("EXPERIMENTAL test to host")
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Exporter("EXPERIMENTAL test to engineer")
	if err != nil {
		t.Fatal(err)
	}
	return channel.LaneConfig{ToHost: h, ToEngineer: e}
}

func openLanes(t *testing.T, r ends) {
	t.Helper()
	for _, c := range []*channel.Conn{r.host, r.engineer} {
		conf := conf(t, c)
		if err := c.OpenLane(conf); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(conf.ToHost, make([]byte, lane.KeySize)) || !bytes.Equal(conf.ToEngineer, make([]byte, lane.KeySize)) {
			t.Error("keys are left in memory")
		}
	}
}

type got struct {
	kind    byte
	payload string
}

// hear reads until the channel ends, and gives why it did.
func hear(ctx context.Context, c *channel.Conn) (all []got, err error) {
	for {
		kind, payload, err := c.Receive(ctx)
		if err != nil {
			return all, err
		}
		all = append(all, got{kind, string(payload)})
	}
}

// What is sent beside the TLS arrives in its place among what is sent in it,
// in both directions, also when frames are larger than one record.
func TestLaneKeepsItsPlace(t *testing.T) {
	_, r := laned(t)
	openLanes(t, r)
	for name, way := range map[string][2]*channel.Conn{"to the host": {r.engineer, r.host}, "to the engineer": {r.host, r.engineer}} {
		var sent []got
		for i := range 60 {
			g := got{wire.FrameControl, fmt.Sprint(i)}
			switch i % 3 {
			case 1:
				g = got{wire.FramePiece, fmt.Sprint(i, strings.Repeat("p", i*2000))}
			case 2:
				g = got{wire.FrameScreen, fmt.Sprint(i, strings.Repeat("s", i*1000))}
			}
			sent = append(sent, g)
		}
		failed := make(chan error, 1)
		go func() {
			for _, g := range sent {
				send := func(ctx context.Context, p []byte) error { return way[0].Send(ctx, g.kind, p) }
				if g.kind == wire.FramePiece {
					send = way[0].SendPiece
				}
				if err := send(t.Context(), []byte(g.payload)); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
		for i, want := range sent {
			kind, payload, err := way[1].Receive(t.Context())
			if err != nil || kind != want.kind || string(payload) != want.payload {
				t.Fatalf("%s, frame %d: type %d, %d bytes, %v", name, i, kind, len(payload), err)
			}
		}
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

// B1, scenarios 29, 53: a relay that drops, repeats, reorders, changes or makes
// up frames of the lane ends the channel, and nothing of it is given on.
func TestHostileRelayOnTheLane(t *testing.T) {
	isPiece := func(m []byte) bool { return len(m) > 0 && m[0] == lane.Marker }
	// second changes the second frame of the lane.
	second := func(how func(first, m []byte) [][]byte) func(*between) {
		return func(b *between) {
			var first []byte
			seen := 0
			b.does(func(m []byte) [][]byte {
				if isPiece(m) {
					seen++
				}
				switch {
				case !isPiece(m):
				case seen == 1:
					first = bytes.Clone(m)
				case seen == 2:
					return how(first, m)
				}
				return [][]byte{m}
			})
		}
	}
	var held []byte
	tests := []struct {
		name string
		set  func(*between)
		want string
	}{
		{"twice", second(func(_, m []byte) [][]byte { return [][]byte{m, m} }), lane.WhyRepeated},
		{"an old one in its place", second(func(first, _ []byte) [][]byte { return [][]byte{first} }), lane.WhyRepeated},
		{"dropped", second(func([]byte, []byte) [][]byte { return nil }), lane.WhyMissing},
		{"changed", second(func(_, m []byte) [][]byte { m[len(m)/2] ^= 4; return [][]byte{m} }), lane.WhyForged},
		{"cut short", second(func(_, m []byte) [][]byte { return [][]byte{m[:len(m)-3]} }), lane.WhyForged},
		{"of another version", second(func(_, m []byte) [][]byte { m[1] = 2; return [][]byte{m} }), lane.WhyVersion},
		{"made up", second(func(_, m []byte) [][]byte { return [][]byte{{lane.Marker}} }), lane.WhyShort},
		{"in another order", func(b *between) {
			held = nil
			b.does(func(m []byte) [][]byte {
				switch {
				case !isPiece(m):
					return [][]byte{m}
				case held == nil:
					held = bytes.Clone(m)
					return nil
				}
				return [][]byte{m, held}
			})
		}, lane.WhyMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, r := laned(t)
			openLanes(t, r)
			tt.set(b)
			for i := range 3 {
				if err := r.engineer.SendPiece(t.Context(), []byte(fmt.Sprint("piece ", i))); err != nil {
					break // the host has left
				}
			}
			all, err := hear(t.Context(), r.host)
			var broken *lane.Broken
			if !errors.As(err, &broken) || broken.Why != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			for i, g := range all {
				if g.payload != fmt.Sprint("piece ", i) {
					t.Errorf("%+v was given on", g)
				}
			}
			if _, _, err := r.host.Receive(t.Context()); err == nil {
				t.Error("the channel goes on")
			}
		})
	}
}

// Nothing of a lane before it is opened, nothing of it inside the TLS, nothing
// in the middle of a frame of the TLS.
func TestLaneElsewhere(t *testing.T) {
	why := func(err error) string {
		var broken *lane.Broken
		if errors.As(err, &broken) {
			return broken.Why
		}
		return fmt.Sprint(err)
	}
	t.Run("before it is open", func(t *testing.T) {
		_, r := laned(t)
		if err := r.engineer.OpenLane(conf(t, r.engineer)); err != nil {
			t.Fatal(err)
		}
		if err := r.engineer.SendPiece(t.Context(), []byte("early")); err != nil {
			t.Fatal(err)
		}
		if all, err := hear(t.Context(), r.host); why(err) != lane.WhyClosed || len(all) > 0 {
			t.Errorf("%v, %v", all, err)
		}
	})
	t.Run("in the handshake", func(t *testing.T) {
		k, b := channeltest.New(t, device), newBetween(t)
		b.does(func(m []byte) [][]byte { return [][]byte{{lane.Marker, lane.Version}, m} })
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		go func() {
			if c, err := channel.Engineer(ctx, b.engineer, engineerOf(k)); err == nil {
				c.Close()
			}
		}()
		if _, err := channel.Host(ctx, b.host, hostOf(k)); why(err) != lane.WhyClosed {
			t.Errorf("%v", err)
		}
	})
	t.Run("inside the TLS", func(t *testing.T) {
		_, r := laned(t)
		openLanes(t, r)
		if err := r.engineer.Send(t.Context(), wire.FramePiece, []byte("piece")); err != nil {
			t.Fatal(err)
		}
		if all, err := hear(t.Context(), r.host); len(all) > 0 || err == nil {
			t.Errorf("%v, %v", all, err)
		}
	})
	t.Run("in the middle of a frame", func(t *testing.T) {
		b, r := laned(t)
		openLanes(t, r)
		var piece []byte
		b.does(func(m []byte) [][]byte {
			if m[0] == lane.Marker {
				piece = bytes.Clone(m)
				return nil
			}
			on := [][]byte{m}
			if piece != nil {
				on, piece = append(on, piece), nil
			}
			return on
		})
		if err := r.engineer.SendPiece(t.Context(), []byte("piece")); err != nil {
			t.Fatal(err)
		}
		if err := r.engineer.Send(t.Context(), wire.FrameScreen, make([]byte, 40_000)); err != nil {
			t.Fatal(err)
		}
		if all, err := hear(t.Context(), r.host); why(err) != lane.WhyInside || len(all) > 0 {
			t.Errorf("%d frames, %v", len(all), err)
		}
	})
	t.Run("without sockets", func(t *testing.T) {
		k := channeltest.New(t, device)
		r := meet(t, hostOf(k), engineerOf(k))
		if r.host.HasLane() || r.host.OpenLane(conf(t, r.host)) == nil || r.host.SendPiece(t.Context(), []byte("x")) == nil {
			t.Error("a lane over a plain stream")
		}
	})
	t.Run("twice", func(t *testing.T) {
		_, r := laned(t)
		openLanes(t, r)
		if r.host.OpenLane(conf(t, r.host)) == nil {
			t.Error("the numbers begin anew under the same keys")
		}
	})
	t.Run("too large", func(t *testing.T) {
		_, r := laned(t)
		openLanes(t, r)
		if err := r.host.SendPiece(t.Context(), make([]byte, wire.PieceHead+wire.MaxPiece+1)); !errors.Is(err, channel.ErrTooLarge) {
			t.Errorf("%v", err)
		}
	})
}
