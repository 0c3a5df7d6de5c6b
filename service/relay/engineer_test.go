package relay

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// engineer is the other end: a real channel over the real relay.
type engineer struct {
	*rig
	conn    *channel.Conn
	binding *proof.Binding
	tries   uint32
	key     proof.Key // for coming back, once the code was right
	lane    bool      // this end speaks of a file lane; it is open once the code is proved
	counted uint64    // payload bytes of pictures and chunks
}

// ack says what came, and that this picture shows.
func (e *engineer) ack(seq uint32) {
	e.Helper()
	if err := e.conn.Send(e.Context(), wire.FrameAck, wire.Ack{Seq: seq, Received: e.counted}.Append(nil)); err != nil {
		e.Fatal(err)
	}
}

func (r *rig) dial(request string, id channel.Identity) (*channel.Conn, error) {
	url := "wss" + strings.TrimPrefix(r.relay.URL, "https") + "/relay/v1/" + request + "?role=engineer"
	under, err := channel.DialRelay(r.Context(), url, r.relay.tls(), nil)
	if err != nil {
		return nil, err
	}
	return channel.Engineer(r.Context(), under, channel.EngineerConfig{
		Certificate: r.kit.Engineer(id), DeviceCA: r.kit.DeviceCA.Pool(), DeviceID: device,
	})
}

func (r *rig) join(request string) *engineer {
	r.Helper()
	conn, err := r.dial(request, channeltest.Anna())
	if err != nil {
		r.Fatal(err)
	}
	binding, err := proof.Bind(conn, device, request)
	if err != nil {
		r.Fatal(err)
	}
	e := &engineer{rig: r, conn: conn, binding: binding}
	r.Cleanup(func() { conn.Close() })
	hello := wire.Message{Type: "hello", Versions: []int{wire.Version}, Reason: "Ticket 4711"}
	if e.lane = r.lanes; e.lane {
		hello.Lanes = []int{lane.Version}
	}
	e.say(hello)
	if h := e.hear("hello"); h.Words != conn.Words() || h.Device != device {
		r.Fatalf("hello %+v", h)
	}
	return e
}

func (e *engineer) say(m wire.Message) {
	e.Helper()
	if err := e.send(m); err != nil {
		e.Fatal(err)
	}
}

func (e *engineer) send(m wire.Message) error {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return e.conn.Send(e.Context(), wire.FrameControl, raw)
}

// next gives the next frame.
func (e *engineer) next() (byte, []byte, wire.Message) {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), 20*time.Second)
	defer cancel()
	kind, payload, err := e.conn.Receive(ctx)
	if err != nil {
		e.Fatalf("engineer: %v\n%s", err, e.log)
	}
	var m wire.Message
	if kind == wire.FrameScreen || kind == wire.FrameChunk || kind == wire.FramePiece {
		e.counted += uint64(len(payload))
	}
	if kind == wire.FrameControl {
		if err := json.Unmarshal(payload, &m); err != nil {
			e.Fatal(err)
		}
	}
	return kind, payload, m
}

// hear passes over everything up to a message of this type.
func (e *engineer) hear(kind string) wire.Message {
	e.Helper()
	for {
		if _, _, m := e.next(); m.Type == kind {
			return m
		}
	}
}

// hears passes over everything up to a message of one of these types.
func (e *engineer) hears(kinds ...string) wire.Message {
	e.Helper()
	for {
		if _, _, m := e.next(); slices.Contains(kinds, m.Type) {
			return m
		}
	}
}

// begin sends the share of a try.
func (e *engineer) begin(code string) *proof.Trial {
	e.Helper()
	e.tries++
	trial, share, err := e.binding.Begin(code, e.tries)
	if err != nil {
		e.Fatal(err)
	}
	e.say(wire.Message{Type: "pake", Data: share})
	return trial
}

// try makes one whole try of the code and gives how the host ended it: the
// message "wrong-code", or "authenticated" with the host's proof held against
// the code.
func (e *engineer) try(code string) wire.Message {
	e.Helper()
	trial := e.begin(code)
	m := e.hears("pake", "wrong-code")
	if m.Type == "wrong-code" {
		return m // not looked at
	}
	confirmation, err := trial.Answer(m.Data)
	if err != nil {
		e.Fatal(err)
	}
	e.say(wire.Message{Type: "pake-confirm", Data: confirmation})
	m = e.hears("authenticated", "wrong-code")
	if m.Type == "authenticated" {
		if e.key, err = trial.Confirm(m.Data); err != nil {
			e.Fatal("the host does not know its own code: ", err)
		}
		e.openLane()
	}
	return m
}

// openLane opens the engineer's end of the file lane, where it spoke of one.
func (e *engineer) openLane() {
	e.Helper()
	if !e.lane {
		return
	}
	toHost, toEngineer, err := e.binding.Lane()
	if err == nil {
		err = e.conn.OpenLane(channel.LaneConfig{ToHost: toHost, ToEngineer: toEngineer})
	}
	if err != nil {
		e.Fatal(err)
	}
}

// part sends bytes of a file, as a piece or as a chunk.
func (e *engineer) part(id string, at int, data []byte) error {
	key, _ := chunkKey(id)
	if e.lane {
		return e.conn.SendPiece(e.Context(), wire.Piece{Transfer: key, At: int64(at), Data: data}.Append(nil))
	}
	return e.conn.Send(e.Context(), wire.FrameChunk, append(key[:], data...))
}

// resume comes back with the key of an earlier link and gives the host's
// message, its proof checked.
func (e *engineer) resume(k proof.Key) wire.Message {
	e.Helper()
	e.say(wire.Message{Type: "resume", Data: k.Claim(e.binding.Resume())})
	m := e.hears("authenticated", "end")
	if m.Type == "authenticated" {
		var err error
		if e.key, err = k.Accept(e.binding.Resume(), m.Data); err != nil {
			e.Fatal("the host does not know the key: ", err)
		}
		e.openLane()
	}
	return m
}

// enter brings an engineer in, with the bar showing.
func (r *rig) enter() *engineer {
	r.Helper()
	h := r.help()
	e := r.join(h.RequestId)
	if m := e.try(h.Code); m.Type != "authenticated" {
		r.Fatalf("the right code: %+v", m)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED)
	r.hold()
	return e
}
