package window

import (
	"context"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// fetchActivity gets what the activity page lacks, one call of a kind at a time.
func (p *program) fetchActivity() {
	p.fetchEntries()
	d := &p.state.Activity.Detail
	if !d.Open || !d.Stale || p.fetchingEntry {
		return
	}
	d.Stale, p.fetchingEntry = false, true
	index := d.Index
	var got *hostpb.ActivityDetail
	p.call(callTime, "GetActivity", func(ctx context.Context, host hostpb.HostClient) (err error) {
		got, err = host.GetActivity(ctx, &hostpb.GetActivityRequest{Index: index})
		return err
	}, func(err error) {
		p.fetchingEntry = false
		d := &p.state.Activity.Detail
		switch {
		case err == nil:
			p.state.PutEntry(index, got)
		case !d.Open || d.Index != index:
		case client.Detail(err).GetCode() == "service-unavailable":
			d.Stale = true // again when the service is back
		default:
			d.Gone = true
		}
	})
}

// fetchEntries gets the list's next page.
func (p *program) fetchEntries() {
	list := &p.state.Activity.List
	want, ok := list.Want(p.now())
	if !ok {
		return
	}
	var got model.ActivityGot
	p.call(callTime, "ListActivity", func(ctx context.Context, host hostpb.HostClient) (err error) {
		got, err = want.Get(func(r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) { return host.ListActivity(ctx, r) })
		return err
	}, func(err error) {
		if err == nil {
			list.Put(got)
			return
		}
		list.Failed(want)
	})
}

// FilterActivity is part of view.Actions. The filter is kept as long as the
// program runs.
func (p *program) FilterActivity(f model.ActivityFilter) {
	p.state.Activity.Detail = model.ActivityDetail{}
	p.state.Activity.List.SetFilter(f)
	p.refresh()
}

// SeeActivity is part of view.Actions. It is called while the list is being
// drawn, so it draws nothing.
func (p *program) SeeActivity(from, to int) {
	p.state.Activity.List.See(from, to)
	if p.state.Connected {
		p.fetchEntries()
	}
}

// ReloadActivity is part of view.Actions.
func (p *program) ReloadActivity() {
	p.state.Activity.List.Retry()
	p.refresh()
}

// OpenActivity is part of view.Actions.
func (p *program) OpenActivity(index uint64) {
	p.state.OpenActivity(index)
	p.refresh()
}

// BackFromActivity is part of view.Actions.
func (p *program) BackFromActivity() {
	p.state.BackFromActivity()
	p.refresh()
}

// CopyProof is part of view.Actions.
func (p *program) CopyProof() {
	d := &p.state.Activity.Detail
	if proof := d.Got.GetProof(); proof != "" {
		p.app.Clipboard().SetContent(proof)
		d.Copied = true
		p.refresh()
	}
}
