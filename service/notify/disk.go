package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"beckmanconnect/service/supervise"
)

// DiskSource watches the file system of the instrument's folder.
type DiskSource struct {
	Folder string
	Rule   DiskRule
	Alarms *Alarms
	Every  time.Duration // 0: two seconds; asking is one system call
	// Used gives the percentage in use; nil: the system's.
	Used func(ctx context.Context, folder string) (float64, error)
}

// calmLooks is how often in a row the value must be low before it is over: a
// file system around the limit is one notification, not many.
const calmLooks = 2

// Run watches until ctx ends.
func (s DiskSource) Run(ctx context.Context, report supervise.Report) error {
	if s.Every <= 0 {
		s.Every = 2 * time.Second
	}
	if s.Used == nil {
		s.Used = usedPercent
	}
	state := hysteresis{rule: s.Rule}
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		s.look(ctx, &state, report)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (s DiskSource) look(ctx context.Context, state *hysteresis, report supervise.Report) {
	used, err := s.Used(ctx, s.Folder)
	if err != nil {
		if ctx.Err() == nil {
			report(supervise.Degraded, fmt.Sprintf("the disk space of %s cannot be read: %v", s.Folder, err))
		}
		return
	}
	if turned := state.take(used); turned {
		o := Observation{
			Code: s.Rule.Code, Severity: s.Rule.Severity, Source: SourceMachine, Subject: s.Folder, Texts: s.Rule.Texts,
			Clear: !state.high, Condition: true, Ends: true, Verified: true, Sample: s.Rule.Sample,
		}
		if err := s.Alarms.Apply(ctx, []Observation{o}, nil); err != nil {
			state.known = false // once more with the next look
			report(supervise.Degraded, err.Error())
			return
		}
	}
	report(supervise.OK, "")
}

// hysteresis: high from Raise on, low again only below Clear, and only after
// some looks. As long as nothing is known, either limit tells; after a restart
// the store knows what is open.
type hysteresis struct {
	rule  DiskRule
	known bool
	high  bool
	calm  int
}

// take says whether used turned the state.
func (h *hysteresis) take(used float64) (turned bool) {
	switch {
	case used >= h.rule.Raise:
		h.calm = 0
		turned = !h.known || !h.high
		h.known, h.high = true, true
	case used < h.rule.Clear && (!h.known || h.high):
		if h.calm++; h.calm >= calmLooks {
			turned = true
			h.known, h.high, h.calm = true, false, 0
		}
	default:
		h.calm = 0
	}
	return turned
}

// usedPercent counts what an ordinary program could still write, as df does.
func usedPercent(ctx context.Context, folder string) (float64, error) {
	usage, err := disk.UsageWithContext(ctx, folder)
	if err != nil {
		return 0, err
	}
	return usage.UsedPercent, nil
}
