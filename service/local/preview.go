package local

import (
	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
)

// WatchPreview shows what the engineer sees to the technician who asked for
// help, and to nobody else: the picture is of that account's screen.
func (h *Host) WatchPreview(r *hostpb.WatchPreviewRequest, out grpc.ServerStreamingServer[hostpb.Preview]) error {
	if !h.isAsker(identity.FromContext(out.Context())) {
		return wrongAccount()
	}
	if err := h.config.Support.WatchPreview(r.GetSessionId(), out); err != nil {
		return h.fail("preview", err)
	}
	return nil
}
