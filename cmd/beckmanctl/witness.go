package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"beckmanconnect/internal/program"
	"beckmanconnect/internal/witness"
)

const witnessUse = `init --dir DIR [--name NAME] | trust --dir DIR LOGVERIFIER | serve --dir DIR --listen ADDR --cert FILE --key FILE |
           add --dir DIR --db FILE|--checkpoint FILE | list --dir DIR | check --dir DIR --db FILE; each with --json`

// witnessVerb is the hospital's own witness of logs (B4): on a machine of IT,
// never on the instrument PC.
func witnessVerb(ctx context.Context, e env, args []string) error {
	verbs := map[string]func(context.Context, env, []string) error{
		"init": witnessInit, "trust": witnessTrust, "serve": witnessServe, "add": witnessAdd, "list": witnessList, "check": witnessCheck,
	}
	if len(args) == 0 {
		return program.Usagef("witness: a verb is missing: %s", witnessUse)
	}
	run, ok := verbs[args[0]]
	if !ok {
		return program.Usagef("witness %q does not exist: %s", args[0], witnessUse)
	}
	return run(ctx, e, args[1:])
}

// witnessFlags reads the flags of one of them; --dir is always needed. rest is
// how many arguments follow.
func witnessFlags(name string, args []string, rest int, more func(*flag.FlagSet)) (dir string, asJSON bool, left []string, err error) {
	set := flag.NewFlagSet("witness "+name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&dir, "dir", "", "")
	set.BoolVar(&asJSON, "json", false, "")
	if more != nil {
		more(set)
	}
	if err := set.Parse(args); err != nil {
		return "", false, nil, program.Usagef("witness %s: %v", name, err)
	}
	if dir == "" {
		return "", false, nil, program.Usagef("witness %s: --dir DIR is missing: the witness's folder", name)
	}
	if set.NArg() != rest {
		return "", false, nil, program.Usagef("witness %s: %d arguments, %d are needed", name, set.NArg(), rest)
	}
	return dir, asJSON, set.Args(), nil
}

func witnessInit(_ context.Context, e env, args []string) error {
	var name string
	dir, asJSON, _, err := witnessFlags("init", args, 0, func(set *flag.FlagSet) { set.StringVar(&name, "name", "", "") })
	if err != nil {
		return err
	}
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("witness init: %w; name the witness with --name NAME", err)
		}
		name = strings.ToLower(host) + "/witness"
	}
	f, err := witness.Init(dir, name)
	if err != nil {
		return err
	}
	key := f.Signer().VerifierKey()
	if asJSON {
		return printJSON(e.out, map[string]string{"name": name, "key": key})
	}
	_, err = fmt.Fprintf(e.out, "The witness %s is in %s. Its verifier key, for the site policy's [[witness]]:\n%s\n", name, dir, key)
	return err
}

func witnessTrust(_ context.Context, e env, args []string) error {
	dir, asJSON, left, err := witnessFlags("trust", args, 1, nil)
	if err != nil {
		return err
	}
	f, err := witness.OpenFolder(dir, nil)
	if err != nil {
		return err
	}
	origin, err := f.Trust(left[0])
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(e.out, map[string]string{"log": origin})
	}
	_, err = fmt.Fprintf(e.out, "The log %s is watched.\n", printable(origin))
	return err
}

// watchedLog is what "witness list --json" prints of each log.
type watchedLog struct {
	Log     string `json:"log"`
	Entries int64  `json:"entries"` // 0: nothing was cosigned yet
	Time    string `json:"time,omitempty"`
	Refused string `json:"refused,omitempty"`
	Since   string `json:"refusedTime,omitempty"`
}

func witnessList(ctx context.Context, e env, args []string) error {
	dir, asJSON, _, err := witnessFlags("list", args, 0, nil)
	if err != nil {
		return err
	}
	f, err := witness.OpenFolder(dir, nil)
	if err != nil {
		return err
	}
	logs, err := f.Logs(ctx)
	if err != nil {
		return fmt.Errorf("witness list: %w", err)
	}
	for _, l := range logs {
		w := watchedLog{Log: l.Origin, Entries: l.Size, Refused: l.Refused}
		if l.Size > 0 {
			w.Time = stamp(l.Time)
		}
		if l.Refused != "" {
			w.Since = stamp(l.RefusedTime)
		}
		if asJSON {
			if err := printJSON(e.out, w); err != nil {
				return err
			}
			continue
		}
		line := fmt.Sprintf("%s  %d entries", printable(w.Log), w.Entries)
		if w.Time != "" {
			line += ", cosigned " + w.Time
		}
		if w.Refused != "" {
			line += fmt.Sprintf("; REFUSED since %s: %s", w.Since, printable(w.Refused))
		}
		if _, err := fmt.Fprintln(e.out, line); err != nil {
			return err
		}
	}
	return nil
}
