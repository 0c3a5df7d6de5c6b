package acts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/dbtest"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// rig is Acts over a real database, with one kind, "lamp.switch".
type rig struct {
	*acts.Acts
	t   *testing.T
	db  *data.DB
	now time.Time

	mu    sync.Mutex
	lamp  string // as the world is; part of what is shown
	done  []string
	fails error
	seen  []events.Event
	deaf  error // of the record
}

func (r *rig) Emit(_ context.Context, e events.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.deaf != nil {
		return r.deaf
	}
	r.seen = append(r.seen, e)
	return nil
}

// remove takes an account off the staff, or puts it back.
func (r *rig) remove(account string, removed bool) {
	r.t.Helper()
	if err := r.db.ChangeStaffPerson(r.t.Context(), account, func(p *data.StaffPerson) { p.Removed = removed }); err != nil {
		r.t.Fatal(err)
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), lamp: "off"}
	clock := func() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.now }
	db := dbtest.Open(t, clock)
	r.db = db
	r.Acts = acts.New(acts.Config{Store: db, Events: r, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: clock})
	r.Register("lamp.switch", func(_ context.Context, _ cloudapi.Staff, params json.RawMessage) (acts.Description, error) {
		var p struct {
			To, Region string
			Regions    []string
		}
		if err := json.Unmarshal(params, &p); err != nil || p.To == "" {
			return acts.Description{}, &acts.Error{Code: "lamp", Message: "To what?"}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return acts.Description{Region: p.Region, Regions: p.Regions, Person: "lamp@vendor.example", Lines: []cloudapi.ActLine{{Name: "lamp-now", Value: r.lamp}, {Name: "lamp-then", Value: p.To}}}, nil
	}, func(_ context.Context, a cloudapi.Act) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done = append(r.done, a.ID)
		return r.fails
	})
	return r
}

func (r *rig) later(d time.Duration) { r.mu.Lock(); r.now = r.now.Add(d); r.mu.Unlock() }

// decided is what is on record of decisions.
func (r *rig) decided() []data.Event {
	r.t.Helper()
	list, err := r.db.EventsAfter(r.t.Context(), 0, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func by(account, session string, regions ...string) acts.By {
	return acts.By{Staff: cloudapi.Staff{Account: account, Name: "N " + account, Regions: regions}, Session: []byte(session)}
}

var (
	ada = by("ada@vendor.example", "s-ada", "eu")
	ben = by("ben@vendor.example", "s-ben", "eu")
	cyd = by("cyd@vendor.example", "s-cyd", "us")
)

func (r *rig) propose(region string) cloudapi.Act {
	r.t.Helper()
	act, err := r.Propose(r.t.Context(), ada, cloudapi.ActProposal{Kind: "lamp.switch", Params: json.RawMessage(fmt.Sprintf(`{"to": "on <b>", "region": %q}`, region)), Reason: "it is dark"})
	if err != nil {
		r.t.Fatal(err)
	}
	return act
}

func decide(a cloudapi.Act) cloudapi.ActDecision {
	return cloudapi.ActDecision{ID: a.ID, Digest: a.Digest}
}

func TestTwoPeople(t *testing.T) { // P16, P18: four eyes
	r := newRig(t)
	act := r.propose("eu")
	if list, err := r.List(t.Context(), ben.Staff); err != nil || len(list) != 1 || list[0].Own || list[0].Digest != act.Digest || list[0].Lines[1].Value != "on <b>" {
		t.Fatalf("what the second person reads: %+v, %v", list, err)
	}
	got, err := r.Confirm(t.Context(), ben, decide(act))
	if err != nil || got.State != cloudapi.ActDone || len(r.done) != 1 {
		t.Fatalf("%+v, %v, done %v", got, err, r.done)
	}
	if _, err := r.Confirm(t.Context(), ben, decide(act)); !errors.Is(err, acts.ErrUnknown) {
		t.Errorf("twice: %v", err)
	}
	if len(r.done) != 1 {
		t.Errorf("done %d times", len(r.done))
	}
	if len(r.seen) != 1 || r.seen[0].Kind != events.ActProposed {
		t.Errorf("on record: %+v", r.seen)
	}
	if on := r.decided(); len(on) != 1 || on[0].Kind != string(events.ActConfirmed) || on[0].Personal.Actor != ben.Staff.Account ||
		on[0].Personal.Fields["proposer"] != ada.Staff.Account || on[0].Personal.Fields["digest"] != act.Digest || on[0].Region != "eu" {
		t.Errorf("on record: %+v", on)
	}
	if list, _ := r.List(t.Context(), ada.Staff); !list[0].Own || list[0].State != cloudapi.ActDone || list[0].Decided != ben.Staff.Account {
		t.Errorf("afterwards: %+v", list)
	}
}

func TestRefusals(t *testing.T) { // scenario 45
	other := func(a cloudapi.Act) cloudapi.ActDecision {
		d := decide(a)
		d.Digest = strings.Repeat("0", 64)
		return d
	}
	for _, c := range []struct {
		name string
		by   acts.By
		with func(cloudapi.Act) cloudapi.ActDecision
		set  func(*rig)
		want error
		why  []string // of the refusals on record
	}{
		{"the proposer", ada, decide, nil, acts.ErrOwn, []string{acts.WhyOwn}},
		{"the proposer in another session", by("ada@vendor.example", "s-2", "eu"), decide, nil, acts.ErrOwn, []string{acts.WhyOwn}},
		{"the proposer's session under another name", by("eve@vendor.example", "s-ada", "eu"), decide, nil, acts.ErrOwn, []string{acts.WhyOwn}},
		{"no session", by("eve@vendor.example", "", "eu"), decide, nil, acts.ErrOwn, []string{acts.WhyOwn}},
		{"another region", cyd, decide, nil, acts.ErrUnknown, []string{acts.WhyRegion}},
		{"no such act", ben, func(cloudapi.Act) cloudapi.ActDecision { return cloudapi.ActDecision{ID: "act-x"} }, nil, acts.ErrUnknown, nil},
		{"another digest", ben, other, nil, acts.ErrChanged, nil},
		{"no digest", ben, func(a cloudapi.Act) cloudapi.ActDecision { return cloudapi.ActDecision{ID: a.ID} }, nil, acts.ErrChanged, nil},
		{"the world has changed", ben, decide, func(r *rig) { r.lamp = "broken" }, acts.ErrChanged, nil},
		{"a proposer who was removed", ben, decide, func(r *rig) { r.remove(ada.Staff.Account, true) }, acts.ErrProposer, []string{acts.WhyProposer}},
		{"a day later", ben, decide, func(r *rig) { r.later(acts.Life) }, acts.ErrExpired, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			act := r.propose("eu")
			if c.set != nil {
				c.set(r)
			}
			if _, err := r.Confirm(t.Context(), c.by, c.with(act)); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if len(r.done) != 0 || len(r.decided()) != 0 {
				t.Error("it was carried out, or is on record")
			}
			if got := r.refusals(); !slices.Equal(got, c.why) {
				t.Errorf("refused on record: %q, want %q", got, c.why)
			}
		})
	}
	r := newRig(t)
	r.deaf = io.ErrClosedPipe
	if _, err := r.Propose(t.Context(), ada, cloudapi.ActProposal{Kind: "lamp.switch", Params: json.RawMessage(`{"to":"on"}`), Reason: "x"}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the record is deaf: %v", err)
	}
	if list, err := r.List(t.Context(), ben.Staff); err != nil || len(list) > 0 {
		t.Errorf("what is not on record waits: %+v %v", list, err)
	}
	r.deaf = nil
	for name, p := range map[string]cloudapi.ActProposal{
		"unknown kind":  {Kind: "lamp.break", Params: json.RawMessage(`{}`), Reason: "x"},
		"no reason":     {Kind: "lamp.switch", Params: json.RawMessage(`{"to":"on"}`)},
		"lines":         {Kind: "lamp.switch", Params: json.RawMessage(`{"to":"on"}`), Reason: "a\nb"},
		"bad params":    {Kind: "lamp.switch", Params: json.RawMessage(`{}`), Reason: "x"},
		"other region":  {Kind: "lamp.switch", Params: json.RawMessage(`{"to":"on","region":"us"}`), Reason: "x"},
		"right to left": {Kind: "lamp.switch", Params: json.RawMessage(`{"to":"on"}`), Reason: "a\u202eb"},
	} {
		var refused *acts.Error
		if _, err := r.Propose(t.Context(), ada, p); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRejected(t *testing.T) {
	r := newRig(t)
	act := r.propose("")
	d := decide(act)
	if _, err := r.Reject(t.Context(), ben, d); !errors.Is(err, acts.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	d.Reason = "not now"
	if got, err := r.Reject(t.Context(), ada, d); err != nil || got.State != cloudapi.ActRejected {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := r.Confirm(t.Context(), ben, d); !errors.Is(err, acts.ErrUnknown) {
		t.Errorf("confirmed after it was rejected: %v", err)
	}
	if list, _ := r.List(t.Context(), cyd.Staff); len(list) != 1 || list[0].Why != "not now" {
		t.Errorf("%+v", list)
	}
	if on := r.decided(); len(on) != 1 || on[0].Kind != string(events.ActRejected) || on[0].Personal.Fields["reason"] != "not now" {
		t.Errorf("on record: %+v", on)
	}
}

// Many confirm at once: it is carried out once, and one of them is on record.
func TestOnce(t *testing.T) {
	r := newRig(t)
	act := r.propose("eu")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			_, _ = r.Confirm(context.Background(), by(fmt.Sprintf("p%d@vendor.example", i), fmt.Sprint(i), "eu"), decide(act))
		})
	}
	group.Wait()
	if len(r.done) != 1 {
		t.Errorf("carried out %d times", len(r.done))
	}
	if on := r.decided(); len(on) != 1 {
		t.Errorf("%d of them are on record: %+v", len(on), on)
	}
}

// The cloud goes down between the second yes and the deed: it is done later.
func TestCarriedOutLater(t *testing.T) {
	r := newRig(t)
	act := r.propose("eu")
	if ok, err := r.db.DecideAct(t.Context(), act.ID, cloudapi.ActConfirmed, ben.Staff.Account, "", r.now, events.Event{Kind: events.ActConfirmed}); err != nil || !ok {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { r.Run(ctx) })
	for {
		got, err := r.db.Act(t.Context(), act.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.State == cloudapi.ActDone {
			break
		}
	}
	cancel()
	group.Wait()
	if len(r.done) != 1 {
		t.Errorf("carried out %d times", len(r.done))
	}
}

func TestFailed(t *testing.T) {
	r := newRig(t)
	act := r.propose("eu")
	r.fails = &acts.Error{Code: "lamp", Message: "There is no bulb."}
	got, err := r.Confirm(t.Context(), ben, decide(act))
	if err != nil || got.State != cloudapi.ActFailed || got.WhyCode != "lamp" || got.Why != "There is no bulb." {
		t.Errorf("%+v %v", got, err)
	}
	if list, _ := r.List(t.Context(), ben.Staff); list[0].State != cloudapi.ActFailed || list[0].WhyCode != "lamp" || list[0].Why != "There is no bulb." || list[0].Decided != ben.Staff.Account {
		t.Errorf("%+v", list)
	}
	// What nobody has words for has a code all the same.
	act = r.propose("eu")
	r.fails = io.ErrClosedPipe
	if got, err := r.Confirm(t.Context(), ben, decide(act)); err != nil || got.State != cloudapi.ActFailed || got.WhyCode != "act-failed" || strings.Contains(got.Why, "pipe") {
		t.Errorf("%+v %v", got, err)
	}
}
