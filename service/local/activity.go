package local

import (
	"context"
	"maps"
	"math"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// ListActivity gives a page of the log, newest first, as people on this PC may
// read it. Every signed-in technician and IT may read the whole log: it is about
// what was done on their PC.
func (h *Host) ListActivity(ctx context.Context, r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) {
	f, err := activityFilter(r.GetFilter())
	if err != nil {
		return nil, err
	}
	f.Before, f.Limit = int64(min(r.GetBeforeIndex(), math.MaxInt64)), pageSize(r.GetLimit())
	list, err := h.config.Store.ListActivity(ctx, f)
	if err != nil {
		return nil, h.fail("list activity", err)
	}
	witnessed, _ := h.config.Store.WitnessedEntries()
	page := &hostpb.ActivityPage{More: list.More, NextIndex: uint64(list.Next)}
	for i := range list.List {
		page.Entries = append(page.Entries, activity(&list.List[i], witnessed))
	}
	return page, nil
}

// activityFilter reads a caller's filter.
func activityFilter(r *hostpb.ActivityFilter) (store.ActivityFilter, error) {
	f := store.ActivityFilter{Groups: r.GetGroups(), Text: redact.Line(r.GetText(), maxSearch), Subject: r.GetSubject(), From: moment(r.GetFromMs()), To: moment(r.GetToMs())}
	if len(f.Groups) > maxSources || len(f.Subject) > store.MaxText {
		return f, invalid("filter-invalid", "the filter names more than there is")
	}
	known := map[string]bool{}
	for _, group := range store.ActivityGroups() {
		known[group] = true
	}
	for _, group := range f.Groups {
		if !known[group] {
			return f, invalid("filter-invalid", "there is no such group")
		}
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, invalid("filter-invalid", "the time ends before it begins")
	}
	return f, nil
}

// activity is an entry as windows get it.
func activity(e *store.Record, witnessed int64) *hostpb.Activity {
	fields := make(map[string]string, len(e.Fields)+len(e.Personal))
	maps.Copy(fields, e.Fields)
	maps.Copy(fields, e.Personal)
	return &hostpb.Activity{
		Index: uint64(e.Index), UnixMs: e.Time.UnixMilli(), Kind: e.Kind, Actor: e.Actor, Subject: e.Subject, Fields: fields,
		Proven: e.Proven, Witnessed: e.Index < witnessed, ClockBack: e.ClockBack,
		Erased: e.Erased, Damaged: e.Damaged, Confidential: e.Confidential, Group: store.ActivityGroup(e.Kind),
	}
}
