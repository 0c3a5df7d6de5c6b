package desktop

import (
	"log/slog"
	"maps"
	"testing"
	"time"

	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/ipc/hostpb"

	"pgregory.net/rapid"
)

// handInjector holds keys and buttons as a real one does.
type handInjector struct {
	Injector
	hidden bool // a hidden window has the keyboard and is under the pointer
	held   map[string]bool
	typed  int // characters that arrived
}

func (i *handInjector) press(name string, down bool) error {
	switch {
	case !down:
		delete(i.held, name)
	case i.hidden:
		return ErrHidden
	default:
		i.held[name] = true
	}
	return nil
}

func (i *handInjector) Key(k keys.Key, down bool) error {
	if k.Modifier() {
		return i.press(k.Code, down)
	}
	if i.hidden && down {
		return ErrHidden
	}
	return nil
}

func (i *handInjector) Button(_, _ int, b keys.Button, down bool) error {
	return i.press([]string{"left", "middle", "right"}[b], down)
}

func (i *handInjector) Move(int, int) error {
	if i.hidden {
		return ErrHidden
	}
	return nil
}

func (i *handInjector) Text(rune) error {
	if i.hidden {
		return ErrHidden
	}
	i.typed++
	return nil
}

func (i *handInjector) Release() error             { clear(i.held); return nil }
func (i *handInjector) HiddenFocus() (bool, error) { return i.hidden, nil }

// B5, scenarios 8 and 14: whatever the engineer presses, and whatever comes in
// between (the technician's hand, a revocation, a prompt), what is held is
// exactly what the model says, and nothing after the last release.
func TestNoKeyStaysPressed(t *testing.T) {
	names := []string{"ShiftLeft", "ControlLeft", "AltRight", "MetaLeft", "left", "middle", "right"}
	buttons := map[string]uint32{"left": 0, "middle": 1, "right": 2}
	rapid.Check(t, func(t *rapid.T) {
		clock := time.Unix(1e9, 0)
		in := &handInjector{held: map[string]bool{}}
		w := handWatcher{local: make(chan struct{}, 1)}
		a := &applier{log: slog.New(slog.DiscardHandler), queue: newQueue(5), injector: in, watcher: w, onLocal: func(bool) {}, now: func() time.Time { return clock }}
		model, typed, generation := map[string]bool{}, 0, uint64(5)
		var localUntil time.Time
		event := func(gen uint64, name string, down bool) {
			e := &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_KEY_UP, Code: name, Key: name}
			if b, is := buttons[name]; is {
				e = &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_BUTTON_UP, Button: b}
			}
			if down {
				e.Kind--
			}
			if name == "" {
				e = &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_TEXT, Text: "né\n"}
			}
			a.queue.put(gen, []*hostpb.InputEvent{e})
			if gen < generation {
				return
			}
			switch {
			case !down && name != "":
				delete(model, name)
			case clock.Before(localUntil):
			case in.hidden:
				clear(model)
			case name == "":
				typed += 3
			default:
				model[name] = true
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"down": func(t *rapid.T) { event(generation, rapid.SampledFrom(names).Draw(t, "key"), true) },
			"up":   func(t *rapid.T) { event(generation, rapid.SampledFrom(names).Draw(t, "key"), false) },
			"text": func(t *rapid.T) { event(generation, "", true) },
			"late": func(t *rapid.T) { event(generation-1, rapid.SampledFrom(names).Draw(t, "key"), true) },
			"revoke": func(t *rapid.T) {
				event(generation, "ShiftLeft", true) // waits when control is taken back
				generation++
				a.queue.clear(generation)
				clear(model)
			},
			"out of focus": func(t *rapid.T) {
				a.queue.clear(generation)
				clear(model)
			},
			"hand": func(t *rapid.T) {
				w.local <- struct{}{}
				localUntil = clock.Add(localHold)
				clear(model)
			},
			"time":   func(t *rapid.T) { clock = clock.Add(700 * time.Millisecond); a.letGo() },
			"prompt": func(t *rapid.T) { in.hidden = true; clear(model); _ = a.checkFocus() },
			"gone":   func(t *rapid.T) { in.hidden = false },
			"": func(t *rapid.T) {
				if err := a.drain(); err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(in.held, model) || in.typed != typed {
					t.Fatalf("held %v, want %v; %d characters, want %d", in.held, model, in.typed, typed)
				}
			},
		})
		a.queue.clear(generation + 1)
		if err := a.drain(); err != nil || len(in.held) > 0 {
			t.Fatalf("at the end %v, %v", in.held, err)
		}
	})
}

// A text that cannot be typed as a whole is not begun, and one that is
// interrupted ends there.
func TestTextIsTypedAsAWholeOrNotAtAll(t *testing.T) {
	long := make([]rune, keys.MaxText+1)
	for i := range long {
		long[i] = 'x'
	}
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"plain":              {"né 你\n\t", 6},
		"line ends":          {"a\r\nb", 3},
		"at most":            {string(long[:keys.MaxText]), keys.MaxText},
		"too long":           {string(long), 0},
		"escape":             {"ab\x1b[A", 0},
		"carriage return":    {"ab\rcd", 0},
		"zero":               {"a\x00", 0},
		"broken":             {"a\xff", 0},
		"turned around":      {"a\u202eb", 0},
		"a family of people": {"👩\u200d👧", 3},
	} {
		in := &handInjector{held: map[string]bool{}}
		w := handWatcher{local: make(chan struct{}, 1)}
		a := &applier{log: slog.New(slog.DiscardHandler), queue: newQueue(1), injector: in, watcher: w, onLocal: func(bool) {}, now: time.Now}
		a.queue.put(1, []*hostpb.InputEvent{{Kind: hostpb.InputEvent_KIND_TEXT, Text: test.text}})
		if err := a.drain(); err != nil || in.typed != test.want {
			t.Errorf("%s: %d characters, want %d: %v", name, in.typed, test.want, err)
		}
	}
	w := handWatcher{local: make(chan struct{}, 1)}
	slow := &interrupted{after: 3, by: func() { w.local <- struct{}{} }}
	a := &applier{log: slog.New(slog.DiscardHandler), queue: newQueue(1), injector: slow, watcher: w, onLocal: func(bool) {}, now: time.Now}
	a.queue.put(1, []*hostpb.InputEvent{{Kind: hostpb.InputEvent_KIND_TEXT, Text: "abcdefgh"}})
	if err := a.drain(); err != nil || slow.typed != 3 {
		t.Errorf("%d characters after the technician's hand moved: %v", slow.typed, err)
	}
}

// Scenario 14: revoked in the middle of a text and with 10,000 events behind it,
// nothing more is typed.
func TestNothingOfARevokedTextIsTyped(t *testing.T) {
	w := handWatcher{local: make(chan struct{}, 1)}
	slow := &interrupted{after: 3}
	a := &applier{log: slog.New(slog.DiscardHandler), queue: newQueue(1), injector: slow, watcher: w, onLocal: func(bool) {}, now: time.Now}
	slow.by = func() { a.queue.clear(2) }
	for range 10_000 {
		a.queue.put(1, []*hostpb.InputEvent{{Kind: hostpb.InputEvent_KIND_TEXT, Text: "abcdefgh"}})
	}
	if err := a.drain(); err != nil || slow.typed != 3 {
		t.Errorf("%d characters, want 3: %v", slow.typed, err)
	}
}

// interrupted is an injector during whose work something happens.
type interrupted struct {
	Injector
	typed, after int
	by           func()
}

func (i *interrupted) Text(rune) error {
	if i.typed++; i.typed == i.after {
		i.by()
	}
	return nil
}

func (i *interrupted) Release() error { return nil }
