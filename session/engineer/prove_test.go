package engineer_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"beckmanconnect/session/cpace"
	"beckmanconnect/session/engineer"
	"beckmanconnect/session/engineer/engineertest"
	"beckmanconnect/session/wire"
)

func flip(b []byte) []byte {
	out := bytes.Clone(b)
	out[len(out)/2] ^= 1
	return out
}

// B1, scenario 29: the other end has a certificate, and does not know the code
// or the key that came of it. The engineer never goes on: at the first join and
// when coming back.
func TestAHostThatCannotProveItself(t *testing.T) {
	lies := map[string]func(own []byte) []byte{
		"nothing":       func([]byte) []byte { return nil },
		"a bit flipped": flip,
		"cut short":     func(own []byte) []byte { return own[:len(own)-1] },
		"zeros":         func(own []byte) []byte { return make([]byte, len(own)) },
	}
	for name, lie := range lies {
		t.Run("join: "+name, func(t *testing.T) {
			r := newRig(t)
			r.host.Confirm = lie
			r.do(map[string]any{"do": "join", "request": "req-1"})
			r.phase(engineer.Code)
			r.do(map[string]any{"do": "code", "code": "ABCDEFGH"})
			if s := r.phaseEnded(); s.Why != engineer.WhyIdentity {
				t.Errorf("ended for %q", s.Why)
			}
		})
		t.Run("resume: "+name, func(t *testing.T) {
			r := newRig(t)
			r.join()
			r.host.Confirm = lie
			r.cloud.CutRelay()
			if s := r.phaseEnded(); s.Why != engineer.WhyIdentity {
				t.Errorf("ended for %q", s.Why)
			}
		})
	}
}

// What a host may do that knows nothing: each ends the session, and nothing of
// it reaches the page.
func TestBeforeAnyProof(t *testing.T) {
	say := func(m wire.Message) func(*engineertest.Host, wire.Message) {
		return func(h *engineertest.Host, _ wire.Message) { h.Say(m) }
	}
	tests := []struct {
		name string
		on   string // the engineer's message that is answered
		do   func(h *engineertest.Host, m wire.Message)
		want string
	}{
		{"a picture", "hello", func(h *engineertest.Host, _ wire.Message) { h.Frame(wire.FrameScreen, []byte("picture")) }, engineer.WhyIdentity},
		{"file bytes", "hello", func(h *engineertest.Host, _ wire.Message) { h.Frame(wire.FrameChunk, make([]byte, 20)) }, engineer.WhyIdentity},
		{"a grant", "hello", say(wire.Message{Type: "answer", ID: "a1", Capability: wire.View, Granted: true}), engineer.WhyIdentity},
		{"a screen", "hello", say(wire.Message{Type: "screen", State: "on"}), engineer.WhyIdentity},
		{"a session without a try", "hello", say(wire.Message{Type: "authenticated", Session: "s1", Data: make([]byte, cpace.TagSize)}), engineer.WhyIdentity},
		{"a share nobody waits for", "hello", say(wire.Message{Type: "pake", Data: make([]byte, cpace.ShareSize)}), engineer.WhyProtocol},
		{"another version", "hello", say(wire.Message{Type: "hello", Versions: []int{1}}), engineer.WhyProtocol},
		{"words of another channel", "hello", say(wire.Message{Type: "hello", Versions: []int{wire.Version}, Words: "amber river wolf"}), engineer.WhyIdentity},
		{"no JSON", "hello", func(h *engineertest.Host, _ wire.Message) { h.Frame(wire.FrameControl, []byte("{")) }, engineer.WhyProtocol},
		{"the neutral element", "pake", say(wire.Message{Type: "pake", Data: make([]byte, cpace.ShareSize)}), engineer.WhyIdentity},
		{"no share", "pake", say(wire.Message{Type: "pake"}), engineer.WhyIdentity},
		{"the engineer's own share", "pake", func(h *engineertest.Host, m wire.Message) { h.Say(m) }, engineer.WhyIdentity},
		{"a session for a share", "pake", say(wire.Message{Type: "authenticated", Session: "s1"}), engineer.WhyIdentity},
		{"the engineer's own confirmation", "pake-confirm", func(h *engineertest.Host, m wire.Message) {
			h.Say(wire.Message{Type: "authenticated", Session: "s1", Data: m.Data})
		}, engineer.WhyIdentity},
		{"a second share for one try", "pake-confirm", func(h *engineertest.Host, _ wire.Message) {
			_, share, _ := cpace.Initiate(cpace.Params{Code: "a second guess"})
			h.Say(wire.Message{Type: "pake", Data: share})
		}, engineer.WhyIdentity},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.host.Instead(func(m wire.Message) bool {
				if m.Type == tt.on {
					tt.do(r.host, m)
				}
				return m.Type == tt.on
			})
			r.do(map[string]any{"do": "join", "request": "req-1"})
			if tt.on != "hello" {
				r.phase(engineer.Code)
				r.do(map[string]any{"do": "code", "code": "ABCDEFGH"})
			}
			var s engineer.State
			for s.Phase != engineer.Ended {
				f := r.next("the end")
				var m wire.Message
				switch f.kind {
				case engineer.FrameLocal:
					if json.Unmarshal(f.payload, &s) != nil || s.Phase == engineer.Session {
						t.Fatalf("%s", f.payload)
					}
				case wire.FrameControl:
					if json.Unmarshal(f.payload, &m) != nil || m.Type != "hello" {
						t.Errorf("the page was told %s", f.payload)
					}
				default:
					t.Errorf("the page was shown %q", f.payload)
				}
			}
			if s.Why != tt.want {
				t.Errorf("ended for %q, want %q", s.Why, tt.want)
			}
		})
	}
}

// P23: whoever sits in the host's place gets five guesses at what the engineer
// types, like the host gives, however often it says "try again".
func TestFiveTries(t *testing.T) {
	r := newRig(t)
	r.host.Instead(func(m wire.Message) bool {
		if m.Type == "pake-confirm" {
			r.host.Say(wire.Message{Type: "wrong-code", TriesLeft: 5})
		}
		return m.Type == "pake-confirm"
	})
	r.do(map[string]any{"do": "join", "request": "req-1"})
	r.phase(engineer.Code)
	for range 4 {
		r.do(map[string]any{"do": "code", "code": "ABCDEFGH"})
		r.message("wrong-code")
	}
	r.do(map[string]any{"do": "code", "code": "ABCDEFGH"})
	if s := r.phaseEnded(); s.Why != "code-burnt" {
		t.Errorf("%+v", s)
	}
	pakes := 0
	for _, m := range r.host.Await(r.ctx, "tries", func(engineertest.Facts) bool { return true }).Received {
		if m.Type == "pake" {
			pakes++
		}
	}
	if pakes != 5 {
		t.Errorf("%d tries", pakes)
	}
}

// Nothing of the page goes to an end that has not proved itself, neither at
// first nor on the channel of a resume; and one code is proved at a time.
func TestThePageIsHeardAfterTheProof(t *testing.T) {
	r := newRig(t)
	held := make(chan wire.Message, 1)
	r.host.Instead(func(m wire.Message) bool {
		if m.Type != "pake" {
			return false
		}
		held <- m
		return true
	})
	refused := func() {
		t.Helper()
		for kind, payload := range map[byte]string{wire.FrameControl: `{"v":2,"t":"input"}`, wire.FrameChunk: strings.Repeat("x", 20)} {
			if err := r.page.Message(r.ctx, kind, []byte(payload)); !errors.Is(err, engineer.ErrNotConnected) {
				t.Errorf("a frame of type %d went out: %v", kind, err)
			}
		}
	}
	code := []byte(`{"do":"code","code":"ABCDEFGH"}`)
	if err := r.page.Message(r.ctx, engineer.FrameLocal, code); !errors.Is(err, engineer.ErrNotConnected) {
		t.Errorf("a code without a channel: %v", err)
	}
	refused()
	r.do(map[string]any{"do": "join", "request": "req-1"})
	r.phase(engineer.Code)
	refused()
	r.do(map[string]any{"do": "code", "code": "ABCDEFGH"})
	<-held
	refused()
	if err := r.page.Message(r.ctx, engineer.FrameLocal, code); !errors.Is(err, engineer.ErrTrying) {
		t.Errorf("two codes at once: %v", err)
	}
	r.do(map[string]any{"do": "bye"})
	r.phaseEnded()
	for _, m := range r.host.Await(r.ctx, "the end", func(engineertest.Facts) bool { return true }).Received {
		if m.Type == "input" {
			t.Error("the host got an input before it proved itself")
		}
	}
}

// The ticket goes with the engineer's hello, again when coming back.
func TestTicket(t *testing.T) {
	r := newRig(t)
	r.do(map[string]any{"do": "join", "request": "req-1", "reason": "Pump pressure", "ticket": "C-4711"})
	r.phase(engineer.Code)
	r.do(map[string]any{"do": "code", "code": "ABCDEFGH"})
	r.phase(engineer.Session)
	r.cloud.CutRelay()
	r.phase(engineer.Session)
	hellos := 0
	for _, m := range r.host.Await(r.ctx, "a resume", func(f engineertest.Facts) bool { return f.Resumed == 1 }).Received {
		if m.Type == "hello" {
			hellos++
			if m.Ticket != "C-4711" || m.Reason != "Pump pressure" {
				t.Errorf("%+v", m)
			}
		}
	}
	if hellos != 2 {
		t.Errorf("%d hellos", hellos)
	}
}

// P23, scenario 25: the code is in no frame that crosses the channel, wrong or
// right, at first or when coming back; and neither is what came of it twice.
func TestTheCodeCrossesNoChannel(t *testing.T) {
	r := newRig(t)
	r.do(map[string]any{"do": "join", "request": "req-1", "reason": "Pump pressure"})
	r.phase(engineer.Code)
	r.do(map[string]any{"do": "code", "code": "wrng-wrng"})
	r.message("wrong-code")
	r.do(map[string]any{"do": "code", "code": "abcd-efgh"})
	r.phase(engineer.Session)
	for range 2 {
		r.cloud.CutRelay()
		r.phase(engineer.Lost)
		r.phase(engineer.Session)
	}
	f := r.host.Await(r.ctx, "two resumes", func(f engineertest.Facts) bool { return f.Resumed == 2 })
	if len(f.Control) < 14 {
		t.Fatalf("only %d messages were seen", len(f.Control))
	}
	proofs := map[string]string{}
	for _, raw := range f.Control {
		noCode(t, raw, "ABCDEFGH", "WRNGWRNG")
		var m wire.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		if m.Data != nil {
			if was := proofs[string(m.Data)]; was != "" {
				t.Errorf("one proof as %s and as %s", was, m.Type)
			}
			proofs[string(m.Data)] = m.Type
		}
	}
	if len(proofs) < 10 {
		t.Errorf("only %d proofs were seen", len(proofs))
	}
}

// noCode looks for a code in any of the ways it could be written.
func noCode(t *testing.T, raw []byte, codes ...string) {
	t.Helper()
	text := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(string(raw)))
	for _, code := range codes {
		for _, form := range []string{
			code, hex.EncodeToString([]byte(code)), hex.EncodeToString([]byte(strings.ToLower(code))),
			base64.StdEncoding.EncodeToString([]byte(code))[:10], base64.StdEncoding.EncodeToString([]byte(strings.ToLower(code)))[:10],
		} {
			if strings.Contains(text, strings.ToUpper(form)) {
				t.Errorf("the code crossed the channel: %s", raw)
			}
		}
	}
}
