package dialog

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
)

// bench is a screen, a service and a technician in memory.
type bench struct {
	t      *testing.T
	mu     sync.Mutex
	open   []*pane
	none   error // why no window opens
	sight  ask.Sight
	made   bool
	able   bool
	locked bool
	calls  []string
	answer []*hostpb.AnswerPromptRequest
	fail   error // of every call
	held   int
	grab   error
	kill   func()
	folder string
	files  func(context.Context, func(files.Stream) error) error // nil: nothing ever comes
}

type pane struct {
	*bench
	options Options
	events  chan Event
	shown   int
	closed  bool
}

func (b *bench) Open(o Options) (Surface, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.none != nil {
		return nil, b.none
	}
	p := &pane{bench: b, options: o, events: make(chan Event, 16)}
	b.open = append(b.open, p)
	return p, nil
}
func (b *bench) Scale() float64    { return 1 }
func (b *bench) Room() image.Point { return image.Pt(1000, 900) }

func (p *pane) Show(*image.RGBA)     { p.mu.Lock(); defer p.mu.Unlock(); p.shown++ }
func (p *pane) Events() <-chan Event { return p.events }
func (p *pane) Sight() ask.Sight     { p.mu.Lock(); defer p.mu.Unlock(); return p.sight }
func (p *pane) Made(image.Rectangle, bool) (bool, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made, p.able
}
func (p *pane) Close() { p.mu.Lock(); defer p.mu.Unlock(); p.closed = true }

func (b *bench) note(what string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, what)
	return b.fail
}
func (b *bench) AnswerPrompt(_ context.Context, r *hostpb.AnswerPromptRequest) error {
	b.mu.Lock()
	b.answer = append(b.answer, r)
	b.mu.Unlock()
	return b.note("answer")
}
func (b *bench) HoldSessionBar(ctx context.Context, session string) error {
	b.mu.Lock()
	b.held++
	b.mu.Unlock()
	_ = b.note("hold " + session)
	<-ctx.Done()
	b.mu.Lock()
	b.held--
	b.mu.Unlock()
	return ctx.Err()
}
func (b *bench) EndSession(_ context.Context, how string) error { return b.note("end " + how) }
func (b *bench) RequestHelp(_ context.Context, r *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
	if !r.GetTechnicianCalled() {
		b.t.Error("a code for somebody who was called")
	}
	return &hostpb.HelpRequested{RequestId: "r1", Code: "ABCD EFGH"}, b.note("request")
}
func (b *bench) HandleFiles(ctx context.Context, serve func(files.Stream) error) error {
	if b.files != nil {
		return b.files(ctx, serve)
	}
	<-ctx.Done()
	return ctx.Err()
}
func (b *bench) CancelHelp(_ context.Context, id string) error { return b.note("cancel " + id) }

func newBench(t *testing.T) (*bench, *Dialogs) {
	b := &bench{t: t, sight: ask.InSight, made: true, able: true}
	return b, New(Config{
		Text: text.New("en"), Log: slog.New(slog.DiscardHandler), Service: b, Screen: b, Now: time.Now,
		Folder: func() string { return b.folder },
		Locked: func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.locked },
		Grab: func(_ context.Context, pressed func()) (func(), error) {
			b.kill = pressed
			return func() {}, b.grab
		},
		Failure: func(_ *text.Catalogue, err error) string { return err.Error() },
	})
}

// last is the newest window.
func (b *bench) last() *pane {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) == 0 {
		b.t.Fatal("no window")
	}
	return b.open[len(b.open)-1]
}

func (b *bench) set(change func()) { b.mu.Lock(); change(); b.mu.Unlock() }

// press clicks on the middle of a part of a form.
func (p *pane) press(f *Form, id string) {
	p.t.Helper()
	fit(f, NewFonts("en"), p.Scale(), p.Room())
	r, ok := f.Place(id)
	if !ok {
		p.t.Fatalf("no %s", id)
	}
	at := r.Min.Add(r.Max).Div(2)
	p.events <- Event{Kind: PointerDown, At: at}
	p.events <- Event{Kind: PointerUp, At: at}
	synctest.Wait()
}

// soon is the question as it stands in the bubble's own time.
func soon(p *hostpb.Prompt) { p.ExpiresUnixMs = time.Now().Add(time.Minute).UnixMilli() }

// Scenarios 8 to 12 on the whole way from the window to the call.
func TestDialogsAnswer(t *testing.T) {
	for _, row := range []struct {
		name  string
		do    func(*bench, *pane, *Form)
		allow []bool // answers that went out
	}{
		{"a hand's press", func(b *bench, p *pane, f *Form) { p.press(f, idAllow) }, []bool{true}},
		{"a program's press", func(b *bench, p *pane, f *Form) { b.set(func() { b.made = false }); p.press(f, idAllow) }, nil},
		{"a screen that cannot tell", func(b *bench, p *pane, f *Form) { b.set(func() { b.able = false }); p.press(f, idAllow) }, nil},
		{"covered at the moment", func(b *bench, p *pane, f *Form) { b.set(func() { b.sight = ask.Covered }); p.press(f, idAllow) }, nil},
		{"locked at the moment", func(b *bench, p *pane, f *Form) { b.set(func() { b.locked = true }); p.press(f, idAllow) }, nil},
		{"a program's press, then a hand's", func(b *bench, p *pane, f *Form) {
			b.set(func() { b.made = false })
			p.press(f, idAllow)
			b.set(func() { b.made = true })
			p.press(f, idAllow)
		}, []bool{true}},
		{"Deny needs no hand", func(b *bench, p *pane, f *Form) { b.set(func() { b.made, b.able = false, false }); p.press(f, idDeny) }, []bool{false}},
		{"Escape", func(b *bench, p *pane, _ *Form) { p.events <- Event{Kind: KeyTyped, Key: Escape} }, []bool{false}},
		{"Enter", func(b *bench, p *pane, _ *Form) { p.events <- Event{Kind: KeyTyped, Key: Enter} }, nil},
		{"closed", func(b *bench, p *pane, _ *Form) { p.events <- Event{Kind: CloseAsked} }, []bool{false}},
		{"the window is gone", func(b *bench, p *pane, _ *Form) { close(p.events) }, nil},
		{"refused by the service, and again", func(b *bench, p *pane, f *Form) {
			b.set(func() { b.fail = errors.New("not-armed") })
			p.press(f, idAllow)
			b.set(func() { b.fail = nil })
			p.press(f, idAllow)
		}, []bool{true, true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, d := newBench(t)
				question := question(plain, soon)
				d.Prompt(t.Context(), question)
				time.Sleep(2 * time.Second)
				row.do(b, b.last(), NewPrompt(text.New("en"), question, Here{}).Form())
				time.Sleep(time.Second)
				synctest.Wait()
				var got []bool
				for _, a := range b.answer {
					got = append(got, a.GetAllow())
					if string(a.GetNonce()) != "n" || a.GetPromptId() != "p1" {
						t.Errorf("answered %v", a)
					}
				}
				if !slices.Equal(got, row.allow) {
					t.Errorf("answered %v, want %v", got, row.allow)
				}
				d.Close()
				if p := b.last(); !p.closed || p.shown == 0 {
					t.Errorf("closed %v after %d pictures", p.closed, p.shown)
				}
			})
		})
	}
}

// A question that is put anew has to be answered anew; one that goes takes its
// window along.
func TestQuestionsFollowTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, d := newBench(t)
		d.Prompt(t.Context(), question(plain, soon))
		d.Prompt(t.Context(), question(plain, soon))
		synctest.Wait()
		if len(b.open) != 1 {
			t.Errorf("%d windows", len(b.open))
		}
		d.Prompt(t.Context(), question(plain, soon, func(p *hostpb.Prompt) { p.Nonce = []byte("m") }))
		synctest.Wait()
		if len(b.open) != 2 || !b.open[0].closed {
			t.Errorf("%d windows", len(b.open))
		}
		d.Prompt(t.Context(), nil)
		if !b.open[1].closed || len(b.answer) != 0 {
			t.Errorf("a question that was taken back: %v", b.answer)
		}
	})
}

// B5: the bar is held for as long as it stands, and no longer.
func TestBarIsTheSession(t *testing.T) {
	session := &hostpb.SupportState{SessionId: "s1", Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, Engineer: question().GetEngineer()}
	for _, row := range []struct {
		name string
		set  func(*bench)
		do   func(*bench, *Dialogs)
		want []string
		held int
	}{
		{"it stands", nil, nil, []string{"hold s1"}, 1},
		{"no window", func(b *bench) { b.none = errors.New("no desktop") }, nil, nil, 0},
		{"End", nil, func(b *bench, _ *Dialogs) { b.last().press(bar(text.New("en"), session, true, time.Now()), idEnd) }, []string{"hold s1", "end button"}, 1},
		{"the kill key", nil, func(b *bench, _ *Dialogs) { b.kill() }, []string{"hold s1", "end kill-key"}, 1},
		{"closed by hand", nil, func(b *bench, _ *Dialogs) { b.last().events <- Event{Kind: CloseAsked} }, []string{"hold s1", "end button"}, 1},
		{"its window goes", nil, func(b *bench, _ *Dialogs) { close(b.last().events) }, []string{"hold s1"}, 0},
		{"End, and the service does not answer", func(b *bench) { b.fail = errors.New("lost") }, func(b *bench, _ *Dialogs) { b.kill() }, []string{"hold s1", "end kill-key"}, 0},
		{"the session ends", nil, func(_ *bench, d *Dialogs) { d.Session(context.Background(), nil) }, []string{"hold s1"}, 0},
		{"the tray ends", nil, func(_ *bench, d *Dialogs) { d.Close() }, []string{"hold s1"}, 0},
		{"the kill key is another's", func(b *bench) { b.grab = errors.New("taken") }, nil, []string{"hold s1"}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, d := newBench(t)
				if row.set != nil {
					row.set(b)
				}
				d.Session(t.Context(), session)
				time.Sleep(time.Second)
				synctest.Wait()
				if row.do != nil {
					row.do(b, d)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if b.mu.Lock(); b.held != row.held || !slices.Equal(b.calls, row.want) {
					t.Errorf("held %d, want %d; called %q", b.held, row.held, b.calls)
				}
				b.mu.Unlock()
				d.Close()
			})
		})
	}
}

// Who was called gets no code; the code is shown, and taken back.
func TestHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, d := newBench(t)
		ready := &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY}
		d.Help(t.Context(), ready)
		synctest.Wait()
		p, mine := b.last(), NewHelp(text.New("en"), ready)
		press := func(s *hostpb.SupportState, id string) { p.press(mine.Form(s, time.Now()), id); mine.Pressed(id) }
		press(ready, idTheyCalled)
		if len(b.calls) != 0 {
			t.Errorf("they called: %q", b.calls)
		}
		press(ready, idBack)
		press(ready, idCalledThem)
		synctest.Wait()
		if !slices.Equal(b.calls, []string{"request"}) {
			t.Fatalf("%q", b.calls)
		}
		mine.Requested(&hostpb.HelpRequested{RequestId: "r1", Code: "ABCD EFGH"}, "")
		waiting := &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r1", CodeExpiresUnixMs: time.Now().Add(time.Minute).UnixMilli()}
		d.HelpChanged(waiting)
		time.Sleep(time.Second)
		press(waiting, idCancel)
		if !slices.Equal(b.calls, []string{"request", "cancel r1"}) || !p.closed {
			t.Errorf("%q, closed %v", b.calls, p.closed)
		}
		// A code that was used takes its window along.
		d.Help(t.Context(), waiting)
		synctest.Wait()
		d.HelpChanged(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED})
		time.Sleep(time.Second)
		if !b.last().closed {
			t.Error("the code stands after it was used")
		}
		d.Close()
	})
}
