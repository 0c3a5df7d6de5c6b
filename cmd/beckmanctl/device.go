package main

import (
	"context"
	"flag"
	"fmt"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// deviceVerb gives this PC a new identity when the old one counts no more.
func deviceVerb(ctx context.Context, e env, args []string) error {
	if len(args) == 0 || args[0] != "renew" {
		return program.Usagef("device: the only verb is \"device renew\"")
	}
	reason := ""
	if _, err := e.parse("device renew", args[1:], func(set *flag.FlagSet) { set.StringVar(&reason, "reason", "", "") }); err != nil {
		return err
	}
	_, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Empty, error) {
		return host.RenewDevice(ctx, &hostpb.RenewDeviceRequest{Reason: reason})
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, "This PC has a new identity; register it again in the window. The old key is set aside in the keys folder.")
	return err
}
