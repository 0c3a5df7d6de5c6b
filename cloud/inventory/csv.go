package inventory

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

var columns = []string{"type", "serial", "device", "region", "site", "online", "since", "version", "channel", "version since", "registered", "confirmed", "state"}

// csv answers with every instrument that fits the filter. Who took it is on
// record.
func (i *Inventory) csv(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	q, err := query(r.URL.Query(), who)
	if err != nil {
		web.Fail(w, http.StatusBadRequest, "query", "This filter is not understood: "+err.Error()+".")
		return
	}
	q.After, q.Limit = "", 1000
	page, err := i.Data.Instruments(r.Context(), q)
	if err == nil {
		err = i.emit(r.Context(), events.Event{Kind: events.RecordExported, Severity: events.Notice, Actor: who.Account, Region: q.Region, Address: web.Address(r),
			Fields: map[string]string{"what": "instruments", "rows": strconv.Itoa(page.Total)}})
	}
	if err != nil {
		i.failed(w, "export", err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="instruments.csv"`)
	out := csv.NewWriter(w)
	err = out.Write(columns)
	for err == nil {
		for _, d := range page.Rows {
			err = errors.Join(err, out.Write(row(d)))
		}
		if page.Next == "" || err != nil {
			break
		}
		q.After = page.Next
		page, err = i.Data.Instruments(r.Context(), q)
	}
	out.Flush()
	if err := errors.Join(err, out.Error()); err != nil {
		// Half a table would be taken for a whole one.
		i.Log.Error("inventory: export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
}

func row(d cloudapi.Instrument) []string {
	cells := []string{d.Type, d.Serial, d.ID, d.Region, d.SiteName, strconv.FormatBool(d.Online), stamp(d.SinceMS), d.Status.Version, d.Channel,
		stamp(d.VersionMS), stamp(d.RegisteredMS), stamp(d.ConfirmedMS), state(d)}
	for n := range cells {
		cells[n] = inert(cells[n])
	}
	return cells
}

// inert keeps a spreadsheet from taking a text for a formula (scenario 49).
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%'\"＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}

func state(d cloudapi.Instrument) string {
	switch {
	case d.RetiredMS > 0:
		return cloudapi.StateRetired
	case d.RevokedMS > 0:
		return cloudapi.StateRevoked
	case d.Copied:
		return cloudapi.StateCopied
	case d.ConfirmedMS == 0:
		return cloudapi.StateUnconfirmed
	}
	return ""
}
