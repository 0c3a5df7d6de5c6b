package cloud

import "context"

// watchStaff sends engineers away who may not be here any more, until ctx ends.
func (c *Cloud) watchStaff(ctx context.Context) { c.desk.Watch(ctx, c.relay) }
