package cloud

import (
	"context"
	"net/http"

	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
)

// refusalKinds is what a refusal at the door is on record as.
var refusalKinds = map[web.Refusal]events.Kind{
	web.ForeignHost: events.OriginRefused, web.ForeignNetwork: events.NetworkRefused, web.ForeignOrigin: events.OriginRefused,
	web.TooOften: events.RateLimited, web.NotVouchedFor: events.SignInRefused,
}

// refused puts on record who was turned away. The answer does not wait for what
// it needs, and is the same when it cannot be kept.
func (c *Cloud) refused(r *http.Request, why web.Refusal) {
	err := c.events.Emit(context.WithoutCancel(r.Context()), events.Event{
		Kind: refusalKinds[why], Severity: events.Warning, Address: web.Address(r), Device: web.DeviceID(r), Fields: map[string]string{"path": r.URL.Path, "why": string(why)},
	})
	if err != nil {
		c.Log.Error("a refusal is not on record", "why", string(why), "error", err)
	}
}

// Routes is everything this cloud answers, as it was registered.
func (c *Cloud) Routes() []string { return c.routes.Patterns() }
