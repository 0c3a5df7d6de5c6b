package main

import (
	"context"
	"fmt"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// supportVerb is IT's hand on remote support: after 100 wrong codes in a row
// it stays off until an administrator has looked and says so (P23).
func supportVerb(ctx context.Context, e env, args []string) error {
	if len(args) == 0 || args[0] != "reset" {
		return program.Usagef("support: the only verb is \"support reset\"")
	}
	if _, err := e.parse("support reset", args[1:], nil); err != nil {
		return err
	}
	_, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Empty, error) {
		return host.ResetCodeTries(ctx, &hostpb.ResetCodeTriesRequest{})
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, "The count of wrong codes is reset; remote support can be asked for again.")
	return err
}
