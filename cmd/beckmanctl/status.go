package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
)

func statusVerb(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("status", args, nil)
	if err != nil {
		return err
	}
	var log *hostpb.LogDetail
	s, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (s *hostpb.Status, err error) {
		if s, err = host.GetStatus(ctx, &hostpb.GetStatusRequest{}); err != nil || asJSON {
			return s, err
		}
		log, err = host.GetLog(ctx, &hostpb.GetLogRequest{})
		return s, err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printProto(e.out, s)
	}
	printStatus(e.out, s)
	printLogStanding(e.out, s.GetLog(), log, time.Now())
	return nil
}

// word is an enum's value as people read it: LINK_ONLINE is "online".
func word(value fmt.Stringer, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(value.String(), prefix)), "_", " ")
}

func printStatus(out io.Writer, s *hostpb.Status) {
	line := func(name, format string, a ...any) { fmt.Fprintf(out, "%-14s %s\n", name, fmt.Sprintf(format, a...)) }
	line("version", "%s", s.GetVersion())
	line("cloud", "%s, %s", s.GetCloud(), strings.TrimSuffix(word(s.GetLink(), "LINK_")+": "+s.GetLinkDetail(), ": "))
	if r := s.GetRegistration(); r != nil {
		line("registered", "%s, %s %s, region %s", r.GetDeviceId(), r.GetInstrumentType(), r.GetSerial(), r.GetRegion())
	} else {
		line("registered", "no")
	}
	switch s.GetDeviceState() {
	case "copied":
		line("identity", "of another PC: remote support is off; renew it with \"beckmanctl device renew\", then register again")
	case "revoked":
		line("identity", "taken back by the vendor: remote support is off; ask the vendor's service")
	case "keys-away":
		line("identity", "closed: the keys of this PC cannot be used, remote support is off")
	case "key-lost":
		line("identity", "its key cannot be opened: remote support is off; restore the keys folder, or renew it with \"beckmanctl device renew\" and register again")
	}
	terms := "not accepted"
	if s.GetTermsAccepted() {
		terms = "accepted"
	}
	line("terms", "%s %s", s.GetTermsVersion(), terms)
	line("instrument", "%s, run: %s", s.GetInstrumentClass(), s.GetInstrumentRun())
	line("policy", "%s", s.GetPolicy())
	line("notifications", "%d open", s.GetOpenNotifications())
	support := word(s.GetSupport().GetPhase(), "SUPPORT_PHASE_")
	if why := s.GetSupport().GetOffCode(); why != "" {
		support += ": " + why
	}
	line("support", "%s", support)
	if u := s.GetUpgrade(); u.GetState() != "" {
		line("upgrade", "%s", strings.TrimSpace(u.GetVersion()+" "+u.GetState()))
	}
	l := s.GetLog()
	writable := "writable"
	if !l.GetWritable() {
		writable = "NOT WRITABLE: sessions are closed"
	}
	line("log", "%d entries, checkpoint of %s, %s", l.GetEntries(), time.Unix(l.GetCheckpointUnix(), 0).Format(time.RFC3339), writable)
	for _, c := range s.GetComponents() {
		if c.GetState() != "ok" {
			line("part "+c.GetName(), "%s", strings.TrimSuffix(c.GetState()+": "+c.GetDetail(), ": "))
		}
	}
}
