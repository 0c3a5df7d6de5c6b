package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

const upgradeUse = "status | check | accept [--run-confirmed] | plan tonight|idle | postpone HOURS | cancel; each with --json, the last four with --digest DIGEST"

// lookWithin bounds a look for upgrades, which reaches the vendor's server.
const lookWithin = 90 * time.Second

// upgradeVerb is IT's hand on upgrades: what the window offers a technician, for
// scripts. What is accepted is named by its digest; without one it is what is
// offered at the moment.
func upgradeVerb(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		return program.Usagef("upgrade: the verbs are %s", upgradeUse)
	}
	name, args := args[0], args[1:]
	switch name {
	case "status":
		return upgradeStatus(ctx, e, args)
	case "check":
		return upgradeCheck(ctx, e, args)
	case "accept":
		return upgradeAct(ctx, e, name, args, func(ctx context.Context, host hostpb.HostClient, digest string, confirmed bool) (*hostpb.Upgrade, error) {
			return host.AcceptUpgrade(ctx, &hostpb.AcceptUpgradeRequest{Digest: digest, When: "now", RunConfirmed: confirmed})
		})
	case "plan":
		when, rest := argument(args)
		if when != "tonight" && when != "idle" {
			return program.Usagef("upgrade plan: \"tonight\" or \"idle\"?")
		}
		return upgradeAct(ctx, e, name, rest, func(ctx context.Context, host hostpb.HostClient, digest string, _ bool) (*hostpb.Upgrade, error) {
			return host.AcceptUpgrade(ctx, &hostpb.AcceptUpgradeRequest{Digest: digest, When: when})
		})
	case "postpone":
		text, rest := argument(args)
		hours, err := strconv.ParseUint(text, 10, 32)
		if err != nil || hours < 1 || hours > 168 {
			return program.Usagef("upgrade postpone: for how many hours? 1 to 168")
		}
		return upgradeAct(ctx, e, name, rest, func(ctx context.Context, host hostpb.HostClient, digest string, _ bool) (*hostpb.Upgrade, error) {
			return host.PostponeUpgrade(ctx, &hostpb.PostponeUpgradeRequest{Digest: digest, Hours: uint32(hours)})
		})
	case "cancel":
		return upgradeAct(ctx, e, name, args, func(ctx context.Context, host hostpb.HostClient, digest string, _ bool) (*hostpb.Upgrade, error) {
			return host.CancelUpgrade(ctx, &hostpb.CancelUpgradeRequest{Digest: digest})
		})
	}
	return program.Usagef("upgrade: verb %q does not exist; there are %s", name, upgradeUse)
}

// argument takes a verb's own argument off the flags that follow.
func argument(args []string) (first string, rest []string) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return "", args
	}
	return args[0], args[1:]
}

func upgradeStatus(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("upgrade status", args, nil)
	if err != nil {
		return err
	}
	u, err := call(ctx, e, presentUpgrade)
	if err != nil {
		return err
	}
	return printUpgrade(e.out, u, asJSON)
}

func presentUpgrade(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
	s, err := host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	if err != nil {
		return nil, err
	}
	if s.GetUpgrade() == nil {
		return &hostpb.Upgrade{State: "none", RunningVersion: s.GetVersion()}, nil
	}
	return s.GetUpgrade(), nil
}

func upgradeCheck(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("upgrade check", args, nil)
	if err != nil {
		return err
	}
	u, err := callFor(ctx, e, lookWithin, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
		return host.CheckUpgrades(ctx, &hostpb.CheckUpgradesRequest{})
	})
	if err != nil {
		return err
	}
	if err := printUpgrade(e.out, u, asJSON); err != nil {
		return err
	}
	if u.GetCheckError() != "" { // a script is to notice
		return fmt.Errorf("%s: upgrades could not be looked for", u.GetCheckError())
	}
	return nil
}

var errNothingOffered = errors.New("upgrade-not-offered: there is nothing to upgrade to")

func upgradeAct(ctx context.Context, e env, name string, args []string, do func(context.Context, hostpb.HostClient, string, bool) (*hostpb.Upgrade, error)) error {
	digest, confirmed := "", false
	asJSON, err := e.parse("upgrade "+name, args, func(set *flag.FlagSet) {
		set.StringVar(&digest, "digest", "", "")
		if name == "accept" {
			set.BoolVar(&confirmed, "run-confirmed", false, "")
		}
	})
	if err != nil {
		return err
	}
	nothing := false
	u, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
		if digest == "" {
			u, err := presentUpgrade(ctx, host)
			if err != nil {
				return nil, err
			}
			if digest = u.GetDigest(); digest == "" {
				nothing = true
				return nil, nil
			}
		}
		return do(ctx, host, digest, confirmed)
	})
	switch {
	case err != nil:
		return err
	case nothing:
		return errNothingOffered
	}
	return printUpgrade(e.out, u, asJSON)
}

func printUpgrade(out io.Writer, u *hostpb.Upgrade, asJSON bool) error {
	if asJSON {
		return printProto(out, u)
	}
	var b strings.Builder
	line := func(name, format string, a ...any) { fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, a...)) }
	moment := func(ms int64) string { return time.UnixMilli(ms).Format("2006-01-02 15:04") }
	line("state", "%s", upgradeWords(u, moment))
	line("running", "%s", u.GetRunningVersion())
	if u.GetDigest() != "" {
		line("version", "%s, channel %s", u.GetVersion(), u.GetChannel())
		line("digest", "%s", u.GetDigest())
		what := "the whole release"
		if u.GetDelta() {
			what = "what has changed"
		}
		line("to fetch", "%d bytes, %s", u.GetSize(), what)
		line("installs in", "%d s, disturbs: %s", u.GetInstallSeconds(), u.GetDisturbs())
		if u.GetMandatory() {
			line("mandatory", "yes, by the vendor and the site's policy")
		}
		for _, c := range u.GetCapabilities() {
			state := "off; to authorise it, add it to \"authorise\" in the site policy after the installation and sign it with a higher number"
			if slices.Contains(u.GetAuthorised(), c) {
				state = "authorised by the signed site policy"
			}
			line("brings", "%s: %s", c, state)
		}
	}
	looked := "never"
	if u.GetCheckedMs() > 0 {
		looked = moment(u.GetCheckedMs())
	}
	if code := u.GetCheckError(); code != "" {
		looked += "; the last look brought nothing: " + code
	}
	line("looked for", "%s", looked)
	_, err := io.WriteString(out, b.String())
	return err
}

// upgradeWords is the state in a line.
func upgradeWords(u *hostpb.Upgrade, moment func(int64) string) string {
	words := u.GetState()
	switch {
	case u.GetState() == "offered" && u.GetPlannedMs() > 0:
		words += ", postponed until " + moment(u.GetPlannedMs())
	case u.GetState() == "downloading":
		words += fmt.Sprintf(" %d %%", u.GetPercent())
	}
	if u.GetWhen() != "" {
		words += ", " + u.GetWhen()
		if u.GetPlannedMs() > 0 {
			words += ", begins " + moment(u.GetPlannedMs())
		}
	}
	if u.GetHeld() != "" {
		words += ", waits for: " + u.GetHeld()
	}
	if u.GetErrorCode() != "" {
		words += ": " + u.GetErrorCode()
	}
	return words
}
