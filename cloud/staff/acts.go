package staff

import (
	"errors"
	"net/http"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

const maxActBytes = 32 << 10

// mountActs serves acts that take two people, to administrators.
func (d *Desk) mountActs(mux web.Mux) {
	admin := func(h handler) http.HandlerFunc { return d.signedIn(rights.Administer, h) }
	mux.Handle(cloudapi.PathActs, d.Networks.Only(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			admin(d.listActs)(w, r)
			return
		}
		web.Method(http.MethodPost, d.sending.Limit(admin(d.proposeAct)))(w, r)
	})))
	mux.Handle(cloudapi.PathActConfirm, d.Networks.Only(web.Method(http.MethodPost, d.sending.Limit(admin(d.confirmAct)))))
	mux.Handle(cloudapi.PathActReject, d.Networks.Only(web.Method(http.MethodPost, d.sending.Limit(admin(d.rejectAct)))))
	mux.Handle(cloudapi.PathPeople, d.Networks.Only(web.Method(http.MethodGet, admin(d.people))))
	mux.Handle(cloudapi.PathSignOutAll, d.Networks.Only(web.Method(http.MethodPost, d.sending.Limit(admin(d.signOutAll)))))
}

func (d *Desk) listActs(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	list, err := d.Acts.List(r.Context(), who)
	d.reply(w, list, err)
}

// acting is who calls, in which session: two acts of one session are never
// those of two people.
func (d *Desk) acting(r *http.Request) (acts.By, bool) {
	l, ok := d.session(r)
	return acts.By{Staff: l.Staff, Session: l.hash}, ok
}

func (d *Desk) proposeAct(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
	var p cloudapi.ActProposal
	by, ok := d.acting(r)
	if !web.Decode(w, r, &p, maxActBytes) {
		return
	}
	if !ok {
		web.Fail(w, http.StatusUnauthorized, "signed-out", "Sign in first.")
		return
	}
	act, err := d.Acts.Propose(r.Context(), by, p)
	d.replyAct(w, act, err)
}

func (d *Desk) confirmAct(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
	d.decide(w, r, func(by acts.By, what cloudapi.ActDecision) (cloudapi.Act, error) {
		return d.Acts.Confirm(r.Context(), by, what)
	})
}

func (d *Desk) rejectAct(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
	d.decide(w, r, func(by acts.By, what cloudapi.ActDecision) (cloudapi.Act, error) {
		return d.Acts.Reject(r.Context(), by, what)
	})
}

func (d *Desk) decide(w http.ResponseWriter, r *http.Request, f func(acts.By, cloudapi.ActDecision) (cloudapi.Act, error)) {
	var what cloudapi.ActDecision
	by, ok := d.acting(r)
	if !web.Decode(w, r, &what, maxActBytes) {
		return
	}
	if !ok {
		web.Fail(w, http.StatusUnauthorized, "signed-out", "Sign in first.")
		return
	}
	act, err := f(by, what)
	d.replyAct(w, act, err)
}

func (d *Desk) replyAct(w http.ResponseWriter, act cloudapi.Act, err error) {
	var refused *acts.Error
	if errors.As(err, &refused) {
		web.Fail(w, http.StatusConflict, refused.Code, refused.Message)
		return
	}
	if err == nil {
		d.Log.Info("administrative act", "act", act.ID, "kind", act.Kind, "state", act.State)
		d.Feed.Changed()
	}
	d.reply(w, act, err)
}
