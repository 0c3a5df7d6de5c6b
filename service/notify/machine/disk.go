package machine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"beckmanconnect/internal/redact"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/store"
)

// space looks at the volume of the instrument's folder, by its profile's
// limits, then at those of the product's data and of the system. A volume is
// told once, by the first that lies on it.
func (s *Source) space(ctx context.Context) ([]steady.Condition, error) {
	var found []steady.Condition
	var errs []error
	seen := map[string]bool{}
	look := func(path, subject string, c steady.Condition, level func(used float64, free uint64) steady.Level) {
		if path == "" {
			return
		}
		if id, err := s.config.system.volume(path); err == nil {
			if seen[id] {
				return
			}
			seen[id] = true
		}
		used, free, err := s.config.system.usage(ctx, path)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", subject, err))
		} else {
			c.Level = level(used, free)
		}
		c.Subject, c.Calm = subject, 2
		found = append(found, c)
	}
	if f := s.config.Folder; f != nil {
		c := steady.Condition{Key: steady.Key{Code: f.Code}, Severity: f.Severity, Texts: f.Texts, Sample: f.Sample}
		look(f.Path, f.Path, c, func(used float64, _ uint64) steady.Level { return between(used, f.Clear, f.Raise) })
	}
	own := steady.Condition{Key: steady.Key{Code: "disk-space-low"}, Severity: store.Medium, Texts: words.Of("disk-space-low")}
	look(s.config.Data, s.config.Data, own, room)
	look(s.config.system.root, s.config.system.root, own, room)
	return found, errors.Join(errs...)
}

// room: nearly full by share, unless what is left of a large disk is plenty.
func room(used float64, free uint64) steady.Level {
	switch {
	case used >= 95 && free < 50*gib, used >= 90 && free < 10*gib:
		return steady.Bad
	case used < 85, free > 60*gib, used < 93 && free > 12*gib:
		return steady.Good
	}
	return steady.Between
}

// codeFailing: a disk's own judgement of itself, apart from what the system met
// on it. A disk that answers well still may expect to fail.
const codeFailing = "disk-failing"

var errNoDrive = errors.New("no disk here says how it is")

// smart: what the disks say of themselves. A disk that says nothing now changes
// nothing: what it said last stands, over a restart too.
func (s *Source) smart(ctx context.Context) ([]steady.Condition, error) {
	drives, err := s.config.system.smart(ctx)
	found := []steady.Condition{}
	var unknown []string
	for _, d := range drives {
		c := condition(codeFailing, d.name, store.High, d.level)
		c.Calm = 2
		found = append(found, c)
		if d.level == steady.Unknown {
			unknown = append(unknown, d.name+": "+d.why)
		}
	}
	if err != nil && s.config.Open != nil { // nobody could be asked
		open, failed := s.config.Open(ctx, notify.SourceMachine)
		if failed != nil {
			return nil, failed
		}
		for _, k := range open {
			if k.Code == codeFailing {
				found = append(found, condition(codeFailing, k.Subject, store.High, steady.Unknown))
			}
		}
	}
	switch {
	case err != nil:
	case len(unknown) > 0:
		err = errors.New(strings.Join(unknown, ", "))
	case len(drives) == 0:
		err = errNoDrive
	}
	return found, err
}

// driveName is a disk's own, for people: its model, and the end of its serial
// number to tell two of a kind.
func driveName(model, serial string) string {
	const end = 4
	model, serial = redact.Line(model, 60), redact.Line(strings.TrimSpace(serial), 60)
	if r := []rune(serial); len(r) > end {
		serial = "…" + string(r[len(r)-end:])
	}
	return strings.TrimSpace(model + " " + serial)
}

// health: what the system itself knows of its disks without privileges. Good
// says only that nothing was reported.
func (s *Source) health(ctx context.Context) ([]steady.Condition, error) {
	disks, err := s.config.system.health(ctx)
	var found []steady.Condition
	for _, d := range disks {
		level := steady.Good
		if d.failing {
			level = steady.Bad
		}
		found = append(found, condition("disk-errors", d.name, store.High, level))
	}
	return found, err
}
