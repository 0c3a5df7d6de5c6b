package tray

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
)

// proxyPace is how often this desktop's proxy settings are looked at: somebody
// takes a portable PC to another network.
const proxyPace = 5 * time.Minute

// proxy is what the service was told of this desktop's settings.
type proxy struct {
	told *hostpb.OfferProxyRequest // nil: nothing yet
	look <-chan time.Time
}

// tellProxy tells the service of this desktop's proxy when it is another one
// than last time. A refusal stands in the log and is not repeated until then.
func (t *Tray) tellProxy(ctx context.Context) {
	if t.Proxy == nil {
		return
	}
	t.proxy.look = time.After(proxyPace)
	now, err := t.Proxy()
	if err != nil {
		t.Log.Warn("this desktop's proxy settings cannot be read", "error", err)
		return
	}
	if now == nil || t.proxy.told != nil && proto.Equal(now, t.proxy.told) {
		return
	}
	if t.proxy.told == nil && proto.Size(now) == 0 {
		return // none, and the service knows of none
	}
	t.proxy.told = now
	t.call(ctx, "take this desktop's proxy over", func(ctx context.Context) error { return t.Service.OfferProxy(ctx, now) })
}
