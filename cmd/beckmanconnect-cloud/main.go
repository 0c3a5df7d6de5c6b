// Command beckmanconnect-cloud is the other side of BeckmanConnect in one
// process: registration, broker, relay, staff sign-in, console and upgrade
// repository. The vendor's key and release tools are verbs of it.
package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"os"

	"beckmanconnect/internal/program"
)

func main() {
	program.Main(program.Info{
		Name:      "beckmanconnect-cloud",
		Summary:   "the vendor's side of BeckmanConnect Remote Support",
		Arguments: "VERB …",
		Help:      help,
	}, nil, run)
}

const help = `Verbs:
  serve --config FILE                              run the cloud
  check-config --config FILE                       tell all that is wrong with a configuration, or show it without its secrets
  drain --config FILE                              have the cloud that runs here send everybody to other nodes, and stop
  nodes certificate --dir DIR --node NAME [NAME …] make a certificate for a node, by an authority of the nodes' own
  trust init --dir DIR                             make development trust roots and keys
  policy sign --key KEY --in TOML --out NOTE       sign a site policy
  policy vendor --config FILE --file TOML          sign what the vendor switches off and revokes
  device list|show|revoke|replace|restore …        how devices' identities stand, and decisions about them
  events verify|checkpoint|export …                the log of events: whether it was changed, and all of it
  release VERB …                                   the upgrade repository: init, keys, root, codesign, add,
                                                   drafts, sign, collect, publish, snapshot, timestamp, check, list`

// run hands over to a verb. Its arguments are its own flags.
func run(ctx context.Context, log *slog.Logger, args []string) error {
	if len(args) == 0 {
		return program.Usagef("a verb is missing")
	}
	switch verb, rest := args[0], args[1:]; verb {
	case "serve":
		return serve(ctx, log, rest)
	case "check-config":
		return checkConfig(rest, os.Stdout)
	case "drain":
		return drain(ctx, rest, os.Stdout)
	case "nodes":
		return nodesVerb(rest)
	case "trust":
		return trustVerb(rest)
	case "policy":
		return policyVerb(rest)
	case "device":
		return deviceVerb(ctx, rest)
	case "events":
		return eventsVerb(ctx, rest)
	case "release":
		return releaseVerb(rest)
	default:
		return program.Usagef("unknown verb %q", verb)
	}
}

// parse reads a verb's flags; everything named in need must be given.
func parse(set *flag.FlagSet, args []string, need ...string) error {
	set.SetOutput(io.Discard)
	if err := set.Parse(args); err != nil {
		return program.Usagef("%s: %w", set.Name(), err)
	}
	if set.NArg() > 0 {
		return program.Usagef("%s: unexpected argument %q", set.Name(), set.Arg(0))
	}
	given := map[string]bool{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for _, name := range need {
		if !given[name] {
			return program.Usagef("%s: --%s is missing", set.Name(), name)
		}
	}
	return nil
}
