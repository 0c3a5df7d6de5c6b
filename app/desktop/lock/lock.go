// Package lock tells when the technician's screen was locked or another user
// was switched to: what was granted ends then (scenario 17).
package lock

import (
	"context"
	"log/slog"
)

// Watch watches until ctx ends. The channel gets one value when the screen is
// locked, or was already. A desktop that does not say anything about locking
// is not watched; the log says so.
func Watch(ctx context.Context, log *slog.Logger) <-chan struct{} {
	locked := make(chan struct{}, 1)
	go watch(ctx, log, func() {
		select {
		case locked <- struct{}{}:
		default: // it is known
		}
	})
	return locked
}
