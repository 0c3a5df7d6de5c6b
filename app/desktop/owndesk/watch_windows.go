package owndesk

import (
	"context"
	"log/slog"
	"time"
)

// rescuePace is how often it is looked whether somebody has to be brought back.
const rescuePace = 500 * time.Millisecond

// Watch brings the technician back from a desktop of ours that nothing is left
// on, until ctx ends: for a program of another name than the two that show
// questions, which whoever ends those leaves alone.
func Watch(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(rescuePace)
	defer tick.Stop()
	var r Rescue
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			shows, window := LookInput()
			if !r.Look(now, shows, window) {
				continue
			}
			log.Warn("an empty desktop showed: back to the shared one", "error", BackToShared())
		}
	}
}
