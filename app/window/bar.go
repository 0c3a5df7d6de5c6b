package window

import (
	"context"
	"errors"
	"io"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"beckmanconnect/app/window/native"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/view"
)

// barWindow is the session bar. While it is there the service's HoldSessionBar
// stream is open; when this program dies the stream does, and the session with
// it (B5).
type barWindow struct {
	session string
	window  fyne.Window
	content *view.Bar
	release context.CancelFunc
}

// updateBar opens or closes the bar as the state says.
func (p *program) updateBar() {
	v, ok := p.state.Bar(p.kit.Words, p.now())
	if p.bar != nil && (!ok || v.SessionID != p.bar.session) {
		p.bar.close(p)
		p.bar = nil
		p.releaseKillKey()
	}
	if !ok {
		return
	}
	if p.bar == nil {
		p.grabKey()
		p.bar = p.openBar(v.SessionID)
		p.placeBar()
	}
	p.bar.update(p)
}

func (p *program) openBar(session string) *barWindow {
	ctx, release := context.WithCancel(p.ctx)
	b := &barWindow{session: session, release: release}
	b.window = p.splash()
	b.window.SetPadded(false)
	b.window.SetTitle(native.Class)
	b.content = view.NewBar(p.kit, p)
	// Closing the bar really ends the session.
	b.window.SetCloseIntercept(func() { p.endSession("button") })
	v, _ := p.state.Bar(p.kit.Words, p.now())
	b.content.Update(v)
	b.window.SetContent(b.content.Content())
	b.window.SetFixedSize(true)
	// The bar takes no keys: whoever is typing goes on typing where they were.
	p.native.Unfocused(b.window.Show)
	b.window.SetTitle(p.kit.T("app.name") + " · " + p.kit.T("bar.window"))
	p.own(b.window)
	if err := p.native.Above(b.window); err != nil {
		p.log.Warn("keep the session bar above other windows", "error", err)
	}
	p.work.Go(func() { p.hold(ctx, session) })
	return b
}

// splash is a window without a frame.
func (p *program) splash() fyne.Window {
	if d, ok := p.app.Driver().(desktop.Driver); ok {
		return d.CreateSplashWindow()
	}
	return p.app.NewWindow(native.Class)
}

// placeBar puts the bar at the upper edge, in the middle.
func (p *program) placeBar() {
	area, err := p.native.Area(p.bar.window)
	if err != nil {
		p.log.Warn("find the session bar", "error", err)
		return
	}
	// Fyne has centred it, so its middle is the screen's.
	if err := p.native.Move(p.bar.window, area.X, 0); err != nil {
		p.log.Warn("place the session bar", "error", err)
	}
}

// hold keeps the stream open until the bar goes or the service ends it.
func (p *program) hold(ctx context.Context, session string) {
	host, err := p.service.host(ctx)
	if err == nil {
		var stream interface{ Recv() (*hostpb.Empty, error) }
		stream, err = host.HoldSessionBar(ctx, &hostpb.HoldSessionBarRequest{SessionId: session})
		for err == nil {
			_, err = stream.Recv()
		}
	}
	if ctx.Err() == nil && !errors.Is(err, io.EOF) {
		p.log.Warn("the session bar is not held any more", "code", client.Code(err), "error", err)
	}
}

// update brings the bar to the present state.
func (b *barWindow) update(p *program) {
	if b == nil {
		return
	}
	v, ok := p.state.Bar(p.kit.Words, p.now())
	if !ok {
		return
	}
	if b.content.Update(v) {
		b.refit(p)
	}
}

// refit gives the window the size its content needs, keeping its middle.
func (b *barWindow) refit(p *program) {
	before, err := p.native.Area(b.window)
	need := b.content.Content().MinSize()
	b.window.Resize(need)
	if err != nil {
		return
	}
	width := int(math.Round(float64(need.Width * b.window.Canvas().Scale())))
	if width != before.W {
		if err := p.native.Move(b.window, max(before.X+(before.W-width)/2, 0), before.Y); err != nil {
			p.log.Warn("place the session bar", "error", err)
		}
	}
}

// redress rebuilds the bar in another language or look.
func (b *barWindow) redress(p *program) {
	if b == nil {
		return
	}
	b.content = view.NewBar(p.kit, p)
	b.window.SetContent(b.content.Content())
	b.update(p)
}

func (b *barWindow) close(p *program) {
	b.release()
	p.dismiss(b.window)
}

// MoveBar is part of view.BarActions.
func (p *program) MoveBar(dx, dy float32) {
	if p.bar == nil {
		return
	}
	area, err := p.native.Area(p.bar.window)
	if err != nil {
		return
	}
	scale := p.bar.window.Canvas().Scale()
	x, y := area.X+int(dx*scale), area.Y+int(dy*scale)
	if err := p.native.Move(p.bar.window, x, max(y, 0)); err != nil {
		p.log.Debug("move the session bar", "error", err)
	}
}

// grabKey takes the kill key while a session runs.
func (p *program) grabKey() {
	release, err := p.grabKillKey(p.ctx, p.killed)
	if err != nil {
		// The bar must not promise a key that does nothing.
		p.state.NoKillKey = true
		p.log.Error("take the kill key", "error", err)
		return
	}
	p.state.NoKillKey = false
	p.kill = release
}

// killed is the press of the kill key. The call goes out from the goroutine that
// heard it: windows that are busy drawing must not keep it waiting.
func (p *program) killed() {
	ctx, cancel := context.WithTimeout(p.ctx, callTime)
	defer cancel()
	host, err := p.service.host(ctx)
	if err == nil {
		_, err = host.EndSession(ctx, &hostpb.EndSessionRequest{How: "kill-key"})
	}
	if p.ctx.Err() != nil {
		return
	}
	if err != nil {
		p.log.Warn("call failed", "call", "EndSession", "code", client.Code(err), "error", err)
	}
	p.do(func() {
		p.state.Failure = client.Code(err)
		p.refresh()
	})
}

func (p *program) releaseKillKey() {
	if p.kill != nil {
		p.kill()
		p.kill = nil
	}
}
