package main

import (
	"context"
	"errors"
	"io"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// calls asks the service over a connection of its own for each call: they are
// rare, and a call must not wait behind a watch that is being repaired.
type calls struct{ config client.Config }

// with makes one call.
func (c calls) with(ctx context.Context, call func(hostpb.HostClient) error) error {
	conn, err := client.Dial(ctx, c.config)
	if err != nil {
		return err
	}
	defer conn.Close()
	return call(conn.Host)
}

func (c calls) Show(ctx context.Context, view string) (windows uint32, err error) {
	err = c.with(ctx, func(host hostpb.HostClient) error {
		reply, err := host.Show(ctx, &hostpb.ShowRequest{View: view})
		windows = reply.GetWindows()
		return err
	})
	return windows, err
}

func (c calls) endSession(ctx context.Context, how string) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		_, err := host.EndSession(ctx, &hostpb.EndSessionRequest{How: how})
		return err
	})
}

// EndSession is the menu's.
func (c calls) EndSession(ctx context.Context) error { return c.endSession(ctx, "tray") }

func (c calls) TestAlarm(ctx context.Context) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		_, err := host.TestAlarm(ctx, &hostpb.TestAlarmRequest{})
		return err
	})
}

func (c calls) OfferProxy(ctx context.Context, r *hostpb.OfferProxyRequest) error {
	return c.with(ctx, func(host hostpb.HostClient) error {
		_, err := host.OfferProxy(ctx, r)
		return err
	})
}

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
