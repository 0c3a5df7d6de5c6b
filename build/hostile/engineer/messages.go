package engineer

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/session/wire"
)

// Classes about messages: wrong ones, wrong times, wrong shapes.
var messages = []class{
	{"before hello", 4, (*walk).beforeHello},
	{"every message before the code", 10, func(w *walk) error { return w.everything((*walk).joined) }},
	{"every message without a right", 8, func(w *walk) error { return w.everything((*walk).session) }},
	{"the host's own messages", 4, (*walk).hostsMessages},
	{"tricks in JSON", 6, (*walk).tricks},
	{"frames of no kind and of every size", 4, (*walk).frames},
	{"half a frame, half a channel", 3, (*walk).halves},
	{"slow drip", 2, (*walk).drip},
	{"flood", 2, (*walk).flood},
	{"misleading texts", 3, (*walk).misleading},
}

// some is a message of a random kind with random, well-formed contents; the
// inputs in it are markers of the ledger.
func (w *walk) some() (m wire.Message, markers []string) {
	session, generation := w.guess(), w.generation()
	switch w.r.IntN(18) {
	default:
		m = w.shared()
	case 0:
		m = wire.Message{Type: "ask", ID: w.id(), Capability: pick(w, []string{wire.View, wire.Control}), Duration: pick(w, durations)}
		w.asked++
	case 1:
		m = wire.Message{Type: "ask-file", ID: w.id(), File: fileOf("a.txt", w.data())}
		w.asked++
	case 2:
		m = wire.Message{Type: "cancel", ID: session}
	case 3, 4, 5:
		m, markers = w.input(1+w.r.IntN(5), generation)
	case 6:
		m = wire.Message{Type: "FrameAck", Seq: w.r.Uint32()} // an answer is a frame of its own
	case 7:
		m = wire.Message{Type: "refresh"}
	case 8:
		m = wire.Message{Type: "file-end", ID: session}
	case 9:
		m = wire.Message{Type: "grant", ID: session, Capability: wire.Control, Granted: true}
	case 10:
		m = wire.Message{Type: "answer", ID: session, Capability: wire.Control, Granted: true, Why: "allowed", Generation: generation}
	case 11:
		m = wire.Message{Type: "hello", Versions: []int{wire.Version}, Reason: w.text()}
	case 12:
		m = wire.Message{Type: strings.ToUpper(pick(w, []string{"ask", "input", "resume"})), Capability: wire.View, ID: w.id()}
	case 13:
		m = wire.Message{Type: "ping", Seq: 1 << 30}
	}
	return m, markers
}

// guess is an identifier: one of ours, of the session, or nobody's.
func (w *walk) guess() string {
	switch w.r.IntN(4) {
	case 0:
		return w.request
	case 1:
		return w.pc.State().SessionId
	case 2:
		return w.pc.Open()
	}
	return fmt.Sprintf("%032x", max(w.ids-w.r.IntN(3), 0))
}

func (w *walk) generation() uint64 {
	now := w.peer.Generation()
	switch w.r.IntN(6) {
	case 0:
		return 0
	case 1:
		return now - min(now, uint64(1+w.r.IntN(3)))
	case 2:
		return now + uint64(1+w.r.IntN(4))
	case 3:
		return 1<<64 - 1
	}
	return now
}

// input is a message of n acts, each with its marker.
func (w *walk) input(n int, generation uint64) (m wire.Message, markers []string) {
	m = wire.Message{Type: "input", Generation: generation}
	for range n {
		e := wire.Input{
			Kind: pick(w, []string{"keydown", "keyup", "move", "down", "up", "wheel"}), Key: w.pc.Ledger().Press(),
			X: w.r.IntN(40), Y: w.r.IntN(20), Button: w.r.IntN(3), WheelY: w.r.IntN(5) - 2,
			Code: pick(w, []string{"KeyA", "Tab", "Space", "Enter", "Escape", "ControlLeft"}),
		}
		m.Events = append(m.Events, e)
		markers = append(markers, e.Key)
	}
	return m, markers
}

func (w *walk) beforeHello() error {
	if err := w.waiting(); err != nil {
		return err
	}
	w.drop()
	p, err := w.connect(w.somebody())
	if err != nil {
		return at(err)
	}
	w.peer = p
	return w.forbidden(func() ([]string, error) {
		m, markers := w.some()
		if m.Type == "hello" {
			m.Versions = []int{wire.Version + 1 + w.r.IntN(1000), -1}
		}
		return markers, w.say(m)
	})
}

// forbidden sends what must never be applied, if there is no right to it from
// before it is sent until after it was read.
func (w *walk) forbidden(send func() ([]string, error)) error {
	holds := func() bool { return w.pc.Ledger().Holds(w.peer.Session(), capabilities[wire.Control]) }
	held := holds()
	markers, err := send()
	if err == nil {
		err = w.peer.Barrier(w.ctx)
	}
	if !held && !holds() {
		w.pc.Ledger().Never(markers)
	}
	return err
}

// everything sends messages of every kind in a phase in which none gives
// anything.
func (w *walk) everything(phase func(*walk) error) error {
	if err := phase(w); err != nil {
		return err
	}
	return w.forbidden(func() ([]string, error) {
		var all []string
		for range 1 + w.r.IntN(6) {
			m, markers := w.some()
			all = append(all, markers...)
			if err := w.say(m); err != nil {
				return all, err
			}
		}
		if w.r.IntN(3) == 0 {
			return all, gone(w.peer.Frame(wire.FrameChunk, w.chunk(w.id(), w.data())))
		}
		w.pc.Desktop.Capture(1)
		return all, nil
	})
}

// hostsMessages are those only the host says.
func (w *walk) hostsMessages() error {
	phase := pick(w, []func(*walk) error{(*walk).joined, (*walk).session})
	if err := phase(w); err != nil {
		return err
	}
	id := w.guess()
	return w.forbidden(func() ([]string, error) {
		err := w.say(pick(w, []wire.Message{
			{Type: "authenticated", Session: id, Data: []byte("x")},
			{Type: "answer", ID: id, Capability: wire.Control, Granted: true, Why: "allowed", Generation: w.generation()},
			{Type: "answer", ID: id, Capability: wire.View, Granted: true, Why: "allowed"},
			{Type: "lease-end", Capability: wire.View, Why: "revoked"},
			{Type: "screen", State: "on", Width: 32, Height: 16},
			{Type: "paused", On: false},
			{Type: "file", ID: id, State: "finished", Done: 1},
			{Type: "wrong-code", TriesLeft: 5},
			{Type: "end", Why: "technician"},
		}))
		if err != nil {
			return nil, err
		}
		m, markers := w.input(2, w.generation())
		return markers, w.say(m)
	})
}

// tricks are control messages whose JSON says two things, or too much.
func (w *walk) tricks() error {
	phase := pick(w, []func(*walk) error{(*walk).joined, (*walk).session, (*walk).session})
	if err := phase(w); err != nil {
		return err
	}
	return w.forbidden(func() ([]string, error) {
		m, markers := w.input(1, w.peer.Generation())
		raw, err := json.Marshal(m.Events)
		if err != nil {
			return nil, err
		}
		v := wire.Version
		id := w.id()
		w.asked++
		text := pick(w, []string{
			fmt.Sprintf(`{"v":%d,"t":"ping","t":"input","gen":%d,"events":%s}`, v, w.peer.Generation(), raw),
			fmt.Sprintf(`{"v":%d,"t":"input","T":"ping","gen":1e3,"events":%s}`, v, raw),
			fmt.Sprintf(`{"v":99,"v":%d,"t":"input","gen":18446744073709551615,"events":%s}`, v, raw),
			fmt.Sprintf(`{"v":%d,"t":"input","gen":-1,"events":%s}`, v, raw),
			fmt.Sprintf(`{"v":%d.0,"t":"input","gen":1,"events":%s}`, v, raw),
			fmt.Sprintf(`{"v":"%d","t":"input","events":%s}`, v, raw),
			fmt.Sprintf(`{"v":%d,"t":["input"],"events":%s}`, v, raw),
			fmt.Sprintf(`{"v":%d,"t":"input","events":%s}{"v":%d,"t":"input","events":%s}`, v, raw, v, raw),
			fmt.Sprintf(`{"v":%d,"t":"ask","id":"%s","cap":"view","cap":"control","granted":true}`, v, id),
			fmt.Sprintf(`{"v":%d,"t":"ask","id":"%s","CAP":"view","duration":"forever","untilMs":99999999999999}`, v, id),
			fmt.Sprintf(`{"v":%d,"t":"ask","id":"../%s","cap":"view"}`, v, id),
			fmt.Sprintf(`{"v":%d,"t":"ask","id":"%s","cap":null,"granted":true,"session":%q}`, v, id, w.request),
			fmt.Sprintf(`{"v":%d,"t":"ask-file","id":"%s","file":{"name":"a","size":-5,"sha256":"%064d"}}`, v, id, 0),
			fmt.Sprintf(`{"v":%d,"t":"ask-file","id":"%s","file":{"name":"a","size":9e18,"sha256":"%064d"}}`, v, id, 0),
			fmt.Sprintf(`{"v":%d,"t":"ask-file","id":"%s","file":{"name":"a","size":1,"size":4294967297,"sha256":"zz"}}`, v, id),
			fmt.Sprintf(`{"v":%d,"t":"ask-file","id":"%s","file":null}`, v, id),
			fmt.Sprintf(`{"v":%d,"t":"resume","token":%s}`, v, strings.Repeat("[", 5000)+strings.Repeat("]", 5000)),
			strings.Repeat(`{"events":`, 20_000),
			strings.Repeat("[", 250_000),
			`{"v":` + strings.Repeat("9", 100_000) + `}`,
			`null`, `[]`, `""`, `0`, "{", "\xff\xfe", "\ufeff{}", "{\"t\":\"\x00\"}", "",
			fmt.Sprintf(`{"v":%d,"t":"input","events":[%s]}`, v, strings.Repeat(`{"k":"move","x":1e400},`, 50)+`{}`),
			fmt.Sprintf(`{"v":%d,"t":"input","events":[%s{}]}`, v, strings.Repeat(`{"k":"keydown","c":"KeyA"},`, 300)),
			fmt.Sprintf(`{"v":%d,"t":"ping","seq":4294967296}`, v),
			fmt.Sprintf(`{"v":%d,"t":"%s"}`, v, strings.Repeat("a", 200_000)),
		})
		return markers, w.json(text)
	})
}

func (w *walk) frames() error {
	phase := pick(w, []func(*walk) error{(*walk).joined, (*walk).session})
	if err := phase(w); err != nil {
		return err
	}
	junk := make([]byte, w.r.IntN(3000))
	for i := range junk {
		junk[i] = byte(w.r.Uint32())
	}
	if len(junk) > 0 {
		junk[0] |= 0x80 // no kind: as one it could be the beginning of a long frame, which halves tries
	}
	head := func(n uint64, kind byte) []byte { return binary.AppendUvarint([]byte{kind}, n) }
	ack := func(seq uint32, received, held uint64) []byte {
		return far.Frame(wire.FrameAck, wire.Ack{Seq: seq, Received: received, Held: held}.Append(nil))
	}
	return w.forbidden(func() ([]string, error) {
		return nil, gone(w.peer.Raw(pick(w, [][]byte{
			far.Frame(byte(w.r.IntN(256)), junk),
			far.Frame(wire.FrameScreen, junk),
			far.Frame(0, nil), far.Frame(255, junk),
			head(wire.MaxFrame+1, wire.FrameControl), head(1<<31, wire.FrameChunk), head(1<<32-1, 0), head(1<<63, 1), {1, 0x80, 0x80, 0x80, 0x80, 0x80},
			far.Frame(wire.FrameAck, nil), far.Frame(wire.FrameAck, junk), ack(w.r.Uint32(), w.r.Uint64(), w.r.Uint64()), ack(0, 0, 1<<63),
			far.Frame(wire.FrameControl, bytes.Repeat([]byte(" "), 300<<10)),
			far.Frame(wire.FrameControl, bytes.Repeat([]byte("x"), wire.MaxFrame)),
			far.Frame(wire.FrameChunk, nil), far.Frame(wire.FrameChunk, make([]byte, 15)), far.Frame(wire.FrameChunk, make([]byte, 16)),
			far.Frame(wire.FrameChunk, make([]byte, 16+wire.MaxChunk+1)),
			junk,
		})))
	})
}

// halves leaves off in the middle.
func (w *walk) halves() error {
	phase := pick(w, []func(*walk) error{(*walk).joined, (*walk).session})
	if err := phase(w); err != nil {
		return err
	}
	m, markers := w.input(3, w.peer.Generation())
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	whole := far.Frame(wire.FrameControl, raw)
	if err := w.peer.Raw(whole[:1+w.r.IntN(len(whole)-1)]); err != nil {
		return gone(err)
	}
	if w.r.IntN(2) == 0 {
		err = w.peer.CloseWrite()
		if err == nil {
			err = w.peer.Gone(w.ctx)
		}
	}
	w.drop()
	w.pc.Ledger().Never(markers)
	return err
}

// drip sends one byte at a time.
func (w *walk) drip() error {
	if err := w.session(); err != nil {
		return err
	}
	return w.forbidden(func() ([]string, error) {
		m, markers := w.input(2, w.generation())
		m.V = wire.Version
		raw, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		for _, b := range far.Frame(wire.FrameControl, raw) {
			if err := w.peer.Raw([]byte{b}); err != nil {
				return markers, gone(err)
			}
		}
		return markers, nil
	})
}

// flood asks, pings and offers faster than anybody can answer.
func (w *walk) flood() error {
	phase := pick(w, []func(*walk) error{(*walk).joined, (*walk).session})
	if err := phase(w); err != nil {
		return err
	}
	err := w.forbidden(func() ([]string, error) {
		var all []string
		for range 200 + w.r.IntN(400) {
			m, markers := w.some()
			all = append(all, markers...)
			if err := w.say(m); err != nil {
				return all, err
			}
		}
		return all, nil
	})
	w.minute()
	return err
}

func (w *walk) misleading() error {
	if err := w.session(); err != nil {
		return err
	}
	_, err := w.ask(pick(w, []string{wire.View, wire.Control}), pc.Plan{Allow: w.r.IntN(3) == 0})
	return err
}

func (w *walk) data() []byte {
	b := make([]byte, 1+w.r.IntN(2000))
	for i := range b {
		b[i] = byte(w.r.Uint32())
	}
	return b
}

func (w *walk) chunk(id string, data []byte) []byte {
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != 16 {
		raw = make([]byte, 16)
	}
	return append(raw, data...)
}
