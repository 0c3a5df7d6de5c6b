package store

import (
	"context"
	"time"

	"beckmanconnect/internal/logproof"
)

// troubleFor is how long a log that was set aside is told as such in the
// status; the alarm stays until somebody acknowledges it.
const troubleFor = 7 * 24 * time.Hour

// What is wrong with the log, worst first. The witnesses' words come from the
// link.
const (
	TroubleNotWritable = "not-writable"
	TroubleAway        = "keys-away" // said by the service: this store stands in for the log
	TroubleDamaged     = "damaged"   // the check of the whole database found a fault
	TroubleKeys        = "keys-lost"
	TroubleSetAside    = "set-aside"
)

// Trouble is the worst that is known of the log; "" when all is well. It never
// waits.
func (s *Store) Trouble() string {
	if !s.Writable() {
		return TroubleNotWritable
	}
	if f := s.fault.Load(); f != nil && *f != "" {
		return TroubleDamaged
	}
	a := s.aside.Load()
	if a == nil || s.opt.Now().Sub(time.UnixMilli(a.UnixMS)) > troubleFor {
		return ""
	}
	switch a.Why {
	case logproof.AsideKeys:
		return TroubleKeys
	case logproof.AsideDamaged:
		return TroubleSetAside
	}
	return ""
}

// loadTrouble reads what Trouble tells of.
func (s *Store) loadTrouble(ctx context.Context) error {
	list, err := s.SetAsides(ctx)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		s.aside.Store(&list[len(list)-1])
	}
	c, err := s.Checked(ctx)
	if err == nil {
		s.fault.Store(&c.Fault)
	}
	return err
}

// ToldSetAside notes that people were told of every log that was set aside so
// far. It belongs into the transaction of the alarm.
func (tx *Tx) ToldSetAside() error {
	return tx.eachAside(func(a *logproof.Aside) { a.Told = true })
}
