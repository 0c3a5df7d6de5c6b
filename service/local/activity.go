package local

import (
	"context"
	"maps"

	"beckmanconnect/ipc/hostpb"
)

// ListActivity gives a page of the log, newest first, as people on this PC may
// read it. The proof is beckmanctl's.
func (h *Host) ListActivity(ctx context.Context, r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) {
	list, more, err := h.config.Store.Entries(ctx, int64(min(r.GetBeforeIndex(), 1<<62)), pageSize(r.GetLimit()))
	if err != nil {
		return nil, h.fail("list activity", err)
	}
	page := &hostpb.ActivityPage{More: more}
	for _, e := range list {
		fields := maps.Clone(e.Fields)
		if fields == nil {
			fields = map[string]string{}
		}
		maps.Copy(fields, e.Personal)
		for _, name := range e.Erased {
			fields[name] = "[erased]"
		}
		for _, name := range e.Damaged {
			fields[name] = "[damaged]"
		}
		page.Entries = append(page.Entries, &hostpb.Activity{
			Index: uint64(e.Index), UnixMs: e.Time.UnixMilli(), Kind: e.Kind, Actor: e.Actor, Subject: e.Subject, Fields: fields, Proven: e.Proven,
		})
	}
	return page, nil
}
