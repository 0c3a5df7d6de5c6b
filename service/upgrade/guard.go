package upgrade

import (
	"context"
	"time"

	"beckmanconnect/service/upgrade/versions"
)

// trialLimit is far longer than a trial takes: health check, watch, and the
// way back, each with its patience.
const trialLimit = 15 * time.Minute

// guard ends an upgrade service that is on trial and hangs instead of coming
// to an end: for its launcher that is a start in vain. It returns with ctx, or
// when the version is not on trial any more.
func guard(ctx context.Context, i versions.Install, limit time.Duration, end func()) {
	onTrial := func() bool {
		current, err := i.Current()
		return err == nil && current != "" && i.Trial().Digest == current
	}
	if !onTrial() {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
		if onTrial() {
			end()
		}
	}
}
