package theme

import (
	"fmt"
	"image/color"
	"reflect"
	"testing"
)

func looks() map[string]Palette {
	return map[string]Palette{"light": Light(), "dark": Dark(), "contrast": HighContrast()}
}

// B12: everything written can be read, and every edge and icon can be seen, in
// all looks.
func TestContrast(t *testing.T) {
	for name, p := range looks() {
		for _, d := range p.Drawn() {
			if got := Contrast(d.FrontColor, d.BackColor); got < d.Least {
				t.Errorf("%s: %s on %s has contrast %.2f, needs %.1f", name, d.Front, d.Back, got, d.Least)
			}
		}
	}
}

// A colour that is added to the palette cannot be forgotten: a change of any of
// them shows in what is drawn.
func TestEveryColourIsHeldToAContrast(t *testing.T) {
	odd := color.NRGBA{1, 2, 3, 0xFF}
	for name := range looks() {
		// Maps are shared by copies of a palette: each change starts afresh.
		fresh := func() Palette { return looks()[name] }
		before := fresh().Drawn()
		changes := 0
		try := func(what string, p Palette) {
			changes++
			if reflect.DeepEqual(p.Drawn(), before) {
				t.Errorf("%s: nothing that is drawn depends on %s", name, what)
			}
		}
		for i := range reflect.TypeFor[Palette]().NumField() {
			field := reflect.TypeFor[Palette]().Field(i)
			switch p := fresh(); field.Type {
			case reflect.TypeFor[color.NRGBA]():
				reflect.ValueOf(&p).Elem().Field(i).Set(reflect.ValueOf(odd))
				try(field.Name, p)
			case reflect.TypeFor[Pair]():
				pair := reflect.ValueOf(&p).Elem().Field(i).Addr().Interface().(*Pair)
				was := *pair
				*pair = Pair{Ink: odd, Paper: was.Paper}
				try(field.Name+".Ink", p)
				*pair = Pair{Ink: was.Ink, Paper: odd}
				try(field.Name+".Paper", p)
			case reflect.TypeFor[map[Tone]Pair]():
				for tone := range p.Chips {
					p := fresh()
					p.Chips[tone] = Pair{Ink: odd, Paper: p.Chips[tone].Paper}
					try(fmt.Sprint(field.Name, tone, ".Ink"), p)
					p = fresh()
					p.Chips[tone] = Pair{Ink: p.Chips[tone].Ink, Paper: odd}
					try(fmt.Sprint(field.Name, tone, ".Paper"), p)
				}
			case reflect.TypeFor[map[Tone][2]color.NRGBA]():
				for tone := range p.Headers {
					for end := range 2 {
						p := fresh()
						h := p.Headers[tone]
						h[end] = odd
						p.Headers[tone] = h
						try(fmt.Sprint(field.Name, tone, end), p)
					}
				}
			case reflect.TypeFor[bool]():
			default:
				t.Errorf("%s is of a kind this test does not know", field.Name)
			}
		}
		if changes < 35 {
			t.Errorf("%s: only %d colours were tried", name, changes)
		}
	}
}

// The look for whoever sees little tells nothing by a gradient, and far more
// than the least contrast is between text and what is behind it.
func TestHighContrast(t *testing.T) {
	p := HighContrast()
	for tone, ends := range p.Headers {
		if ends[0] != ends[1] {
			t.Errorf("the header of %v is a gradient", tone)
		}
	}
	for _, d := range p.Drawn() {
		if got := Contrast(d.FrontColor, d.BackColor); d.Least >= 4.5 && got < 7 {
			t.Errorf("%s on %s has contrast %.2f", d.Front, d.Back, got)
		}
	}
}
