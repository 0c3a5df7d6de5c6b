package support

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beckmanconnect/session/wire"
)

// Defaults, "Who acted": what goes with an Allow, by site and by what happened
// in the session. A no never needs anything.
func TestWhatGoesWithAnAllow(t *testing.T) {
	for name, tt := range map[string]struct {
		site          string
		control       bool // was given before
		initials, pin bool
		why           string
	}{
		"nothing":              {site: "none"},
		"no word":              {site: ""},
		"initials":             {site: "initials", initials: true},
		"pin":                  {site: "pin", initials: true, pin: true, why: "site-policy"},
		"unknown word":         {site: "retina", initials: true, pin: true, why: "site-policy"},
		"after control":        {site: "none", control: true, initials: true, pin: true, why: "control-given"},
		"initials and control": {site: "initials", control: true, initials: true, pin: true, why: "control-given"},
		"pin and control":      {site: "pin", control: true, initials: true, pin: true, why: "site-policy"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []Capability{View, Control, Files} {
				r := newRig(t)
				r.session()
				if tt.control {
					r.grant(Control, Session)
					r.must(Revoke{Capability: Control}) // it stays so for the session
				}
				r.pol.who = tt.site
				r.askFor(c, "x")
				p := r.prompt()
				if p.NeedsInitials != tt.initials || p.NeedsPIN != tt.pin || p.PINWhy != tt.why || (p.PINTriesLeft == 3) != tt.pin {
					t.Fatalf("%s: prompt %+v", c, p)
				}
				r.pass(time.Second)
				bare := Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true}
				named, other := bare, bare
				named.Initials = " ab "
				other.Initials, other.PINOf = "AB", "CD"
				if tt.initials {
					r.refused(bare, "initials-missing")
					junk := bare
					junk.Initials = "?!"
					r.refused(junk, "initials-missing")
				}
				if tt.pin {
					r.refused(named, "pin-needed")
					r.refused(other, "pin-needed") // somebody else's PIN
				}
				if r.rec.count("session.granted") != map[bool]int{true: 1}[tt.control] {
					t.Fatalf("%s: allowed without what had to go with it", c)
				}
				named.PINOf = "AB"
				if !tt.pin {
					named.PINOf = ""
				}
				r.must(named)
				last := r.rec.entries[len(r.rec.entries)-1]
				if last.Kind != "session.granted" || last.Personal["technician"] != "lab" || !strings.EqualFold(last.Personal["initials"], "ab") {
					t.Errorf("the log keeps %+v", last)
				}

				r.askFor(c, "y")
				r.must(Answer{Technician: "another", Prompt: r.prompt().ID, Nonce: r.prompt().Nonce})
			}
		})
	}
}

// askFor asks for a capability on link 1; a file for files.
func (r *rig) askFor(c Capability, id string) {
	r.Helper()
	if c == Files {
		r.must(AskFile{Link: 1, ID: id, File: wire.File{Name: id + ".txt", Size: 1, SHA256: strings.Repeat("ab", 32)}})
		return
	}
	r.must(Ask{Link: 1, ID: id, Capability: c})
}

// A policy that asks for more while the question stands: it is put again.
func TestPolicyAsksForAPINWhileTheQuestionStands(t *testing.T) {
	for _, told := range []bool{true, false} {
		r := newRig(t)
		r.session()
		r.askFor(View, "v")
		first := r.prompt()
		r.pass(time.Second)
		r.pol.who = "pin"
		if told {
			r.must(PolicyChanged{})
			r.refused(full(first), "nonce-wrong")
		} else {
			r.refused(full(first), "initials-missing")
		}
		p := r.prompt()
		if !p.NeedsPIN || string(p.Nonce) == string(first.Nonce) {
			t.Fatalf("told %v: %+v", told, p)
		}
		r.refused(full(p), "not-armed")
		r.pass(time.Second)
		r.pol.who = "none" // what was asked for stays asked for
		r.refused(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true}, "initials-missing")
		r.must(full(p))
	}
}

// Where a PIN is needed and nobody has one, nobody is asked.
func TestPINMissing(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(Control, Session)
	r.noPIN = true
	for _, c := range []Capability{View, Control, Files} {
		shown := len(effectsOf[ShowPrompt](r.effects))
		r.askFor(c, "x-"+string(c))
		if m := r.said("answer"); len(m) != 1 || m[0].Granted || m[0].Why != "pin-missing" || len(effectsOf[ShowPrompt](r.effects)) != shown {
			t.Errorf("%s: %v", c, m)
		}
	}
	missed := r.m.Snapshot(r.now).Missed
	if len(missed) != 3 || missed[0].Capability != Files || missed[0].Code != "pin-missing" {
		t.Errorf("missed %v", missed)
	}
	if r.rec.count("session.refused") != 3 {
		t.Error("not in the log")
	}
	r.noPIN = false
	r.askFor(View, "again")
	if r.prompt().Missed != 1 {
		t.Errorf("prompt %+v", r.prompt())
	}
}

// Wrong PINs leave the question, and the third one is a no.
func TestThreeWrongPINs(t *testing.T) {
	r := newRig(t)
	r.pol.who = "pin"
	r.session()
	r.askFor(View, "v")
	p := r.prompt()
	a := full(p)
	if r.m.WantsPIN(r.now, a) {
		t.Error("a PIN is looked at before the question could be read")
	}
	r.pass(time.Second)
	for name, spoil := range map[string]func(*Answer){
		"no":              func(a *Answer) { a.Allow = false },
		"another prompt":  func(a *Answer) { a.Prompt = "x" },
		"a wrong nonce":   func(a *Answer) { a.Nonce = make([]byte, 16) },
		"another account": func(a *Answer) { a.Technician = "another" },
	} {
		bad := a
		spoil(&bad)
		if r.m.WantsPIN(r.now, bad) {
			t.Errorf("a PIN is looked at for %s", name)
		}
	}
	for i := range 3 {
		if !r.m.WantsPIN(r.now, a) {
			t.Fatal("the PIN is not looked at")
		}
		r.refused(WrongPIN{Answer: a}, "pin-wrong")
		if i < 2 && r.prompt().PINTriesLeft != 2-i {
			t.Errorf("%d left after %d", r.prompt().PINTriesLeft, i+1)
		}
	}
	if m := r.said("answer"); len(m) != 1 || m[0].Granted || m[0].Why != "denied" {
		t.Errorf("the engineer heard %v", m)
	}
	r.refused(a, "prompt-gone")
	r.refused(WrongPIN{Answer: a}, "prompt-gone")
	if r.rec.count("prompt.answer-void") != 5 || r.m.WantsPIN(r.now, a) {
		t.Error("void answers are not in the log")
	}
}

// Whatever somebody types: once made comparable it stays as it is, and fits.
func TestInitialsProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("aZ9 äßŉǰİıſǆᾳΐﬁ１\u0301\u0308\u0345\u200d\u202eΣς")))).Draw(rt, "typed")
		got := Initials(typed)
		if Initials(got) != got || utf8.RuneCountInString(got) > maxInitials || Clean(got, maxInitials) != got {
			rt.Fatalf("%q: %q, then %q", typed, got, Initials(got))
		}
		if again := Initials(strings.ToLower(got)); again != "" && got == "" {
			rt.Fatalf("%q: %q", got, again)
		}
	})
}

func TestInitials(t *testing.T) {
	for typed, want := range map[string]string{
		"ab": "AB", " aB1 ": "AB1", "äö": "ÄÖ", "a\u0308": "Ä", "": "", "  ": "", "a b": "", "a-b": "", "abcdefgh": "ABCDEFGH", "abcdefghi": "",
		"a\u202eb": "", "a\x00": "", "\u0301": "", "１２": "１２",
	} {
		if got := Initials(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
