package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// instrumentPC is the whole product on this machine, with one instrument PC
// that is registered and online. Without a policy it counts as one that holds
// patient data. c needs neither name nor folder.
func instrumentPC(ctx context.Context, o options, c stage.PCConfig) (*stage.House, *stage.PC, error) {
	if o.archive == "" {
		return nil, nil, fmt.Errorf("--package names no release archive")
	}
	house, err := stage.Open(ctx, stage.Config{Dir: o.dir, Bin: o.bin, Package: o.archive, Progress: func(what string) { fmt.Fprintln(os.Stderr, "  "+what) }})
	if err != nil {
		return nil, nil, err
	}
	c.Name, c.Folder = "pc1", o.dir
	pc, err := house.AddPC(ctx, c)
	if err == nil {
		err = register(ctx, pc)
	}
	if err != nil {
		house.Close()
		return nil, nil, err
	}
	return house, pc, nil
}

func dial(ctx context.Context, pc *stage.PC) (*client.Client, error) {
	return client.Dial(ctx, clientConfig(pc))
}

func clientConfig(pc *stage.PC) client.Config {
	return client.Config{Socket: pc.Socket, Program: "bench", Version: version.Version()}
}

// register does what the technician does in the window, and waits for the
// cloud.
func register(ctx context.Context, pc *stage.PC) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	c, err := dial(ctx, pc)
	if err != nil {
		return err
	}
	defer c.Close()
	terms, err := c.Host.GetTerms(ctx, &hostpb.GetTermsRequest{})
	if err != nil {
		return fmt.Errorf("terms: %w", err)
	}
	if _, err := c.Host.AcceptTerms(ctx, &hostpb.AcceptTermsRequest{Version: terms.GetVersion(), Sha256: terms.GetSha256(), ItRequirementsRead: true}); err != nil {
		return fmt.Errorf("accept the terms: %w", err)
	}
	if _, err := c.Host.Register(ctx, &hostpb.RegisterRequest{Email: "maria.koch@lab.example", Name: "Maria Koch", InstrumentType: "DxH 900", Serial: "BC-4711"}); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return stage.Until(ctx, "the link to the cloud", func() (bool, error) {
		s, err := c.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
		return s.GetLink() == hostpb.Link_LINK_ONLINE, err
	})
}

// pause waits in a measurement; an interrupted one has no result.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
