package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/service/install"
)

const verbsHelp = `install    puts the product in place: configuration, signed site policy, rights, services
           --set NAME=VALUE (repeat it), --policy FILE, --no-start
uninstall  takes services, versions and what starts the tray away; the log stays
           --remove-data removes log, keys and configuration too
check      says what is not as it should be; exit code 1 if anything is
           --json

Properties for --set:
%s`

// help lists the properties, from the table that also makes the packages' and
// the policy templates.
func help() string {
	var b strings.Builder
	for _, p := range hostconfig.Properties() {
		fmt.Fprintf(&b, "  %-18s %s\n", p.Name, p.Says)
	}
	return fmt.Sprintf(verbsHelp, strings.TrimRight(b.String(), "\n"))
}

// verb runs install, uninstall or check. out takes what check found.
func verb(ctx context.Context, log *slog.Logger, config string, args []string, out io.Writer) error {
	name := args[0]
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // the error is printed once, by program
	set.StringVar(&config, "config", config, "configuration `file`")
	var o install.Options
	var removal install.Removal
	asJSON := false
	switch name {
	case "install":
		set.StringVar(&o.Policy, "policy", "", "signed site policy `file`")
		set.BoolVar(&o.NoStart, "no-start", false, "make the services and do not start them")
		set.Func("set", "`NAME=VALUE`", func(text string) error {
			s, err := hostconfig.ParseSetting(text)
			o.Settings = append(o.Settings, s)
			return err
		})
	case "uninstall":
		set.BoolVar(&removal.Data, "remove-data", false, "remove log, keys and configuration too")
	case "check":
		set.BoolVar(&asJSON, "json", false, "print JSON")
	default:
		return program.Usagef("unknown verb %q", name)
	}
	if err := set.Parse(args[1:]); err != nil {
		return program.Usagef("%s: %w", name, err)
	}
	if set.NArg() > 0 {
		return program.Usagef("%s: unexpected argument %q", name, set.Arg(0))
	}
	switch name {
	case "install":
		o.Config = config
		notes, err := install.Install(ctx, o)
		for _, n := range notes {
			log.Warn(n)
		}
		return err
	case "uninstall":
		removal.Config = config
		return install.Uninstall(ctx, removal)
	}
	return check(ctx, config, asJSON, out)
}

func check(ctx context.Context, config string, asJSON bool, out io.Writer) error {
	l, err := install.LayoutOf(config)
	if err != nil {
		return err
	}
	r, err := install.Check(ctx, l)
	if err != nil {
		return err
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			fmt.Fprintln(out, f)
		}
		for _, u := range r.Unknown {
			fmt.Fprintln(out, "not known:", u)
		}
	}
	if len(r.Findings) > 0 {
		return program.ExitError{Code: program.ExitFailed}
	}
	if !asJSON {
		fmt.Fprintln(out, "everything is as it should be")
	}
	return nil
}
