package window

import (
	"context"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// want notes what has become stale.
func (p *program) want(r model.Reload) {
	p.stale.Policy = p.stale.Policy || r.Policy
	p.stale.Terms = p.stale.Terms || r.Terms
}

// fetch gets what is stale, one call of a kind at a time: however fast events
// come, at most one is on its way and one waits.
func (p *program) fetch() {
	if !p.state.Connected {
		return
	}
	p.fetchAlarms()
	p.prepareLogs()
	p.fetchOne(&p.stale.Policy, &p.fetching.Policy, "ExplainPolicy", p.loadPolicy)
	p.fetchOne(&p.stale.Terms, &p.fetching.Terms, "GetTerms", loadTerms(p, p.kit.Words.Lang()))
	if p.content.Page() == view.Home {
		p.fetchHome()
	}
	if p.content.Page() == view.Activity {
		p.fetchActivity()
	}
}

// loader gets something and returns what puts it into the state.
type loader func(context.Context, hostpb.HostClient) (put func(), err error)

func (p *program) fetchOne(stale, fetching *bool, what string, load loader) {
	if !*stale || *fetching {
		return
	}
	*stale, *fetching = false, true
	var put func()
	p.call(callTime, what, func(ctx context.Context, host hostpb.HostClient) (err error) {
		put, err = load(ctx, host)
		return err
	}, func(err error) {
		*fetching = false
		switch {
		case err == nil:
			put()
		case client.Detail(err).GetCode() == "service-unavailable":
			*stale = true // again when the service is back
		default:
			p.state.Failure = client.Code(err)
		}
	})
}

func (p *program) loadPolicy(ctx context.Context, host hostpb.HostClient) (func(), error) {
	explained, err := host.ExplainPolicy(ctx, &hostpb.ExplainPolicyRequest{})
	return func() { p.state.Policy = explained }, err
}

// loadTerms gets them in a language, which another choice may change meanwhile.
func loadTerms(p *program, lang string) loader {
	return func(ctx context.Context, host hostpb.HostClient) (func(), error) {
		terms, err := host.GetTerms(ctx, &hostpb.GetTermsRequest{Language: lang})
		return func() { p.state.Terms = terms }, err
	}
}

// fetchHome gets what the first page shows.
func (p *program) fetchHome() {
	home := &p.state.Home
	if !home.Want(p.now()) {
		return
	}
	var got model.HomeGot
	p.call(callTime, "ListNotifications", func(ctx context.Context, host hostpb.HostClient) (err error) {
		got, err = model.GetHome(
			func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
				return host.ListNotifications(ctx, r)
			},
			func(r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) { return host.ListActivity(ctx, r) })
		return err
	}, func(err error) {
		if err != nil {
			home.Failed()
			return
		}
		home.Put(got)
	})
}
