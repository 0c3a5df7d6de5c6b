package cpace

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gtank/ristretto255"
	"pgregory.net/rapid"
)

// outcome is one whole exchange as both ends saw it.
type outcome struct {
	initiator, responder *Key
	errI, errR           error
}

// exchange lets two ends meet; the responder's confirmation reaches the
// initiator only when the initiator's was right, as on the wire.
func exchange(t testing.TB, a, b Params) outcome {
	t.Helper()
	i, ya, err := Initiate(a)
	if err != nil {
		t.Fatal(err)
	}
	r, yb, err := Respond(b, ya)
	if err != nil {
		t.Fatal(err)
	}
	pending, ta, err := i.Answer(yb)
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	var tb []byte
	if o.responder, tb, o.errR = r.Confirm(ta); o.errR != nil && tb != nil {
		t.Fatal("a confirmation left the responder although the code was wrong")
	}
	o.initiator, o.errI = pending.Confirm(tb)
	return o
}

// P23: same code, same channel, same names ⇔ the same key on both ends, and
// each end knows it.
func TestSameInputsSameKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		code := rapid.OneOf(rapid.StringMatching(`[A-Z2-9]{8}`), rapid.String())
		some := rapid.SliceOfN(rapid.Byte(), 0, 40)
		a := Params{Code: code.Draw(rt, "code"), SID: some.Draw(rt, "sid"), CI: some.Draw(rt, "ci")}
		b := a
		switch rapid.IntRange(0, 3).Draw(rt, "change") {
		case 1:
			b.Code = code.Draw(rt, "other code")
		case 2:
			b.SID = some.Draw(rt, "other sid")
		case 3:
			b.CI = some.Draw(rt, "other ci")
		}
		same := a.Code == b.Code && bytes.Equal(a.SID, b.SID) && bytes.Equal(a.CI, b.CI)
		o := exchange(t, a, b)
		if !same {
			if !errors.Is(o.errI, ErrConfirm) || !errors.Is(o.errR, ErrConfirm) || o.initiator != nil || o.responder != nil {
				rt.Fatalf("%q met %q: %v, %v", a, b, o.errI, o.errR)
			}
			return
		}
		if o.errI != nil || o.errR != nil {
			rt.Fatal(o.errI, o.errR)
		}
		x, _ := o.initiator.Derive("one", 32)
		y, _ := o.responder.Derive("one", 32)
		z, _ := o.responder.Derive("two", 32)
		if !bytes.Equal(x, y) || bytes.Equal(x, z) || len(x) != 32 {
			rt.Fatalf("%x %x %x", x, y, z)
		}
	})
}

// No two exchanges have a key in common, whatever else is the same.
func TestKeysAreFresh(t *testing.T) {
	p := Params{Code: "ABCDEFGH", SID: []byte("sid"), CI: []byte("ci")}
	seen := map[string]bool{}
	for range 20 {
		o := exchange(t, p, p)
		k, err := o.initiator.Derive("x", 32)
		if err != nil || seen[string(k)] {
			t.Fatal("the same key again", err)
		}
		seen[string(k)] = true
	}
}

// A mirror: an end that gets its own share or its own confirmation back does
// not take it for the other end's.
func TestReflection(t *testing.T) {
	p := Params{Code: "ABCDEFGH", SID: []byte("sid"), CI: []byte("ci")}
	i, ya, _ := Initiate(p)
	if _, ta, err := i.Answer(ya); !errors.Is(err, ErrShare) || ta != nil {
		t.Errorf("its own share: %v", err)
	}
	i, ya, _ = Initiate(p)
	r, yb, err := Respond(p, ya)
	if err != nil {
		t.Fatal(err)
	}
	pending, ta, _ := i.Answer(yb)
	if _, err := pending.Confirm(ta); !errors.Is(err, ErrConfirm) {
		t.Errorf("its own confirmation: %v", err)
	}
	// Two initiators, each taken for the responder of the other.
	i1, y1, _ := Initiate(p)
	i2, y2, _ := Initiate(p)
	p1, t1, _ := i1.Answer(y2)
	p2, t2, _ := i2.Answer(y1)
	if _, err := p1.Confirm(t2); !errors.Is(err, ErrConfirm) {
		t.Errorf("roles swapped: %v", err)
	}
	if _, err := p2.Confirm(t1); !errors.Is(err, ErrConfirm) {
		t.Errorf("roles swapped: %v", err)
	}
	if _, _, err := r.Confirm(nil); !errors.Is(err, ErrConfirm) {
		t.Errorf("nothing: %v", err)
	}
}

// One guess an exchange, for either side: nothing serves twice.
func TestEverythingServesOnce(t *testing.T) {
	p := Params{Code: "ABCDEFGH", SID: []byte("sid"), CI: []byte("ci")}
	wrong := Params{Code: "WRNGWRNG", SID: p.SID, CI: p.CI}
	i, ya, _ := Initiate(p)
	_, guess, err := Respond(wrong, ya)
	if err != nil {
		t.Fatal(err)
	}
	r, yb, _ := Respond(p, ya)
	if _, _, err := i.Answer(guess); err != nil {
		t.Fatal(err)
	}
	if _, ta, err := i.Answer(yb); !errors.Is(err, ErrUsed) || ta != nil {
		t.Errorf("a second share was answered: %v", err)
	}
	if _, _, err := r.Confirm(make([]byte, TagSize)); !errors.Is(err, ErrConfirm) {
		t.Error(err)
	}
	if _, tb, err := r.Confirm(make([]byte, TagSize)); !errors.Is(err, ErrUsed) || tb != nil {
		t.Errorf("a second confirmation was looked at: %v", err)
	}
	i, ya, _ = Initiate(p)
	_, yb, _ = Respond(p, ya)
	pending, _, _ := i.Answer(yb)
	if _, err := pending.Confirm(make([]byte, TagSize)); !errors.Is(err, ErrConfirm) {
		t.Error(err)
	}
	if _, err := pending.Confirm(make([]byte, TagSize)); !errors.Is(err, ErrUsed) {
		t.Error(err)
	}
}

// Scenario 25: a right and a wrong code cost the same work up to the
// comparison. Shown by structure: after Respond everything the comparison needs
// lies ready, in values of the same sizes, and the code's length changes
// neither how many blocks are hashed nor what is allocated.
func TestARightAndAWrongCodeCostTheSame(t *testing.T) {
	right := Params{Code: "ABCDEFGH", SID: make([]byte, 36), CI: make([]byte, 200)}
	_, ya, _ := Initiate(right)
	shape := func(code string) string {
		p := right
		p.Code = code
		r, yb, err := Respond(p, ya)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(len(generatorString(p)), len(yb), len(r.isk), len(r.want), len(r.own))
	}
	want := shape(right.Code)
	for _, code := range []string{"WRNGWRNG", "", "A", "ABCDEFG", "ABCDEFGHJ", strings.Repeat("A", 64)} {
		if got := shape(code); got != want {
			t.Errorf("%q: %s, the right code %s", code, got, want)
		}
	}
}

// Scalars are what the draft recommends: 252 random bits.
func TestScalars(t *testing.T) {
	var seen byte
	for range 200 {
		y, err := sampleScalar()
		if err != nil {
			t.Fatal(err)
		}
		top := y.Bytes()[31]
		seen |= top
		if top&0xf0 != 0 || y.Equal(ristretto255.NewScalar()) == 1 {
			t.Fatalf("scalar %x", y.Bytes())
		}
	}
	if seen != 0x0f {
		t.Errorf("top bits ever set: %08b", seen)
	}
}

// Scenario 25: a key does not print.
func TestAKeyDoesNotPrint(t *testing.T) {
	p := Params{Code: "ABCDEFGH"}
	k := exchange(t, p, p).initiator
	if s := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(s, hex.EncodeToString(k.isk)) || s != "*** *** *** ***" {
		t.Error(s)
	}
}

// FuzzShare: whatever comes as a share, each end either refuses it as such or
// answers with values of the right sizes, and nobody gets a key out of it.
func FuzzShare(f *testing.F) {
	for _, list := range badEncodings {
		for _, text := range list {
			b, _ := hex.DecodeString(text)
			f.Add(b)
		}
	}
	p := Params{Code: "ABCDEFGH", SID: []byte("sid"), CI: []byte("ci")}
	_, good, _ := Initiate(p)
	f.Add(good)
	f.Add(ristretto255.NewGeneratorElement().Bytes())
	f.Fuzz(func(t *testing.T, share []byte) {
		r, yb, err := Respond(p, share)
		switch {
		case err != nil:
			if !errors.Is(err, ErrShare) || yb != nil {
				t.Fatal(err)
			}
		case len(share) != ShareSize || len(yb) != ShareSize:
			t.Fatalf("%x was answered with %x", share, yb)
		default:
			if _, _, err := r.Confirm(share); !errors.Is(err, ErrConfirm) {
				t.Fatal(err)
			}
		}
		i, _, err := Initiate(p)
		if err != nil {
			t.Fatal(err)
		}
		pending, ta, err := i.Answer(share)
		switch {
		case err != nil:
			if !errors.Is(err, ErrShare) || ta != nil {
				t.Fatal(err)
			}
		case len(ta) != TagSize:
			t.Fatalf("%x", ta)
		default:
			if _, err := pending.Confirm(share); !errors.Is(err, ErrConfirm) {
				t.Fatal(err)
			}
		}
	})
}

// BenchmarkHandshake is both ends of one exchange, with confirmation.
func BenchmarkHandshake(b *testing.B) {
	p := Params{Code: "ABCDEFGH", SID: make([]byte, 36), CI: make([]byte, 200)}
	for b.Loop() {
		if o := exchange(b, p, p); o.errI != nil {
			b.Fatal(o.errI)
		}
	}
}
