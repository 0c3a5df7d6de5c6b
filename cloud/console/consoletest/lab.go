package consoletest

import (
	"context"
	"encoding/json"
	"image"
	"image/color"
	"slices"
	"sync"
	"testing"
	"time"

	"beckmanconnect/session/engineer/engineertest"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// Lab is a page in a session with a host that has more than the plain one:
// monitors, a pointer, a technician who chats, copies and sends files. Whatever
// it says crosses the real channel and the page's real worker.
type Lab struct {
	*Browser
	Other    *Other
	Desktops map[string]*Desktop // by monitor, "all" too

	mu       sync.Mutex
	monitors []wire.Monitor
	shown    string
	silent   map[string]bool // types of messages nobody answers
}

// NewLab gives the host of o what a plain one has not, before any session.
func NewLab(b *Browser, o *Other) *Lab {
	l := &Lab{Browser: b, Other: o, silent: map[string]bool{}, Desktops: map[string]*Desktop{"all": NewDesktop(1280, 800)}}
	o.Host.Instead(l.instead)
	return l
}

// EnterLab signs in at url, joins the first request and proves its code.
func EnterLab(tb testing.TB, b *Browser, o *Other, url string) *Lab {
	tb.Helper()
	l := NewLab(b, o)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	l.Join()
	return l
}

// Join goes from the list into a session.
func (l *Lab) Join() {
	l.tb.Helper()
	l.Wait(`!!document.querySelector('` + join + `')`)
	l.Click(join)
	l.Fill("#reason", "Pump pressure alarm")
	l.Fill("#ticket", "INC-4711")
	l.Fill("#code", "k7qmxw3p")
	l.Click("#join-confirm")
	l.Wait(`document.body.dataset.phase === "session"`)
	l.May(nil)
}

// May tells what may be asked for: everything, but for what is given.
func (l *Lab) May(but map[string]string) {
	may := map[string]string{}
	for _, c := range []string{wire.View, wire.Control, wire.Files, wire.ClipboardToPC, wire.ClipboardToMe, wire.Chat, wire.Pointer} {
		may[c] = "ask"
	}
	for c, why := range but {
		may[c] = why
	}
	l.Other.Host.Say(wire.Message{Type: "may", May: may})
}

// Silence leaves messages of a type without an answer, or answers them again.
func (l *Lab) Silence(kind string, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent[kind] = on
}

// SetMonitors gives the host these, the first one shown.
func (l *Lab) SetMonitors(list ...wire.Monitor) {
	l.mu.Lock()
	l.monitors, l.shown = list, list[0].ID
	var bounds image.Rectangle
	for _, m := range list {
		l.Desktops[m.ID] = NewDesktop(m.Width, m.Height)
		bounds = bounds.Union(image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height))
	}
	l.Desktops["all"] = NewDesktop(bounds.Dx(), bounds.Dy())
	l.mu.Unlock()
	l.show()
}

func (l *Lab) show() {
	l.mu.Lock()
	shown := l.shown
	if shown == "" {
		shown = "all"
	}
	d, list := l.Desktops[shown], l.monitors
	l.mu.Unlock()
	f := d.Frame()
	l.Other.Host.Say(wire.Message{Type: "screen", State: "on", Width: f.Width, Height: f.Height, Monitors: list, Monitor: shown})
	l.Other.Host.Show(f)
}

// View asks for the picture and waits until it is on the page.
func (l *Lab) View() {
	l.tb.Helper()
	l.mu.Lock()
	d := l.Desktops["all"]
	if l.shown != "" {
		d = l.Desktops[l.shown]
	}
	l.mu.Unlock()
	l.Other.Host.Show(d.Frame())
	l.Click("#ask-view")
	l.AwaitPicture(d.Hash())
}

// Grant asks for a capability by its button and waits for the yes.
func (l *Lab) Grant(button string) {
	l.tb.Helper()
	l.OpenMore()
	l.Click(button)
	l.Wait(`document.querySelector("` + button + `").dataset.state === "granted"`)
}

// OpenMore opens the rest of what may be asked for.
func (l *Lab) OpenMore() {
	l.tb.Helper()
	if l.Text(`document.querySelector("#more").open`) == "false" {
		l.Click("#more > summary")
	}
}

// Cursor sends what the host's pointer does.
func (l *Lab) Cursor(c screen.Cursor) {
	l.tb.Helper()
	frame, err := c.Append(nil)
	if err != nil {
		l.tb.Fatal(err)
	}
	l.Other.Host.Frame(wire.FrameCursor, frame)
}

// Arrow is a pointer's shape: black with a white edge.
func Arrow() screen.Cursor {
	const w, h = 17, 25
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range 20 {
		width := min(y*13/19, 12)
		if y > 13 {
			width = 12 - (y-13)*2
		}
		for x := range width + 1 {
			c := color.RGBA{0, 0, 0, 255}
			if x == 0 || x == width || y > 13 && x >= width-1 {
				c = color.RGBA{255, 255, 255, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return screen.Cursor{Kind: screen.CursorShape, Width: w, Height: h, RGBA: img.Pix}
}

// Await waits for a message of the page's.
func (l *Lab) Await(what string, ok func(wire.Message) bool) wire.Message {
	l.tb.Helper()
	all := l.AwaitAll(what, func(all []wire.Message) bool { return slices.ContainsFunc(all, ok) })
	return all[slices.IndexFunc(all, ok)]
}

// AwaitAll waits until all of the page's messages so far are what ok wants.
func (l *Lab) AwaitAll(what string, ok func([]wire.Message) bool) []wire.Message {
	l.tb.Helper()
	ctx, cancel := context.WithTimeout(l.Ctx, patience)
	defer cancel()
	return l.Other.Host.Await(ctx, what, func(f engineertest.Facts) bool { return ok(f.Received) }).Received
}

// Of gives the messages of one type.
func Of(kind string, all []wire.Message) (out []wire.Message) {
	for _, m := range all {
		if m.Type == kind {
			out = append(out, m)
		}
	}
	return out
}

// Events waits until the host has got what ok wants to see, and gives it.
func (l *Lab) Events(what string, ok func([]wire.Input) bool) []wire.Input {
	l.tb.Helper()
	ctx, cancel := context.WithTimeout(l.Ctx, patience)
	defer cancel()
	return l.Other.Host.Await(ctx, what, func(f engineertest.Facts) bool { return ok(f.Events) }).Events
}

// FromWorker gives the page a message as its worker would: of what only a real
// host and a real link can make. WatchWorkers must have been called before.
func (l *Lab) FromWorker(message map[string]any) {
	l.tb.Helper()
	raw, err := json.Marshal(message)
	if err != nil {
		l.tb.Fatal(err)
	}
	l.Eval(`window.testWorker.dispatchEvent(new MessageEvent("message", {data: ` + string(raw) + `}))`)
}

// instead answers for a host that can more.
func (l *Lab) instead(m wire.Message) (done bool) {
	l.mu.Lock()
	silent := l.silent[m.Type]
	l.mu.Unlock()
	if silent {
		return true
	}
	host := l.Other.Host
	switch m.Type {
	case "chat":
		host.Say(wire.Message{Type: "chat", ID: m.ID, Text: m.Text})
	case "monitor":
		l.mu.Lock()
		l.shown = m.Monitor
		l.mu.Unlock()
		l.show()
	case "ask-fetch":
		a := host.Answer(m)
		if a.Why == "" {
			return true
		}
		a.Type, a.ID, a.Capability = "answer", m.ID, wire.Files
		host.Say(a)
	default:
		return false
	}
	return true
}

// Soon is long enough to be looked at, and short enough to wait for.
const Soon = 4 * time.Second

// Until is a time of the host's clock that lies so far ahead.
func Until(d time.Duration) int64 { return time.Now().Add(d).UnixMilli() }
