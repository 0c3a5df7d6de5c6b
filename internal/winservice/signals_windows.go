package winservice

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// listen has a supervised program end by its launcher's word alone. At each
// log-off of anybody Windows tells services' processes so, which Go takes for
// SIGTERM: no reason to end. What Windows does without a handler is nothing, for
// a service's process.
func listen(ctx context.Context) context.Context {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	return context.WithoutCancel(ctx)
}
