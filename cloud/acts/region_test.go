package acts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// refusals is why somebody was refused, as it is on record.
func (r *rig) refusals() (why []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.seen {
		if e.Kind == events.ActRefused {
			why = append(why, e.Fields["why"])
		}
	}
	return why
}

// Every administrator against every person: who does not look after all of
// somebody's regions proposes nothing about them, sees no act about them, and
// neither confirms nor ends one; each try is on record with its reason (P16,
// P20: both people of the four eyes).
func TestWhoDecidesAboutWhom(t *testing.T) {
	everywhere := by("ada@vendor.example", "s-ada", "eu", "us")
	for _, a := range []struct {
		regions, sites []string
	}{
		{nil, nil}, {[]string{"eu"}, nil}, {[]string{"us"}, nil}, {[]string{"eu", "us"}, nil},
		{[]string{"eu"}, []string{"site-1"}}, {[]string{"eu", "us"}, []string{"site-1"}}, {nil, []string{"site-1"}},
	} {
		r := newRig(t)
		for _, p := range []struct {
			about   string
			regions []string // nil: it is about no person
			may     bool     // as worked out by hand
		}{
			{"a lamp", nil, true},
			{"somebody", []string{}, len(a.regions) > 0 && a.sites == nil},
			{"one of eu", []string{"eu"}, slices.Contains(a.regions, "eu") && a.sites == nil},
			{"one of us", []string{"us"}, slices.Contains(a.regions, "us") && a.sites == nil},
			{"one of both", []string{"eu", "us"}, len(a.regions) == 2 && a.sites == nil},
			{"one of others", []string{"cn", "eu"}, false},
		} {
			t.Run(fmt.Sprintf("%v at %v about %s", a.regions, a.sites, p.about), func(t *testing.T) {
				r.seen, r.done = nil, nil
				me := by("me@vendor.example", "s-me", a.regions...)
				me.Staff.Sites = a.sites
				regions, err := json.Marshal(p.regions)
				if err != nil {
					t.Fatal(err)
				}
				proposal := cloudapi.ActProposal{Kind: "lamp.switch", Params: json.RawMessage(fmt.Sprintf(`{"to": "on", "regions": %s}`, regions)), Reason: "agreed"}
				tries := 0
				is := func(what string, err, want error) {
					t.Helper()
					if p.may {
						want = nil
					} else {
						tries++
					}
					if !errors.Is(err, want) {
						t.Errorf("%s: %v, want %v", what, err, want)
					}
				}
				_, err = r.Propose(t.Context(), me, proposal)
				is("propose", err, acts.ErrRegion)
				if slices.Contains(p.regions, "cn") {
					return // nobody here proposes that
				}
				var of []cloudapi.Act
				for range 2 {
					act, err := r.Propose(t.Context(), everywhere, proposal)
					if err != nil {
						t.Fatal(err)
					}
					of = append(of, act)
				}
				list, err := r.List(t.Context(), me.Staff)
				if err != nil || slices.ContainsFunc(list, func(a cloudapi.Act) bool { return a.ID == of[0].ID }) != p.may {
					t.Errorf("%d are listed, %v", len(list), err)
				}
				_, err = r.Confirm(t.Context(), me, decide(of[0]))
				is("confirm", err, acts.ErrUnknown)
				if (len(r.done) == 1) != p.may {
					t.Errorf("carried out %d times", len(r.done))
				}
				reject := decide(of[1])
				reject.Reason = "not now"
				_, err = r.Reject(t.Context(), me, reject)
				is("reject", err, acts.ErrUnknown)
				if got := r.refusals(); !slices.Equal(got, slices.Repeat([]string{acts.WhyRegion}, tries)) {
					t.Errorf("on record: %q", got)
				}
			})
		}
	}
}

// What the confirmer would decide about is asked again: somebody who belongs to
// one region more by then is not theirs, and not what the proposer was told of.
func TestRegionsAreAskedAgain(t *testing.T) {
	r := newRig(t)
	regions := []string{"eu"}
	r.Register("person.move", func(_ context.Context, _ cloudapi.Staff, _ json.RawMessage) (acts.Description, error) {
		return acts.Description{Regions: regions, Person: "lamp@vendor.example"}, nil
	}, func(_ context.Context, _ cloudapi.Act) error { t.Error("it was carried out"); return nil })
	act, err := r.Propose(t.Context(), ada, cloudapi.ActProposal{Kind: "person.move", Params: json.RawMessage("{}"), Reason: "agreed"})
	if err != nil {
		t.Fatal(err)
	}
	regions = []string{"eu", "us"}
	if _, err := r.Confirm(t.Context(), ben, decide(act)); !errors.Is(err, acts.ErrRegion) {
		t.Errorf("by one who is not of both: %v", err)
	}
	if _, err := r.Confirm(t.Context(), by("dee@vendor.example", "s-dee", "eu", "us"), decide(act)); !errors.Is(err, acts.ErrChanged) {
		t.Errorf("by one who is: %v", err)
	}
	last := r.seen[len(r.seen)-1]
	if last.Kind != events.ActRefused || last.Actor != ben.Staff.Account || last.Fields["act"] != act.ID || last.Fields["kind"] != "person.move" ||
		last.Fields["person"] != "lamp@vendor.example" {
		t.Errorf("on record: %+v", last)
	}
}
