package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// How old a backup and the keys at rest may be without a word about it.
const (
	backupAge = 31 * 24 * time.Hour
	keysAge   = 400 * 24 * time.Hour
)

// checkLog: whether it is written, whether it is what it was, who cosigned it,
// and how old backup and keys are.
func (d *doctor) checkLog(ctx context.Context) []finding {
	checks := []string{"log", "log witnesses", "log backup", "keys at rest"}
	none := func(why string) (all []finding) {
		for _, c := range checks {
			all = append(all, skipped(c, why))
		}
		return all
	}
	if d.status == nil {
		return none("the service does not answer")
	}
	log, err := ask(ctx, d, func(ctx context.Context, host hostpb.HostClient) (*hostpb.LogDetail, error) {
		return host.GetLog(ctx, &hostpb.GetLogRequest{})
	})
	if err != nil {
		return append(none("the service does not say")[1:], notReached("log", err))
	}
	d.log = log
	return []finding{judgeLog(log.GetState()), judgeWitnesses(log), d.judgeBackup(log), d.judgeKeys(log)}
}

func judgeLog(s *hostpb.LogState) finding {
	detail := fmt.Sprintf("%d entries, checkpoint of %s", s.GetEntries(), moment(s.GetCheckpointUnix()))
	switch {
	case !s.GetWritable() || s.GetTrouble() == "not-writable":
		return failed("log", codeLogNotWritable, detail+"; it cannot be written")
	case s.GetTrouble() != "":
		return failed("log", codeLogTrouble, detail+"; "+s.GetTrouble())
	}
	return fine("log", detail)
}

func judgeWitnesses(log *hostpb.LogDetail) finding {
	const check = "log witnesses"
	var bad, away, all []string
	for _, w := range log.GetWitnesses() {
		line := fmt.Sprintf("%s: %s, %d entries at %s", w.GetName(), w.GetState(), w.GetEntries(), moment(w.GetUnix()))
		all = append(all, line)
		switch w.GetState() {
		case "ok", "waiting":
		case "unreachable":
			away = append(away, line)
		default:
			bad = append(bad, line)
		}
	}
	switch {
	case len(bad) > 0:
		return failed(check, codeLogWitness, strings.Join(bad, "; "))
	case log.GetState().GetWitnessed() == 0:
		return noted(check, codeLogNotWitnessed, strings.TrimSuffix("no witness has cosigned the log: "+strings.Join(all, "; "), ": "))
	case len(away) > 0:
		return noted(check, codeLogNotWitnessed, strings.Join(away, "; "))
	}
	return fine(check, strings.Join(all, "; "))
}

func (d *doctor) judgeBackup(log *hostpb.LogDetail) finding {
	const check = "log backup"
	if log.GetBackupUnix() == 0 {
		return noted(check, codeBackupNone, "none was made")
	}
	detail := "the last one at " + moment(log.GetBackupUnix())
	if d.now().Sub(time.Unix(log.GetBackupUnix(), 0)) > backupAge {
		return noted(check, codeBackupOld, detail)
	}
	return fine(check, detail)
}

func (d *doctor) judgeKeys(log *hostpb.LogDetail) finding {
	const check = "keys at rest"
	if log.GetKeysUnix() == 0 {
		return skipped(check, "the service does not say when they were made")
	}
	detail := "made at " + moment(log.GetKeysUnix())
	if log.GetKeysRotating() {
		detail += ", being changed"
	}
	if d.now().Sub(time.Unix(log.GetKeysUnix(), 0)) > keysAge {
		return noted(check, codeKeysOld, detail)
	}
	return fine(check, detail)
}

func moment(unix int64) string {
	if unix <= 0 {
		return "no time"
	}
	return time.Unix(unix, 0).UTC().Format(time.RFC3339)
}
