package cases

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/dbtest"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// desk is the service on a real database, on a clock the test sets.
type desk struct {
	*Service
	t      *testing.T
	db     *data.DB
	mu     sync.Mutex
	clock  time.Time
	told   []events.Event
	broken error // of the sink
	sent   map[string]cloudapi.QueuePlace
	count  int
	cut    []string
	off    []string
	gone   map[string]bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: time.UnixMilli(1_800_000_000_000), sent: map[string]cloudapi.QueuePlace{}, gone: map[string]bool{}}
	db := dbtest.Open(t, d.now)
	d.db = db
	d.Service = New(Config{
		Data: db, Events: d, Log: slog.New(slog.DiscardHandler), Now: d.now, Removed: func(account string) bool { return d.gone[account] },
		Send: func(device, kind string, body any) error {
			d.sent[device], d.count = body.(cloudapi.QueuePlace), d.count+1
			return nil
		},
		Cut: func(r string) { d.cut = append(d.cut, r) }, Unseat: func(r string) { d.off = append(d.off, r) },
	})
	for _, who := range []cloudapi.Staff{anna, bob, lena, carl, audrey, adam, old} {
		d.must(db.SeeColleague(t.Context(), who))
	}
	return d
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(by)
}

func (d *desk) Emit(_ context.Context, e events.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken == nil {
		d.told = append(d.told, e)
	}
	return d.broken
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) device(id, region string) {
	d.t.Helper()
	d.must(d.db.Register(d.t.Context(), data.Registration{Device: id, KeyHash: []byte(id), Region: region, Serial: "SN", Type: "DxH 900", Terms: "1", Email: "a@b.c", Name: "Lena"}))
}

func (d *desk) request(device, id, state string) {
	d.t.Helper()
	d.must(d.db.Do(d.t.Context(), device, func(tx *data.Tx) error {
		return tx.PutRequest(cloudapi.Request{ID: id, State: state, SinceMS: d.now().UnixMilli(), ExpiresMS: d.now().Add(10 * time.Minute).UnixMilli()})
	}))
}

// begin has somebody in session, by certificate and the device's own word.
func (d *desk) begin(device, id string, who cloudapi.Staff) {
	d.t.Helper()
	d.must(d.db.LogCertificate(d.t.Context(), data.Issued{Serial: id + who.Account, Device: device, Request: id, Who: who, NotAfter: d.now()}))
	d.request(device, id, "connected")
	d.must(d.db.Do(d.t.Context(), device, func(tx *data.Tx) error {
		return tx.AddSessionEvent(cloudapi.SessionEvent{Request: id, Session: "s", Kind: "authenticated", Engineer: who.Account}, 1)
	}))
}

func (d *desk) of(request string) *data.Case {
	d.t.Helper()
	c, err := d.db.CaseOfRequest(d.t.Context(), request)
	d.must(err)
	return c
}

func (d *desk) act(who cloudapi.Staff, request, act string, more ...string) error {
	d.t.Helper()
	a := cloudapi.CaseAct{Case: d.of(request).Number, Act: act}
	if len(more) > 0 {
		a.To, a.Text = more[0], more[0]
	}
	_, err := d.Act(d.t.Context(), who, a, netip.Addr{})
	return err
}

func code(err error) string {
	var no *Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &no):
		return no.Code
	}
	return "error: " + err.Error()
}

func staff(name string, roles ...cloudapi.Role) cloudapi.Staff {
	return cloudapi.Staff{Account: strings.ToLower(name) + "@vendor.example", Name: name, Organisation: "V", Regions: []string{"eu"}, Roles: roles}
}

var (
	anna   = staff("Anna")
	bob    = staff("Bob", cloudapi.RoleEngineer)
	lena   = staff("Lead", cloudapi.RoleLead)
	audrey = staff("Audrey", cloudapi.RoleAuditor)
	adam   = staff("Adam", cloudapi.RoleAdministrator)
	carl   = func() cloudapi.Staff { s := staff("Carl"); s.Regions = []string{"us"}; return s }()
	old    = func() cloudapi.Staff {
		s := staff("Old")
		s.Training = []cloudapi.Training{{Region: "eu", UntilMS: 1_800_000_000_000}}
		return s
	}()
)
