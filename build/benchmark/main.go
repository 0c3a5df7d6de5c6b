// Command benchmark measures the product against peers on the same machine in
// the same run. build/bench calls it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command line, filled by build/bench.
type options struct {
	dir     string        // the bench's own folder, made anew
	bin     string        // programs of this build
	archive string        // release archive of the host's programs
	out     string        // folder of bench-NAME.json
	release string        // upgrade: release archive of the next version
	settle  time.Duration // idle: between sign-on and the measurement
	window  time.Duration // idle, notify: how long is measured
	rounds  int           // log, screen: medians are of so many rounds; consent: revocations on a stalled link

	// Of log alone.
	entries int    // of the long log
	long    string // folder the long log is kept in

	// Of screen alone.
	seconds     float64       // of each work
	only        string        // works, by comma
	servers     string        // contenders, by comma
	desk        bool          // the console of beckmanconnect-desk, in place of the cloud's
	asInstalled bool          // peers' viewers as they are installed, with JPEG
	soak        time.Duration // mixed work for so long in place of all else
	profile     string        // folder for profiles of service and helper
}

// benches by name.
var benches = map[string]func(context.Context, options) ([]row, error){
	"consent": consent,
	"idle":    idle,
	"line":    badLines,
	"log":     appendLog,
	"notify":  notify,
	"screen":  compareScreens,
	"upgrade": upgradeBench,
}

func names() string { return strings.Join(slices.Sorted(maps.Keys(benches)), ", ") }

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "build/out/bench", "work in this `folder`; what is in it is forgotten")
	flag.StringVar(&o.bin, "bin", "build/out/bin", "`folder` of the programs")
	flag.StringVar(&o.archive, "package", "", "release `archive` of the host's programs")
	flag.StringVar(&o.release, "release", "", "upgrade: release `archive` of the next version")
	flag.StringVar(&o.out, "out", "build/out", "`folder` for bench-NAME.json")
	flag.DurationVar(&o.settle, "settle", 30*time.Second, "idle: warm up for this long")
	flag.DurationVar(&o.window, "window", 0, "measure for this long (idle: 30s, notify: 10s at each rate)")
	flag.IntVar(&o.rounds, "rounds", 0, "log, screen, idle: medians of so many rounds (5, 3, 9); consent: take control back so often (200)")
	flag.IntVar(&o.entries, "entries", 10_000_000, "log: open and search a log of so many entries")
	flag.StringVar(&o.long, "keep", "", "log: `folder` the long log is made in once and kept; default bench-long-log beside the figures")
	flag.Float64Var(&o.seconds, "seconds", 0, "screen: each work for so many `seconds` (10)")
	flag.StringVar(&o.only, "only", "", "screen: only these `parts`, by comma: "+strings.Join(allParts(), ", ")+"; notify: ways, list; upgrade: small, modules, code, click, check")
	flag.StringVar(&o.servers, "servers", "", "screen: only these `servers`, by comma: ours, "+strings.Join(peers, ", "))
	flag.BoolVar(&o.desk, "desk", false, "screen: the engineer uses beckmanconnect-desk, where the channel ends natively, in place of the cloud's page")
	flag.BoolVar(&o.asInstalled, "as-installed", false, "screen: peers' viewers as they are installed, with JPEG, instead of lossless")
	flag.DurationVar(&o.soak, "soak", 0, "screen: do mixed work for this long and look at the memory, nothing else")
	flag.StringVar(&o.profile, "profile", "", "screen: leave profiles of service and desktop helper in this `folder`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "build/bench:", err)
		os.Exit(1)
	}
}

// find gives the bench that was asked for.
func find(args []string) (string, func(context.Context, options) ([]row, error), error) {
	if len(args) != 1 {
		return "", nil, fmt.Errorf("name one bench: %s", names())
	}
	bench, ok := benches[args[0]]
	switch {
	case ok:
		return args[0], bench, nil
	default:
		return "", nil, fmt.Errorf("there is no bench %q; there are: %s", args[0], names())
	}
}

func measure(ctx context.Context, o options, args []string) error {
	name, bench, err := find(args)
	if err != nil {
		return err
	}
	for _, path := range []*string{&o.dir, &o.bin, &o.archive, &o.release, &o.out, &o.profile, &o.long} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.rounds < 0 || o.seconds < 0 || o.soak < 0 || o.entries < 0 {
		return errors.New("--rounds, --seconds, --soak, --entries: not a number below none")
	}
	if err := os.RemoveAll(o.dir); err != nil {
		return fmt.Errorf("forget the run before: %w", err)
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	rows, err := bench(ctx, o)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	table(os.Stdout, rows)
	return write(filepath.Join(o.out, "bench-"+name+".json"), rows)
}
