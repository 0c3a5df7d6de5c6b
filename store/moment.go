package store

import (
	"context"
	"time"
)

// Moment is a time by both clocks: the wall's, which may be set, and the one
// since boot, which only goes forward, sleep included.
type Moment struct {
	Wall      time.Time
	SinceBoot time.Duration
	Boot      string // names the boot that SinceBoot counts from
}

// Moment is now.
func (s *Store) Moment() Moment {
	return Moment{Wall: s.opt.Now(), SinceBoot: sinceBoot(), Boot: s.boot}
}

// LastMoment is when the newest entry of the log was made; zero without one.
func (s *Store) LastMoment(ctx context.Context) (Moment, error) {
	var wall, mono int64
	var m Moment
	_, err := found(s.read.QueryRowContext(ctx, "SELECT wall, mono, boot FROM entries ORDER BY idx DESC LIMIT 1").Scan(&wall, &mono, &m.Boot))
	if err != nil {
		return m, wrap("newest entry", err)
	}
	m.Wall, m.SinceBoot = time.Unix(0, wall), time.Duration(mono)
	return m, nil
}
