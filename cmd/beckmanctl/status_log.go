package main

import (
	"fmt"
	"io"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// logTroubles says of each trouble of the log what to do.
var logTroubles = map[string]string{
	"not-writable": "it cannot be written, and sessions stay closed: look at disk space and rights of the data folder",
	"keys-away":    "its keys cannot be used, and another log stands in; nothing was overwritten: have the credential delivered, or the service run under its own account, and start it anew",
	"damaged":      "the check of the whole database found a fault: run \"beckmanctl log verify\", keep a copy of the data folder",
	"keys-lost":    "the keys of the log before were lost or wrong; it lies whole in set-aside, and a new one goes on",
	"set-aside":    "the log before was damaged; it lies whole in set-aside, and a new one goes on",
	"shrunk":       "it is shorter than what a witness cosigned: entries are missing; change nothing, keep a copy, ask who copied the folder back",
	"forked":       "it is not the one that a witness cosigned: change nothing, keep a copy, tell the vendor",
}

// printLogStanding says how the log stands: what is wrong with it, what a
// witness has seen, and how old backup and keys are.
func printLogStanding(out io.Writer, state *hostpb.LogState, log *hostpb.LogDetail, now time.Time) {
	line := func(name, format string, a ...any) { fmt.Fprintf(out, "%-14s %s\n", name, fmt.Sprintf(format, a...)) }
	if code := state.GetTrouble(); code != "" {
		what, ok := logTroubles[code]
		if !ok {
			what = "ask the vendor's service"
		}
		line("LOG TROUBLE", "%s: %s", printable(code), what)
	}
	switch seen := state.GetWitnessed(); {
	case seen == 0:
		line("witnessed", "never: a tail that is cut off, or an older copy, would not show")
	default:
		line("witnessed", "%d of %d entries, %s", seen, state.GetEntries(), ago(state.GetWitnessedUnix(), now))
	}
	for _, w := range log.GetWitnesses() {
		if w.GetState() != "ok" {
			line("witness", "%s: %s", printable(w.GetName()), printable(w.GetState()))
		}
	}
	backup := "never: make one with \"beckmanctl backup\""
	if log.GetBackupUnix() > 0 {
		backup = ago(log.GetBackupUnix(), now)
	}
	line("backup", "%s", backup)
	rotating := ""
	if log.GetKeysRotating() {
		rotating = ", being changed now"
	}
	line("keys", "made %s%s", ago(log.GetKeysUnix(), now), rotating)
}

// ago is how long ago a moment was, with the moment. One that lies ahead is told
// as it is: a clock was set.
func ago(unix int64, now time.Time) string {
	at := time.Unix(unix, 0)
	age := now.Sub(at)
	when := at.UTC().Format(time.RFC3339)
	switch {
	case unix <= 0:
		return "at a time that is not known"
	case age < -time.Minute:
		return "in the future (" + when + "): a clock was set"
	case age < 2*time.Minute:
		return "just now (" + when + ")"
	case age < 2*time.Hour:
		return fmt.Sprintf("%d minutes ago (%s)", int(age.Minutes()), when)
	case age < 48*time.Hour:
		return fmt.Sprintf("%d hours ago (%s)", int(age.Hours()), when)
	}
	return fmt.Sprintf("%d days ago (%s)", int(age.Hours()/24), when)
}
