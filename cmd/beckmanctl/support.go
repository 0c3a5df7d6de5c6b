package main

import (
	"context"
	"fmt"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// supportVerb is IT's hand on remote support: after 100 wrong codes in a row
// it stays off until an administrator has looked and says so (P23), and a PIN
// that was forgotten or locked only an administrator takes away.
func supportVerb(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		args = []string{""}
	}
	switch args[0] {
	case "reset":
		return supportReset(ctx, e, args[1:])
	case "remove-pin":
		return removePIN(ctx, e, args[1:])
	}
	return program.Usagef("support: the verbs are \"support reset\" and \"support remove-pin INITIALS\"")
}

func supportReset(ctx context.Context, e env, args []string) error {
	if _, err := e.parse("support reset", args, nil); err != nil {
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

func removePIN(ctx context.Context, e env, args []string) error {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		return program.Usagef("support remove-pin: whose PIN? \"support remove-pin INITIALS\"")
	}
	_, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Empty, error) {
		return host.RemovePIN(ctx, &hostpb.RemovePINRequest{Initials: args[0]})
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, "The PIN is removed; its owner can set another one in the window.")
	return err
}
