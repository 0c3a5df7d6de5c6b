package main

import (
	"log/slog"
	"time"
)

// progressEvery keeps the progress of a long run readable.
const progressEvery = 2 * time.Second

// progress tells on standard error how far a long run is, how fast it goes and
// how long it will still take.
type progress struct {
	log         *slog.Logger
	what        string
	began, told time.Time
	now         func() time.Time
	n           uint
}

func newProgress(log *slog.Logger, what string) *progress {
	p := &progress{log: log, what: what, now: time.Now}
	p.began = p.now()
	p.told = p.began
	return p
}

// at says that done of total are behind; total 0: it is not known.
func (p *progress) at(done, total int64) {
	if p.n++; p.n%256 != 0 && total > 0 && done < total {
		return // the clock is not asked for every entry
	}
	now := p.now()
	if now.Sub(p.told) < progressEvery || done <= 0 {
		return
	}
	p.told = now
	rate := float64(done) / now.Sub(p.began).Seconds()
	if total <= 0 {
		p.log.Info(p.what, "entries", done, "per_second", int64(rate))
		return
	}
	left := time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second)
	p.log.Info(p.what, "done", done, "entries", total, "per_second", int64(rate), "left", left)
}
