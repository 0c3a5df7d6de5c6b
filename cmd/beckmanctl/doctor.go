package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"beckmanconnect/internal/program"
)

const doctorUse = "[--json] [--pack DIR [--lang LANGUAGE] [--force]]"

// doctorVerb runs every check, also after one failed, and fails when any did.
// With --pack it writes what it found, and what the laboratory's IT asks about
// the product, into one folder (B11).
func doctorVerb(ctx context.Context, e env, args []string) error {
	var pack packOptions
	asJSON, err := e.parse("doctor", args, func(set *flag.FlagSet) {
		set.StringVar(&pack.dir, "pack", "", "")
		set.StringVar(&pack.lang, "lang", "", "")
		set.BoolVar(&pack.force, "force", false, "")
	})
	if err != nil {
		return err
	}
	if pack.dir == "" && (pack.lang != "" || pack.force) {
		return program.Usagef("doctor: --lang and --force go with --pack DIR")
	}
	if pack.dir != "" {
		if err := pack.check(); err != nil {
			return err
		}
	}
	d := newDoctor(e)
	d.tell = func(check string) { fmt.Fprintf(os.Stderr, "checking %s …\n", check) }
	findings := d.examine(ctx)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("doctor: interrupted, nothing was written: %w", err)
	}
	if asJSON {
		err = printJSON(e.out, findings)
	} else {
		err = printFindings(e.out, findings)
	}
	if err == nil && pack.dir != "" {
		if err = d.writePack(ctx, pack, findings); err == nil {
			fmt.Fprintf(os.Stderr, "the proof pack is in %s; open index.html there\n", pack.dir)
		}
	}
	if bad := failures(findings); err == nil && bad > 0 {
		err = fmt.Errorf("%d of %d checks failed", bad, len(findings))
	}
	return err
}

func failures(findings []finding) (n int) {
	for _, f := range findings {
		if f.State == stateFailed {
			n++
		}
	}
	return n
}

// printFindings writes a line of what was found for each check, and below it
// what to do where something is to be done.
func printFindings(out io.Writer, findings []finding) error {
	marks := map[string]string{stateOK: "ok  ", stateNote: "note", stateFailed: "FAIL", stateSkipped: "-   "}
	var all []error
	for _, f := range findings {
		_, err := fmt.Fprintf(out, "%s  %-22s %s\n", marks[f.State], f.Check, f.Detail)
		if f.Do != "" && err == nil {
			_, err = fmt.Fprintf(out, "      %-22s → %s [%s]\n", "", f.Do, f.Code)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}
