package staff

import (
	"context"
	"errors"
	"net/http"

	"golang.org/x/time/rate"

	"beckmanconnect/cloud/cases"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// maxActBody bounds an act on a case: a note of 2,000 characters with room.
const maxActBody = 32 << 10

// acting bounds how often one address acts on cases.
var acting = struct {
	every rate.Limit
	burst int
}{rate.Limit(10), 60}

// registerCases mounts the desk.
func (d *Desk) registerCases(mux web.Mux) {
	limit := &web.Limiter{Every: acting.every, Burst: acting.burst}
	act := web.Method(http.MethodPost, limit.Limit(d.signedIn(rights.SeeQueue, d.caseAct)))
	mux.Handle(cloudapi.PathCase, d.Networks.Only(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			d.signedIn(rights.SeeQueue, d.caseFile)(w, r)
			return
		}
		act(w, r)
	})))
	mux.Handle(cloudapi.PathColleagues, d.Networks.Only(web.Method(http.MethodGet, d.signedIn(rights.SeeQueue, d.colleagues))))
	mux.Handle(cloudapi.PathHistory, d.Networks.Only(web.Method(http.MethodGet, d.signedIn(rights.SeeDevices, d.history))))
}

// joins tells whether somebody may come in by a request: by role and site, and
// because its case is theirs or nobody's, or they were invited.
func (d *Desk) joins(r *http.Request, who cloudapi.Staff, req cloudapi.Request) bool {
	if !d.Cases.Reach(r.Context(), who, rights.Help, req.Device, req.Region) {
		return false
	}
	err := d.Cases.Join(r.Context(), who, req.ID, web.Address(r))
	var no *cases.Refusal
	switch {
	case errors.As(err, &no):
		d.Log.Warn("desk: not let in", "request", req.ID, "why", no.Code)
	case err != nil:
		d.Log.Error("desk: nobody is let in", "request", req.ID, "error", err)
	}
	return err == nil
}

func (d *Desk) caseFile(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	f, err := d.Cases.Read(r.Context(), who, r.URL.Query().Get("case"))
	d.replyCase(w, f, err)
}

func (d *Desk) caseAct(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var a cloudapi.CaseAct
	if !web.Decode(w, r, &a, maxActBody) {
		return
	}
	// What was begun is done also when the page that asked is gone.
	c, err := d.Cases.Act(context.WithoutCancel(r.Context()), who, a, web.Address(r))
	if err == nil {
		d.Log.Info("desk", "act", a.Act, "case", c.Number, "device", c.Device)
	}
	d.replyCase(w, c, err)
}

func (d *Desk) colleagues(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	list, err := d.Cases.Colleagues(r.Context(), who, r.URL.Query().Get("case"))
	d.replyCase(w, list, err)
}

func (d *Desk) history(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	device, ok := d.own(w, r, who)
	if !ok {
		return
	}
	if !d.Cases.Reach(r.Context(), who, rights.SeeDevices, device.ID, device.Region) {
		web.Fail(w, http.StatusNotFound, "unknown-device", "There is no such device in your regions.")
		return
	}
	h, err := d.Cases.History(r.Context(), who, device)
	d.reply(w, h, err)
}

// replyCase answers with v, or with why not.
func (d *Desk) replyCase(w http.ResponseWriter, v any, err error) {
	var no *cases.Refusal
	if !errors.As(err, &no) {
		d.reply(w, v, err)
		return
	}
	status := http.StatusBadRequest
	switch no.Code {
	case "unknown-case":
		status = http.StatusNotFound
	case "forbidden", "not-them", "not-yours":
		status = http.StatusForbidden
	case "taken", "theirs", "not-taken", "over", "in-session", "no-session", "full":
		status = http.StatusConflict
	}
	web.Fail(w, status, no.Code, no.Message)
}
