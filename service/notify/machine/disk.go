package machine

import (
	"context"
	"errors"
	"fmt"

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
