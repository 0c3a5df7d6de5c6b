// Command hostile attacks the product as a hostile engineer, a hostile relay,
// a hostile broker and a hostile mirror of the upgrades would, and counts what
// happened without the technician's yes, or the vendor's signatures:
//
//	go run ./build/hostile engineer|relay|broker|mirror|all [--attempts N] [--seed S] [--json FILE]
//
// It ends with 1 when there was an act, with 2 when something could not be
// tried. A block with an act is made again by --seed S --attempts N --block B.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"beckmanconnect/build/hostile/broker"
	"beckmanconnect/build/hostile/engineer"
	"beckmanconnect/build/hostile/mirror"
	"beckmanconnect/build/hostile/relay"
	"beckmanconnect/build/hostile/tally"
)

// all kinds of attackers, by name.
func all() []tally.Kind {
	return []tally.Kind{engineer.Kind(), relay.Kind(), broker.Kind(), mirror.Kind()}
}

func main() {
	code, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(args []string, out io.Writer) (code int, err error) {
	which := "all"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		which, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	o := tally.Options{}
	flags.IntVar(&o.Attempts, "attempts", 10_000, "attempts of each kind")
	flags.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()), "of the random walks")
	flags.IntVar(&o.Workers, "workers", runtime.NumCPU(), "victims at a time")
	flags.IntVar(&o.Only, "block", 0, "make this block alone")
	report := flags.String("json", "", "write the reports to this `FILE`")
	log := flags.String("log", "", "write each attempt to this `FILE`")
	if err := flags.Parse(args); err != nil {
		return 2, nil //nolint:nilerr // flag has said it
	}
	if *log != "" {
		f, err := os.Create(*log)
		if err != nil {
			return 2, err
		}
		defer f.Close()
		o.Log = f
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var reports []*tally.Report
	var faults []error
	for _, k := range all() {
		if which != "all" && which != k.Name {
			continue
		}
		r, err := tally.Run(ctx, k, o)
		r.Print(out)
		reports, faults = append(reports, r), append(faults, err)
		code = max(code, min(r.Acts, 1))
	}
	if len(reports) == 0 {
		return 2, fmt.Errorf("hostile: %q is not one of engineer, relay, broker, mirror, all", which)
	}
	if *report != "" {
		raw, err := json.MarshalIndent(reports, "", "  ")
		if err == nil {
			err = os.WriteFile(*report, append(raw, '\n'), 0o644)
		}
		faults = append(faults, err)
	}
	if err = errors.Join(faults...); err != nil {
		code = 2
	}
	return code, err
}
