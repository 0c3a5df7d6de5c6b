package main

import (
	"context"
	"errors"
	"io"

	"beckmanconnect/app/files"
	"beckmanconnect/ipc/hostpb"
)

// dialogCalls are what the tray's own dialogs ask of the service.
type dialogCalls struct{ calls }

func (c dialogCalls) EndSession(ctx context.Context, how string) error { return c.endSession(ctx, how) }

func (c dialogCalls) AnswerPrompt(ctx context.Context, r *hostpb.AnswerPromptRequest) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		_, err := host.AnswerPrompt(ctx, r)
		return err
	})
}

// HoldSessionBar holds the stream until the service or ctx ends it.
func (c dialogCalls) HoldSessionBar(ctx context.Context, session string) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		stream, err := host.HoldSessionBar(ctx, &hostpb.HoldSessionBarRequest{SessionId: session})
		for err == nil {
			_, err = stream.Recv()
		}
		if errors.Is(err, io.EOF) {
			return nil // the session is over
		}
		return err
	})
}

// HandleFiles lends the stream for files to serve.
func (c dialogCalls) HandleFiles(ctx context.Context, serve func(files.Stream) error) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		ctx, cancel := context.WithCancel(ctx) // the stream ends with serve
		defer cancel()
		stream, err := host.HandleFiles(ctx)
		if err != nil {
			return err
		}
		return serve(stream)
	})
}

func (c dialogCalls) RequestHelp(ctx context.Context, r *hostpb.RequestHelpRequest) (reply *hostpb.HelpRequested, err error) {
	err = c.with(ctx, func(host hostpb.HostClient) error {
		reply, err = host.RequestHelp(ctx, r)
		return err
	})
	return reply, err
}

func (c dialogCalls) CancelHelp(ctx context.Context, request string) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		_, err := host.CancelHelp(ctx, &hostpb.CancelHelpRequest{RequestId: request})
		return err
	})
}
