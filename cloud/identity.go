package cloud

import (
	"context"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/registry"
	"beckmanconnect/internal/cloudapi"
)

// identityEvery is how often the record is asked for decisions of a tool beside
// this process.
const identityEvery = time.Second

// refuse says why a device may not come in; no Code: it may.
func (c *Cloud) refuse(ctx context.Context, device string) cloudapi.Error {
	err := c.data.Standing(ctx, device)
	refusal := registry.Refusal(err)
	if err != nil && refusal.Code == "internal" && ctx.Err() == nil {
		c.Log.Error("device cannot be looked up", "device", device, "error", err)
	}
	return refusal
}

// seen looks whether a device is on two PCs: by what it says of the PC, and by
// two starts of its service that take the link from each other.
func (c *Cloud) seen(ctx context.Context, device string, connection uint64, s cloudapi.Status) {
	if s.Machine != "" && registry.MachineID(s.Machine) {
		copied, err := c.data.SeenOn(ctx, device, s.Machine)
		if err != nil && ctx.Err() == nil {
			c.Log.Error("the PC of a device is not kept", "device", device, "error", err)
		}
		if copied {
			c.turnAway(ctx, device)
		}
	}
	if len(s.Boot) > 64 || !c.copies.Seen(device, connection, s.Boot, c.Now()) {
		return
	}
	news, err := c.data.MarkCopied(ctx, device, data.CopiedTwoServices)
	if err != nil && ctx.Err() == nil {
		c.Log.Error("a copied device is not marked", "device", device, "error", err)
		// Both come back, are seen again, and then it is tried again.
		c.relay.Cut(device)
		c.broker.Cut(device)
	}
	if news {
		c.turnAway(ctx, device)
	}
}

// turnAway ends what a device has here when it may not come in any more.
func (c *Cloud) turnAway(ctx context.Context, device string) {
	refusal := c.refuse(ctx, device)
	if refusal.Code == "" {
		return
	}
	c.Log.Warn("device turned away", "device", device, "why", refusal.Code)
	c.relay.Cut(device)
	c.broker.Cut(device)
	c.feed.Changed()
	c.feed.Noted()
}

// watchIdentities acts on what a tool beside this process decided, until ctx
// ends.
func (c *Cloud) watchIdentities(ctx context.Context) {
	tick := time.NewTicker(identityEvery)
	defer tick.Stop()
	said := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changes, last, err := c.data.IdentityChanged(ctx, c.identities)
		if err != nil {
			if !said && ctx.Err() == nil {
				c.Log.Error("the record of identities cannot be read", "error", err)
			}
			said = true
			continue
		}
		said, c.identities = false, last
		for _, change := range changes {
			// That it registered once more says nothing of how many PCs it is on.
			if change.Restored {
				c.copies.Forget(change.Device)
			}
			if c.refuse(ctx, change.Device).Code == "" {
				c.broker.Admit(change.Device)
				continue
			}
			c.turnAway(ctx, change.Device)
		}
		if len(changes) > 0 {
			c.feed.Changed()
			c.feed.Noted()
		}
	}
}
