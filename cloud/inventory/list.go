package inventory

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

const (
	pageSize    = 100
	maxText     = 100 // characters that are looked for
	maxSessions = 100
)

var states = []string{"", cloudapi.StateOnline, cloudapi.StateOffline, cloudapi.StateUnconfirmed, cloudapi.StateCopied, cloudapi.StateRevoked, cloudapi.StateRetired}

// query reads a filter. Another region or site than one's own is an empty list,
// not an error: who may not see it learns nothing about it.
func query(v url.Values, who cloudapi.Staff) (data.InstrumentQuery, error) {
	q := data.InstrumentQuery{
		Scope: data.Of(who), Region: v.Get("region"), Site: v.Get("site"), Group: v.Get("group"), State: v.Get("state"),
		Version: v.Get("version"), Channel: v.Get("channel"), Text: v.Get("text"), After: v.Get("after"), Limit: pageSize,
	}
	if !slices.Contains(states, q.State) {
		return q, errors.New("there is no such state")
	}
	for _, s := range []string{q.Region, q.Site, q.Group, q.Version, q.Channel, q.Text} {
		if !plain(s, maxText) {
			return q, errors.New("a text is too long, or none")
		}
	}
	if len(q.After) > 1024 {
		return q, errors.New("this is no place to go on from")
	}
	return q, nil
}

func (i *Inventory) list(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	q, err := query(r.URL.Query(), who)
	if err != nil {
		web.Fail(w, http.StatusBadRequest, "query", "This filter is not understood: "+err.Error()+".")
		return
	}
	page, err := i.Data.Instruments(r.Context(), q)
	switch {
	case errors.Is(err, data.ErrPlace):
		web.Fail(w, http.StatusBadRequest, "query", "This filter is not understood: this is no place to go on from.")
	case err != nil:
		i.failed(w, "list", err)
	default:
		web.JSON(w, page)
	}
}

func (i *Inventory) one(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	record, ok := i.own(w, r, who, r.URL.Query().Get("device"))
	if !ok {
		return
	}
	var (
		d    cloudapi.InstrumentDetail
		errs [5]error
	)
	ctx := r.Context()
	d.Instrument, d.Email, d.AskedMS, errs[0] = i.Data.Instrument(ctx, record.ID)
	d.Groups, errs[1] = i.Data.GroupsOf(ctx, record.ID)
	d.History, errs[2] = i.Data.DeviceHistory(ctx, record.ID)
	d.Sessions, errs[3] = i.Data.DeviceSessions(ctx, record.ID, maxSessions)
	var identity []data.IdentityRecord
	identity, errs[4] = i.Data.IdentityRecords(ctx, record.ID)
	if err := errors.Join(errs[:]...); err != nil {
		i.failed(w, "detail", err)
		return
	}
	d.Instrument.LogEntries, d.Instrument.LogWitnessedMS, d.Instrument.LogTrouble = record.LogEntries, record.LogWitnessedMS, record.LogTrouble
	d.Identity = make([]cloudapi.History, len(identity))
	for n, e := range identity {
		d.Identity[n] = cloudapi.History{Kind: e.Kind, By: e.By, To: e.Other, Text: e.Reason, AtMS: e.AtMS}
	}
	if !rights.May(who, rights.Registry) && !rights.May(who, rights.ReadRecord) {
		d.Email = "" // who helps needs the name
	}
	web.JSON(w, d)
}

func (i *Inventory) places(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	scope, ctx := data.Of(who), r.Context()
	var (
		p     = cloudapi.Places{Regions: []cloudapi.RegionPlace{}, Write: rights.May(who, rights.Registry)}
		sites []cloudapi.Site
		count map[string][2]int
		errs  [5]error
	)
	sites, errs[0] = i.Data.Sites(ctx, scope)
	count, errs[1] = i.Data.RegionCounts(ctx, scope)
	p.Groups, errs[2] = i.Data.Groups(ctx, scope)
	p.Versions, errs[3] = i.Data.VersionCounts(ctx, scope)
	p.States, errs[4] = i.Data.StateCounts(ctx, scope)
	if err := errors.Join(errs[:]...); err != nil {
		i.failed(w, "places", err)
		return
	}
	for _, region := range slices.Compact(slices.Sorted(slices.Values(who.Regions))) {
		place := cloudapi.RegionPlace{Region: region, Devices: count[region][0], Unassigned: count[region][1], Sites: []cloudapi.Site{}}
		for _, s := range sites {
			if s.Region == region {
				place.Sites = append(place.Sites, s)
			}
		}
		p.Regions = append(p.Regions, place)
	}
	web.JSON(w, p)
}
