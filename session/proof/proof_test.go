package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/session/cpace"
)

// side is a channel as one end sees it, and who that end believes is there.
type side struct {
	secret, host, engineer, device, request string
	err                                     error
}

func (s side) Exporter(label string) ([]byte, error) {
	sum := sha256.Sum256([]byte(s.secret + "\x00" + label))
	return sum[:], s.err
}

func (s side) Leaves() (host, engineer []byte) { return []byte(s.host), []byte(s.engineer) }

func (s side) bind(t testing.TB) *Binding {
	t.Helper()
	b, err := Bind(s, s.device, s.request)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var agreed = side{secret: "s", host: "host leaf", engineer: "engineer leaf", device: "bc-1", request: "req-1"}

// prove is one whole try; the keys are what each end has afterwards.
func prove(t testing.TB, e, h *Binding, typed, code string, tryE, tryH uint32) (ofE, ofH Key, err error) {
	t.Helper()
	trial, share, err := e.Begin(typed, tryE)
	if err != nil {
		t.Fatal(err)
	}
	verdict, share, err := h.Answer(code, tryH, share)
	if err != nil {
		t.Fatal(err)
	}
	confirmation, err := trial.Answer(share)
	if err != nil {
		t.Fatal(err)
	}
	own, ofH, err := verdict.Confirm(confirmation)
	if err != nil {
		if own != nil || ofH.Known() {
			t.Fatal("a wrong code was given something")
		}
		if _, err := trial.Confirm(own); !errors.Is(err, ErrWrong) {
			t.Fatal("the engineer took nothing for a proof")
		}
		return Key{}, Key{}, err
	}
	if ofE, err = trial.Confirm(own); err != nil {
		t.Fatal("the host proved itself and the engineer did not take it:", err)
	}
	return ofE, ofH, nil
}

// B1, scenario 29: both ends know the code, and yet fail when anything that the
// proof is bound to is not the same on both.
func TestBoundToTheChannelAndItsEnds(t *testing.T) {
	for name, change := range map[string]func(*side){
		"nothing":                      func(*side) {},
		"the channel's secret":         func(s *side) { s.secret = "other" },
		"the host's certificate":       func(s *side) { s.host = "other" },
		"the engineer's certificate":   func(s *side) { s.engineer = "other" },
		"both certificates, swapped":   func(s *side) { s.host, s.engineer = s.engineer, s.host },
		"the device":                   func(s *side) { s.device = "bc-2" },
		"the request":                  func(s *side) { s.request = "req-2" },
		"device and request, swapped":  func(s *side) { s.device, s.request = s.request, s.device },
		"a byte moved between the two": func(s *side) { s.device, s.request = "bc-1r", "eq-1" },
	} {
		t.Run(name, func(t *testing.T) {
			other := agreed
			change(&other)
			e, h := agreed.bind(t), other.bind(t)
			ofE, ofH, err := prove(t, e, h, "abcd efgh", "ABCDEFGH", 1, 1)
			if name == "nothing" {
				if err != nil || !ofE.Known() || !ofH.Known() {
					t.Fatal(err)
				}
			} else if !errors.Is(err, ErrWrong) {
				t.Fatalf("went on: %v", err)
			}
			// The same for coming back: with one key on both ends.
			k := keyOf(make([]byte, keySize))
			_, _, ok := NewResumption(k).Admit(h.Resume(), k.Claim(e.Resume()))
			if ok != (name == "nothing") {
				t.Errorf("resumed: %v", ok)
			}
			if _, err := k.Accept(e.Resume(), k.mac(host, h.Resume())); (err == nil) != (name == "nothing") {
				t.Errorf("the host's answer: %v", err)
			}
		})
	}
	b := agreed.bind(t)
	if _, _, err := prove(t, b, b, "ABCDEFGH", "ABCDEFGH", 1, 2); !errors.Is(err, ErrWrong) {
		t.Errorf("another try's number: %v", err)
	}
	if _, _, err := prove(t, b, b, "ABCDEFGH", "ABCDEFGJ", 1, 1); !errors.Is(err, ErrWrong) {
		t.Errorf("another code: %v", err)
	}
}

// The bytes that the package's doc describes: a change of them is a change of
// the protocol's version.
func TestLayout(t *testing.T) {
	h, e := sha256.Sum256([]byte("host leaf")), sha256.Sum256([]byte("engineer leaf"))
	ends := "\x08engineer\x04host\x04bc-1\x05req-1\x20" + string(h[:]) + "\x20" + string(e[:])
	exporter := func(name string) string {
		sum := sha256.Sum256([]byte("s\x00EXPERIMENTAL beckmanconnect " + name))
		return string(sum[:])
	}
	b := agreed.bind(t)
	p := b.params("ab cd", 0x01020304)
	if want := "\x1ebeckmanconnect one-time code 2" + ends; string(p.CI) != want {
		t.Errorf("CI %q", p.CI)
	}
	if want := exporter("one-time code 2") + "\x01\x02\x03\x04"; string(p.SID) != want {
		t.Errorf("SID %q", p.SID)
	}
	if want := "\x17beckmanconnect resume 2" + ends + "\x20" + exporter("resume 2"); string(b.Resume()) != want {
		t.Errorf("B %q", b.Resume())
	}
	if p.Code != "ABCD" {
		t.Errorf("code %q", p.Code)
	}
	if q := b.params("x", 2); string(q.SID[:32]) != string(p.SID[:32]) || string(p.SID[32:]) != "\x01\x02\x03\x04" {
		t.Error("two tries share memory")
	}
}

// Nothing is bound to a channel that cannot say who is at its ends, or has no
// secret of its own (no extended master secret): it fails closed.
func TestNoBinding(t *testing.T) {
	for name, change := range map[string]func(*side){
		"no exporter":             func(s *side) { s.err = errors.New("no extended master secret") },
		"no host certificate":     func(s *side) { s.host = "" },
		"no engineer certificate": func(s *side) { s.engineer = "" },
		"no device":               func(s *side) { s.device = "" },
		"no request":              func(s *side) { s.request = "" },
	} {
		s := agreed
		change(&s)
		if b, err := Bind(s, s.device, s.request); err == nil || b != nil {
			t.Error(name)
		}
	}
}

// Codes are typed in many ways and are one code; both ends do the same.
func TestNormalizeCode(t *testing.T) {
	for typed, want := range map[string]string{
		"ABCDEFGH": "ABCDEFGH", "abcd efgh": "ABCDEFGH", " ABCD-EFGH\t": "ABCDEFGH", "": "", "***": "***", "äbc": "äBC",
		strings.Repeat("a", 1<<20): strings.Repeat("A", 64),
	} {
		if got := NormalizeCode(typed); got != want {
			t.Errorf("%.20q: %.20q", typed, got)
		}
	}
	b := agreed.bind(t)
	for typed, right := range map[string]bool{
		"ABCDEFGH": true, "abcd efgh": true, "a-b-c-d-e-f-g-h": true,
		"": false, "ABCDEFG": false, "ABCDEFGHA": false, "ABCDEFGJ": false, "***": false, strings.Repeat("A", 1<<20): false,
	} {
		if _, _, err := prove(t, b, b, typed, "ABCDEFGH", 1, 1); (err == nil) != right {
			t.Errorf("%.20q: %v", typed, err)
		}
	}
}

// Scenario 18: however often a link breaks, and wherever, the two who proved
// the code come back, over new channels only, and nobody else does.
func TestComingBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		first := agreed.bind(t)
		k, ofH, err := prove(t, first, first, "ABCDEFGH", "ABCDEFGH", 1, 1)
		if err != nil {
			rt.Fatal(err)
		}
		held := NewResumption(ofH)
		used := []Key{} // keys that a later one took the place of
		for n := range rapid.IntRange(1, 8).Draw(rt, "links") {
			s := agreed
			s.secret = fmt.Sprint("channel ", n)
			b := s.bind(t).Resume()
			for i, old := range used {
				if _, _, ok := held.Admit(b, old.Claim(b)); ok {
					rt.Fatalf("key %d of %d came back", i, len(used))
				}
			}
			claim := k.Claim(b)
			answer, kept, ok := held.Admit(b, claim)
			if !ok {
				rt.Fatalf("the engineer did not come back on link %d", n)
			}
			held = kept
			s.secret += " of somebody else"
			elsewhere := s.bind(t).Resume()
			if _, _, ok := held.Admit(elsewhere, claim); ok {
				rt.Fatal("a proof counted on another channel")
			}
			if _, err := k.Accept(elsewhere, answer); !errors.Is(err, ErrWrong) {
				rt.Fatal("an answer counted on another channel")
			}
			if _, err := k.Accept(b, claim); !errors.Is(err, ErrWrong) {
				rt.Fatal("the engineer took its own proof for the host's")
			}
			if rapid.Bool().Draw(rt, "the answer is lost with the link") {
				continue
			}
			next, err := k.Accept(b, answer)
			if err != nil {
				rt.Fatal(err)
			}
			// The host drops the key before once the newest was used.
			if n := len(used); n > 0 && used[n-1] == k {
				rt.Fatal("a key came twice")
			}
			before := k
			k = next
			s.secret = fmt.Sprint("again ", n)
			b = s.bind(t).Resume()
			if answer, held, ok = held.Admit(b, k.Claim(b)); !ok {
				rt.Fatal("the next key does not come back")
			}
			used = append(used, before)
			if k, err = k.Accept(b, answer); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// The zero key, and one of nothing, come back to nothing.
func TestNoKeyNoWayBack(t *testing.T) {
	b := agreed.bind(t).Resume()
	for name, claim := range map[string][]byte{"none": nil, "empty": {}, "zeros": make([]byte, 32)} {
		if _, _, ok := (Resumption{}).Admit(b, claim); ok {
			t.Error(name)
		}
	}
	if c := (Key{}).Claim(b); c != nil {
		t.Errorf("%x", c)
	}
	if _, err := (Key{}).Accept(b, nil); !errors.Is(err, ErrWrong) {
		t.Error(err)
	}
	if _, err := (&Trial{}).Confirm(nil); !errors.Is(err, ErrWrong) {
		t.Error(err)
	}
}

// Scenario 25: neither what comes back nor what came of a code prints.
func TestKeysDoNotPrint(t *testing.T) {
	b := agreed.bind(t)
	k, _, err := prove(t, b, b, "ABCDEFGH", "ABCDEFGH", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := NewResumption(k)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %x %d %v %+v", k, k, k, k, k, k, r, r)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "k", k, "r", r)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "k", k, "r", r)
	raw, _ := json.Marshal(map[string]any{"k": k, "r": r})
	out.Write(raw)
	s := out.String()
	if strings.Contains(s, hex.EncodeToString(k.b[:])) || strings.Contains(s, fmt.Sprint(k.b[:])) || strings.Contains(s, string(k.b[:])) {
		t.Error(s)
	}
}

// Scenario 25: the host does the same work for every code up to the
// confirmation; a share that is no share ends a try before the code is touched.
func TestBadSharesEndTheTry(t *testing.T) {
	b := agreed.bind(t)
	for _, share := range [][]byte{nil, make([]byte, 31), make([]byte, cpace.ShareSize), bytes.Repeat([]byte{0xff}, 32), make([]byte, 1<<20)} {
		if v, own, err := b.Answer("ABCDEFGH", 1, share); !errors.Is(err, cpace.ErrShare) || v != nil || own != nil {
			t.Errorf("%.8x: %v", share, err)
		}
		trial, _, err := b.Begin("ABCDEFGH", 1)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := trial.Answer(share); !errors.Is(err, cpace.ErrShare) || c != nil {
			t.Errorf("%.8x: %v", share, err)
		}
	}
}
