package dialog

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/look"
)

// asked is a question that has been in sight for a while.
func asked(t *testing.T, seen time.Duration, change ...func(*hostpb.Prompt)) *Prompt {
	t.Helper()
	w := NewPrompt(text.New("en"), question(change...), Here{})
	for at := time.Duration(0); at <= seen; at += 100 * time.Millisecond {
		w.Tick(now.Add(at), ask.InSight)
	}
	return w
}

// Scenarios 8, 10 and 11: Deny comes first, Allow only when the question could be
// read and everything it needs is there.
func TestWhenAllowWorks(t *testing.T) {
	fill := func(w *Prompt) {
		w.form.Block(idInitials).Value, w.form.Block(idPIN).Value, w.form.Block(idRun).On = "ab", "4711", true
		w.Changed()
	}
	for name, row := range map[string]struct {
		prompt *Prompt
		do     func(*Prompt)
		want   bool
	}{
		"too early":        {asked(t, 500*time.Millisecond), fill, false},
		"read and filled":  {asked(t, time.Second), fill, true},
		"without the run":  {asked(t, time.Second), func(w *Prompt) { fill(w); w.form.Block(idRun).On = false; w.Changed() }, false},
		"without initials": {asked(t, time.Second), func(w *Prompt) { fill(w); w.form.Block(idInitials).Value = ""; w.Changed() }, false},
		"with a short PIN": {asked(t, time.Second), func(w *Prompt) { fill(w); w.form.Block(idPIN).Value = "471"; w.Changed() }, false},
		"covered":          {asked(t, time.Second), func(w *Prompt) { fill(w); w.Tick(now.Add(1100*time.Millisecond), ask.Covered) }, false},
		"locked":           {asked(t, time.Second), func(w *Prompt) { fill(w); w.Tick(now.Add(1100*time.Millisecond), ask.Locked) }, false},
		"just back in sight": {asked(t, time.Second), func(w *Prompt) {
			fill(w)
			w.Tick(now.Add(1100*time.Millisecond), ask.Covered)
			w.Tick(now.Add(1200*time.Millisecond), ask.InSight)
		}, false},
		"time is up":          {asked(t, time.Second), func(w *Prompt) { fill(w); w.Tick(now.Add(2*time.Minute), ask.InSight) }, false},
		"nothing more needed": {asked(t, time.Second, plain), func(*Prompt) {}, true},
	} {
		row.do(row.prompt)
		a, ok := row.prompt.Pressed(idAllow)
		if ok != row.want || ok != a.Allow {
			t.Errorf("%s: %v %+v", name, ok, a)
		}
		if ok {
			if _, again := row.prompt.Pressed(idAllow); again {
				t.Errorf("%s: answered twice", name)
			}
			if _, again := row.prompt.Closed(); again {
				t.Errorf("%s: denied after it was allowed", name)
			}
		}
	}
	files := NewPrompt(text.New("en"), question(file, fetch), Here{Refuse: "not here"})
	files.Tick(now, ask.InSight)
	files.Tick(now.Add(200*time.Millisecond), ask.InSight)
	for i := range 20 {
		files.Tick(now.Add(time.Duration(i)*200*time.Millisecond), ask.InSight)
	}
	if _, ok := files.Pressed(idAllow); ok {
		t.Error("a file is allowed without the window it is chosen in")
	}
	if a, ok := files.Pressed(idDeny); !ok || a.Allow {
		t.Error("it cannot be denied")
	}
}

// What was chosen and typed is what is answered; a PIN is typed anew each time.
func TestAnswer(t *testing.T) {
	w := asked(t, time.Second)
	f := w.Form()
	if f.Focus() != idDeny {
		t.Errorf("the focus begins on %s", f.Focus())
	}
	for _, k := range []Key{Tab, Right, Right, Tab, Space, Tab} { // 15 minutes, session; the run
		f.Typed(k, 0)
	}
	for _, r := range "wé " {
		f.Typed(Letter, r)
	}
	f.Typed(Tab, 0)
	for _, r := range "47x11" {
		f.Typed(Letter, r)
	}
	w.Changed()
	f.Typed(Tab, 0)
	if f.Focus() != idAllow {
		t.Fatalf("the focus is on %s", f.Focus())
	}
	if pressed := f.Typed(Enter, 0); pressed != "" {
		t.Errorf("Enter pressed %s", pressed)
	}
	a, ok := w.Pressed(f.Typed(Space, 0))
	want := Answer{Allow: true, Duration: hostpb.Duration__DURATION_SESSION, RunConfirmed: true, Initials: "WÉ", PIN: "4711"}
	if !ok || a != want {
		t.Errorf("%+v %v, want %+v", a, ok, want)
	}
	w.Failed("wrong")
	if _, ok := w.Pressed(idAllow); ok || w.form.Block(idPIN).Value != "" {
		t.Error("a PIN is kept for the next try")
	}
}

// Whatever is typed and clicked, in whatever order: without the time in sight
// nothing is ever allowed, and Enter never decides.
func TestNothingAllowsTooEarly(t *testing.T) {
	w := NewPrompt(text.New("en"), question(), Here{Initials: "AB"})
	places := lay(w.Form(), NewFonts("en"), look.Light(), 1).places
	rapid.Check(t, func(r *rapid.T) {
		w := NewPrompt(text.New("en"), question(), Here{Initials: "AB"})
		w.Tick(now, ask.InSight)
		w.Form().places = places
		armed, at := false, now
		sight := ask.InSight
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			pressed := ""
			switch rapid.IntRange(0, 3).Draw(r, "kind") {
			case 0:
				k := Key(rapid.IntRange(int(Letter), int(Right)).Draw(r, "key"))
				if k == Escape {
					continue
				}
				pressed = w.Form().Typed(k, rapid.Rune().Draw(r, "rune"))
				if k == Enter && pressed != "" {
					r.Fatal("Enter pressed", pressed)
				}
			case 1:
				ids := []string{idAllow, idAllow, idRun, idDuration + "#1", idInitials, idPIN}
				if p, ok := w.Form().Place(rapid.SampledFrom(ids).Draw(r, "part")); ok {
					w.Form().Down(p.Min)
					pressed = w.Form().Up(p.Min)
				}
			case 2:
				step := time.Duration(rapid.IntRange(0, 300).Draw(r, "ms")) * time.Millisecond
				at = at.Add(step)
				sight = ask.Sight(rapid.IntRange(int(ask.OutOfSight), int(ask.Locked)).Draw(r, "sight"))
				w.Tick(at, sight)
			}
			w.Changed()
			armed = w.arming.Armed()
			if pressed == idDeny {
				return
			}
			if a, ok := w.Pressed(pressed); ok && a.Allow && (!armed || sight != ask.InSight || !a.RunConfirmed || len(a.PIN) < 4 || a.Initials == "") {
				r.Fatalf("allowed: %+v", a)
			}
		}
	})
}
