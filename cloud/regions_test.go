package cloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// An administrator sees and acts on those alone all of whose regions are
// theirs, on every path that leads to a person; of whom no region is known takes
// one who has every region here. Each refusal is on record, with its reason
// (P16, P18, P20).
func TestWhoLooksAfterWhom(t *testing.T) {
	people := map[string][]string{"of-eu": {"eu"}, "of-us": {"us"}, "of-both": {"eu", "us"}, "of-none": nil}
	for name, a := range map[string]struct {
		regions, sites []string
		theirs         []string
	}{
		"of eu":                 {[]string{"eu"}, nil, []string{"of-eu"}},
		"of us":                 {[]string{"us"}, nil, []string{"of-us"}},
		"of both":               {[]string{"eu", "us"}, nil, []string{"of-eu", "of-us", "of-both", "of-none"}},
		"of another":            {[]string{"cn"}, nil, nil},
		"of none":               {nil, nil, nil},
		"of both, at one site":  {[]string{"eu", "us"}, []string{"site-1"}, nil},
		"of eu, at single ones": {[]string{"eu"}, []string{"site-1", "site-2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			for _, region := range []string{"eu", "us"} { // so that there are both
				if _, err := r.DB().AddSite(t.Context(), cloudapi.Site{Region: region, Name: "Laboratory"}); err != nil {
					t.Fatal(err)
				}
			}
			who := staffOf("me", cloudapi.RoleAdministrator)
			who.Regions, who.Sites = a.regions, a.sites
			of := func(regions []string) cloudapi.Staff {
				other := staffOf("ada", cloudapi.RoleAdministrator)
				other.Regions = regions
				return other
			}
			me, ada := r.session(t, who), r.session(t, of(slices.Concat([]string{"eu", "us"}, a.regions)))
			account := func(name string) string { return name + "@vendor.example" }
			sessions := map[string][]string{}
			for name, regions := range people {
				p := staffOf(name)
				p.Regions = regions
				sessions[name] = r.session(t, p)
				if err := r.DB().SeeColleague(t.Context(), p); err != nil { // known also when they are signed out
					t.Fatal(err)
				}
			}
			refused := func(kind, person string) int {
				return r.kept(t, "act.refused", func(e data.Event) bool {
					f := e.Personal.Fields
					return e.Personal.Actor == who.Account && f["kind"] == kind && f["why"] == "region" && (f["person"] == person || f["act"] == person)
				})
			}
			propose := func(in []string, kind, account string) (act cloudapi.Act, status int) {
				params := map[string]any{"account": account}
				switch kind {
				case "staff.training":
					params["training"], params["sites"] = []any{}, []any{}
				case "person.erase":
					params = map[string]any{"subject": account}
				}
				text, err := json.Marshal(params)
				if err != nil {
					t.Fatal(err)
				}
				status, _ = post(t, r.client(), r.BaseURL()+cloudapi.PathActs, cloudapi.ActProposal{Kind: kind, Params: text, Reason: "agreed"}, &act, in...)
				return act, status
			}

			var list []cloudapi.StaffEntry
			if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathPeople, &list, me...); status != http.StatusOK {
				t.Fatal(status)
			}
			var names []string
			for _, e := range list {
				if name, ok := strings.CutSuffix(e.Account, "@vendor.example"); ok && strings.HasPrefix(name, "of-") {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			if want := slices.Sorted(slices.Values(a.theirs)); !slices.Equal(names, want) {
				t.Errorf("listed: %q, want %q", names, want)
			}

			for name := range people {
				may := slices.Contains(a.theirs, name)
				want := map[bool]int{true: http.StatusOK, false: http.StatusConflict}[may]
				for _, kind := range []string{"staff.training", "staff.remove", "staff.restore", "person.erase"} {
					if _, status := propose(me, kind, account(name)); status != want {
						t.Errorf("%s of %s: %d, want %d", kind, name, status, want)
					}
					if n := refused(kind, account(name)); (n == 1) == may {
						t.Errorf("%s of %s: %d refusals on record", kind, name, n)
					}
				}
				// What another proposed is neither seen nor decided about.
				act, status := propose(ada, "staff.remove", account(name))
				if status != http.StatusOK {
					t.Fatalf("%s: %d", name, status)
				}
				var waiting []cloudapi.Act
				get(t, r.client(), r.BaseURL()+cloudapi.PathActs, &waiting, me...)
				if seen := slices.ContainsFunc(waiting, func(w cloudapi.Act) bool { return w.ID == act.ID }); seen != may {
					t.Errorf("an act about %s is seen: %v", name, seen)
				}
				decision := cloudapi.ActDecision{ID: act.ID, Digest: act.Digest, Reason: "no"}
				if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathActConfirm, decision, nil, me...); status != want || !may && failure.Code != "unknown-act" {
					t.Errorf("an act about %s is confirmed: %d %+v", name, status, failure)
				}
				if !may {
					if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathActReject, decision, nil, me...); failure.Code != "unknown-act" {
						t.Errorf("an act about %s is refused: %d %+v", name, status, failure)
					}
					if n := refused("staff.remove", act.ID); n != 2 {
						t.Errorf("%d refusals of %s on record", n, act.ID)
					}
				}
				if gone, err := r.DB().StaffRemoved(t.Context(), account(name)); err != nil || gone != may {
					t.Errorf("%s is removed: %v %v", name, gone, err)
				}
				if p, err := r.DB().StaffPerson(t.Context(), account(name)); may && (err != nil || !slices.Equal(p.Regions, people[name])) {
					t.Errorf("the cloud's word on %s: %+v %v", name, p, err)
				}
				if may { // back, and signed in anew
					if err := r.DB().ChangeStaffPerson(t.Context(), account(name), func(p *data.StaffPerson) { *p = data.StaffPerson{Account: p.Account} }); err != nil {
						t.Fatal(err)
					}
					p := staffOf(name)
					p.Regions = people[name]
					sessions[name] = r.session(t, p)
				}

				// An administrator's own record of somebody who is of the staff.
				may = may || name == "of-none" && len(a.sites) == 0 // not known to be of the staff anywhere
				status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathPerson, cloudapi.PersonRequest{Subject: account(name), Reason: "asked"}, nil, me...)
				if (status == http.StatusOK) != may || status != http.StatusOK && status != http.StatusForbidden {
					t.Errorf("the data of %s: %d %+v", name, status, failure)
				}
				if n := refused("person.export", account(name)); len(a.sites) == 0 && (n == 1) == may {
					t.Errorf("data of %s: %d refusals on record", name, n)
				}
			}
			for name, in := range sessions {
				may := slices.Contains(a.theirs, name)
				status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathSignOutAll, cloudapi.SignOutRequest{Account: account(name), Reason: "lost laptop"}, nil, me...)
				if (status == http.StatusOK) != may || !may && (status != http.StatusForbidden || failure.Code != "act-region") {
					t.Errorf("%s is signed out: %d %+v", name, status, failure)
				}
				after, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, in...)
				if (after == http.StatusUnauthorized) != may {
					t.Errorf("%s: %d afterwards", name, after)
				}
				if n := refused("staff.sign-out", account(name)); (n == 1) == may {
					t.Errorf("%s: %d refusals on record", name, n)
				}
			}
		})
	}
}

// What a person belonged to is not forgotten with their sessions: who was
// removed by those who look after all of their regions is not let back in by
// those of one.
func TestRemovedStaysRemoved(t *testing.T) {
	r := start(t)
	admin := func(name string, regions ...string) []string {
		who := staffOf(name, cloudapi.RoleAdministrator)
		who.Regions = regions
		return r.session(t, who)
	}
	p := staffOf("pia")
	p.Regions = []string{"eu", "us"}
	r.session(t, p)
	decide := func(kind string, one, two []string) (int, int) {
		t.Helper()
		var act cloudapi.Act
		first, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathActs, cloudapi.ActProposal{Kind: kind, Params: []byte(`{"account":"pia@vendor.example"}`), Reason: "agreed"}, &act, one...)
		second, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathActConfirm, cloudapi.ActDecision{ID: act.ID, Digest: act.Digest}, nil, two...)
		return first, second
	}
	both, more, eu, otherEU := admin("a", "eu", "us"), admin("b", "us", "eu"), admin("c", "eu"), admin("d", "eu")
	removed := func(want bool) {
		t.Helper()
		if gone, err := r.DB().StaffRemoved(t.Context(), p.Account); err != nil || gone != want {
			t.Errorf("removed: %v %v", gone, err)
		}
	}
	if one, two := decide("staff.remove", both, eu); one != http.StatusOK || two != http.StatusConflict {
		t.Errorf("by one of both and one of one: %d %d", one, two)
	}
	removed(false)
	if one, two := decide("staff.remove", both, more); one != http.StatusOK || two != http.StatusOK {
		t.Errorf("by two of both: %d %d", one, two)
	}
	removed(true)
	if one, _ := decide("staff.restore", eu, otherEU); one != http.StatusConflict {
		t.Errorf("let back in by two of one region: %d", one)
	}
	removed(true)
	if one, two := decide("staff.restore", more, both); one != http.StatusOK || two != http.StatusOK {
		t.Errorf("let back in: %d %d", one, two)
	}
	removed(false)
}

// A person's registrations and their place on the staff both count when their
// data is erased: it would sign them out.
func TestErasureTakesEveryRegion(t *testing.T) {
	r := start(t)
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Email = "pia@vendor.example" })
	p := staffOf("pia")
	p.Regions = []string{"us"}
	in := r.session(t, p)
	for n, c := range []struct {
		regions []string
		want    int
	}{{[]string{"eu"}, http.StatusConflict}, {[]string{"us"}, http.StatusConflict}, {[]string{"eu", "us"}, http.StatusOK}} {
		who := staffOf(fmt.Sprint("admin", n), cloudapi.RoleAdministrator)
		who.Regions = c.regions
		var act cloudapi.Act
		status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathActs, cloudapi.ActProposal{Kind: "person.erase", Params: []byte(`{"subject":"pia@vendor.example"}`), Reason: "her letter"}, &act, r.session(t, who)...)
		if status != c.want {
			t.Errorf("%v: %d, want %d", c.regions, status, c.want)
		}
		if status == http.StatusOK && !slices.Contains(act.Lines, cloudapi.ActLine{Name: "decided-in", Value: "eu, us"}) {
			t.Errorf("both people read %+v", act.Lines)
		}
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, in...); status != http.StatusOK {
		t.Errorf("signed out: %d", status)
	}
	if got, err := r.DB().Device(t.Context(), d.id); err != nil || got.Name == "" {
		t.Errorf("%+v %v", got, err)
	}
}
