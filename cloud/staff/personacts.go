package staff

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/account"
	"beckmanconnect/internal/cloudapi"
)

// Kinds of acts about the staff itself.
const (
	ActTraining = "staff.training" // what somebody is trained for and until when, and at which sites
	ActRemove   = "staff.remove"   // somebody may do nothing here any more
	ActRestore  = "staff.restore"
)

// trainingParams say what somebody may help with from now on.
type trainingParams struct {
	Account  string    `json:"account"`
	Training []trained `json:"training"`
	Sites    []string  `json:"sites"`
}

type accountParams struct {
	Account string `json:"account"`
}

var errParams = &acts.Error{Code: "act-params", Message: "An account, regions with the last day of a training, and sites are needed, as plain words."}

// registerActs adds the acts about the staff.
func (d *Desk) registerActs() {
	d.Acts.Register(ActTraining, d.describeTraining, d.setTraining)
	d.Acts.Register(ActRemove, d.describeRemoved, func(ctx context.Context, a cloudapi.Act) error { return d.setRemoved(ctx, a, true) })
	d.Acts.Register(ActRestore, d.describeRemoved, func(ctx context.Context, a cloudapi.Act) error { return d.setRemoved(ctx, a, false) })
}

func readTraining(params json.RawMessage) (p trainingParams, list []cloudapi.Training, err error) {
	if err := strictly(params, &p); err != nil {
		return p, nil, errParams
	}
	plain, ok := account.Canonical(p.Account)
	if !ok || len(p.Training) > maxRegions || len(p.Sites) > maxSites || slices.ContainsFunc(p.Sites, func(s string) bool { return !siteID.MatchString(s) }) {
		return p, nil, errParams
	}
	p.Account, p.Sites = plain, sorted(p.Sites)
	list, err = claims{Training: p.Training}.training()
	if err != nil || len(list) != len(p.Training) {
		return p, nil, errParams // a region named twice is not what somebody read
	}
	return p, list, nil
}

// describeTraining says what stands now and what would. It is decided by who
// looks after every region that the person has now or would have.
func (d *Desk) describeTraining(ctx context.Context, _ cloudapi.Staff, params json.RawMessage) (acts.Description, error) {
	p, list, err := readTraining(params)
	if err != nil {
		return acts.Description{}, err
	}
	now, err := d.person(ctx, p.Account)
	if err != nil {
		return acts.Description{}, err
	}
	regions, err := d.regions(ctx, p.Account)
	if err != nil {
		return acts.Description{}, err
	}
	for _, t := range list {
		regions = append(regions, t.Region)
	}
	regions = sorted(regions)
	var region string
	if len(regions) == 1 && len(list) == 1 {
		region = list[0].Region
	}
	return acts.Description{Region: region, Regions: regions, Person: p.Account, Lines: []cloudapi.ActLine{
		{Name: "account", Value: p.Account}, {Name: "decided-in", Value: strings.Join(regions, ", ")},
		{Name: "training-now", Value: trainingText(now.Trained, now.Training)}, {Name: "training-then", Value: trainingText(true, list)},
		{Name: "sites-now", Value: sitesText(now.Sites)}, {Name: "sites-then", Value: sitesText(p.Sites)},
	}}, nil
}

func (d *Desk) setTraining(ctx context.Context, a cloudapi.Act) error {
	p, list, err := readTraining(a.Params)
	if err != nil {
		return err
	}
	return d.change(ctx, p.Account, func(now *data.StaffPerson) {
		now.Trained, now.Training, now.Sites = true, list, p.Sites
	})
}

// change changes the cloud's word on somebody, and keeps with it the regions that
// they belonged to.
func (d *Desk) change(ctx context.Context, account string, change func(*data.StaffPerson)) error {
	regions, err := d.Data.StaffRegions(ctx, account)
	if err != nil {
		return err
	}
	if err := d.Data.ChangeStaffPerson(ctx, account, func(now *data.StaffPerson) {
		change(now)
		now.Regions = sorted(append(now.Regions, regions...))
	}); err != nil {
		return err
	}
	d.Feed.Changed()
	return nil
}

// regions gives the regions of which somebody must look after each to act on an
// account: those it belongs to, and where none is known every one there is.
func (d *Desk) regions(ctx context.Context, account string) ([]string, error) {
	list, err := d.Data.StaffRegions(ctx, account)
	if err == nil && len(list) == 0 {
		list, err = d.Data.Regions(ctx)
	}
	return list, err
}

// describeRemoved serves ActRemove and ActRestore.
func (d *Desk) describeRemoved(ctx context.Context, _ cloudapi.Staff, params json.RawMessage) (acts.Description, error) {
	var p accountParams
	if err := strictly(params, &p); err != nil {
		return acts.Description{}, errParams
	}
	plain, ok := account.Canonical(p.Account)
	if !ok {
		return acts.Description{}, errParams
	}
	now, err := d.person(ctx, plain)
	if err != nil {
		return acts.Description{}, err
	}
	regions, err := d.regions(ctx, plain)
	if err != nil {
		return acts.Description{}, err
	}
	state := "may-sign-in"
	if now.Removed {
		state = "removed"
	}
	return acts.Description{Regions: sorted(regions), Person: plain, Lines: []cloudapi.ActLine{
		{Name: "account", Value: plain}, {Name: "account-now", Value: state}, {Name: "decided-in", Value: strings.Join(regions, ", ")},
	}}, nil
}

func (d *Desk) setRemoved(ctx context.Context, a cloudapi.Act, removed bool) error {
	var p accountParams
	if err := strictly(a.Params, &p); err != nil {
		return errParams
	}
	plain, ok := account.Canonical(p.Account)
	if !ok {
		return errParams
	}
	return d.change(ctx, plain, func(now *data.StaffPerson) { now.Removed = removed })
}

// person is the cloud's word on an account as it is now, empty when it has none.
func (d *Desk) person(ctx context.Context, account string) (data.StaffPerson, error) {
	p, err := d.Data.StaffPerson(ctx, account)
	if errors.Is(err, data.ErrNotFound) {
		return data.StaffPerson{Account: account}, nil
	}
	return p, err
}

func trainingText(said bool, list []cloudapi.Training) string {
	if !said {
		return "as-signed-in"
	}
	var parts []string
	for _, t := range list {
		text := t.Region
		if t.UntilMS != 0 {
			text += " " + time.UnixMilli(t.UntilMS-1).UTC().Format(time.DateOnly)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func sitesText(list []string) string {
	if len(list) == 0 {
		return "every-site"
	}
	return strings.Join(list, ", ")
}

// strictly reads one JSON value with no field more than is known: what nobody
// was shown must not be carried out.
func strictly(raw json.RawMessage, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.Decode(&struct{}{}) != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}
