package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"beckmanconnect/internal/netdial"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// checkService: the pipe answers, and what answers is the service by what the
// kernel says of it (scenario 1). The upgrade service talks to the service and
// to administrators only.
func (d *doctor) checkService(ctx context.Context) []finding {
	var all []finding
	status, err := ask(ctx, d, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Status, error) {
		return host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	})
	if err != nil {
		all = append(all, notReached("service", err))
	} else {
		d.status = status
		all = append(all, fine("service", "version "+status.GetVersion()+" answers, and is the service's own account"))
		if m := d.programs.manifest; m.Version != "" && m.Version != status.GetVersion() {
			all = append(all, failed("version running", codeVersions, fmt.Sprintf("version %s is installed, and the service that runs is %s", m.Version, status.GetVersion())))
		}
	}
	upgrader, err := client.DialUpgrader(ctx, client.Config{Socket: d.config.UpgradeSocket, Program: protocol.Ctl, Version: version.Version(), DialPipe: d.upgrader})
	if err != nil {
		f := notReached("upgrade service", err)
		if f.Code == protocol.CodeUnavailable {
			f = failed(f.Check, codeUpgradeService, f.Detail)
		}
		return append(all, f)
	}
	defer upgrader.Close()
	return append(all, fine("upgrade service", "answers"))
}

// notReached: who may not ask has found nothing wrong.
func notReached(check string, err error) finding {
	detail := client.Detail(err)
	if detail.GetCode() == protocol.CodeNotPermitted {
		return noted(check, protocol.CodeNotPermitted, detail.GetMessage())
	}
	return failed(check, detail.GetCode(), detail.GetMessage())
}

// checkParts reads what the service says of itself, and what runs at the
// technician's log-on.
func (d *doctor) checkParts(ctx context.Context) []finding {
	if d.status == nil {
		return append([]finding{skipped("link", "the service does not answer"), skipped("parts", "the service does not answer")}, d.checkTray(ctx))
	}
	return append(judge(d.status), d.checkTray(ctx))
}

// judge reads the checks that the service itself makes.
func judge(s *hostpb.Status) []finding {
	all := []finding{judgeLink(s)}
	if state := s.GetDeviceState(); state != "" && state != "ok" {
		all = append(all, failed("identity", codeDevice, "this PC's identity is "+state))
	}
	for _, f := range s.GetLinkFacts() {
		switch f.GetName() {
		case "clock-offset-ms":
			offset, err := strconv.ParseInt(f.GetValue(), 10, 64)
			off := (time.Duration(offset) * time.Millisecond).Abs()
			detail := fmt.Sprintf("%s off the vendor's signed time", off.Round(time.Second))
			if err != nil || off > maxClockOff {
				all = append(all, failed("signed time", codeClockOff, detail))
			} else {
				all = append(all, fine("signed time", detail))
			}
		case "outbox":
			all = append(all, fine("outbox", f.GetValue()+" messages wait"))
		case netdial.CodeInspection, netdial.CodePortal:
			all = append(all, failed("link "+f.GetName(), f.GetName(), f.GetValue()))
		}
	}
	for _, c := range s.GetComponents() {
		if slices.Contains([]string{"link", "log", "policy"}, c.GetName()) { // have checks of their own
			continue
		}
		check, detail := "part "+c.GetName(), strings.TrimSuffix(c.GetState()+": "+c.GetDetail(), ": ")
		switch c.GetState() {
		case "ok", "off":
			all = append(all, fine(check, detail))
		case "degraded": // works, and somebody should know
			all = append(all, noted(check, codePart, detail))
		default:
			all = append(all, failed(check, codePart, detail))
		}
	}
	return all
}

func judgeLink(s *hostpb.Status) finding {
	detail := strings.TrimSuffix(word(s.GetLink(), "LINK_")+": "+s.GetLinkDetail(), ": ")
	switch s.GetLink() {
	case hostpb.Link_LINK_ONLINE:
		return fine("link", detail)
	case hostpb.Link_LINK_UNREGISTERED:
		return noted("link", codeUnregistered, detail)
	}
	return failed("link", codeLinkOffline, detail)
}

// checkTray: without a tray nobody sees an alarm and nobody can be asked. Where
// nobody is logged on there is none, so that it is no fault.
func (d *doctor) checkTray(ctx context.Context) finding {
	const check, name = "tray", "beckmanconnect-tray"
	names, err := d.running(ctx)
	if err != nil {
		return skipped(check, err.Error())
	}
	n := 0
	for _, p := range names {
		// Linux cuts the names of processes after 15 bytes.
		if base := strings.TrimSuffix(strings.ToLower(p), ".exe"); base == name || base == name[:15] {
			n++
		}
	}
	if n == 0 {
		return noted(check, codeTrayMissing, "no tray runs at any log-on")
	}
	return fine(check, fmt.Sprintf("%d running", n))
}

func runningPrograms(ctx context.Context) ([]string, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range all {
		if name, err := p.NameWithContext(ctx); err == nil { // else it has ended, or is not ours to see
			names = append(names, name)
		}
	}
	return names, nil
}
