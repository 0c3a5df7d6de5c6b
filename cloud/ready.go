package cloud

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/disk"
)

// Times of the checks: they are asked at most this often, and given up.
const (
	checkEvery   = time.Second
	checkTimeout = 3 * time.Second
)

// check is one thing a node needs.
type check struct {
	name string
	// needed: without it this node is not ready. What all nodes share and can do
	// without for a while is told and takes none of them out.
	needed bool
	ask    func(context.Context) error
}

// readiness asks the checks.
type readiness struct {
	checks []check
	now    func() time.Time

	mu    sync.Mutex
	asked time.Time
	last  []answer
}

// answer is a check's, as the operator sees it.
type answer struct {
	Name   string `json:"check"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"`
	Why    string `json:"why,omitempty"`
}

func (c *Cloud) checks() []check {
	all := []check{
		{"draining", true, func(context.Context) error {
			if c.draining.Load() {
				return errors.New("this node is going down")
			}
			return nil
		}},
		{"database", true, c.data.Ready},
		{"keys", true, c.keysReady},
		{"disk", true, c.diskReady},
		{"sign-in", true, c.desk.Ready},
	}
	if b, ok := any(c.broker).(interface{ Ready() error }); ok {
		all = append(all, check{"broker", true, func(context.Context) error { return b.Ready() }})
	}
	if c.cluster != nil {
		all = append(all, check{"nodes", false, func(context.Context) error { return c.cluster.Ready() }})
	}
	return all
}

// keysReady: a certificate that devices and staff accept is at hand.
func (c *Cloud) keysReady(context.Context) error {
	cert, err := c.cert.get(nil)
	if err != nil {
		return err
	}
	if end := cert.Leaf.NotAfter; !c.Now().Before(end) {
		return fmt.Errorf("the TLS certificate ended at %s", end.UTC().Format(time.RFC3339))
	}
	return nil
}

func (c *Cloud) diskReady(ctx context.Context) error {
	var errs []error
	for _, dir := range []string{c.Data, c.Upgrades} {
		switch usage, err := disk.UsageWithContext(ctx, dir); {
		case err != nil:
			errs = append(errs, err)
		case usage.Free>>20 < c.Operator.DiskFreeMiB:
			errs = append(errs, fmt.Errorf("%d MiB are free at %s, less than %d", usage.Free>>20, dir, c.Operator.DiskFreeMiB))
		}
	}
	return errors.Join(errs...)
}

// ask gives the answers, at most checkEvery old, and whether the node is ready.
func (r *readiness) ask(ctx context.Context) (all []answer, ready bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || r.now().Sub(r.asked) >= checkEvery {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		r.last = make([]answer, len(r.checks))
		var group sync.WaitGroup
		for i, c := range r.checks {
			group.Go(func() {
				a := answer{Name: c.name, Needed: c.needed}
				if err := c.ask(ctx); err != nil {
					a.Why = err.Error()
				}
				a.OK = a.Why == ""
				r.last[i] = a
			})
		}
		group.Wait()
		r.asked = r.now()
	}
	ready = true
	for _, a := range r.last {
		ready = ready && (a.OK || !a.Needed)
	}
	return r.last, ready
}
