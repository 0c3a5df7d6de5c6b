//go:build linux

package x11_test

import (
	"errors"
	"image"
	"image/color"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"

	"github.com/jezek/xgb/xproto"
)

func maskSet(t *testing.T, masks ...*hostpb.Mask) *desktop.MaskSet {
	t.Helper()
	set, err := desktop.ReadMasks(&hostpb.HelperMasks{Masks: masks})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func openMasked(t *testing.T, display string, masks ...*hostpb.Mask) *x11.Screen {
	t.Helper()
	s := openScreen(t, display)
	s.SetMasks(maskSet(t, masks...))
	return s
}

var patients = &hostpb.Mask{Id: "patients", Title: `(?i)\bpatients?\b`}

// B6: windows by title, with their dialogs and menus, and regions; what covers
// them is seen, and what they leave is seen again.
func TestMaskedWindowsAreBlack(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint, other := xtesting.NewPainter(t, display), xtesting.NewPainter(t, display)
	corner := image.Rect(0, 200, 50, 240)
	s := openMasked(t, display, patients, &hostpb.Mask{Id: "corner", X: 0, Y: 200, Width: 50, Height: 40}, &hostpb.Mask{Id: "elsewhere", Title: "nowhere"})
	ground, list := image.Rect(0, 0, 320, 240), image.Rect(40, 40, 140, 120)
	painted := map[image.Rectangle]color.RGBA{ground: green, corner: black}
	other.Titled(ground, green, "Instrument")
	expect(t, capture(t, s, true), painted, ground, corner)

	w := paint.Titled(list, red, "Patients of today")
	painted[list] = black
	p := capture(t, s, false)
	expect(t, p, painted, ground, list, corner)
	if !slices.Equal(p.Masks, []string{"corner", "patients"}) || p.Hidden != 2 || p.Black {
		t.Errorf("masks %q, hidden %d, black %v", p.Masks, p.Hidden, p.Black)
	}

	// A dialog of it, which says nothing of patients itself.
	dialog := paint.Titled(image.Rect(200, 10, 260, 60), red, "Details")
	dialog.TransientFor(w)
	painted[dialog.R] = black
	expect(t, capture(t, s, false), painted, ground, list, dialog.R, corner)
	// A menu of the program, which says nothing at all.
	menu := paint.Popup(image.Rect(150, 130, 200, 200), red)
	painted[menu.R] = black
	expect(t, capture(t, s, false), painted, ground, list, dialog.R, menu.R, corner)

	// Covered: the cover is seen, and the mask hides nothing.
	menu.Unmap()
	dialog.Unmap()
	over := image.Rect(30, 30, 180, 160)
	above := other.Titled(over, blue, "Other")
	painted[over] = blue
	p = capture(t, s, false)
	expect(t, p, painted, ground, list, over, corner)
	if !slices.Equal(p.Masks, []string{"corner"}) {
		t.Errorf("masks %q while all of the window is covered", p.Masks)
	}
	w.Raise()
	expect(t, capture(t, s, false), painted, ground, over, list, corner)

	// The title alone decides: a change of it is noticed by itself.
	drain(s)
	w.SetTitle("Settings")
	<-s.Changed()
	painted[list] = red
	expect(t, capture(t, s, false), painted, ground, over, list, corner)
	drain(s)
	above.SetTitle("PATIENT 4711")
	<-s.Changed()
	painted[over] = black
	expect(t, capture(t, s, false), painted, ground, over, list, corner)
}

// B6: by class and by program, whatever the window calls itself.
func TestMaskedByClassAndProcess(t *testing.T) {
	for name, mask := range map[string]*hostpb.Mask{
		"class":              {Id: "m", Class: "lissoftware"},
		"process":            {Id: "m", Process: "XTerm.exe"},
		"class and process":  {Id: "m", Class: "LisSoftware", Process: "xterm"},
		"title and process":  {Id: "m", Title: "^Results$", Process: "xterm"},
		"not another's":      {Id: "m", Title: "^Results$", Process: "beckmanlab"},
		"not of part of it":  {Id: "m", Class: "Lis"},
		"not of another one": {Id: "m", Process: "term"},
	} {
		t.Run(name, func(t *testing.T) {
			display := xtesting.Xvfb(t, "320x240")
			xtesting.Program(t, display, "xterm", "-T", "Results", "-class", "LisSoftware", "-bg", "white", "-geometry", "20x5+0+0")
			s := openMasked(t, display, mask)
			want := 1
			if strings.HasPrefix(name, "not ") {
				want = 0
			}
			paint := xtesting.NewPainter(t, display)
			xtesting.Eventually(t, "xterm is there", func() bool {
				under, err := xproto.TranslateCoordinates(paint.X, paint.Root, paint.Root, 10, 10).Reply()
				return err == nil && under.Child != 0
			})
			p := capture(t, s, true)
			if p.Hidden != want {
				t.Fatalf("%d windows are hidden, want %d", p.Hidden, want)
			}
			if want == 1 {
				expect(t, p, nil)
			}
		})
	}
}

// B6: with a window manager's frame around it, title bar and all; the windows
// of other programs in frames of the same window manager stay to be seen.
func TestMaskedWithinAFrame(t *testing.T) {
	display := xtesting.Xvfb(t, "640x480")
	xtesting.WindowManager(t, display)
	xtesting.Program(t, display, "xterm", "-T", "Patient list", "-bg", "#ff0000", "-fg", "#ff0000", "-cr", "#ff0000", "-geometry", "20x5+100+100")
	xtesting.Program(t, display, "xterm", "-T", "Instrument", "-bg", "#0000ff", "-fg", "#0000ff", "-cr", "#0000ff", "-geometry", "20x5+400+300")
	s := openMasked(t, display, patients)
	has := func(p desktop.Picture, c color.RGBA) (n int) {
		for y := range p.Frame.Height {
			for x := range p.Frame.Width {
				if at(p, x, y) == c {
					n++
				}
			}
		}
		return n
	}
	bare := openMasked(t, display)
	secret, seen := color.RGBA{R: 255, A: 255}, color.RGBA{B: 255, A: 255}
	xtesting.Eventually(t, "both terminals show, in their frames", func() bool {
		p, err := bare.Capture(true)
		if err != nil || has(p, secret) < 1000 || has(p, seen) < 1000 {
			return false
		}
		masked, err := s.Capture(true)
		return err == nil && masked.Hidden == 1 // with its title
	})
	p := capture(t, s, true)
	if n := has(p, secret); n > 0 {
		t.Errorf("%d pixels of the masked window are in the picture", n)
	}
	if n := has(p, seen); n < 1000 {
		t.Errorf("only %d pixels of the other window are left", n)
	}
}

// B6, fails closed: nobody said what is masked, a process that is gone, a title
// in a form that is not read. Each ends with its cause.
func TestUnknownWindowsMakeTheScreenBlack(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	ground := image.Rect(0, 0, 320, 240)
	w := paint.Titled(ground, green, "Instrument")
	painted := map[image.Rectangle]color.RGBA{ground: green}

	unset, err := x11.OpenScreen(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unset.Close() })
	if p, err := unset.Capture(true); !errors.Is(err, desktop.ErrNoMasks) || !p.Black {
		t.Errorf("without word of the masks: %v, black %v", err, p.Black)
	} else {
		expect(t, p, nil)
	}

	byTitle := openMasked(t, display, patients)
	byProcess := openMasked(t, display, &hostpb.Mask{Id: "lis", Process: "lis"})
	dark := func(what string, s *x11.Screen) {
		t.Helper()
		p, err := s.Capture(false)
		if !errors.Is(err, desktop.ErrUnclassified) || !p.Black {
			t.Errorf("%s: %v, black %v", what, err, p.Black)
		}
		expect(t, p, nil)
	}
	expect(t, capture(t, byTitle, true), painted, ground)
	expect(t, capture(t, byProcess, true), painted, ground)
	for name, title := range map[string]struct {
		name, kind string
		format     byte
		value      string
	}{
		"no text":           {"_NET_WM_NAME", "CARDINAL", 32, "abcd"},
		"not UTF-8":         {"_NET_WM_NAME", "UTF8_STRING", 8, "Pati\xffent"},
		"compound, Chinese": {"WM_NAME", "COMPOUND_TEXT", 8, "\x1b$(A;<Ou"},
		"without an end":    {"_NET_WM_NAME", "UTF8_STRING", 8, strings.Repeat("x", 20<<10)},
	} {
		w.Set("_NET_WM_NAME", "", 8, nil)
		w.Set(title.name, title.kind, title.format, []byte(title.value))
		dark(name, byTitle)
		expect(t, capture(t, byProcess, false), painted, ground) // needs no title
		w.Set(title.name, "", 8, nil)
	}
	w.Set("WM_NAME", "STRING", 8, []byte("Ger\xe4t")) // Latin-1, as ever
	expect(t, capture(t, byTitle, false), painted, ground)

	// A program that is gone and left its window behind: nobody can say whose
	// it is.
	program := exec.Command(os.Args[0], "-test.run=^TestLeaveAWindow$")
	program.Env = append(os.Environ(), leaveOn+"="+display)
	if out, err := program.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dark("left behind", byProcess)
	painted[leftBehind] = red
	expect(t, capture(t, byTitle, false), painted, ground, leftBehind) // its title is known
	under, err := xproto.TranslateCoordinates(paint.X, paint.Root, paint.Root, 50, 50).Reply()
	if err == nil {
		err = xproto.KillClientChecked(paint.X, uint32(under.Child)).Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	expect(t, capture(t, byProcess, false), painted, ground)
}

const leaveOn = "BECKMANCONNECT_TEST_LEAVE_A_WINDOW_ON" // a display

var leftBehind = image.Rect(10, 10, 100, 100)

// TestLeaveAWindow is run as a program of its own by
// TestUnknownWindowsMakeTheScreenBlack: it ends, its window does not.
func TestLeaveAWindow(t *testing.T) {
	display := os.Getenv(leaveOn)
	if display == "" {
		t.Skip("not a test, but a program of one")
	}
	paint := xtesting.NewPainter(t, display)
	paint.Titled(leftBehind, red, "Left behind")
	if err := xproto.SetCloseDownModeChecked(paint.X, xproto.CloseDownRetainPermanent).Check(); err != nil {
		t.Fatal(err)
	}
}

// A region as large as any screen is a screen that is black as a whole.
func TestAllMasked(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	w := paint.Titled(image.Rect(0, 0, 320, 240), green, "Instrument")
	all := &hostpb.Mask{Id: "all", X: -1 << 15, Y: -1 << 15, Width: 1 << 16, Height: 1 << 16}
	p := capture(t, openMasked(t, display, all), true)
	expect(t, p, nil)
	if !p.Black || !slices.Equal(p.Masks, []string{"all"}) {
		t.Errorf("black %v, masks %q", p.Black, p.Masks)
	}
	// And nobody steers a screen that is not seen.
	in := openInput(t, display)
	in.SetMasks(maskSet(t, all))
	w.Focus()
	nothing(t, in, paint, image.Pt(100, 100))
}

// nothing tries every kind of input at a place and at whatever has the
// keyboard, and wants none of it to arrive.
func nothing(t *testing.T, in *x11.Input, paint *xtesting.Painter, p image.Point) {
	t.Helper()
	for what, err := range map[string]error{
		"move":  in.Move(p.X, p.Y),
		"click": in.Button(p.X, p.Y, keys.Left, true),
		"wheel": in.Wheel(p.X, p.Y, 0, 1),
	} {
		if err == nil {
			t.Errorf("%s was applied", what)
		}
	}
	blind(t, in)
	arrived(t, paint)
}

// arrived wants no input to have arrived.
func arrived(t *testing.T, paint *xtesting.Painter) {
	t.Helper()
	for _, e := range paint.Events() {
		if _, keyboardMap := e.(xproto.MappingNotifyEvent); !keyboardMap {
			t.Errorf("an event arrived: %v", e)
		}
	}
}

func blind(t *testing.T, in *x11.Input) {
	t.Helper()
	for _, k := range append(typed("yn \n"), keys.Key{Code: "ShiftLeft", Text: "Shift"}, keys.Key{Code: "Tab", Text: "Tab"}) {
		if err := in.Key(k, true); err == nil {
			t.Errorf("key %+v was applied", k)
		}
	}
	for _, r := range "yn \n\té漢" {
		if err := in.Text(r); err == nil {
			t.Errorf("character %q was applied", r)
		}
	}
}

// B6, B3: what the engineer cannot see cannot be clicked or typed into either.
func TestNothingReachesMaskedWindows(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint, other := xtesting.NewPainter(t, display), xtesting.NewPainter(t, display)
	foreign := other.Titled(image.Rect(0, 0, 320, 240), blue, "Instrument")
	secret := paint.Titled(image.Rect(160, 0, 320, 120), red, "Patient list")
	dialog := paint.Titled(image.Rect(160, 130, 250, 200), red, "Details")
	dialog.TransientFor(secret)
	in := openInput(t, display)
	in.SetMasks(maskSet(t, patients, &hostpb.Mask{Id: "corner", X: 0, Y: 200, Width: 50, Height: 40}))

	for _, w := range []*xtesting.Window{secret, dialog} {
		w.Focus()
		if hidden, err := in.HiddenFocus(); err != nil || !hidden {
			t.Errorf("hidden focus: %v %v", hidden, err)
		}
		nothing(t, in, paint, w.R.Min.Add(image.Pt(20, 20)))
	}
	nothing(t, in, other, image.Pt(10, 210)) // the region, above a window that is seen

	// All else works, beside the masks and up to them.
	foreign.Focus()
	if hidden, err := in.HiddenFocus(); err != nil || hidden {
		t.Errorf("hidden focus: %v %v", hidden, err)
	}
	press(t, in, typed("a")...)
	if err := in.Button(50, 60, keys.Right, true); err != nil {
		t.Error(err)
	}
	if err := in.Button(200, 60, keys.Right, false); !errors.Is(err, desktop.ErrHidden) {
		t.Errorf("dragged into a masked window: %v", err)
	}
	settle(t, in)
	if len(other.Events()) == 0 {
		t.Error("nothing arrived at the window that is seen")
	}
	arrived(t, paint)

	// A window that shows nothing but a masked region is typed into blindly.
	inside := other.Titled(image.Rect(5, 205, 45, 235), green, "Small")
	inside.Focus()
	if hidden, err := in.HiddenFocus(); err != nil || !hidden {
		t.Errorf("within a region: %v %v", hidden, err)
	}
	blind(t, in)

	// And while a window is not known, or the masks are not, nothing is applied.
	foreign.Focus()
	dialog.Set("_NET_WM_NAME", "UTF8_STRING", 8, []byte("\xff"))
	nothing(t, in, other, image.Pt(50, 60))
	dialog.SetTitle("Details")
	if err := in.Move(50, 60); err != nil {
		t.Error(err)
	}
	unset, err := x11.OpenInput(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unset.Close() })
	settle(t, in)
	other.Events()
	nothing(t, unset, other, image.Pt(50, 60))
}
