// Package filestest joins the two ends of a HandleFiles stream in one process,
// for tests of either end.
package filestest

import (
	"context"
	"io"

	"beckmanconnect/ipc/hostpb"
)

// Service is the service's end.
type Service struct{ *pipe }

// Window is the window program's end.
type Window struct{ *pipe }

type pipe struct {
	ctx  context.Context
	up   chan *hostpb.FilesMessage
	down chan *hostpb.FilesCommand
}

// Pipe makes a stream that lives as long as ctx. Neither end holds anything
// back: who sends waits until it is read.
func Pipe(ctx context.Context) (Service, Window) {
	p := &pipe{ctx: ctx, up: make(chan *hostpb.FilesMessage), down: make(chan *hostpb.FilesCommand)}
	return Service{p}, Window{p}
}

// Context is the stream's.
func (s Service) Context() context.Context { return s.ctx }

// Send sends to the window.
func (s Service) Send(c *hostpb.FilesCommand) error { return send(s.ctx, s.down, c) }

// Recv gets what the window sent.
func (s Service) Recv() (*hostpb.FilesMessage, error) { return recv(s.ctx, s.up) }

// Send sends to the service.
func (w Window) Send(m *hostpb.FilesMessage) error { return send(w.ctx, w.up, m) }

// Recv gets what the service sent.
func (w Window) Recv() (*hostpb.FilesCommand, error) { return recv(w.ctx, w.down) }

func send[T any](ctx context.Context, c chan T, v T) error {
	select {
	case c <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func recv[T any](ctx context.Context, c chan T) (v T, err error) {
	select {
	case v = <-c:
		return v, nil
	case <-ctx.Done():
		return v, io.EOF
	}
}
