package native

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/app/desktop/xtesting"
)

// display is the windows of this program on a display of the test's own, and
// one of them as the toolkit would have made it.
func display(t testing.TB) (name string, x *x11, ours, others *xtesting.Painter) {
	t.Helper()
	name = xtesting.Xvfb(t, "800x600")
	return name, connectTo(t, name), xtesting.NewPainter(t, name), xtesting.NewPainter(t, name)
}

func connectTo(t testing.TB, name string) *x11 {
	t.Helper()
	t.Setenv("DISPLAY", name)
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w.(*x11)
}

var grey = color.RGBA{R: 90, G: 90, B: 90, A: 255}

func box(x, y, w, h int) image.Rectangle { return image.Rect(x, y, x+w, y+h) }

// Scenario 11: a window of another program over any part of a prompt covers
// it, wherever it stands in the tree; ours and those below do not.
func TestCovered(t *testing.T) {
	_, x, ours, others := display(t)
	others.Window(box(0, 0, 800, 600), grey, "below")
	prompt := ours.Window(box(100, 100, 300, 200), grey, Class)
	check := func(what string, want bool) {
		t.Helper()
		if got := x.covered(prompt.ID); got != want {
			t.Errorf("%s: covered %v", what, got)
		}
	}
	check("alone", false)
	beside := others.Window(box(400, 100, 50, 50), grey, "beside")
	check("beside another window", false)
	beside.Move(image.Pt(399, 299))
	check("one pixel", true)
	beside.Unmap()
	check("after it went", false)
	ours.Window(box(150, 80, 200, 60), grey, Class)
	check("under our own bar", false)
	// A class is a name anybody can take.
	forged := others.Window(box(120, 120, 40, 40), grey, Class)
	check("under a window that says it is ours", true)
	forged.Unmap()

	// Windows that only take input hide nothing; those inside ours do.
	id, err := xproto.NewWindowId(others.X)
	if err != nil {
		t.Fatal(err)
	}
	make := func(parent xproto.Window, depth byte, class uint16, visual xproto.Visualid) {
		t.Helper()
		err := xproto.CreateWindowChecked(others.X, depth, id, parent, 10, 10, 50, 50, 0, class, visual, 0, nil).Check()
		if err == nil {
			err = xproto.MapWindowChecked(others.X, id).Check()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	gone := func() {
		if err := xproto.DestroyWindowChecked(others.X, id).Check(); err != nil {
			t.Fatal(err)
		}
	}
	make(prompt.ID, 0, xproto.WindowClassInputOnly, 0)
	check("with an invisible window inside", false)
	gone()
	screen := xproto.Setup(others.X).DefaultScreen(others.X)
	make(prompt.ID, screen.RootDepth, xproto.WindowClassInputOutput, screen.RootVisual)
	check("with another program's window inside", true)
	gone()
	check("in the end", false)

	// What is not known counts as covered.
	if err := xproto.DestroyWindowChecked(ours.X, prompt.ID).Check(); err != nil {
		t.Fatal(err)
	}
	check("a window that is not there", true)
}

// The same below a window manager, which puts a frame around each window: the
// frame of our own bar does not cover, that of another program does.
func TestCoveredBelowAWindowManager(t *testing.T) {
	name, x, ours, others := display(t)
	xtesting.WindowManager(t, name)
	managed := func(p *xtesting.Painter, r image.Rectangle) *xtesting.Window {
		t.Helper()
		id, err := xproto.NewWindowId(p.X)
		if err != nil {
			t.Fatal(err)
		}
		s := xproto.Setup(p.X).DefaultScreen(p.X)
		err = xproto.CreateWindowChecked(p.X, s.RootDepth, id, p.Root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
			xproto.WindowClassInputOutput, s.RootVisual, xproto.CwBackPixel, []uint32{0x404040}).Check()
		if err != nil {
			t.Fatal(err)
		}
		if err := xproto.MapWindowChecked(p.X, id).Check(); err != nil {
			t.Fatal(err)
		}
		// In a frame its parent is not the root any more.
		xtesting.Eventually(t, "a frame", func() bool {
			tree, err := xproto.QueryTree(p.X, id).Reply()
			a, errA := xproto.GetWindowAttributes(p.X, id).Reply()
			return err == nil && errA == nil && tree.Parent != p.Root && a.MapState == xproto.MapStateViewable
		})
		return &xtesting.Window{ID: id, R: r}
	}
	prompt := managed(ours, box(100, 100, 300, 200))
	xtesting.Eventually(t, "the prompt uncovered", func() bool { return !x.covered(prompt.ID) })
	raise := func(w *xtesting.Window) {
		t.Helper()
		if err := xproto.ConfigureWindowChecked(x.conn, w.ID, xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowStackMode, []uint32{150, 150, xproto.StackModeAbove}).Check(); err != nil {
			t.Fatal(err)
		}
	}
	bar := managed(ours, box(500, 10, 200, 50))
	raise(bar)
	xtesting.Eventually(t, "the bar over the prompt", func() bool {
		a, errA := x.bounds(bar.ID)
		b, errB := x.bounds(prompt.ID)
		return errA == nil && errB == nil && a.Overlaps(b)
	})
	if x.covered(prompt.ID) {
		t.Error("our own bar counts as another program's window")
	}
	other := managed(others, box(500, 400, 200, 50))
	raise(other)
	xtesting.Eventually(t, "the prompt covered", func() bool { return x.covered(prompt.ID) })
}

// The display's own screen saver is over everything, and in no list of windows.
func TestScreenSaverCovers(t *testing.T) {
	_, x, ours, _ := display(t)
	prompt := ours.Window(box(100, 100, 300, 200), grey, Class)
	if x.covered(prompt.ID) {
		t.Fatal("covered at first")
	}
	for _, on := range []bool{true, false} {
		mode := byte(xproto.ScreenSaverReset)
		if on {
			mode = xproto.ScreenSaverActive
		}
		if err := xproto.ForceScreenSaverChecked(x.conn, mode).Check(); err != nil {
			t.Fatal(err)
		}
		if got := x.covered(prompt.ID); got != on {
			t.Errorf("saver on %v: covered %v", on, got)
		}
	}
}

// Where a compositing manager draws the screen, its window over all others
// hides nothing; what another program puts into it does.
func TestCompositingManager(t *testing.T) {
	name, x, ours, _ := display(t)
	prompt := ours.Window(box(100, 100, 300, 200), grey, Class)
	connect := func() *xgb.Conn {
		t.Helper()
		c, err := xgb.NewConnDisplay(name)
		if err == nil {
			err = composite.Init(c)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if _, err := composite.QueryVersion(c, 0, 4).Reply(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	into := func(c *xgb.Conn) xproto.Window {
		t.Helper()
		overlay, err := composite.GetOverlayWindow(c, x.root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		id, err := xproto.NewWindowId(c)
		if err == nil {
			err = xproto.CreateWindowChecked(c, 24, id, overlay.OverlayWin, 0, 0, 800, 600, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check()
		}
		if err == nil {
			err = xproto.MapWindowChecked(c, id).Check()
		}
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	manager, other := connect(), connect()
	stage := into(manager)
	if !x.covered(prompt.ID) {
		t.Error("drawn over by who is no compositing manager")
	}
	selection, err := x.atom("_NET_WM_CM_S0")
	if err == nil {
		err = xproto.SetSelectionOwnerChecked(manager, stage, selection, xproto.TimeCurrentTime).Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	if x.covered(prompt.ID) {
		t.Error("covered by the compositing manager")
	}
	into(other)
	if !x.covered(prompt.ID) {
		t.Error("not covered by another program's window in the manager's")
	}
}

// What a look costs, ten times a second while a question shows, among forty
// windows.
func BenchmarkCovered(b *testing.B) {
	_, x, ours, others := display(b)
	for i := range 40 {
		others.Window(box(10*i, 0, 50, 50), grey, "below")
	}
	prompt := ours.Window(box(100, 100, 300, 200), grey, Class)
	for i := range 40 {
		others.Window(box(10*i, 500, 50, 50), grey, "above")
	}
	for b.Loop() {
		if x.covered(prompt.ID) {
			b.Fatal("covered")
		}
	}
}
