package main

import (
	"context"

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
