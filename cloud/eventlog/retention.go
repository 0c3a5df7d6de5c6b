package eventlog

import (
	"context"
	"fmt"
	"time"
)

// Days that events are kept.
const (
	DefaultDays = 1095
	MinDays     = 30
	MaxDays     = 36_500
)

// Retention says for how many days the events of each region are kept.
type Retention struct {
	Days    int            // 0: DefaultDays; also of what is of no region
	Regions map[string]int // other than Days
}

// Check says what is wrong with it.
func (r Retention) Check() error {
	for region, days := range r.Regions {
		if days < MinDays || days > MaxDays {
			return fmt.Errorf("events of region %q are kept between %d and %d days, not %d", region, MinDays, MaxDays, days)
		}
	}
	if r.Days != 0 && (r.Days < MinDays || r.Days > MaxDays) {
		return fmt.Errorf("events are kept between %d and %d days, not %d", MinDays, MaxDays, r.Days)
	}
	return nil
}

// Of gives how long a region's events are kept.
func (r Retention) Of(region string) time.Duration {
	days := r.Days
	if days == 0 {
		days = DefaultDays
	}
	if own, ok := r.Regions[region]; ok {
		days = own
	}
	return time.Duration(days) * 24 * time.Hour
}

// Expire deletes what is old enough. What the SIEM has not confirmed stays.
func (s *Store) Expire(ctx context.Context) error {
	regions, err := s.Data.EventRegions(ctx)
	if err != nil {
		return err
	}
	keep := ""
	if s.siem != nil {
		keep = s.siem.name
	}
	for _, region := range regions {
		before := s.Now().Add(-s.Retention.Of(region)).UnixMilli()
		for n := int64(1); n > 0; {
			if n, err = s.Data.ExpireEvents(ctx, region, before, keep); err != nil {
				return err
			}
		}
	}
	return nil
}
