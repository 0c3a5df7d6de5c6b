package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// Exit codes of notify, for scripts: beside 0 (taken), 1 (the service cannot be
// asked) and 2 (what was given is wrong, and is so the next time, too).
const (
	exitRefused = 3 // the policy does not let programs notify
	exitLater   = 4 // too many at once: try again in a minute
)

// notifyVerb raises a notification, as any program on this PC may.
func notifyVerb(ctx context.Context, e env, args []string) error {
	var request hostpb.PublishNotificationRequest
	severity := ""
	asJSON, err := e.parse("notify", args, func(set *flag.FlagSet) {
		set.StringVar(&request.Publisher, "publisher", "", "")
		set.StringVar(&request.Code, "code", "", "")
		set.StringVar(&severity, "severity", "info", "")
		set.StringVar(&request.Subject, "subject", "", "")
		set.StringVar(&request.Title, "title", "", "")
		set.StringVar(&request.Advice, "advice", "", "")
	})
	if err != nil {
		return err
	}
	known := map[string]hostpb.Severity{
		"info": hostpb.Severity_SEVERITY_INFO, "low": hostpb.Severity_SEVERITY_LOW,
		"medium": hostpb.Severity_SEVERITY_MEDIUM, "high": hostpb.Severity_SEVERITY_HIGH,
	}
	var ok bool
	if request.Severity, ok = known[severity]; !ok {
		return program.Usagef("notify: --severity must be info, low, medium or high")
	}
	if request.Publisher == "" || request.Code == "" || request.Title == "" {
		return program.Usagef("notify: --publisher, --code and --title are needed")
	}
	n, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Notification, error) {
		return host.PublishNotification(ctx, &request)
	})
	if err != nil {
		return notifyExit(err)
	}
	if asJSON {
		return printProto(e.out, n)
	}
	verified := "verified"
	if !n.GetVerified() {
		verified = "shown as “local, not verified”: the site policy does not list this publisher"
	}
	_, err = fmt.Fprintf(e.out, "notification %d, %s\n", n.GetId(), verified)
	return err
}

// notifyExit gives a refusal its exit code.
func notifyExit(err error) error {
	var refused serviceError
	if !errors.As(err, &refused) {
		return err
	}
	switch {
	case refused.code == "policy":
		return program.ExitError{Code: exitRefused, Err: err}
	case refused.code == "too-many":
		return program.ExitError{Code: exitLater, Err: err}
	case strings.HasSuffix(refused.code, "-invalid"):
		return program.ExitError{Code: program.ExitUsage, Err: err}
	}
	return err
}
