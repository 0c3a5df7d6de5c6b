package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// rotateWithin bounds watching, not the change: the service finishes it.
const rotateWithin = 24 * time.Hour

// keysVerb is IT's hand on the keys that protect data at rest (P15).
func keysVerb(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		args = []string{""}
	}
	switch args[0] {
	case "rotate":
		return keysRotate(ctx, e, args[1:])
	case "show":
		return keysShow(ctx, e, args[1:])
	}
	return program.Usagef("keys: the verbs are \"keys show\" and \"keys rotate\"")
}

func keysRotate(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("keys rotate", args, nil)
	if err != nil {
		return err
	}
	var last *hostpb.RotateProgress
	_, err = callFor(ctx, e, rotateWithin, func(ctx context.Context, host hostpb.HostClient) (*hostpb.RotateProgress, error) {
		stream, err := host.RotateKeys(ctx, &hostpb.RotateKeysRequest{})
		if err != nil {
			return nil, err
		}
		var told time.Time
		for {
			p, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return last, nil
			}
			if err != nil {
				return last, err
			}
			if last = p; !asJSON && !p.GetFinished() && time.Since(told) >= progressEvery {
				told = time.Now()
				fmt.Fprintf(e.out, "%d of about %d values are under the new key.\n", p.GetDone(), p.GetTotal())
			}
		}
	})
	if ctx.Err() != nil && last != nil { // Ctrl-C
		_, err = fmt.Fprintln(e.out, "The service goes on; \"beckmanctl keys rotate\" shows again how far it is.")
		return err
	}
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(e.out, map[string]any{"finished": last.GetFinished(), "values": last.GetDone()})
	}
	_, err = fmt.Fprintf(e.out, "The keys are changed: %d values are under the new key, and the old one is gone.\n", last.GetDone())
	return err
}

func keysShow(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("keys show", args, nil)
	if err != nil {
		return err
	}
	log, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.LogDetail, error) {
		return host.GetLog(ctx, &hostpb.GetLogRequest{})
	})
	if status.Code(err) == codes.Unimplemented {
		return errors.New("keys show: the service is of another version than this program; finish the upgrade")
	}
	if err != nil {
		return err
	}
	made := time.Unix(log.GetKeysUnix(), 0)
	if asJSON {
		return printJSON(e.out, map[string]any{"made": stamp(made), "changing": log.GetKeysRotating(), "confidentialKey": log.GetConfidential(), "checkpointKey": log.GetVerifier()})
	}
	changing := ""
	if log.GetKeysRotating() {
		changing = "; a change is under way"
	}
	hospital := "none: the site's policy names no confidential_key"
	if k := log.GetConfidential(); k != "" {
		hospital = "SHA-256 " + printable(k)
	}
	_, err = fmt.Fprintf(e.out, "Data keys:       made %s%s\nHospital's key:  %s\nCheckpoint key:  %s\n", stamp(made), changing, hospital, printable(log.GetVerifier()))
	return err
}
