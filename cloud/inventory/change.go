package inventory

import (
	"net/http"
	"slices"
	"strconv"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Bounds of what is written here.
const (
	maxName    = 100
	maxLines   = 6
	maxAtOnce  = 500 // instruments
	maxNote    = 1000
	maxReasons = 300
)

func bad(w http.ResponseWriter, message string) {
	web.Fail(w, http.StatusBadRequest, "invalid", message)
}

// reaches tells whether somebody may change sites and groups of a region: who
// is assigned to single sites looks after those alone.
func reaches(who cloudapi.Staff, region string) bool {
	return len(who.Sites) == 0 && slices.Contains(who.Regions, region)
}

func (i *Inventory) site(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var c cloudapi.SiteChange
	if !web.Decode(w, r, &c, maxBody) {
		return
	}
	if c.Name == "" || !plain(c.Name, maxName) || len(c.Address) > maxLines || slices.ContainsFunc(c.Address, func(line string) bool { return !plain(line, maxName) }) {
		bad(w, "A name of at most 100 characters and at most six plain lines of address are needed.")
		return
	}
	site := cloudapi.Site{ID: c.ID, Region: c.Region, Name: c.Name, Address: c.Address}
	if c.ID != "" {
		was, err := i.Data.Site(r.Context(), c.ID)
		if err != nil {
			i.failed(w, "site", err)
			return
		}
		site.Region = was.Region
	}
	if !reaches(who, site.Region) {
		i.failed(w, "site", data.ErrNotFound)
		return
	}
	err := i.emit(r.Context(), events.Event{Kind: events.Moved, Severity: events.Info, Actor: who.Account, Region: site.Region, Address: web.Address(r),
		Fields: map[string]string{"site": c.ID, "name": c.Name, "close": strconv.FormatBool(c.Close)}})
	switch {
	case err != nil:
	case c.ID == "":
		site, err = i.Data.AddSite(r.Context(), site)
	default:
		err = i.Data.ChangeSite(r.Context(), site, c.Close)
	}
	if err != nil {
		i.failed(w, "site", err)
		return
	}
	i.Changed()
	web.JSON(w, site)
}

func (i *Inventory) group(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var c cloudapi.GroupChange
	if !web.Decode(w, r, &c, maxBody) {
		return
	}
	if !plain(c.Name, maxName) || c.ID == "" && c.Name == "" || len(c.Add)+len(c.Remove) > maxAtOnce {
		bad(w, "A name of at most 100 characters is needed, and at most 500 instruments at once.")
		return
	}
	group := cloudapi.Group{ID: c.ID, Region: c.Region, Name: c.Name}
	if c.ID != "" {
		was, err := i.Data.Group(r.Context(), c.ID)
		if err != nil {
			i.failed(w, "group", err)
			return
		}
		group.Region = was.Region
	}
	if !reaches(who, group.Region) {
		i.failed(w, "group", data.ErrNotFound)
		return
	}
	for _, device := range slices.Concat(c.Add, c.Remove) {
		if _, ok := i.own(w, r, who, device); !ok {
			return
		}
	}
	err := i.emit(r.Context(), events.Event{Kind: events.Moved, Severity: events.Info, Actor: who.Account, Region: group.Region, Address: web.Address(r),
		Fields: map[string]string{"group": c.ID, "name": c.Name, "in": strconv.Itoa(len(c.Add)), "out": strconv.Itoa(len(c.Remove)), "delete": strconv.FormatBool(c.Delete)}})
	if err == nil && c.ID == "" {
		group, err = i.Data.AddGroup(r.Context(), group)
		c.ID = group.ID
	}
	if err == nil {
		err = i.Data.ChangeGroup(r.Context(), c, who.Account)
	}
	if err != nil {
		i.failed(w, "group", err)
		return
	}
	web.JSON(w, group)
}

func (i *Inventory) move(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var m cloudapi.MoveRequest
	if !web.Decode(w, r, &m, maxBody) {
		return
	}
	if len(m.Devices) == 0 || len(m.Devices) > maxAtOnce || !plain(m.Reason, maxReasons) || !plain(m.Site, 64) {
		bad(w, "One to 500 instruments and a plain reason of at most 300 characters are needed.")
		return
	}
	scope := data.Of(who)
	if m.Site != "" {
		site, err := i.Data.Site(r.Context(), m.Site)
		if err == nil && !scope.Sees(site.Region, site.ID) {
			err = data.ErrNotFound
		}
		if err != nil {
			i.failed(w, "move", err)
			return
		}
	}
	for _, device := range m.Devices {
		d, ok := i.own(w, r, who, device)
		if !ok {
			return
		}
		err := i.emit(r.Context(), events.Event{Kind: events.Moved, Severity: events.Notice, Actor: who.Account, Region: d.Region, Device: device, Address: web.Address(r),
			Fields: map[string]string{"from": d.Site, "to": m.Site, "reason": m.Reason}})
		if err != nil {
			i.failed(w, "move", err)
			return
		}
	}
	if err := i.Data.Move(r.Context(), m.Devices, m.Site, who.Account, m.Reason); err != nil {
		i.failed(w, "move", err)
		return
	}
	i.Changed()
	web.JSON(w, struct{}{})
}

func (i *Inventory) note(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var n cloudapi.NoteRequest
	if !web.Decode(w, r, &n, maxBody) {
		return
	}
	if n.Text == "" || !plain(n.Text, maxNote) {
		bad(w, "A note is one line of at most 1000 characters.")
		return
	}
	d, ok := i.own(w, r, who, n.Device)
	if !ok {
		return
	}
	if err := i.Data.AddNote(r.Context(), d.ID, who.Account, n.Text); err != nil {
		i.failed(w, "note", err)
		return
	}
	web.JSON(w, struct{}{})
}

func (i *Inventory) askAgain(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	i.about(w, r, who, "ask again", func(d data.DeviceRecord) error {
		err := i.Data.AskAgain(r.Context(), d.ID)
		if err == nil {
			i.Ask()
		}
		return err
	})
}

func (i *Inventory) rotate(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	i.about(w, r, who, "rotate", func(d data.DeviceRecord) error { return i.Data.RotateTokenKey(r.Context(), d.ID, who.Account) })
}

// about does something about one device.
func (i *Inventory) about(w http.ResponseWriter, r *http.Request, who cloudapi.Staff, op string, do func(data.DeviceRecord) error) {
	var q cloudapi.DeviceRequest
	if !web.Decode(w, r, &q, maxBody) {
		return
	}
	d, ok := i.own(w, r, who, q.Device)
	if !ok {
		return
	}
	if err := do(d); err != nil {
		i.failed(w, op, err)
		return
	}
	i.Changed()
	web.JSON(w, struct{}{})
}
