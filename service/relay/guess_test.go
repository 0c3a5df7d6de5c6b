package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/cpace"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// noWire is the secret of a channel that is none.
type noWire struct{}

func (noWire) Exporter(string) ([]byte, error) { return make([]byte, 32), nil }
func (noWire) Leaves() (host, engineer []byte) { return []byte("host"), []byte("engineer") }

// loose makes a link without a wire: what the machine says to it stays in out.
func (s *Support) loose(t testing.TB, id support.LinkID) *link {
	t.Helper()
	b, err := proof.Bind(noWire{}, device, "request")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{id: id, binding: b, cancel: func() {}, notify: make(chan struct{}, 1)}
	anna := channeltest.Anna()
	s.mu.Lock()
	s.links[id] = l
	s.doLocked(support.Joined{Link: id, Engineer: support.Engineer{
		Account: anna.Account, Name: anna.Name, Organisation: anna.Organisation, Regions: anna.Regions,
	}})
	s.mu.Unlock()
	return l
}

// Scenario 21: 1,000 guesses in parallel, from 50 links. Each is counted on
// disk before it is answered, hardly any is looked at, and the code is gone
// after five.
func TestGuessesInParallel(t *testing.T) {
	r := newRig(t)
	r.help()
	var links []*link
	for i := range 50 {
		links = append(links, r.s.loose(t, support.LinkID(1000+i)))
	}
	var wait sync.WaitGroup
	for _, l := range links {
		wait.Go(func() { // a link's messages come one after another
			for n := range 20 {
				trial, share, err := l.binding.Begin("WRNG WRNG", uint32(n+1))
				if err != nil {
					t.Error(err)
					return
				}
				r.s.try(l, wire.Message{Type: "pake", Data: share})
				r.s.mu.Lock()
				var answer []byte
				for _, m := range l.out {
					if m.Type == "pake" {
						answer = m.Data
					}
				}
				r.s.mu.Unlock()
				confirmation := make([]byte, cpace.TagSize)
				if answer != nil {
					confirmation, _ = trial.Answer(answer)
				}
				r.s.confirm(l, wire.Message{Type: "pake-confirm", Data: confirmation})
			}
		})
	}
	wait.Wait()
	looked := 0
	for _, l := range links {
		for _, m := range l.out {
			if m.Type == "pake" {
				looked++
			}
		}
	}
	if looked != 1 {
		t.Errorf("%d guesses were looked at without a wait", looked)
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

// Scenario 21: what is no share costs a try like any other guess, and five of
// them the code.
func TestSharesThatAreNoneAreTries(t *testing.T) {
	r := newRig(t)
	h := r.help()
	e := r.join(h.RequestId)
	for n, share := range [][]byte{nil, make([]byte, cpace.ShareSize), []byte(strings.Repeat("\xff", 32)), []byte(h.Code), make([]byte, 100_000)} {
		e.say(wire.Message{Type: "pake", Data: share})
		if m := e.hears("pake", "wrong-code"); m.Type != "wrong-code" || m.TriesLeft != 4-n {
			t.Fatalf("%.8x: %+v", share, m)
		}
		r.clock.pass(time.Minute)
	}
	if m := e.hear("end"); m.Why != "code-burnt" {
		t.Errorf("%+v", m)
	}
	if k := r.kinds(); k["code.tried"] != 5 || k["code.wrong"] != 5 {
		t.Errorf("log: %v", k)
	}
}

// P23: whoever goes silent after the host's share has used the try, holds
// nobody up for long, and what comes too late counts for nothing, right or not.
func TestSilenceInTheMiddleOfATry(t *testing.T) {
	r := newRig(t)
	h := r.help()
	e := r.join(h.RequestId)
	trial := e.begin(h.Code)
	late, err := trial.Answer(e.hear("pake").Data)
	if err != nil {
		t.Fatal(err)
	}
	// The link answers meanwhile: nothing waits for the confirmation.
	e.say(wire.Message{Type: "ping", Seq: 7})
	if m := e.hears("pong", "wrong-code"); m.Type != "pong" {
		t.Errorf("%+v", m)
	}
	r.clock.pass(11 * time.Second)
	if m := e.hear("wrong-code"); m.TriesLeft != 4 {
		t.Errorf("%+v", m)
	}
	e.say(wire.Message{Type: "pake-confirm", Data: late})
	e.say(wire.Message{Type: "ping", Seq: 8})
	if m := e.hears("pong", "authenticated"); m.Type != "pong" {
		t.Errorf("%+v", m)
	}
	if m := e.try(h.Code); m.Type != "authenticated" {
		t.Errorf("%+v", m)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED)
	if k := r.kinds(); k["code.tried"] != 2 || k["code.wrong"] != 1 {
		t.Errorf("log: %v", k)
	}
}

// Scenario 29: everything that a right exchange is made of was recorded, and is
// sent again on a channel of somebody else; or an engineer who knows the code
// is made to answer for another channel. Each costs a try and gives nothing.
func TestReplayOnAnotherChannel(t *testing.T) {
	r := newRig(t)
	h := r.help()
	knows := r.join(h.RequestId)
	first, shareA, err := knows.binding.Begin(h.Code, 1)
	if err != nil {
		t.Fatal(err)
	}
	oracle, shareB, err := knows.binding.Begin(h.Code, 1)
	if err != nil {
		t.Fatal(err)
	}
	knows.say(wire.Message{Type: "pake", Data: shareA})
	ta, err := first.Answer(knows.hear("pake").Data) // right, and never sent
	if err != nil {
		t.Fatal(err)
	}
	knows.conn.Close()
	r.await("the try of a link that went", func(d *desk) bool { return d.state.GetWrongCodes() == 1 })

	e := r.join(h.RequestId)
	wrong := func(what string, share []byte, confirm func(host []byte) []byte) {
		t.Helper()
		r.clock.pass(30 * time.Second)
		e.say(wire.Message{Type: "pake", Data: share})
		m := e.hears("pake", "wrong-code")
		if m.Type != "pake" {
			t.Fatalf("%s: not looked at: %+v", what, m)
		}
		e.say(wire.Message{Type: "pake-confirm", Data: confirm(m.Data)})
		if m := e.hears("wrong-code", "authenticated"); m.Type != "wrong-code" {
			t.Errorf("%s: %+v", what, m)
		}
	}
	wrong("recorded share and confirmation", shareA, func([]byte) []byte { return ta })
	wrong("an engineer who knows the code answers for another channel", shareB, func(host []byte) []byte {
		answer, err := oracle.Answer(host)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	})
	if k := r.kinds(); k["session.authenticated"] != 0 || k["code.tried"] != 3 || k["code.wrong"] != 3 {
		t.Errorf("log: %v", k)
	}
	r.clock.pass(30 * time.Second)
	e.tries = 2 // the tries above were made by hand
	if m := e.try(h.Code); m.Type != "authenticated" {
		t.Errorf("the engineer whose code it is: %+v", m)
	}
}

// Roles swapped (reflection): the host's own share and its own words come back
// to it. Its next share is another one, so the mirror never fits.
func TestTheHostTalksToAMirror(t *testing.T) {
	r := newRig(t)
	h := r.help()
	e := r.join(h.RequestId)
	e.say(wire.Message{Type: "pake", Data: make([]byte, 32)})
	e.hear("wrong-code")
	r.clock.pass(10 * time.Second)
	e.begin("WRNG WRNG")
	host := e.hear("pake").Data
	e.say(wire.Message{Type: "pake-confirm", Data: host})
	e.hear("wrong-code")
	r.clock.pass(10 * time.Second)
	e.say(wire.Message{Type: "pake", Data: host})
	again := e.hear("pake").Data
	if string(again) == string(host) {
		t.Fatal("the host uses a share twice")
	}
	e.say(wire.Message{Type: "pake-confirm", Data: again})
	if m := e.hears("wrong-code", "authenticated"); m.Type != "wrong-code" {
		t.Errorf("%+v", m)
	}
}

// Scenario 53: whatever an engineer's side says that never proved anything, it
// gets no session, nobody is asked, and the host goes on.
func FuzzWhoProvedNothing(f *testing.F) {
	for _, m := range []wire.Message{
		{V: 2, Type: "pake", Data: make([]byte, 32)}, {V: 2, Type: "pake-confirm", Data: make([]byte, 64)},
		{V: 2, Type: "resume", Data: make([]byte, 32)}, {V: 2, Type: "ask", ID: "a", Capability: wire.View},
		{V: 2, Type: "ask-file", ID: strings.Repeat("0", 32), File: &wire.File{Name: "a", Size: 1}},
		{V: 2, Type: "input", Events: []wire.Input{{Kind: "keydown", Code: "KeyA"}}}, {V: 2, Type: "ping", Seq: 1},
		{V: 2, Type: "authenticated", Session: "s"}, {V: 2, Type: "bye"}, {V: 2, Type: "file-end", ID: "x"}, {V: 1, Type: "hello"},
	} {
		raw, _ := json.Marshal(m)
		f.Add(raw, raw)
	}
	_, share, _ := cpace.Initiate(cpace.Params{Code: "WRNGWRNG"})
	raw, _ := json.Marshal(wire.Message{V: 2, Type: "pake", Data: share})
	f.Add(raw, []byte(`{"v":2,"t":"pake-confirm","data":"AA=="}`))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		s, err := New(t.Context(), Config{
			Machine: support.Config{Policy: &policy{}}, DeviceID: func() string { return device },
			Certificate: noCertificate, StaffCA: x509.NewCertPool(), Dialer: CloudDialer{}, Store: &memory{},
			Publisher: &desk{changed: make(chan struct{})}, Files: FilesConfig{Spool: t.TempDir(), Reserve: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.RequestHelp("lab", &hostpb.RequestHelpRequest{TechnicianCalled: true}, "", nil); err != nil {
			t.Fatal(err)
		}
		l := s.loose(t, 1)
		for _, raw := range [][]byte{one, two, one} {
			m, err := decode(raw)
			if err != nil {
				continue
			}
			if s.handle(l, m) != nil {
				s.do(support.Violation{Link: l.id})
			}
		}
		st := s.State()
		if st.GetSessionId() != "" || st.GetPrompt() != nil || len(st.GetLeases()) != 0 || len(st.GetTransfers()) != 0 || st.GetWords() != "" {
			t.Fatalf("%q, %q: %v", one, two, st)
		}
		for _, m := range l.out {
			if m.Type == "authenticated" || m.Type == "answer" || m.Type == "file" {
				t.Fatalf("%q, %q was answered with %+v", one, two, m)
			}
		}
	})
}

func noCertificate(context.Context) (tls.Certificate, error) { return tls.Certificate{}, nil }

// memory is a store that keeps the settings and forgets the log.
type memory struct{ settings map[string]string }

func (m *memory) Update(_ context.Context, fn func(Tx) error) error { return fn(m) }
func (m *memory) Append(support.Entry) error                        { return nil }
func (m *memory) Enqueue(string, []byte) error                      { return nil }

func (m *memory) Setting(key string) (string, bool, error) {
	v, ok := m.settings[key]
	return v, ok, nil
}

func (m *memory) SetSetting(key, value string) error {
	if m.settings == nil {
		m.settings = map[string]string{}
	}
	m.settings[key] = value
	return nil
}
