package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// archiveWithin bounds moving years of a log.
const archiveWithin = time.Hour

// logArchive has the service move old entries into files: the one log verb that
// asks the service, for only it may write.
func logArchive(ctx context.Context, e env, args []string) error {
	var before string
	asJSON, err := e.parse("log archive", args, func(set *flag.FlagSet) { set.StringVar(&before, "before", "", "") })
	if err != nil {
		return err
	}
	at, err := time.ParseInLocation(time.DateOnly, before, time.Local)
	if err != nil {
		return program.Usagef("usage: beckmanctl log archive --before YYYY-MM-DD [--json]")
	}
	a, err := callFor(ctx, e, archiveWithin, func(ctx context.Context, c hostpb.HostClient) (*hostpb.LogArchive, error) {
		return c.ArchiveLog(ctx, &hostpb.ArchiveLogRequest{BeforeMs: at.UnixMilli()})
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printProto(e.out, a)
	}
	_, err = fmt.Fprintf(e.out, "Entries %d to %d are archived; the last file is %s, SHA-256 %s.\nThe files may be kept elsewhere: the log proves itself without them, but what they say is read only where they are.\n",
		a.GetFrom(), a.GetTo()-1, printable(a.GetName()), a.GetSha256())
	return err
}
