//go:build linux

package desktop_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"log/slog"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/session/screen"

	"github.com/jezek/xgb/xproto"
	"google.golang.org/grpc"
)

// attached is a helper on a real display, seen from the service.
type attached struct {
	t       *testing.T
	display string
	paint   *xtesting.Painter
	from    chan *hostpb.HelperMessage
	to      chan *hostpb.HelperCommand
	done    chan error
	decoder *screen.Decoder
	state   *hostpb.HelperState
	hangUp  context.CancelFunc
}

const generation = 5

func attach(t *testing.T, masks ...*hostpb.Mask) *attached {
	t.Helper()
	a := attachUnmasked(t)
	a.mask(masks...)
	return a
}

// attachUnmasked is a helper that was not yet told what to hide.
func attachUnmasked(t *testing.T) *attached {
	t.Helper()
	return attachOn(t, "320x240")
}

func attachOn(t *testing.T, size string) *attached {
	t.Helper()
	display := xtesting.Xvfb(t, size)
	a := &attached{t: t, display: display, paint: xtesting.NewPainter(t, display), from: make(chan *hostpb.HelperMessage, 64), to: make(chan *hostpb.HelperCommand, 64), done: make(chan error, 1), decoder: &screen.Decoder{}}
	f := ipctest.Start(t, ipctest.Config{})
	f.Host.Handle(func(h *ipctest.Handlers) { h.AttachDesktop = a.serve })
	s, err := x11.OpenScreen(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	in, err := x11.OpenInput(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	watch, err := x11.OpenWatch(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { watch.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	a.hangUp = cancel
	go func() {
		a.done <- desktop.Run(ctx, desktop.Config{
			Client: f.Client(ipctest.Technician("maria"), protocol.Desktop),
			Start:  &hostpb.DesktopWanted{SessionId: "s1", Generation: generation, Token: []byte("token")},
			Log:    slog.New(slog.DiscardHandler), Screen: s, Injector: in, Watcher: watch,
		})
	}()
	m := a.next()
	if h := m.GetHello(); string(h.GetToken()) != "token" || h.GetSessionId() != "s1" || m.GetGeneration() != generation {
		t.Fatalf("first message: %v", m)
	}
	return a
}

func (a *attached) serve(s grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error {
	go func() {
		for {
			m, err := s.Recv()
			if err != nil {
				return
			}
			a.from <- m
		}
	}()
	for {
		select {
		case c, open := <-a.to:
			if !open {
				return nil
			}
			if err := s.Send(c); err != nil {
				return err
			}
		case <-s.Context().Done():
			return s.Context().Err()
		}
	}
}

// next is the helper's next message that is no state; states are kept.
func (a *attached) next() *hostpb.HelperMessage {
	a.t.Helper()
	for {
		select {
		case m := <-a.from:
			if s := m.GetState(); s != nil {
				a.state = s
				continue
			}
			return m
		case err := <-a.done:
			a.t.Fatalf("the helper ended: %v", err)
		}
	}
}

// show takes the next picture, shows it and says so. Previews are passed over.
func (a *attached) show() image.Image {
	a.t.Helper()
	m := a.next()
	for m.GetPreview() != nil {
		m = a.next()
	}
	h, _, err := a.decoder.Apply(m.GetScreenUpdate())
	if err != nil {
		a.t.Fatal(err)
	}
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Ack{Ack: &hostpb.HelperAck{Seq: h.Seq, Taken: h.Seq, Room: 1 << 20}}, Generation: generation}
	return a.decoder.Image()
}

// until shows pictures until a pixel has a colour.
func (a *attached) until(at image.Point, want color.RGBA) {
	a.t.Helper()
	for {
		r, g, b, _ := a.show().At(at.X, at.Y).RGBA()
		if uint8(r>>8) == want.R && uint8(g>>8) == want.G && uint8(b>>8) == want.B {
			return
		}
	}
}

func (a *attached) mask(masks ...*hostpb.Mask) {
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Masks{Masks: &hostpb.HelperMasks{Masks: masks}}, Generation: generation}
}

func (a *attached) view(on bool) {
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_View{View: &hostpb.HelperView{On: on, Full: on}}, Generation: generation}
}

func (a *attached) input(generation uint64, events ...*hostpb.InputEvent) {
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Input{Input: &hostpb.HelperInput{Events: events}}, Generation: generation}
}

func key(code, text string) *hostpb.InputEvent {
	return &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_KEY_DOWN, Code: code, Key: text}
}

var (
	green = color.RGBA{R: 10, G: 200, B: 60, A: 255}
	red   = color.RGBA{R: 220, G: 20, B: 40, A: 255}
)

// The whole way of a picture: painted, captured, masked, encoded, decoded.
func TestHelperShowsTheScreen(t *testing.T) {
	a := attach(t)
	a.paint.Window(image.Rect(0, 0, 160, 240), green, "instrument")
	a.view(true)
	a.until(image.Pt(50, 50), green)
	if a.state.GetWidth() != 320 || a.state.GetHeight() != 240 || !a.state.GetCapturing() {
		t.Errorf("state %v", a.state)
	}
	a.paint.Window(image.Rect(200, 100, 300, 200), red, "instrument")
	a.until(image.Pt(250, 150), red)
	// Ours, over the red one.
	a.paint.Window(image.Rect(200, 100, 300, 200), green, "beckmanconnect")
	a.until(image.Pt(250, 150), color.RGBA{})
	if a.state.GetMaskedWindows() != 1 {
		t.Errorf("state %v", a.state)
	}
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Stop{Stop: &hostpb.Empty{}}, Generation: generation}
	if err := <-a.done; err != nil {
		t.Errorf("after stop: %v", err)
	}
}

// The newest picture only: while the link has no room none is sent, and what
// changed meanwhile comes in one when there is.
func TestNothingQueuesUp(t *testing.T) {
	a := attach(t)
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Ack{Ack: &hostpb.HelperAck{Room: 0}}, Generation: generation}
	a.view(true)
	w := a.paint.Window(image.Rect(0, 0, 10, 10), red, "instrument")
	for i := range 50 {
		w.Move(image.Pt(5*i, 100))
	}
	select {
	case m := <-a.from:
		if m.GetScreenUpdate() != nil {
			t.Fatal("a picture came where there was no room for it")
		}
	default:
	}
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Ack{Ack: &hostpb.HelperAck{Room: 1 << 20}}, Generation: generation}
	a.until(image.Pt(247, 105), red)
}

// Scenario 14: input of an older generation, or revoked, is never applied, and
// what was held is lifted.
func TestInputOfAnOlderGenerationIsDropped(t *testing.T) {
	a := attach(t)
	a.paint.Window(image.Rect(0, 0, 320, 240), green, "instrument").Focus()
	a.input(generation-1, key("KeyX", "x"))
	a.input(generation, key("ShiftLeft", "Shift"), key("KeyA", "A"))
	a.paint.Seen("keys a", func(seen []string) bool { return len(seen) >= 2 })
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_ReleaseKeys{ReleaseKeys: &hostpb.Empty{}}, Generation: generation + 1}
	a.input(generation, key("KeyY", "y")) // was on its way when control was revoked
	a.input(generation+1, key("KeyB", "b"))
	seen := a.paint.Seen("keys b", func(seen []string) bool { return len(seen) > 0 && seen[len(seen)-1] == "b" })
	want := []string{"Shift", "a", "b"}
	if len(seen) != len(want) {
		t.Fatalf("the window saw %q, want %q", seen, want)
	}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("the window saw %q, want %q", seen, want)
		}
	}
	p, err := xproto.QueryPointer(a.paint.X, a.paint.Root).Reply()
	if err != nil || p.Mask&xproto.ModMaskShift != 0 {
		t.Errorf("shift is still held: %v %v", p, err)
	}
}

// B5: a lost link ends the helper, and nothing stays pressed.
func TestLostLinkReleases(t *testing.T) {
	a := attach(t)
	a.paint.Window(image.Rect(0, 0, 320, 240), green, "instrument").Focus()
	a.input(generation, key("ControlLeft", "Control"))
	a.paint.Seen("control", func(seen []string) bool { return len(seen) == 1 })
	close(a.to)
	if err := <-a.done; err != nil && !errors.Is(err, io.EOF) {
		t.Logf("ended with %v", err)
	}
	p, err := xproto.QueryPointer(a.paint.X, a.paint.Root).Reply()
	if err != nil || p.Mask&xproto.ModMaskControl != 0 {
		t.Errorf("control is still held: %v %v", p, err)
	}
}
