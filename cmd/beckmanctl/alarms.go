package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// alarmsVerb lists notifications: what is open, or whatever the filter lets
// through. Nothing is acknowledged from here: that is a person's act in front
// of the instrument.
func alarmsVerb(ctx context.Context, e env, args []string) error {
	request, asJSON, err := alarmsRequest(&e, args, time.Now())
	if err != nil {
		return err
	}
	page, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.NotificationPage, error) {
		return host.ListNotifications(ctx, request)
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printProto(e.out, page)
	}
	printAlarms(e.out, page)
	return nil
}

func alarmsRequest(e *env, args []string, now time.Time) (*hostpb.ListNotificationsRequest, bool, error) {
	r := &hostpb.ListNotificationsRequest{}
	var severities, states, sources string
	var all bool
	var limit, group uint64
	var since time.Duration
	asJSON, err := e.parse("alarms", args, func(set *flag.FlagSet) {
		set.BoolVar(&all, "all", false, "")
		set.StringVar(&severities, "severity", "", "")
		set.StringVar(&states, "state", "", "")
		set.StringVar(&sources, "source", "", "")
		set.StringVar(&r.Text, "text", "", "")
		set.DurationVar(&since, "since", 0, "")
		set.Uint64Var(&group, "group", 0, "")
		set.Uint64Var(&limit, "limit", 50, "")
	})
	if err != nil {
		return nil, false, err
	}
	if limit < 1 || limit > 200 {
		return nil, false, program.Usagef("alarms: --limit must be 1 to 200")
	}
	r.Limit, r.GroupId, r.Sources = uint32(limit), group, words(sources)
	for _, w := range words(severities) {
		s, ok := hostpb.Severity_value["SEVERITY_"+strings.ToUpper(w)]
		if !ok || s == 0 {
			return nil, false, program.Usagef("alarms: --severity must be of info, low, medium and high")
		}
		r.Severities = append(r.Severities, hostpb.Severity(s))
	}
	for _, w := range words(states) {
		s, ok := hostpb.AlarmState_value["ALARM_STATE_"+strings.ToUpper(w)]
		if !ok || s == 0 {
			return nil, false, program.Usagef("alarms: --state must be of raised, acknowledged, shelved and cleared")
		}
		r.States = append(r.States, hostpb.AlarmState(s))
	}
	if since > 0 {
		r.SinceUnixMs = now.Add(-since).UnixMilli()
	}
	r.OpenOnly = !all && len(r.States) == 0 && group == 0
	return r, asJSON, nil
}

// words are the words of a list such as "medium,high".
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

func printAlarms(out io.Writer, page *hostpb.NotificationPage) {
	for _, n := range page.GetNotifications() {
		what := n.GetCode()
		if n.GetSubject() != "" {
			what += " (" + n.GetSubject() + ")"
		}
		if n.GetMembers() > 0 {
			what += fmt.Sprintf(", %d members: --group %d", n.GetMembers(), n.GetId())
		}
		if n.GetCount() > 1 {
			what += fmt.Sprintf(", %d times", n.GetCount())
		}
		if n.GetChatters() {
			what += ", comes and goes"
		}
		if n.GetEscalatedUnixMs() > 0 && n.GetState() == hostpb.AlarmState_ALARM_STATE_RAISED {
			what += ", nobody acknowledged it in time"
		}
		if !n.GetVerified() {
			what += ", local, not verified"
		}
		fmt.Fprintf(out, "%6d  %s  %-6s  %-12s  %s\n", n.GetId(), time.UnixMilli(n.GetRaisedUnixMs()).Format("2006-01-02 15:04:05"),
			word(n.GetSeverity(), "SEVERITY_"), word(n.GetState(), "ALARM_STATE_"), what)
	}
	shown, total := len(page.GetNotifications()), page.GetTotal()
	switch {
	case total == 0:
		fmt.Fprintln(out, "none")
	case uint32(shown) < total:
		fmt.Fprintf(out, "%d of %d\n", shown, total)
	}
}
