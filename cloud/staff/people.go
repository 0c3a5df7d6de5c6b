package staff

import (
	"net/http"
	"slices"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/account"
	"beckmanconnect/internal/cloudapi"
)

// people is the staff as an administrator sees it: who is signed in, and whom
// the cloud itself has a word on, of those whom they look after.
func (d *Desk) people(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	logins, err := d.Data.StaffSignedIn(r.Context())
	var kept []data.StaffPerson
	if err == nil {
		kept, err = d.Data.StaffPeople(r.Context())
	}
	list := []cloudapi.StaffEntry{}
	at := map[string]int{}
	of := func(account string) *cloudapi.StaffEntry {
		n, there := at[account]
		if !there {
			n = len(list)
			at[account] = n
			list = append(list, cloudapi.StaffEntry{Account: account})
		}
		return &list[n]
	}
	for _, l := range logins {
		if d.Now().UnixMilli()-l.UsedMS >= d.Rules.Idle.Milliseconds() {
			continue // it is over, and not yet forgotten
		}
		e := of(l.Staff.Account)
		if e.Sessions == 0 { // the last used comes first: what the SSO said most lately
			e.Name, e.Organisation, e.Roles, e.Said, e.SaidSites, e.UsedMS = l.Staff.Name, l.Staff.Organisation, l.Staff.Roles, l.Staff.Training, l.Staff.Sites, l.UsedMS
		}
		e.Sessions++
	}
	for _, p := range kept {
		e := of(p.Account)
		e.Trained, e.Training, e.Sites, e.Removed = p.Trained, p.Training, p.Sites, p.Removed
	}
	if err == nil {
		list, err = d.lookedAfter(r, who, list)
	}
	d.reply(w, list, err)
}

// lookedAfter leaves out whom an administrator does not look after.
func (d *Desk) lookedAfter(r *http.Request, who cloudapi.Staff, list []cloudapi.StaffEntry) ([]cloudapi.StaffEntry, error) {
	known, err := d.Data.AllStaffRegions(r.Context())
	if err != nil {
		return nil, err
	}
	all, err := d.Data.Regions(r.Context())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(e cloudapi.StaffEntry) bool {
		regions := known[e.Account]
		if len(regions) == 0 {
			regions = all
		}
		return !acts.LooksAfter(who, regions)
	}), nil
}

// signOutAll ends every session of an account that the caller looks after. It
// is on record first, and so is a refusal.
func (d *Desk) signOutAll(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var q cloudapi.SignOutRequest
	if !web.Decode(w, r, &q, maxActBytes) {
		return
	}
	plain, ok := account.Canonical(q.Account)
	reason, line := acts.Line(q.Reason)
	if !ok || !line {
		web.Fail(w, http.StatusBadRequest, "invalid", "An account and a reason of one line are needed.")
		return
	}
	regions, err := d.regions(r.Context(), plain)
	if err != nil {
		d.Log.Error("staff: sign-out failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "That did not work; try again.")
		return
	}
	if !acts.LooksAfter(who, regions) {
		d.refuse(r, who, acts.Refusal{Kind: "staff.sign-out", Why: acts.WhyRegion, Person: plain})
		web.Fail(w, http.StatusForbidden, acts.ErrRegion.Code, acts.ErrRegion.Message)
		return
	}
	err = d.note(r, events.SignOut, events.Notice, who.Account, map[string]string{"account": plain, "reason": reason})
	var ended int64
	if err == nil {
		ended, err = d.Data.EndStaffSessions(r.Context(), plain)
	}
	if err != nil {
		d.Log.Error("staff: sign-out failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "That did not work; try again.")
		return
	}
	d.Log.Info("staff signed out by an administrator", "sessions", ended)
	d.Feed.Changed() // the page's own socket, and a session's
	web.JSON(w, cloudapi.SignedOut{Sessions: ended})
}

// refuse puts on record that an administrator was refused. They stay refused
// when that fails.
func (d *Desk) refuse(r *http.Request, who cloudapi.Staff, what acts.Refusal) {
	if d.Events == nil {
		return
	}
	e := what.Event(who)
	e.Address = web.Address(r)
	if err := d.Events.Emit(r.Context(), e); err != nil {
		d.Log.Error("staff: a refusal is not on the record", "error", err)
	}
}
