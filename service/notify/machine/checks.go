package machine

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/store"
)

var (
	errSlow     = errors.New("no answer in time")
	errNoSensor = errors.New("no sensor with a limit")
)

// Limits. Each pair leaves room between, so that a value at a limit is one
// alarm.
const (
	memoryBad, memoryGood       = 5.0, 10.0 // percent that programs can still have
	processorBad, processorGood = 90.0, 70.0
	clockBad, clockGood         = 2 * time.Minute, 30 * time.Second
	certificateBad              = 21 * 24 * time.Hour
	tooHot                      = 10.0 // degrees below the critical one, where a sensor knows no other limit
	coolDown                    = 8.0

	gib = 1 << 30
)

func condition(code, subject string, severity store.Severity, level steady.Level) steady.Condition {
	return steady.Condition{Key: steady.Key{Code: code, Subject: subject}, Level: level, Severity: severity, Texts: words.Of(code)}
}

func (c *limited) steady(after, calm int) []steady.Condition {
	c.After, c.Calm = after, calm
	return []steady.Condition{c.Condition}
}

// limited is a condition that still wants its numbers of looks.
type limited struct{ steady.Condition }

func one(code string, severity store.Severity, level steady.Level) *limited {
	return &limited{condition(code, "", severity, level)}
}

// between gives the level of a value of which more is worse.
func between(value, good, bad float64) steady.Level {
	switch {
	case value >= bad:
		return steady.Bad
	case value < good:
		return steady.Good
	}
	return steady.Between
}

func (s *Source) memory(ctx context.Context) ([]steady.Condition, error) {
	available, err := s.config.system.memory(ctx)
	if err != nil {
		return nil, err
	}
	return one("memory-low", store.Medium, between(-available, -memoryGood, -memoryBad)).steady(s.looks(5*time.Minute), s.looks(5*time.Minute)), nil
}

// processor: a quarter of an hour without a pause, not a peak.
func (s *Source) processor() func(context.Context) ([]steady.Condition, error) {
	var before load
	return func(ctx context.Context) ([]steady.Condition, error) {
		now, err := s.config.system.processor(ctx)
		if err != nil {
			return nil, err
		}
		level := steady.Unknown
		if total := now.total - before.total; before.total > 0 && total > 0 {
			level = between(100*(now.busy-before.busy)/total, processorGood, processorBad)
		}
		before = now
		return one("processor-busy", store.Low, level).steady(s.looks(15*time.Minute), s.looks(5*time.Minute)), nil
	}
}

// temperature holds each sensor to the limit it knows itself; the worst counts.
func (s *Source) temperature(ctx context.Context) ([]steady.Condition, error) {
	sensors, err := s.config.system.temperatures(ctx)
	if err != nil {
		return nil, err
	}
	worst := steady.Unknown
	for _, t := range sensors {
		limit := t.high
		if limit <= 0 || t.critical > 0 && limit > t.critical {
			limit = t.critical - tooHot
		}
		if limit <= 0 || t.now <= 0 {
			continue
		}
		worst = max(worst, between(t.now, limit-coolDown, limit))
	}
	if worst == steady.Unknown {
		err = errNoSensor
	}
	return one("pc-too-hot", store.Medium, worst).steady(s.looks(3*time.Minute), s.looks(5*time.Minute)), err
}

func (s *Source) clock(context.Context) ([]steady.Condition, error) {
	level, err := steady.Unknown, errors.New("the cloud has not told the time yet")
	if s.config.ClockOffset != nil {
		if offset, ok := s.config.ClockOffset(); ok {
			level, err = between(float64(offset.Abs()), float64(clockGood), float64(clockBad)), nil
		}
	}
	return one("clock-wrong", store.Medium, level).steady(2, 2), err
}

var networkKey = steady.Key{Code: "network-down"}

func (s *Source) network(context.Context) ([]steady.Condition, error) {
	up, err := s.config.system.network()
	if err != nil {
		return nil, err
	}
	level := steady.Bad
	if up {
		level = steady.Good
	}
	return one(networkKey.Code, store.Medium, level).steady(s.looks(3*time.Minute), 1), nil
}

func (s *Source) restart(context.Context) ([]steady.Condition, error) {
	pending, err := s.config.system.restart()
	if err != nil {
		return nil, err
	}
	level := steady.Good
	if pending {
		level = steady.Bad
	}
	return one("restart-pending", store.Low, level).steady(2, 1), nil
}

// services and programs: what is restarted, or is being started after the PC
// was, is back within minutes.
func (s *Source) services(ctx context.Context) ([]steady.Condition, error) {
	states, err := s.config.system.services(ctx, s.config.Services)
	if err != nil {
		return nil, err
	}
	var found []steady.Condition
	for _, name := range s.config.Services {
		c := limited{condition("service-stopped", name, store.Medium, states[name])}
		found = append(found, c.steady(s.looks(3*time.Minute), 2)...)
	}
	return found, nil
}

func (s *Source) programs(ctx context.Context) ([]steady.Condition, error) {
	runs, err := s.config.system.programs(ctx, s.config.Processes)
	if err != nil {
		return nil, err
	}
	var found []steady.Condition
	for _, name := range s.config.Processes {
		level := steady.Bad
		if runs[name] {
			level = steady.Good
		}
		c := limited{condition("program-not-running", name, store.Medium, level)}
		found = append(found, c.steady(s.looks(3*time.Minute), 1)...)
	}
	return found, nil
}

func (s *Source) certificates(context.Context) ([]steady.Condition, error) {
	var found []steady.Condition
	var errs []error
	now := s.config.system.now()
	for _, c := range s.config.Certificates {
		end, ok, err := c.Ends()
		if err != nil {
			errs = append(errs, errors.New(c.Name+": "+err.Error()))
		}
		level := steady.Unknown
		if ok && err == nil {
			level = between(-end.Sub(now).Hours(), -(certificateBad + 24*time.Hour).Hours(), -certificateBad.Hours())
		}
		found = append(found, condition("certificate-ends", c.Name, store.Medium, level))
	}
	return found, errors.Join(errs...)
}

// backup: a folder that is not there holds no backup.
func (s *Source) backup(context.Context) ([]steady.Condition, error) {
	newest, err := s.config.system.newest(s.config.Backups)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	level := steady.Bad
	if err == nil && s.config.system.now().Sub(newest) <= s.config.BackupWithin {
		level = steady.Good
	}
	return one("backup-late", store.Medium, level).steady(2, 1), nil
}
