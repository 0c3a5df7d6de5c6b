// Package desktop is the desktop helper: it shows the engineer the technician's
// screen and applies the engineer's input, for as long as the service says so.
// It holds no grants of its own. What it adds to the service's checks is what
// only the desktop can know: it hides the product's own windows and what the
// instrument's profile masks (B6), never sends input to them (B3), and gives way
// to the technician's own hands.
//
// The systems' own parts stand in x11 and gdi, behind Screen, Injector and
// Watcher.
package desktop

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"beckmanconnect/app/desktop/clipboard"
	"beckmanconnect/app/desktop/video"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"

	"golang.org/x/sync/errgroup"
)

// Config of a helper.
type Config struct {
	Client client.Config
	Start  *hostpb.DesktopWanted
	Log    *slog.Logger

	Screen   Screen
	Injector Injector
	Watcher  Watcher
	// What not every desktop has; nil: this one has not.
	Monitors  Monitors // of Screen
	Cursor    Cursor
	Marker    Marker
	Clipboard clipboard.Clipboard
	// Locked gets a value when the screen was locked: the session ends
	// (scenario 17). Nil: never.
	Locked <-chan struct{}
}

// stream is AttachDesktop from the helper's side.
type stream interface {
	Send(*hostpb.HelperMessage) error
	Recv() (*hostpb.HelperCommand, error)
}

// Run attaches to the service and works until it says stop, the link to it or
// the display is lost, or ctx ends. All keys are lifted when it returns.
func Run(ctx context.Context, c Config) error {
	outer := ctx
	conn, err := client.Dial(ctx, c.Client)
	if err != nil {
		return fmt.Errorf("desktop: reach the service: %w", err)
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := conn.Host.AttachDesktop(ctx)
	if err != nil {
		return fmt.Errorf("desktop: attach: %w", err)
	}
	err = c.work(ctx, s, cancel)
	if outer.Err() != nil {
		err = nil // asked to end
	}
	// Nothing may stay pressed, however this ends.
	return errors.Join(err, c.Injector.Release())
}

// errStopped ends the group when the service said stop.
var errStopped = errors.New("desktop: stopped")

// learnMasks waits for what the instrument's profile hides. Nothing is captured
// and nothing applied before, whatever else is asked for: without the masks
// nobody knows what may be seen (B6).
func (c Config) learnMasks(s stream) error {
	for {
		command, err := s.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return fmt.Errorf("desktop: link to the service: %w", err)
		case command.GetStop() != nil:
			return errStopped
		case command.GetMasks() == nil:
			continue
		}
		masks, err := ReadMasks(command.GetMasks())
		if err != nil {
			return err
		}
		c.Screen.SetMasks(masks)
		c.Injector.SetMasks(masks)
		if c.Cursor != nil {
			c.Cursor.SetMasks(masks)
		}
		return nil
	}
}

// work ends all its parts together; hangUp ends the stream, and with it the
// wait for the next command.
func (c Config) work(ctx context.Context, s stream, hangUp func()) error {
	hello := &hostpb.HelperHello{Token: c.Start.GetToken(), SessionId: c.Start.GetSessionId()}
	if err := s.Send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Hello{Hello: hello}, Generation: c.Start.GetGeneration()}); err != nil {
		return fmt.Errorf("desktop: attach: %w", err)
	}
	if err := c.learnMasks(s); err != nil {
		return ending(err)
	}
	encoder := screen.NewEncoder(screen.Config{Video: video.New})
	defer encoder.Close()
	h := &helper{
		Config: c, stream: s,
		queue: newQueue(c.Start.GetGeneration()),
		show:  newShow(c.Screen, encoder),
	}
	input := &applier{
		log: c.Log, queue: h.queue, injector: c.Injector, watcher: c.Watcher,
		onLocal: h.show.setLocal, now: time.Now, place: h.place,
	}
	if g, ok := c.Injector.(Guarded); ok {
		g.Guard(input.mayApply)
	}
	h.show.onPicture = h.pictured
	group, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, hangUp)()
	group.Go(func() error { return h.show.run(ctx, h.send) })
	group.Go(func() error { return input.run(ctx) })
	if c.Cursor != nil {
		h.follow = newFollower(c.Log, c.Cursor, h.sendCursor)
		group.Go(func() error { return h.follow.run(ctx) })
	}
	if c.Marker != nil {
		h.pointer = newPointer(c.Log, c.Marker, h.see)
		group.Go(func() error { return h.pointer.run(ctx) })
	}
	if c.Clipboard != nil {
		h.clip = newClip(c.Log, c.Clipboard, h.sendClipboard)
		group.Go(func() error { return h.clip.run(ctx) })
	}
	group.Go(h.receive)
	group.Go(func() error {
		select {
		case <-c.Locked:
			h.show.setLocked()
		case <-ctx.Done():
		}
		return nil
	})
	return ending(group.Wait())
}

// ending is nil for the ends that are meant.
func ending(err error) error {
	if errors.Is(err, errStopped) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

type helper struct {
	Config
	stream  stream
	queue   *queue
	show    *show
	follow  *follower // nil, as the next two: this desktop has none
	pointer *pointer
	clip    *clip

	sending sync.Mutex // a stream is for one sender at a time
	viewing sync.Mutex
	view    image.Rectangle // what of the desktop the newest picture shows
	layout  Layout
	cover   Area // of that picture
}

// receive takes the service's commands. It ends with the stream.
func (h *helper) receive() error {
	for {
		command, err := h.stream.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return fmt.Errorf("desktop: link to the service: %w", err)
		}
		if command.GetStop() != nil {
			return errStopped
		}
		h.command(command)
	}
}

// command does what a command says. It never waits, so that a revocation is
// never stuck behind anything.
func (h *helper) command(command *hostpb.HelperCommand) {
	generation := command.GetGeneration()
	switch body := command.GetBody().(type) {
	case *hostpb.HelperCommand_View:
		h.queue.saw(generation)
		h.show.setView(body.View.GetOn(), body.View.GetFull())
		if h.follow != nil {
			h.follow.set(body.View.GetOn(), body.View.GetFull())
		}
	case *hostpb.HelperCommand_Input:
		h.queue.put(generation, body.Input.GetEvents())
	case *hostpb.HelperCommand_Preview:
		h.show.setWatched(body.Preview.GetOn())
	case *hostpb.HelperCommand_Ack:
		h.show.link(body.Ack)
	case *hostpb.HelperCommand_ReleaseKeys:
		h.queue.clear(generation)
	case *hostpb.HelperCommand_Monitor:
		if h.queue.saw(generation) && h.Monitors != nil && !h.Monitors.Choose(body.Monitor.GetId()) {
			h.Log.Debug("no such monitor")
		}
	case *hostpb.HelperCommand_Clipboard:
		if h.queue.saw(generation) && h.clip != nil {
			h.clip.put(body.Clipboard.GetText())
		}
	case *hostpb.HelperCommand_ClipboardWatch:
		// Off counts whatever its generation is.
		if on := body.ClipboardWatch.GetOn(); h.clip != nil && (h.queue.saw(generation) || !on) {
			h.clip.watch(on)
		}
	case *hostpb.HelperCommand_Point:
		if on := body.Point.GetOn(); h.pointer != nil && (h.queue.saw(generation) || !on) {
			h.pointer.point(body.Point)
		}
	}
}

// pictured notes what of the desktop a picture shows.
func (h *helper) pictured(p Picture) {
	view := image.Rect(0, 0, p.Frame.Width, p.Frame.Height)
	if h.Monitors != nil {
		view = h.Monitors.View()
	}
	h.viewing.Lock()
	h.view, h.layout = view, p.Layout
	moved := !slices.Equal(h.cover, p.Cover)
	h.cover = p.Cover
	h.viewing.Unlock()
	if moved && h.pointer != nil {
		h.pointer.again()
	}
	if h.follow != nil {
		h.follow.shows(view)
	}
}

// see is the desktop's pixel that a pixel of the picture is, the scale of the
// monitor it is on, and whether a marker may stand there: in the picture, and
// clear of what is hidden, for it must not cover a prompt.
func (h *helper) see(p image.Point) (at image.Point, scale int, seen bool) {
	h.viewing.Lock()
	defer h.viewing.Unlock()
	at = p.Add(h.view.Min)
	scale = h.layout.scaleAt(at)
	room := image.Rect(-markerRoom, -markerRoom, markerRoom+markerLabel, 2*markerRoom)
	room = image.Rect(room.Min.X*scale/100, room.Min.Y*scale/100, room.Max.X*scale/100, room.Max.Y*scale/100).Add(p)
	return at, scale, at.In(h.view) && len(h.cover.Clip(room)) == 0
}

// place is the desktop's pixel that an event at a pixel of the picture goes to.
// One beside the picture, as a drag over its edge makes them, goes to its edge:
// never to a monitor that the engineer does not see.
func (h *helper) place(p image.Point) image.Point {
	h.viewing.Lock()
	defer h.viewing.Unlock()
	if h.view.Empty() { // no picture yet
		return p
	}
	return image.Pt(min(max(p.X, 0), h.view.Dx()-1), min(max(p.Y, 0), h.view.Dy()-1)).Add(h.view.Min)
}

// send may be called from any goroutine.
func (h *helper) send(m *hostpb.HelperMessage) error {
	h.queue.mu.Lock()
	m.Generation = h.queue.generation
	h.queue.mu.Unlock()
	h.sending.Lock()
	defer h.sending.Unlock()
	if err := h.stream.Send(m); err != nil {
		return fmt.Errorf("desktop: link to the service: %w", err)
	}
	return nil
}

func (h *helper) sendCursor(c screen.Cursor) error {
	b, err := c.Append(nil)
	if err != nil {
		h.Log.Debug("pointer not told", "error", err)
		return nil
	}
	return h.send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Cursor{Cursor: b}})
}

func (h *helper) sendClipboard(text string) error {
	return h.send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: text}}})
}
