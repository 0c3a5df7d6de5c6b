//go:build linux

package desktop_test

import (
	"fmt"
	"image"
	"image/color"
	"log/slog"
	"os"
	"runtime"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/clipboard"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"

	"github.com/jezek/xgb/xproto"
)

// B5: modifiers and buttons are lifted when the console loses the keyboard, when
// the lease ends, when the session ends and when the link is lost.
func TestHeldKeysAreLifted(t *testing.T) {
	command := func(gen uint64) *hostpb.HelperCommand {
		return &hostpb.HelperCommand{Body: &hostpb.HelperCommand_ReleaseKeys{ReleaseKeys: &hostpb.Empty{}}, Generation: gen}
	}
	for name, end := range map[string]func(*attached){
		"focus": func(a *attached) { a.to <- command(generation) },
		"lease": func(a *attached) { a.to <- command(generation + 1) },
		"session": func(a *attached) {
			a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Stop{Stop: &hostpb.Empty{}}, Generation: generation}
		},
		"link":    func(a *attached) { close(a.to) },
		"program": func(a *attached) { a.hangUp() },
	} {
		t.Run(name, func(t *testing.T) {
			a := attach(t)
			a.paint.Window(image.Rect(0, 0, 320, 240), green, "instrument").Focus()
			a.input(generation, key("ControlLeft", "Control"), key("ShiftLeft", "Shift"), &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_BUTTON_DOWN, X: 20, Y: 20})
			const all = xproto.ModMaskShift | xproto.ModMaskControl | xproto.KeyButMaskButton1
			held := func() uint16 {
				p, err := xproto.QueryPointer(a.paint.X, a.paint.Root).Reply()
				if err != nil {
					t.Fatal(err)
				}
				return p.Mask & all
			}
			xtesting.Eventually(t, "all are held", func() bool { return held() == all })
			end(a)
			xtesting.Eventually(t, "all are lifted", func() bool { return held() == 0 })
		})
	}
}

// What is chosen is shown, and input goes to where the picture shows it.
func TestInputFollowsTheMonitor(t *testing.T) {
	a := attach(t)
	left := a.paint.Window(image.Rect(0, 0, 160, 240), green, "instrument")
	right := a.paint.Window(image.Rect(160, 0, 320, 240), red, "instrument")
	xtesting.Output(t, a.display, "xrandr", "--setmonitor", "*left", "160/40x240/60+0+0", "screen")
	xtesting.Output(t, a.display, "xrandr", "--setmonitor", "right", "160/40x240/60+160+0", "none")
	a.view(true)
	a.until(image.Pt(10, 10), green)
	for _, m := range a.state.GetMonitors() {
		if m.GetId() == "right" && (m.GetX() != 160 || m.GetWidth() != 160 || m.GetPrimary()) {
			t.Errorf("monitor %v", m)
		}
	}
	if len(a.state.GetMonitors()) != 2 || a.state.GetMonitor() != "left" || a.state.GetWidth() != 160 {
		t.Errorf("state %v", a.state)
	}
	choose := func(id string) {
		a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Monitor{Monitor: &hostpb.HelperMonitor{Id: id}}, Generation: generation}
	}
	choose("nowhere")
	choose("right")
	a.until(image.Pt(10, 10), red)
	if a.state.GetMonitor() != "right" {
		t.Errorf("state %v", a.state)
	}
	click := func(x, y int32) xproto.ButtonPressEvent {
		t.Helper()
		a.input(generation, &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_BUTTON_DOWN, X: x, Y: y}, &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_BUTTON_UP, X: x, Y: y})
		var got xproto.ButtonPressEvent
		xtesting.Eventually(t, "the click arrived", func() bool {
			for _, e := range a.paint.Events() {
				if b, ok := e.(xproto.ButtonPressEvent); ok {
					got = b
				}
			}
			return got.Event != 0
		})
		return got
	}
	if e := click(30, 40); e.Event != right.ID || e.RootX != 190 || e.RootY != 40 {
		t.Errorf("clicked %#x at %d, %d", e.Event, e.RootX, e.RootY)
	}
	if e := click(-50, 40); e.Event != right.ID || e.RootX != 160 {
		t.Errorf("beside the picture: clicked %#x at %d", e.Event, e.RootX)
	}
	choose(desktop.All)
	a.until(image.Pt(10, 10), green)
	if e := click(30, 40); e.Event != left.ID || a.state.GetMonitor() != desktop.All {
		t.Errorf("clicked %#x, state %v", e.Event, a.state)
	}
}

func (a *attached) command(gen uint64, c *hostpb.HelperCommand) {
	c.Generation = gen
	a.to <- c
}

// text is the next text that was told of the clipboard.
func (a *attached) text() string {
	a.t.Helper()
	for len(a.texts) == 0 {
		select {
		case m := <-a.from:
			if c := m.GetClipboard(); c != nil {
				a.texts = append(a.texts, c.GetText())
			}
		case err := <-a.done:
			a.t.Fatalf("the helper ended: %v", err)
		}
	}
	text := a.texts[0]
	a.texts = a.texts[1:]
	return text
}

// Scenario 20: before a grant, after a revocation and with an older generation
// nothing leaves the PC's clipboard and nothing gets on it.
func TestClipboardOnlyWhileGranted(t *testing.T) {
	a := attach(t)
	program, err := clipboard.OpenX11(a.display, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	program.Watch(true)
	copied := func(text string) {
		t.Helper()
		if err := program.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	watch := func(gen uint64, on bool) {
		a.command(gen, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_ClipboardWatch{ClipboardWatch: &hostpb.HelperClipboardWatch{On: on}}})
	}
	put := func(gen uint64, text string) {
		a.command(gen, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: text}}})
	}
	copied("before the grant")
	watch(generation, true)
	// What the engineer sends shows that the command before it was done.
	put(generation, "the engineer's 1")
	if got := <-program.Texts(); got != "the engineer's 1" {
		t.Errorf("on the clipboard: %q", got)
	}
	copied("granted")
	if got := a.text(); got != "granted" {
		t.Errorf("told %q", got)
	}
	watch(generation+1, false)
	watch(generation, true) // was on its way when it was revoked
	put(generation, "too late")
	put(generation+1, "the engineer's 2")
	if got := <-program.Texts(); got != "the engineer's 2" {
		t.Errorf("on the clipboard: %q", got)
	}
	copied("revoked")
	watch(generation+1, true)
	put(generation+1, "the engineer's 3")
	if got := <-program.Texts(); got != "the engineer's 3" {
		t.Errorf("on the clipboard: %q", got)
	}
	copied("granted again")
	if got := a.text(); got != "granted again" {
		t.Errorf("told %q", got)
	}
}

// The marker shows where the engineer points in the picture, and goes when they
// point nowhere or the helper ends.
func TestMarkerShowsInThePicture(t *testing.T) {
	a := attach(t)
	a.paint.Window(image.Rect(0, 0, 320, 240), green, "instrument")
	a.view(true)
	a.until(image.Pt(100, 100), green)
	point := func(on bool) {
		a.command(generation, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{On: on, X: 100, Y: 100, Name: "Jana"}}})
	}
	point(true)
	a.until(image.Pt(115, 100), color.RGBA{R: 0x0B, G: 0x65, B: 0x80, A: 255})
	if a.state.GetMaskedWindows() != 0 {
		t.Errorf("state %v", a.state)
	}
	point(false)
	a.until(image.Pt(115, 100), green)
	// Ours comes up beside it, where the label would be: the marker goes.
	point(true)
	a.until(image.Pt(115, 100), color.RGBA{R: 0x0B, G: 0x65, B: 0x80, A: 255})
	a.paint.Window(image.Rect(200, 100, 300, 140), red, "beckmanconnect")
	a.until(image.Pt(115, 100), green)
}

// The pointer comes with the screen: its shape, then its place.
func TestPointerComesWithTheView(t *testing.T) {
	a := attach(t)
	a.paint.Window(image.Rect(0, 0, 320, 240), green, "instrument")
	a.view(true)
	a.until(image.Pt(100, 100), green)
	for len(a.cursors) < 2 {
		m := <-a.from
		if c := m.GetCursor(); c != nil {
			a.cursors = append(a.cursors, c)
		}
	}
	shape, err := screen.ParseCursor(a.cursors[0])
	if err != nil || shape.Kind == screen.CursorMoved {
		t.Errorf("at first %+v, %v", shape.Kind, err)
	}
	if moved, err := screen.ParseCursor(a.cursors[1]); err != nil || moved.Kind != screen.CursorMoved {
		t.Errorf("then %+v, %v", moved.Kind, err)
	}
}

// Scenario 52: switching on and off and choosing over and over leaves nothing
// behind.
func TestNothingGrows(t *testing.T) {
	a := attach(t)
	a.paint.Window(image.Rect(0, 0, 320, 240), green, "instrument")
	round := func() {
		a.view(true)
		a.until(image.Pt(50, 50), green)
		a.command(generation, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Monitor{Monitor: &hostpb.HelperMonitor{Id: desktop.All}}})
		a.command(generation, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_ClipboardWatch{ClipboardWatch: &hostpb.HelperClipboardWatch{On: true}}})
		a.command(generation, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{On: true, X: 200, Y: 200, Name: "Jana"}}})
		a.until(image.Pt(215, 200), color.RGBA{R: 0x0B, G: 0x65, B: 0x80, A: 255})
		a.command(generation, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{}}})
		a.until(image.Pt(215, 200), green)
		a.command(generation, &hostpb.HelperCommand{Body: &hostpb.HelperCommand_ClipboardWatch{ClipboardWatch: &hostpb.HelperClipboardWatch{}}})
		a.view(false)
	}
	handles := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for range 3 {
		round()
	}
	routines, files := runtime.NumGoroutine(), handles()
	for range 20 {
		round()
	}
	xtesting.Eventually(t, fmt.Sprintf("no more than %d goroutines and %d handles", routines, files), func() bool {
		return runtime.NumGoroutine() <= routines && handles() <= files
	})
}
