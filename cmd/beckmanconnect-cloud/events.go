package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/eventlog"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/redact"
)

const eventsUsage = `events: one of
  events verify     --config FILE [--checkpoint FILE]…  the whole log against its signatures, and against checkpoints kept elsewhere
  events checkpoint --config FILE                       the newest signed checkpoint, to be kept elsewhere
  events export     --config FILE --format jsonl|csv    every event, oldest first`

// maxCheckpoint bounds a checkpoint's file.
const maxCheckpoint = 64 << 10

// eventsVerb reads the log of events beside a cloud that may run.
func eventsVerb(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return program.Usagef("%s", eventsUsage)
	}
	verb := args[0]
	set := flag.NewFlagSet("events "+verb, flag.ContinueOnError)
	file := set.String("config", "", "cloud.toml")
	format := set.String("format", string(eventlog.JSONLines), "jsonl or csv")
	var kept several
	set.Var(&kept, "checkpoint", "file with a checkpoint that was kept elsewhere; may be given again")
	if err := parse(set, args[1:], "config"); err != nil {
		return err
	}
	do, ok := map[string]func(context.Context, *data.DB, io.Writer) error{
		"verify":     func(ctx context.Context, db *data.DB, w io.Writer) error { return verifyEvents(ctx, db, w, kept) },
		"checkpoint": showCheckpoint,
		"export": func(ctx context.Context, db *data.DB, w io.Writer) error {
			return exportEvents(ctx, db, w, eventlog.Format(*format))
		},
	}[verb]
	if !ok {
		return program.Usagef("unknown verb %q\n%s", verb, eventsUsage)
	}
	config, err := cloud.LoadConfig(*file)
	if err != nil {
		return err
	}
	db, err := data.OpenBeside(ctx, config.Data)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(ctx, db, os.Stdout)
}

func verifyEvents(ctx context.Context, db *data.DB, w io.Writer, kept []string) error {
	var witnessed []string
	for _, path := range kept {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(f, maxCheckpoint))
		f.Close()
		if err != nil {
			return err
		}
		witnessed = append(witnessed, string(text))
	}
	r, err := db.VerifyEvents(ctx, witnessed...)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "events       %d, of which %d are kept and %d went by retention\nroot         %s\ncheckpoints  %d signed by %s\n", r.Size, r.Kept, r.Expired, r.Root, r.Checkpoints, r.Verifier)
	for _, fault := range r.Faults {
		fmt.Fprintf(w, "FAULT        %s\n", redact.Line(fault, 300))
	}
	if len(r.Faults) > 0 {
		return fmt.Errorf("events verify: %d faults: the log was changed", len(r.Faults))
	}
	_, err = fmt.Fprintln(w, "nothing was changed, removed or reordered")
	return err
}

func showCheckpoint(ctx context.Context, db *data.DB, w io.Writer) error {
	_, text, err := db.EventCheckpoint(ctx)
	if err != nil {
		return err
	}
	if text == "" {
		return fmt.Errorf("events checkpoint: none was signed yet; a cloud that runs signs each minute")
	}
	_, err = io.WriteString(w, text)
	return err
}

func exportEvents(ctx context.Context, db *data.DB, w io.Writer, format eventlog.Format) error {
	buffered := bufio.NewWriter(w)
	out, err := eventlog.NewWriter(buffered, format)
	if err != nil {
		return program.Usagef("events export: %w", err)
	}
	const page = 1000
	for after := int64(0); ; {
		list, err := db.EventsAfter(ctx, after, page)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := out.Write(e); err != nil {
				return err
			}
			after = e.Seq
		}
		if len(list) < page {
			return buffered.Flush()
		}
	}
}
