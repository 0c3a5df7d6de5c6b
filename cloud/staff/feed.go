package staff

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Bounds of what is asked for and answered.
const (
	feedPage       = 50
	maxSearch      = 100 // characters of a text that is looked for
	presenceDays   = 30
	maxPresence    = 2000
	accessHelpLogs = "help-logs"
)

// feed answers with a page of the notifications of the devices this person is
// trained for. Whatever is asked for, the answer is narrowed by their regions
// as they are now (P20).
func (d *Desk) feed(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	q, members, err := feedQuery(r.URL.Query(), who.Regions)
	if err != nil {
		web.Fail(w, http.StatusBadRequest, "query", "This filter is not understood: "+err.Error()+".")
		return
	}
	var (
		page cloudapi.FeedPage
		next int64
	)
	if members > 0 {
		page.Rows, next, err = d.Data.FeedMembers(r.Context(), who.Regions, members, q.Before, q.Limit)
	} else {
		page.Rows, next, err = d.Data.Feed(r.Context(), q)
	}
	if errors.Is(err, data.ErrNotFound) {
		web.Fail(w, http.StatusNotFound, "unknown-row", "There is no such notification in your regions.")
		return
	}
	page.Rows = slices.DeleteFunc(page.Rows, func(row cloudapi.FeedRow) bool { return !d.MaySite(r.Context(), who, row.Device) })
	if next > 0 {
		page.Next = strconv.FormatInt(next, 10)
	}
	d.reply(w, page, err)
}

func feedQuery(v url.Values, regions []string) (q data.FeedQuery, members int64, err error) {
	q = data.FeedQuery{Regions: slices.Clone(regions), Device: v.Get("device"), Text: strings.TrimSpace(v.Get("text")), Limit: feedPage}
	slices.Sort(q.Regions)
	q.Regions = slices.Compact(q.Regions)
	if region := v.Get("region"); region != "" {
		// Another region than one's own is an empty list, not an error: who may
		// not see it learns nothing about it.
		q.Regions = slices.DeleteFunc(q.Regions, func(r string) bool { return r != region })
	}
	if q.Severities, err = words(v.Get("severity"), "info", "low", "medium", "high"); err != nil {
		return q, 0, err
	}
	if q.States, err = words(v.Get("state"), "raised", "acknowledged", "shelved", "cleared", "digest"); err != nil {
		return q, 0, err
	}
	if !utf8.ValidString(q.Text) || utf8.RuneCountInString(q.Text) > maxSearch || len(q.Device) > 64 {
		return q, 0, errors.New("the text is too long")
	}
	if q.Before, err = number(v.Get("before")); err != nil {
		return q, 0, err
	}
	members, err = number(v.Get("members"))
	return q, members, err
}

// words reads a list of words with commas.
func words(list string, known ...string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	out := strings.Split(list, ",")
	if slices.ContainsFunc(out, func(w string) bool { return !slices.Contains(known, w) }) {
		return nil, errors.New("there are " + strings.Join(known, ", "))
	}
	return out, nil
}

func number(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, errors.New("a number is none")
	}
	return n, nil
}

// own gives a device of this person's regions; for any other it answers that
// there is none.
func (d *Desk) own(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) (data.DeviceRecord, bool) {
	device, err := d.Data.Device(r.Context(), r.URL.Query().Get("device"))
	if err != nil && !errors.Is(err, data.ErrNotFound) {
		d.Log.Error("staff: device cannot be looked up", "error", err)
	}
	if err != nil || !d.Reaches(r.Context(), who, device.ID, device.Region) {
		web.Fail(w, http.StatusNotFound, "unknown-device", "There is no such device in your regions.")
		return device, false
	}
	return device, true
}

// presence answers with a device's online history of the last 30 days, newest
// first, and what held when they began (P14).
func (d *Desk) presence(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	device, ok := d.own(w, r, who)
	if !ok {
		return
	}
	list, err := d.Data.History(r.Context(), device.ID, d.Now().Add(-presenceDays*24*time.Hour), maxPresence)
	d.reply(w, list, err)
}

// helpLogs answers with the scrubbed text that came with a request, once it is
// on record who reads it.
func (d *Desk) helpLogs(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	device, logs, err := d.Data.HelpLogs(r.Context(), r.URL.Query().Get("request"))
	var notOpen *data.UploadError
	withheld := errors.As(err, &notOpen)
	if errors.Is(err, data.ErrNotFound) || (err == nil || withheld) && !d.Reaches(r.Context(), who, device.ID, device.Region) {
		web.Fail(w, http.StatusNotFound, "no-logs", "There are no logs of such a request in your regions.")
		return
	}
	if withheld {
		notScanned(w, notOpen)
		return
	}
	if err == nil {
		err = d.Data.LogAccess(r.Context(), who, accessHelpLogs, device.ID, logs.Request)
	}
	d.reply(w, logs, err)
}
