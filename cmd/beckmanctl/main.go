// Command beckmanctl is for IT on the instrument PC, and for scripts: what the
// service does, whether all is well, and whether the log is what it was.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
)

// verb is one thing beckmanctl does.
type verb struct {
	name    string
	use     string // arguments, for help
	summary string
	run     func(ctx context.Context, e env, args []string) error
}

// env is what every verb works with.
type env struct {
	config string // path of the configuration, as it was given
	log    *slog.Logger
	out    io.Writer
}

func verbs() []verb {
	return []verb{
		{"status", "[--json]", "what the service is doing, and what is not well", statusVerb},
		{"doctor", doctorUse, "check proxy, TLS, endpoints, clock, disk, rights, policy, services, log and versions; --pack writes the proof pack for IT", doctorVerb},
		{"alarms", "[--all] [--severity LIST] [--state LIST] [--source LIST] [--since 24h] [--text PART] [--group ID] [--limit N] [--json]", "notifications: what is open, or what the filter lets through", alarmsVerb},
		{"network", "[--json]", "every host and port that may be dialled from this PC, and what for", networkVerb},
		{"notify", "--publisher NAME --code CODE --title TEXT [--severity info|low|medium|high] [--subject TEXT] [--advice TEXT] [--json]",
			"raise a notification, as another program on this PC would; exit 2: wrong, 3: refused by policy, 4: too many, try later", notifyVerb},
		{"profile", "lint FILE… | try PROFILE FILE [--encoding E] [--log NAME] | list; each with --json", "check an instrument profile, or what it would raise of a log", profileVerb},
		{"policy", "explain [CAPABILITY [--engineer ACCOUNT [--organisation NAME] [--region R]]] [--json]", "what may be asked here, and why", policyVerb},
		{"upgrade", upgradeUse, "what is offered, and when it is installed", upgradeVerb},
		{"device", "renew [--reason TEXT]", "give this PC a new identity, to be registered again: after it was copied or revoked", deviceVerb},
		{"support", "reset | remove-pin INITIALS", "after too many wrong codes: switch remote support on again; take a forgotten PIN away", supportVerb},
		{"backup", backupUse, "an encrypted copy of the log that only your key or passphrase opens, made while the service runs", backupVerb},
		{"restore", restoreUse, "bring a backup back as an older log, into a data folder without one", restoreVerb},
		{"log", "verify | list | prove | export | certificate | check | check-export | archive | erase | unseal", "verify, list, prove, export or archive the log, check what was proven, erase a person", logVerb},
		{"keys", "show | rotate; each with --json", "the keys that protect data at rest: when they were made, and a change of them without a break", keysVerb},
		{"witness", witnessUse, "the hospital's own witness of logs, on a machine of IT", witnessVerb},
		{"help", "[VERB]", "this text", nil},
	}
}

func main() {
	var config string
	info := program.Info{
		Name: "beckmanctl", Summary: "status, checks and the log of BeckmanConnect on this PC",
		Arguments: "VERB …", Help: help(),
	}
	flags := func(set *flag.FlagSet) {
		set.StringVar(&config, "config", hostconfig.DefaultPath(), "configuration `file`")
	}
	program.Main(info, flags, func(ctx context.Context, log *slog.Logger, args []string) error {
		return dispatch(ctx, env{config: config, log: log, out: os.Stdout}, args)
	})
}

func dispatch(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		return program.Usagef("a verb is missing: %s", strings.Join(names(), ", "))
	}
	if args[0] == "help" {
		_, err := fmt.Fprintln(e.out, help())
		return err
	}
	all := verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == args[0] })
	if i < 0 {
		return program.Usagef("verb %q does not exist; there are %s", args[0], strings.Join(names(), ", "))
	}
	return all[i].run(ctx, e, args[1:])
}

func names() []string {
	var out []string
	for _, v := range verbs() {
		out = append(out, v.name)
	}
	return out
}

func help() string {
	var b strings.Builder
	b.WriteString("Verbs:\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-8s %s\n           %s\n", v.name, v.summary, v.use)
	}
	return strings.TrimRight(b.String(), "\n")
}

// logVerb hands over to the log's own verbs; --config given before the verb
// counts there, too.
func logVerb(ctx context.Context, e env, args []string) error {
	if len(args) > 0 && args[0] == "archive" {
		return logArchive(ctx, e, args[1:])
	}
	if len(args) > 0 {
		switch args[0] { // these ask the service, or need no log
		case "erase":
			return eraseVerb(ctx, e, os.Stdin, args[1:])
		case "unseal":
			return unsealVerb(ctx, e, args[1:])
		}
		args = append([]string{args[0], "--config", e.config}, args[1:]...)
	}
	return logCommand(ctx, e.log, args, e.out)
}

// parse reads a verb's flags; every verb has --json, and --config once more
// for people who put it behind.
func (e *env) parse(name string, args []string, more func(*flag.FlagSet)) (asJSON bool, err error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.BoolVar(&asJSON, "json", false, "")
	set.StringVar(&e.config, "config", e.config, "")
	if more != nil {
		more(set)
	}
	if err := set.Parse(args); err != nil {
		return false, program.Usagef("%s: %v", name, err)
	}
	if set.NArg() > 0 {
		return false, program.Usagef("%s: %q is one argument too many", name, set.Arg(0))
	}
	return asJSON, nil
}
