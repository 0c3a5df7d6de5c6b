package relay

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/flow"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

func isView(on bool) func(*hostpb.HelperCommand) bool {
	return func(c *hostpb.HelperCommand) bool { return c.GetView() != nil && c.GetView().On == on }
}
func isInput(c *hostpb.HelperCommand) bool { return c.GetInput() != nil }
func isStop(c *hostpb.HelperCommand) bool  { return c.GetStop() != nil }

func picture2(seed byte) screen.Frame {
	f := screen.Frame{Pix: make([]byte, 4*200*150), Stride: 4 * 200, Width: 200, Height: 150}
	for i := range f.Pix {
		f.Pix[i] = byte(i/7) ^ seed
	}
	return f
}

func same(d *screen.Decoder, f screen.Frame) bool {
	img := d.Image()
	for y := range f.Height {
		for x := range f.Width {
			want, got := f.Pix[y*f.Stride+4*x:], img.Pix[y*img.Stride+4*x:]
			if want[0] != got[2] || want[1] != got[1] || want[2] != got[0] {
				return false
			}
		}
	}
	return true
}

// The story's session, on the real channel over a real WebSocket (P24, B5).
func TestSession(t *testing.T) {
	r := newRig(t)
	h := r.help()
	e := r.join(h.RequestId)

	// A wrong code is counted, refused, and costs time (P23).
	if m := e.try("WRNG WRNG"); m.Type != "wrong-code" || m.TriesLeft != 4 || m.WaitMS < 900 {
		t.Errorf("wrong code: %+v", m)
	}
	r.await("the wrong code counted", func(d *desk) bool { return d.state.GetWrongCodes() == 1 })
	r.clock.pass(time.Second)
	if m := e.try(strings.ToLower(h.Code)); m.Type != "authenticated" || m.Session == "" {
		t.Errorf("%+v", m)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED)
	if words := r.s.State().GetWords(); words == "" || words != e.conn.Words() {
		t.Errorf("the technician sees %q, the engineer %q", words, e.conn.Words())
	}
	r.hold()

	// View: asked, allowed, live, pixel for pixel.
	e.say(wire.Message{Type: "ask", ID: "v1", Capability: wire.View})
	if p := r.answer(1, true); p.Engineer.Name != "Anna Weber" || p.Reason != "Ticket 4711" || p.Capability != hostpb.Capability_CAPABILITY_VIEW {
		t.Errorf("prompt %v", p)
	}
	if m := e.hear("answer"); !m.Granted || m.ID != "v1" {
		t.Errorf("%+v", m)
	}
	help := r.attach(1)
	view := help.get(t, isView(true))
	if !view.GetView().Full {
		t.Error("the first picture must be complete")
	}
	help.tell(&hostpb.HelperMessage{Generation: view.Generation, Body: &hostpb.HelperMessage_State{State: &hostpb.HelperState{Width: 200, Height: 150, Capturing: true}}})
	for e.hear("screen").State != "on" {
	}
	enc, dec := screen.NewEncoder(screen.Config{}), &screen.Decoder{}
	show := func(f screen.Frame, generation uint64) {
		help.tell(&hostpb.HelperMessage{Generation: generation, Body: &hostpb.HelperMessage_ScreenUpdate{ScreenUpdate: enc.Encode(nil, f, nil, 0)}})
	}
	see := func(f screen.Frame) {
		t.Helper()
		for {
			kind, payload, _ := e.next()
			if kind != wire.FrameScreen {
				continue
			}
			if _, _, err := dec.Apply(payload); err != nil {
				t.Fatal(err)
			}
			if !same(dec, f) {
				t.Error("the picture differs")
			}
			return
		}
	}
	for i := range byte(3) {
		show(picture2(i), view.Generation)
		see(picture2(i))
	}
	e.ack(3)
	told := help.get(t, func(c *hostpb.HelperCommand) bool { return c.GetAck().GetSeq() == 3 }).GetAck()
	if told.Room < flow.Smallest || told.Taken != 3 {
		t.Errorf("the helper is told %v", told)
	}

	// Control: asked, allowed; the kill key is not among what arrives.
	e.say(wire.Message{Type: "input", Generation: 1, Events: []wire.Input{{Kind: "keydown", Code: "KeyX"}}})
	e.say(wire.Message{Type: "ask", ID: "c1", Capability: wire.Control})
	r.answer(2, true)
	granted := e.hear("answer")
	type_ := func(codes ...string) {
		m := wire.Message{Type: "input", Generation: granted.Generation}
		for _, c := range codes {
			m.Events = append(m.Events, wire.Input{Kind: "keydown", Code: c, Key: "k"})
		}
		e.say(m)
	}
	type_("KeyA", "Pause", "KeyB")
	in := help.get(t, isInput).GetInput()
	if len(in.Events) != 2 || in.Events[0].Code != "KeyA" || in.Events[1].Code != "KeyB" {
		t.Errorf("input %v", in)
	}

	// A file: asked, allowed, the same hash (P24).
	data := bytes.Repeat([]byte("a file of the vendor. "), 20_000)
	if m := e.offer("00112233445566778899aabbccddeeff", "../../Report: final?.txt", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	if m := e.transfer("00112233445566778899aabbccddeeff", data); m.State != "finished" {
		t.Fatalf("%+v", m)
	}
	got, err := os.ReadFile(filepath.Join(r.received(), "Report_ final_.txt"))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("received %d bytes, %v", len(got), err)
	}

	// Another file while input is typed: nothing reaches the prompt (scenario 8).
	e.say(wire.Message{Type: "ask-file", ID: "ffeeddccbbaa99887766554433221100", File: fileOf("two.txt", data)})
	for {
		if m := e.hear("paused"); m.On {
			break
		}
	}
	for range 100 {
		type_("Tab", "Space", "Enter")
	}
	e.say(wire.Message{Type: "ping", Seq: 1})
	e.hear("pong") // all of it was read while the prompt stood
	r.answer(4, false)
	if m := e.hear("answer"); m.Granted || m.Why != "denied" {
		t.Errorf("%+v", m)
	}
	type_("KeyC")
	if in := help.get(t, isInput).GetInput(); in.Events[0].Code != "KeyC" {
		t.Errorf("what was typed at the prompt arrived: %v", in)
	}

	r.killed(e, help, granted.Generation)

	// What was done, for the technician to read (B5).
	s := r.s.State().GetSummary()
	var lines []string
	for _, l := range s.GetLines() {
		lines = append(lines, fmt.Sprint(l.Kind, " ", strings.TrimPrefix(l.Capability.String(), "CAPABILITY_"), " ", l.Detail))
	}
	if want := []string{
		"allowed VIEW session", "allowed CONTROL session", "allowed FILES Report_ final_.txt", "file-received FILES Report_ final_.txt",
		"denied FILES two.txt", "ended VIEW session-ended", "ended CONTROL session-ended",
	}; !slices.Equal(lines, want) || s.EndedCode != "kill-key" || s.EndedBy != "technician" || s.Pictures != 3 || s.Inputs < 3 ||
		s.Engineer.GetName() != "Anna Weber" || s.StartedUnixMs == 0 || s.EndedUnixMs < s.StartedUnixMs {
		t.Errorf("summary %v\n%q", s, lines)
	}

	kinds := r.kinds()
	for _, k := range []string{"help.requested", "code.tried", "code.wrong", "session.authenticated", "session.granted", "file.accepted", "file.received", "prompt.answered", "session.lease-ended", "session.ended", "session.summary"} {
		if kinds[k] == 0 {
			t.Errorf("no %s in the log: %v", k, kinds)
		}
	}
	r.canary(h.Code, labPIN)
}

// killed queues 10,000 inputs behind a helper that takes none, ends the
// session, and lets the helper go on: none may come (scenario 14).
func (r *rig) killed(e *engineer, help *helperEnd, generation uint64) {
	r.Helper()
	for range 10_000 / 50 {
		m := wire.Message{Type: "input", Generation: generation}
		for range 50 {
			m.Events = append(m.Events, wire.Input{Kind: "move", X: 1, Y: 1})
		}
		e.say(m)
	}
	e.say(wire.Message{Type: "ping", Seq: 7}) // all of it was read
	e.hear("pong")
	r.s.mu.Lock()
	queued := r.s.helper.inputs
	r.s.mu.Unlock()
	if queued == 0 {
		r.Error("nothing was queued")
	}
	if err := r.s.EndSession("lab", "kill-key"); err != nil {
		r.Fatal(err)
	}
	// At most the one that was being handed over when the key was pressed.
	var after atomic.Int32
	stopped := help.get(r.T, func(c *hostpb.HelperCommand) bool {
		if c.GetInput() != nil {
			after.Add(1)
		}
		return c.GetStop() != nil
	})
	if n := after.Load(); n > 1 {
		r.Errorf("%d inputs after the end", n)
	}
	if stopped.Generation <= generation {
		r.Error("the end opened no new generation")
	}
	if m := e.hear("end"); m.Why != "kill-key" {
		r.Errorf("the engineer heard %+v", m)
	}
	r.await("the end", func(d *desk) bool { return d.state.GetEndedCode() == "kill-key" })
}

func fileOf(name string, data []byte) *wire.File {
	sum := sha256.Sum256(data)
	return &wire.File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// offer asks for a file, has it allowed, and gives the answer.
func (e *engineer) offer(id, name string, data []byte) wire.Message {
	e.Helper()
	e.desk.mu.Lock()
	n := len(e.desk.prompts)
	e.desk.mu.Unlock()
	e.say(wire.Message{Type: "ask-file", ID: id, File: fileOf(name, data)})
	e.answer(n+1, true)
	return e.hear("answer")
}

// transfer sends a file's bytes and gives its last state.
func (e *engineer) transfer(id string, data []byte) wire.Message {
	e.Helper()
	for at := 0; at < len(data); at += wire.MaxChunk {
		if err := e.part(id, at, data[at:min(at+wire.MaxChunk, len(data))]); err != nil {
			e.Fatal(err)
		}
	}
	e.say(wire.Message{Type: "file-end", ID: id})
	for {
		if m := e.hear("file"); !slices.Contains([]string{"running", "checking", "saving"}, m.State) {
			return m
		}
	}
}

// canary looks for secrets, a code or a PIN, in everything that was written
// (scenario 25).
func (r *rig) canary(secrets ...string) {
	r.Helper()
	r.shut()
	look := func(where, text string) {
		for _, secret := range secrets {
			plain := strings.ReplaceAll(secret, " ", "")
			for _, c := range []string{secret, plain, strings.ToLower(plain)} {
				if strings.Contains(text, c) {
					r.Errorf("a secret is in %s", where)
				}
			}
		}
	}
	look("the log of the program", r.log.String())
	look("the arguments", fmt.Sprint(os.Args, os.Environ()))
	for _, p := range r.desk.prompts {
		look("a prompt", p.String())
	}
	look("the state", r.desk.state.String())
	files := 0
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		files++
		look(path, string(raw))
		return err
	})
	if err != nil || files < 3 {
		r.Errorf("searched %d files, %v", files, err)
	}
}

// Scenario 26, P25: on a patient-data instrument a file is refused without a
// prompt, and its bytes lead nowhere.
func TestPatientData(t *testing.T) {
	r := newRig(t)
	r.pol.set(support.Files, "never: patient data")
	e := r.enter()
	data := []byte("x")
	e.say(wire.Message{Type: "ask-file", ID: "00112233445566778899aabbccddeeff", File: fileOf("a.txt", data)})
	if m := e.hear("answer"); m.Granted || m.Why != "policy" {
		t.Errorf("%+v", m)
	}
	raw, _ := hex.DecodeString("00112233445566778899aabbccddeeff")
	if err := e.conn.Send(t.Context(), wire.FrameChunk, append(raw, data...)); err != nil {
		t.Fatal(err)
	}
	e.say(wire.Message{Type: "file-end", ID: "00112233445566778899aabbccddeeff"})
	e.say(wire.Message{Type: "ping", Seq: 1})
	e.hear("pong")
	if len(r.desk.prompts) != 0 {
		t.Error("somebody was asked")
	}
	r.nothingVisible()
}

func (r *rig) nothingVisible() {
	r.Helper()
	if seen := listing(r, r.received()); len(seen) > 0 {
		r.Errorf("%v became visible", seen)
	}
}

// emptied waits until nothing is left in the spool. Files are dropped beside the
// driver, which has told all it has to tell by then: so it is looked for.
func (r *rig) emptied() {
	r.Helper()
	deadline, look := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer look.Stop()
	for left := listing(r, r.spool()); len(left) > 0; left = listing(r, r.spool()) {
		select {
		case <-look.C:
		case <-deadline:
			r.Fatalf("%v stay in the spool", left)
		}
	}
}

// Scenario 18: a cut network resumes within the lease, and gives back what was
// granted and no more.
func TestResumeAfterACut(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
	r.answer(1, true)
	help := r.attach(1)
	help.get(t, isView(true))
	request := r.s.State().GetRequestId()
	r.relay.cut()
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_LOST)
	help.get(t, isView(false))

	again := r.join(request)
	if m := again.resume(e.key); m.Type != "authenticated" {
		t.Fatalf("%+v", m)
	}
	if words := r.s.State().GetWords(); words != again.conn.Words() || words == e.conn.Words() {
		t.Errorf("the technician sees %q, the engineer %q", words, again.conn.Words())
	}
	if m := again.hear("answer"); !m.Granted || m.Capability != wire.View {
		t.Errorf("%+v", m)
	}
	if c := help.get(t, isView(true)); !c.GetView().Full {
		t.Error("a resumed engineer needs a complete picture")
	}
	if n := len(r.desk.prompts); n != 1 {
		t.Errorf("%d prompts", n)
	}
}

// Scenario 17, B5: the window's bar and the helper hold the session up.
func TestWhatDiesEndsTheSession(t *testing.T) {
	for name, die := range map[string]func(r *rig, h *helperEnd){
		"bar-lost":                func(r *rig, _ *helperEnd) { r.bar() },
		"helper-lost":             func(_ *rig, h *helperEnd) { h.cancel() },
		"tray-lost":               func(r *rig, _ *helperEnd) { r.s.TrayLost() },
		"locked, says the system": func(r *rig, _ *helperEnd) { r.s.SeatLost() },
		"locked": func(_ *rig, h *helperEnd) {
			h.tell(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_State{State: &hostpb.HelperState{Locked: true}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			e := r.enter()
			e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control})
			r.answer(1, true)
			help := r.attach(1)
			r.await("control in use", func(d *desk) bool { return len(d.state.GetLeases()) == 1 && d.state.Leases[0].Active })
			code, _, _ := strings.Cut(name, ",")
			die(r, help)
			r.await("the end", func(d *desk) bool { return d.state.GetEndedCode() == code })
			if m := e.hear("end"); m.Why != code {
				t.Errorf("%+v", m)
			}
		})
	}
}

// Scenario 17: the service itself. What was open is closed in the log by the
// next start, and the counter of wrong codes goes on (scenario 22).
func TestServiceDies(t *testing.T) {
	r := newRig(t)
	h := r.help()
	e := r.join(h.RequestId)
	e.try("WRNG WRNG")
	// As kill -9 leaves it: nothing says goodbye to the store.
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	killed := r.stop
	r.boot()
	kinds := r.kinds()
	if kinds["help.ended"] != 1 {
		t.Errorf("the log says %v", kinds)
	}
	next := r.help()
	if next.Code == h.Code {
		t.Error("a code survived the service")
	}
	e = r.join(next.RequestId)
	if m := e.try(next.Code); m.Type != "wrong-code" || m.TriesLeft != 4 || m.WaitMS < 1000 {
		t.Errorf("the wait did not survive: %+v", m)
	}
	killed()
}

// Scenario 22: of a restored database and the newer copy beside it, the newer
// counts; a torn copy does not help either.
func TestRestoredDatabase(t *testing.T) {
	r := newRig(t)
	r.shut()
	if err := os.WriteFile(filepath.Join(r.dir, "tries"), []byte(`{"serial":900,"row":100}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r.boot()
	if _, err := r.s.RequestHelp("lab", &hostpb.RequestHelpRequest{TechnicianCalled: true}, "", nil); Code(err) != "too-many-wrong-codes" {
		t.Fatal(err)
	}
	if err := r.s.ResetTries("it"); err != nil {
		t.Fatal(err)
	}
	r.help()
	r.shut()
	if err := os.WriteFile(filepath.Join(r.dir, "tries"), []byte(`{"ser`), 0o600); err != nil {
		t.Fatal(err)
	}
	r.boot()
	r.help()
}
