package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/redact"
)

const deviceUsage = `device: one of
  device list    --config FILE                          every device and how its identity stands
  device show    --config FILE ID                       one device, with the record of its identity
  device revoke  --config FILE --reason TEXT ID         take its identity back: it is cut off at once
  device replace --config FILE [--reason TEXT] OLD NEW  NEW took OLD's place: OLD counts no more
  device restore --config FILE --reason TEXT ID         accept it again`

// deviceVerb decides about devices' identities. A cloud that runs beside it
// acts on the decision within a second.
func deviceVerb(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return program.Usagef("%s", deviceUsage)
	}
	d, ok := deviceVerbs[args[0]]
	if !ok {
		return program.Usagef("unknown verb %q\n%s", args[0], deviceUsage)
	}
	set := flag.NewFlagSet("device "+args[0], flag.ContinueOnError)
	set.SetOutput(io.Discard)
	file := set.String("config", "", "cloud.toml")
	reason := set.String("reason", "", "why, for the record")
	if err := set.Parse(args[1:]); err != nil {
		return program.Usagef("%s: %w", set.Name(), err)
	}
	switch {
	case *file == "":
		return program.Usagef("%s: --config is missing", set.Name())
	case set.NArg() != d.devices:
		return program.Usagef("%s: %d devices are to be named, %d were", set.Name(), d.devices, set.NArg())
	case d.reason && strings.TrimSpace(*reason) == "":
		return program.Usagef("%s: --reason is missing: it goes on record", set.Name())
	case redact.Line(*reason, 300) != *reason:
		return program.Usagef("%s: --reason must be one line of at most 300 characters", set.Name())
	}
	config, err := cloud.LoadConfig(*file)
	if err != nil {
		return err
	}
	where, err := config.DataConfig()
	if err != nil {
		return err
	}
	db, err := data.OpenBeside(ctx, where)
	if err != nil {
		return err
	}
	defer db.Close()
	return d.run(ctx, db, decision{by: operator(), reason: *reason, devices: set.Args(), out: os.Stdout})
}

// decision is what was asked for, and who asked.
type decision struct {
	by, reason string
	devices    []string
	out        io.Writer
}

var deviceVerbs = map[string]struct {
	devices int // so many are named
	reason  bool
	run     func(context.Context, *data.DB, decision) error
}{
	"list": {0, false, listDevices},
	"show": {1, false, showDevice},
	"revoke": {1, true, func(ctx context.Context, db *data.DB, d decision) error {
		return d.done(db.Revoke(ctx, d.devices[0], d.by, d.reason), "revoked")
	}},
	"replace": {2, false, func(ctx context.Context, db *data.DB, d decision) error {
		return d.done(db.Replace(ctx, d.devices[0], d.devices[1], d.by, d.reason), "replaced by "+d.devices[len(d.devices)-1])
	}},
	"restore": {1, true, func(ctx context.Context, db *data.DB, d decision) error {
		return d.done(db.RestoreDevice(ctx, d.devices[0], d.by, d.reason), "accepted again")
	}},
}

func (d decision) done(err error, what string) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.out, "%s is %s; it is on record\n", d.devices[0], what)
	return err
}

// operator is the account that runs the tool: the record names who decided.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return fmt.Sprint("uid ", os.Getuid())
	}
	return u.Username
}

func listDevices(ctx context.Context, db *data.DB, d decision) error {
	list, err := db.Devices(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTYPE\tSERIAL\tREGION\tONLINE\tIDENTITY")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\t%s\n", r.ID, r.Type, r.Serial, r.Region, r.Online, standingOf(r))
	}
	return w.Flush()
}

func standingOf(r data.DeviceRecord) string {
	switch {
	case r.ReplacedBy != "":
		return "replaced by " + r.ReplacedBy
	case r.RevokedMS > 0:
		return "revoked " + stamp(r.RevokedMS)
	case r.Copied:
		return "copied"
	}
	return "ok"
}

func showDevice(ctx context.Context, db *data.DB, d decision) error {
	r, err := db.Device(ctx, d.devices[0])
	if err != nil {
		return err
	}
	records, err := db.IdentityRecords(ctx, r.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "device      %s\ninstrument  %s, serial number %s\nregion      %s\nregistered  %s by %s\nidentity    %s\nlog         %s\n",
		r.ID, r.Type, r.Serial, r.Region, stamp(r.RegisteredMS), r.Name, standingOf(r), orNone(r.LogVerifier))
	for _, e := range records {
		fmt.Fprintf(d.out, "%s  %s\n", stamp(e.AtMS), strings.Join(fields(e.Kind, e.Other, by(e.By), e.Reason), "  "))
	}
	return nil
}

func fields(all ...string) (out []string) {
	for _, f := range all {
		if f != "" {
			out = append(out, f)
		}
	}
	return out
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return "by " + who
}

func orNone(s string) string {
	if s == "" {
		return "none named yet"
	}
	return s
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05Z") }
