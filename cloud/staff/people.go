package staff

import (
	"net/http"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/account"
	"beckmanconnect/internal/cloudapi"
)

// people is the staff as an administrator sees it: who is signed in, and whom
// the cloud itself has a word on.
func (d *Desk) people(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
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
	d.reply(w, list, err)
}

// signOutAll ends every session of an account. It is on record first.
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
	err := d.note(r, events.SignOut, events.Notice, who.Account, map[string]string{"account": plain, "reason": reason})
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
