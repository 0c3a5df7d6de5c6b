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
	"io"
	"log/slog"
	"time"

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
	h := &helper{
		Config: c, stream: s,
		queue: newQueue(c.Start.GetGeneration()),
		show:  newShow(c.Screen, screen.NewEncoder(screen.Config{})),
	}
	input := &applier{log: c.Log, queue: h.queue, injector: c.Injector, watcher: c.Watcher, onLocal: h.show.setLocal, now: time.Now}
	if g, ok := c.Injector.(Guarded); ok {
		g.Guard(input.mayApply)
	}
	group, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, hangUp)()
	group.Go(h.receive)
	group.Go(func() error { return h.show.run(ctx, h.send) })
	group.Go(func() error { return input.run(ctx) })
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
	stream stream
	queue  *queue
	show   *show
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
		generation := command.GetGeneration()
		switch body := command.GetBody().(type) {
		case *hostpb.HelperCommand_View:
			h.queue.saw(generation)
			h.show.setView(body.View.GetOn(), body.View.GetFull())
		case *hostpb.HelperCommand_Input:
			h.queue.put(generation, body.Input.GetEvents())
		case *hostpb.HelperCommand_Preview:
			h.show.setWatched(body.Preview.GetOn())
		case *hostpb.HelperCommand_Ack:
			h.show.link(body.Ack)
		case *hostpb.HelperCommand_ReleaseKeys:
			h.queue.clear(generation)
		case *hostpb.HelperCommand_Stop:
			return errStopped
		}
	}
}

// send is used by show's goroutine only, as a stream asks for.
func (h *helper) send(m *hostpb.HelperMessage) error {
	h.queue.mu.Lock()
	m.Generation = h.queue.generation
	h.queue.mu.Unlock()
	if err := h.stream.Send(m); err != nil {
		return fmt.Errorf("desktop: link to the service: %w", err)
	}
	return nil
}
