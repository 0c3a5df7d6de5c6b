package local

import (
	"context"
	"encoding/hex"
	"time"

	"google.golang.org/grpc/codes"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/server"
)

// archiveKeeps is what stays in the database whatever IT asks for: what people
// are likely to look for.
const archiveKeeps = 24 * time.Hour

// ArchiveLog moves entries from before a time into files of their own; only IT
// may. Of several files the last one is named, with all entries that were
// moved.
func (h *Host) ArchiveLog(ctx context.Context, r *hostpb.ArchiveLogRequest) (*hostpb.LogArchive, error) {
	before := time.UnixMilli(r.GetBeforeMs())
	if r.GetBeforeMs() <= 0 || before.After(time.Now().Add(-archiveKeeps)) {
		return nil, invalid("archive-too-new", "entries of the last day stay in the log")
	}
	h.config.Log.Info("the log is archived", "before", before, "by", redact.Line(account(identity.FromContext(ctx)), 120))
	moved, err := h.config.Store.Archive(ctx, before, 1, "it")
	if err != nil {
		return nil, h.fail("archive log", err)
	}
	if len(moved) == 0 {
		return nil, server.Fail(codes.NotFound, "archive-nothing", "no whole stretch of 256 entries is that old", "")
	}
	last := moved[len(moved)-1]
	return &hostpb.LogArchive{Name: last.Name, From: uint64(moved[0].From), To: uint64(last.To), Sha256: hex.EncodeToString(last.SHA256[:]), Here: true}, nil
}
