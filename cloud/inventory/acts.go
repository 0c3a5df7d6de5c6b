package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// Kinds of acts of the registry, which take two people.
const (
	ActRetire  = "device.retire"  // {"device"}: its life is over
	ActRelease = "device.release" // {"device","to"}: it goes to another deployment, "https://host"
	ActErase   = "person.erase"   // {"subject"}
)

// deviceParams are the parameters of ActRetire and ActRelease.
type deviceParams struct {
	Device string `json:"device"`
	To     string `json:"to,omitempty"`
}

type personParams struct {
	Subject string `json:"subject"`
}

// RegisterActs adds the registry's acts.
func (i *Inventory) RegisterActs(a *acts.Acts) {
	a.Register(ActRetire, i.describeEnd(false), i.end)
	a.Register(ActRelease, i.describeEnd(true), i.end)
	a.Register(ActErase, i.describeErase, i.erase)
}

func refuse(code, message string) error { return &acts.Error{Code: code, Message: message} }

var errDevice = refuse("unknown-device", "There is no such device in your regions.")

// strict reads parameters; what is not known is refused, since nobody would
// read it.
func strict(raw json.RawMessage, into any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refuse("act-params", "These parameters are not understood.")
	}
	return nil
}

func (i *Inventory) describeEnd(release bool) acts.Describe {
	return func(ctx context.Context, by cloudapi.Staff, raw json.RawMessage) (acts.Description, error) {
		var p deviceParams
		if err := strict(raw, &p); err != nil {
			return acts.Description{}, err
		}
		d, err := i.Data.Device(ctx, p.Device)
		switch {
		case errors.Is(err, data.ErrNotFound) || err == nil && !data.Of(by).Sees(d.Region, d.Site):
			return acts.Description{}, errDevice
		case err != nil:
			return acts.Description{}, err
		case d.RetiredMS > 0:
			return acts.Description{}, refuse("retired", "This instrument's life here is over already.")
		case release && !deployment(p.To):
			return acts.Description{}, refuse("act-params", "The other deployment must be https:// and a host name.")
		case !release && p.To != "":
			return acts.Description{}, refuse("act-params", "These parameters are not understood.")
		}
		lines := []cloudapi.ActLine{{Name: "instrument", Value: d.Type}, {Name: "serial", Value: d.Serial}, {Name: "device", Value: d.ID}, {Name: "site", Value: d.SiteName}}
		if release {
			lines = append(lines, cloudapi.ActLine{Name: "register-at", Value: p.To})
		}
		lines = append(lines, cloudapi.ActLine{Name: "erase-days", Value: strconv.Itoa(int(i.EraseAfter.Hours() / 24))})
		return acts.Description{Region: d.Region, Device: d.ID, Lines: lines}, nil
	}
}

func deployment(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && to == "https://"+u.Host && plain(to, 200)
}

// end carries ActRetire and ActRelease out. What watches the record of
// identities cuts the device's sockets on every node.
func (i *Inventory) end(ctx context.Context, a cloudapi.Act) error {
	var p deviceParams
	if err := strict(a.Params, &p); err != nil {
		return err
	}
	err := i.emit(ctx, events.Event{Kind: events.Retired, Severity: events.Notice, Actor: a.By, Region: a.Region, Device: p.Device,
		Fields: map[string]string{"act": a.ID, "to": p.To, "reason": a.Reason}})
	if err != nil {
		return err
	}
	err = i.Data.Retire(ctx, data.Ending{Device: p.Device, To: p.To, By: a.By, Reason: a.Reason, Erase: i.Now().Add(i.EraseAfter)})
	if err == nil {
		i.Changed()
	}
	return err
}

// describeErase takes somebody who looks after every region that the person
// registered an instrument in, or belongs to as one of the staff: an erasure
// signs them out. Of whom no region is known something may stand in any.
func (i *Inventory) describeErase(ctx context.Context, _ cloudapi.Staff, raw json.RawMessage) (acts.Description, error) {
	var p personParams
	if err := strict(raw, &p); err != nil {
		return acts.Description{}, err
	}
	name, ok := subject(p.Subject)
	if !ok {
		return acts.Description{}, refuse("act-params", "An e-mail address or account is needed.")
	}
	regions, err := i.Data.RegisteredBy(ctx, name)
	if err != nil {
		return acts.Description{}, err
	}
	concerned, err := i.Data.StaffRegions(ctx, name)
	if err != nil {
		return acts.Description{}, err
	}
	n := 0
	for region, count := range regions {
		concerned = append(concerned, region)
		n += count
	}
	if len(concerned) == 0 {
		if concerned, err = i.Data.Regions(ctx); err != nil {
			return acts.Description{}, err
		}
	}
	slices.Sort(concerned)
	concerned = slices.Compact(concerned)
	return acts.Description{Regions: concerned, Person: name, Lines: []cloudapi.ActLine{
		{Name: "person", Value: name}, {Name: "regions", Value: strings.Join(slices.Sorted(maps.Keys(regions)), ", ")}, {Name: "instruments", Value: strconv.Itoa(n)},
		{Name: "decided-in", Value: strings.Join(concerned, ", ")}, {Name: "stays", Value: strings.Join(data.KeptOfPerson(), ", ")},
	}}, nil
}

// erase carries ActErase out.
func (i *Inventory) erase(ctx context.Context, a cloudapi.Act) error {
	var p personParams
	if err := strict(a.Params, &p); err != nil {
		return err
	}
	name, ok := subject(p.Subject)
	if !ok {
		return refuse("act-params", "An e-mail address or account is needed.")
	}
	err := i.emit(ctx, events.Event{Kind: events.PersonErased, Severity: events.Notice, Actor: a.By, Fields: map[string]string{"act": a.ID, "reason": a.Reason}})
	if err != nil {
		return err
	}
	if _, err = i.Data.ErasePerson(ctx, name, a.By); err == nil {
		i.Changed()
	}
	return err
}
