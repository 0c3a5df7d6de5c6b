package local

import (
	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
)

// RotateKeys begins a change of the keys that protect data at rest (P15), or
// joins one that is under way, and tells how far it is. A caller who goes away
// ends nothing: the service finishes it.
func (h *Host) RotateKeys(_ *hostpb.RotateKeysRequest, out grpc.ServerStreamingServer[hostpb.RotateProgress]) error {
	ctx := out.Context()
	who := person(ctx, "")
	if err := h.config.Store.RotateKeys(ctx, who.Role, who.Fields()); err != nil {
		return h.fail("rotate keys", err)
	}
	for {
		now, changed := h.config.Store.Rotation()
		if err := out.Send(&hostpb.RotateProgress{Done: now.Done, Total: now.Total, Finished: !now.Running && now.Err == nil}); err != nil {
			return err
		}
		if !now.Running {
			if now.Err != nil {
				return h.fail("rotate keys", now.Err)
			}
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
