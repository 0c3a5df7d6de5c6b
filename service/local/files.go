package local

import (
	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
)

// HandleFiles is the stream for files of the window program, or of the tray
// where no window can be drawn, from the log-on of the technician who asked for
// help and of nobody else: what comes in is written, and what goes out is read,
// by that identity.
func (h *Host) HandleFiles(stream grpc.BidiStreamingServer[hostpb.FilesMessage, hostpb.FilesCommand]) error {
	actor := identity.FromContext(stream.Context())
	if !h.isAsker(actor) {
		return wrongAccount()
	}
	if err := h.config.Support.HandleFiles(account(actor), stream); err != nil {
		return h.fail("files", err)
	}
	return nil
}
