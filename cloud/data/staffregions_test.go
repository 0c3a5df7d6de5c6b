package data

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
)

// Somebody belongs to every region that any source names, and to those alone;
// what is over counts no more. Each draw is another account, and none reaches
// into another (P16, P20).
func TestStaffRegions(t *testing.T) {
	o := open(t)
	regions := []string{"cn", "eu", "jp", "us"}
	n, seen := 0, map[string][]string{}
	rapid.Check(t, func(rt *rapid.T) {
		n++
		who := cloudapi.Staff{Account: fmt.Sprintf("p%d@vendor.example", n)}
		some := func(what string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(regions), 0, 2, rapid.ID).Draw(rt, what)
		}
		trained := func(list []string) (t []cloudapi.Training) {
			for i, r := range list { // some ended long ago: the person is of that region all the same
				t = append(t, cloudapi.Training{Region: r, UntilMS: int64(i)})
			}
			return t
		}
		must := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		want := map[string]bool{}
		count := func(lists ...[]string) {
			for _, r := range slices.Concat(lists...) {
				want[r] = true
			}
		}
		for i := range rapid.IntRange(0, 2).Draw(rt, "sessions") {
			a, b, over := some("regions"), some("training"), rapid.Bool().Draw(rt, "over")
			said, life := who, time.Hour
			said.Regions, said.Training = a, trained(b)
			if over {
				life = -time.Hour
			} else {
				count(a, b)
			}
			must(o.PutStaffSession(t.Context(), fmt.Sprintf("token %d %d", n, i), said, o.now.Add(life)))
		}
		if rapid.Bool().Draw(rt, "waiting") {
			said := who
			said.Regions = some("waits for")
			count(said.Regions)
			must(o.PutSignInWaiting(t.Context(), fmt.Sprintf("link %d", n), "browser", SignInWaiting{Staff: said, Place: "p"}, o.now.Add(time.Minute)))
		}
		if rapid.Bool().Draw(rt, "colleague") {
			said := who
			said.Regions = some("was allowed")
			count(said.Regions)
			must(o.SeeColleague(t.Context(), said))
		}
		if rapid.Bool().Draw(rt, "word") {
			p := StaffPerson{Account: who.Account, Trained: rapid.Bool().Draw(rt, "trained"), Training: trained(some("word")), Regions: some("belonged to")}
			count(p.Regions)
			for _, t := range p.Training {
				want[t.Region] = true
			}
			must(o.ChangeStaffPerson(t.Context(), p.Account, func(now *StaffPerson) { *now = p }))
		}
		var list []string
		for _, r := range regions {
			if want[r] {
				list = append(list, r)
			}
		}
		seen[who.Account] = list
		got, err := o.StaffRegions(t.Context(), who.Account)
		if err != nil || !slices.Equal(got, list) {
			rt.Fatalf("of one: %q, %v, want %q", got, err, list)
		}
	})
	all, err := o.AllStaffRegions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for account, want := range seen {
		if !slices.Equal(all[account], want) {
			t.Errorf("of all, %s: %q, want %q", account, all[account], want)
		}
	}
}

// A deployment's regions are those of its devices, its sites and its staff.
func TestRegions(t *testing.T) {
	o := open(t) // with a device in eu
	o.registerAs(t, "bc-cn", "cn", "S-cn", "T")
	if _, err := o.AddSite(t.Context(), cloudapi.Site{Region: "jp", Name: "North"}); err != nil {
		t.Fatal(err)
	}
	if err := o.SeeColleague(t.Context(), cloudapi.Staff{Account: "anna@vendor.example", Regions: []string{"us", "eu"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := o.Regions(t.Context()); err != nil || !slices.Equal(got, []string{"cn", "eu", "jp", "us"}) {
		t.Errorf("%q, %v", got, err)
	}
}
