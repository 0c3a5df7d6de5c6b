package inventory

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// dueAtOnce bounds what one look erases.
const dueAtOnce = 100

// subject reads whose data is asked for: an e-mail address, which accounts are
// too.
func subject(s string) (string, bool) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || !plain(s, 254) {
		return "", false
	}
	return strings.ToLower(s), true
}

// person answers with everything that is kept about somebody. Only who looks
// after all regions of this deployment that the person may be in sees all of
// it; what is of a device in another region is left out.
func (i *Inventory) person(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var q cloudapi.PersonRequest
	if !web.Decode(w, r, &q, maxBody) {
		return
	}
	name, ok := subject(q.Subject)
	if !ok || q.Reason == "" || !plain(q.Reason, maxReasons) {
		bad(w, "An e-mail address or account, and a plain reason of at most 300 characters are needed.")
		return
	}
	if len(who.Sites) > 0 {
		web.Fail(w, http.StatusForbidden, "not-your-role", "This takes somebody who is not assigned to single sites.")
		return
	}
	if mine, err := i.looksAfter(r.Context(), who, name); err != nil {
		i.failed(w, "person", err)
		return
	} else if !mine {
		e := acts.Refusal{Kind: "person.export", Why: acts.WhyRegion, Person: name}.Event(who)
		e.Address = web.Address(r)
		if err := i.emit(r.Context(), e); err != nil {
			i.Log.Error("inventory: a refusal is not on the record", "error", err)
		}
		web.Fail(w, http.StatusForbidden, acts.ErrRegion.Code, acts.ErrRegion.Message)
		return
	}
	err := i.emit(r.Context(), events.Event{Kind: events.PersonExported, Severity: events.Notice, Actor: who.Account, Address: web.Address(r),
		Fields: map[string]string{"subject": name, "reason": q.Reason}})
	var p cloudapi.Person
	if err == nil {
		p, err = i.Data.PersonData(r.Context(), name)
	}
	if err == nil {
		p, err = i.inRegions(r.Context(), p, who)
	}
	if err != nil {
		i.failed(w, "person", err)
		return
	}
	web.JSON(w, p)
}

// looksAfter tells whether somebody may have the data of one who is of the
// staff, most of which belongs to no device. Auditors read the cloud's own record
// as it is; who is not of the staff is everybody's, by region.
func (i *Inventory) looksAfter(ctx context.Context, who cloudapi.Staff, account string) (bool, error) {
	if rights.May(who, rights.ReadCloud) {
		return true, nil
	}
	regions, err := i.Data.StaffRegions(ctx, account)
	return err == nil && (len(regions) == 0 || acts.LooksAfter(who, regions)), err
}

// inRegions leaves out what belongs to devices of other regions (P20).
func (i *Inventory) inRegions(ctx context.Context, p cloudapi.Person, who cloudapi.Staff) (cloudapi.Person, error) {
	list, err := i.Data.DeviceRegions(ctx)
	if err != nil {
		return p, err
	}
	for n := range p.Parts {
		part := &p.Parts[n]
		kept := []cloudapi.PersonRecord{}
		for _, record := range part.Records {
			if region := list[record.Device]; record.Device == "" || reaches(who, region) {
				kept = append(kept, record)
			}
		}
		part.Records = kept
		p.Counts[part.Name] = len(kept)
	}
	return p, nil
}

// EraseDue erases the personal data of devices whose life here has been over
// for as long as the configuration says.
func (i *Inventory) EraseDue(ctx context.Context) error {
	due, err := i.Data.DueErasures(ctx, dueAtOnce)
	if err != nil {
		return err
	}
	var errs []error
	for _, device := range due {
		d, err := i.Data.Device(ctx, device)
		if err == nil {
			err = i.emit(ctx, events.Event{Kind: events.PersonErased, Severity: events.Notice, Region: d.Region, Device: device, Fields: map[string]string{"why": "end-of-life"}})
		}
		if err == nil {
			err = i.Data.EraseDevice(ctx, device)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
