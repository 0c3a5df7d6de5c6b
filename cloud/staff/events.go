package staff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/eventlog"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Bounds of a page and of an export.
const (
	eventPage      = 100
	maxExport      = 1_000_000
	maxEventFilter = 254 // characters of what is looked for
)

func (d *Desk) registerEvents(get func(string, http.HandlerFunc)) {
	get(cloudapi.PathEvents, d.signedIn(rights.ReadRecord, d.events))
	get(cloudapi.PathEventsExport, d.limit.Limit(d.signedIn(rights.ReadRecord, d.exportEvents)))
}

// emit puts what somebody of the staff does on record. What they asked for is
// done only when it is.
func (d *Desk) emit(r *http.Request, kind events.Kind, who cloudapi.Staff, fields map[string]string) error {
	if d.Events == nil {
		return nil
	}
	return d.Events.Emit(r.Context(), events.Event{Kind: kind, Severity: events.Info, Actor: who.Account, Address: web.Address(r), Fields: fields})
}

// readsRegions gives the regions whose record somebody may read, "" among them for
// what belongs to none; nothing when their role reads no record.
func readsRegions(who cloudapi.Staff) (regions []string) {
	if !rights.May(who, rights.ReadRecord) {
		return nil
	}
	if rights.May(who, rights.ReadCloud) {
		regions = append(regions, "")
	}
	return append(regions, who.Regions...)
}

// asked reads what of the record is asked for; it answers itself when that is
// refused or not understood.
func (d *Desk) asked(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) (q data.EventQuery, may []string, ok bool) {
	if may = readsRegions(who); len(may) == 0 {
		web.Fail(w, http.StatusForbidden, "role", "Your role does not read the record.")
		return q, nil, false
	}
	q, err := eventQuery(r.URL.Query(), may)
	if err != nil {
		web.Fail(w, http.StatusBadRequest, "query", "This filter is not understood: "+err.Error()+".")
		return q, nil, false
	}
	if len(who.Sites) > 0 {
		q.Within = d.within(r.Context(), who)
	}
	return q, may, true
}

// within tells of each device whether it stands at a site of somebody's.
func (d *Desk) within(ctx context.Context, who cloudapi.Staff) func(string) bool {
	known := map[string]bool{}
	return func(device string) bool {
		may, ok := known[device]
		if !ok {
			may = d.MaySite(ctx, who, device)
			known[device] = may
		}
		return may
	}
}

func eventQuery(v url.Values, may []string) (q data.EventQuery, err error) {
	q = data.EventQuery{Regions: slices.Clone(may), Actor: v.Get("actor"), Device: v.Get("device"), Request: v.Get("request"), Limit: eventPage}
	if v.Has("region") {
		// Another region than one's own is an empty list, not an error.
		q.Regions = slices.DeleteFunc(q.Regions, func(region string) bool { return region != v.Get("region") })
	}
	all := make([]string, len(events.Kinds))
	for i, k := range events.Kinds {
		all[i] = string(k)
	}
	if q.Kinds, err = words(v.Get("kind"), all...); err != nil {
		return q, errors.New("there is no such kind")
	}
	for _, text := range []string{q.Actor, q.Device, q.Request} {
		if len(text) > maxEventFilter {
			return q, errors.New("the text is too long")
		}
	}
	if s := v.Get("severity"); s != "" {
		if q.Severity, err = strconv.Atoi(s); err != nil || q.Severity < 1 || q.Severity > 7 {
			return q, errors.New("a severity is a number from 1 to 7")
		}
	}
	for name, to := range map[string]*int64{"from": &q.FromMS, "to": &q.ToMS, "before": &q.Before, "after": &q.After} {
		if *to, err = number(v.Get(name)); err != nil {
			return q, err
		}
	}
	return q, nil
}

// filterFields says on record what was looked for.
func filterFields(v url.Values) map[string]string {
	fields := map[string]string{"what": "events"}
	for _, name := range []string{"kind", "severity", "actor", "device", "request", "region", "from", "to", "format"} {
		if v.Get(name) != "" {
			fields[name] = v.Get(name)
		}
	}
	return fields
}

// events answers with a page of the record. Its first page is on record itself;
// what follows of the same look is not, or a page that follows along would
// never come to rest.
func (d *Desk) events(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	q, may, ok := d.asked(w, r, who)
	if !ok {
		return
	}
	if q.Before == 0 && q.After == 0 {
		if err := d.emit(r, events.RecordRead, who, filterFields(r.URL.Query())); err != nil {
			d.reply(w, nil, err)
			return
		}
	}
	list, next, err := d.Data.Events(r.Context(), q)
	page := cloudapi.EventPage{Rows: make([]cloudapi.EventLine, 0, len(list)), Regions: may}
	for _, e := range list {
		page.Rows = append(page.Rows, eventlog.LineOf(e))
	}
	for _, k := range events.Kinds {
		page.Kinds = append(page.Kinds, string(k))
	}
	if next > 0 {
		page.Next = strconv.FormatInt(next, 10)
	}
	d.reply(w, page, err)
}

// exportEvents answers with a file, newest first, once it is on record who
// takes it.
func (d *Desk) exportEvents(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	q, _, ok := d.asked(w, r, who)
	if !ok {
		return
	}
	format := eventlog.Format(r.URL.Query().Get("format"))
	kinds := map[eventlog.Format]string{eventlog.JSONLines: "application/x-ndjson", eventlog.CSV: "text/csv; charset=utf-8"}
	if kinds[format] == "" {
		web.Fail(w, http.StatusBadRequest, "format", "An export is jsonl or csv.")
		return
	}
	if err := d.emit(r, events.RecordExported, who, filterFields(r.URL.Query())); err != nil {
		d.reply(w, nil, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kinds[format])
	h.Set("Content-Disposition", `attachment; filename="events.`+string(format)+`"`)
	out, err := eventlog.NewWriter(w, format)
	for n := 0; err == nil && n < maxExport; {
		var list []data.Event
		list, q.Before, err = d.Data.Events(r.Context(), q)
		for i := 0; err == nil && i < len(list); i++ {
			err = out.Write(list[i])
		}
		n += len(list)
		if q.Before == 0 {
			break
		}
	}
	if err != nil {
		// The file must not look whole: the connection is cut.
		d.Log.Error("staff: export of events broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
}
