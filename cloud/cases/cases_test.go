package cases

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// P16, P20: who may do what on a case, by role, region, training and site. Each
// row starts with a case that Anna has, in session where that is said.
func TestWhoMayAct(t *testing.T) {
	elsewhere := staff("Eve")
	elsewhere.Sites = []string{"site-of-another"}
	tests := []struct {
		who     cloudapi.Staff
		act     string
		more    string
		session bool
		want    string
	}{
		{anna, cloudapi.ActTake, "", false, ""},
		{bob, cloudapi.ActTake, "", false, "taken"},
		{audrey, cloudapi.ActTake, "", false, "forbidden"},
		{adam, cloudapi.ActTake, "", false, "unknown-case"},
		{carl, cloudapi.ActTake, "", false, "unknown-case"},
		{old, cloudapi.ActTake, "", false, "unknown-case"},
		{elsewhere, cloudapi.ActTake, "", false, "unknown-case"},
		{anna, cloudapi.ActGiveBack, "", false, ""},
		{bob, cloudapi.ActGiveBack, "", false, "forbidden"},
		{lena, cloudapi.ActGiveBack, "", false, ""},
		{anna, cloudapi.ActGiveBack, "", true, "in-session"},
		{anna, cloudapi.ActHandOver, bob.Account, false, ""},
		{bob, cloudapi.ActHandOver, bob.Account, false, "forbidden"},
		{audrey, cloudapi.ActHandOver, bob.Account, false, "forbidden"},
		{lena, cloudapi.ActHandOver, bob.Account, false, ""},
		{lena, cloudapi.ActHandOver, lena.Account, false, ""},
		{anna, cloudapi.ActHandOver, anna.Account, false, "theirs"},
		{anna, cloudapi.ActHandOver, carl.Account, false, "not-them"},
		{anna, cloudapi.ActHandOver, old.Account, false, "not-them"},
		{anna, cloudapi.ActHandOver, audrey.Account, false, "not-them"},
		{anna, cloudapi.ActHandOver, "nobody@vendor.example", false, "not-them"},
		{anna, cloudapi.ActHandOver, "", false, "not-them"},
		{anna, cloudapi.ActInvite, bob.Account, false, ""},
		{bob, cloudapi.ActInvite, lena.Account, false, "forbidden"},
		{anna, cloudapi.ActInvite, carl.Account, false, "not-them"},
		{anna, cloudapi.ActNote, "valve", false, ""},
		{bob, cloudapi.ActNote, "valve", false, ""},
		{audrey, cloudapi.ActNote, "valve", false, "forbidden"},
		{anna, cloudapi.ActNote, " \n ", false, "note"},
		{anna, cloudapi.ActNote, "a\u202eb", false, "note"},
		{anna, cloudapi.ActNote, strings.Repeat("é", maxNote), false, ""},
		{anna, cloudapi.ActNote, strings.Repeat("é", maxNote+1), false, "note"},
		{anna, cloudapi.ActTicket, "INC-4711/2 #3", false, ""},
		{anna, cloudapi.ActTicket, "", false, ""},
		{anna, cloudapi.ActTicket, "=1+1", false, "ticket"},
		{anna, cloudapi.ActTicket, "<b>", false, "ticket"},
		{anna, cloudapi.ActTicket, "4711 ", false, "ticket"},
		{bob, cloudapi.ActTicket, "4711", false, "forbidden"},
		{lena, cloudapi.ActTicket, "4711", false, ""},
		{anna, cloudapi.ActEnd, "", false, "no-session"},
		{anna, cloudapi.ActEnd, "", true, ""},
		{bob, cloudapi.ActEnd, "", true, "forbidden"},
		{audrey, cloudapi.ActEnd, "", true, "forbidden"},
		{carl, cloudapi.ActEnd, "", true, "unknown-case"},
		{lena, cloudapi.ActEnd, "", true, ""},
		{anna, "burn", "", false, "act"},
	}
	d := newDesk(t)
	for i, tt := range tests {
		device, request := fmt.Sprintf("bc-%d", i), fmt.Sprintf("r-%d", i)
		d.device(device, "eu")
		d.request(device, request, "waiting")
		d.must(d.act(anna, request, cloudapi.ActTake))
		if tt.session {
			d.begin(device, request, anna)
		}
		before := len(d.told)
		got := code(d.act(tt.who, request, tt.act, tt.more))
		if got != tt.want {
			t.Errorf("%s %s %.20q: %q, want %q", tt.who.Name, tt.act, tt.more, got, tt.want)
		}
		nothing := tt.act == cloudapi.ActTake && tt.who.Account == anna.Account
		if tt.want == "" && !nothing && len(d.told) == before {
			t.Errorf("%s %s: nothing on record", tt.who.Name, tt.act)
		}
		if tt.want != "" && len(d.told) != before {
			t.Errorf("%s %s was refused, and is on record as done: %+v", tt.who.Name, tt.act, d.told[before:])
		}
	}
}

// What cannot be put on record is not done.
func TestNothingOffTheRecord(t *testing.T) {
	d := newDesk(t)
	d.device("bc-1", "eu")
	d.request("bc-1", "r-1", "waiting")
	d.must(d.act(anna, "r-1", cloudapi.ActTake))
	d.begin("bc-1", "r-1", anna)
	d.broken = errors.New("disk full")
	for act, more := range map[string]string{cloudapi.ActHandOver: bob.Account, cloudapi.ActInvite: bob.Account, cloudapi.ActNote: "x", cloudapi.ActTicket: "1", cloudapi.ActEnd: ""} {
		if err := d.act(anna, "r-1", act, more); err == nil || code(err) == "" {
			t.Errorf("%s was done", act)
		}
	}
	if c := d.of("r-1"); !c.Held(anna.Account) || len(c.Guests) > 0 || c.Notes > 0 || c.Ticket != "" || c.State != "connected" || len(d.cut) > 0 {
		t.Errorf("%+v, cut: %v", c.Case, d.cut)
	}
	d.device("bc-2", "eu")
	d.request("bc-2", "r-2", "waiting")
	if err := d.act(anna, "r-2", cloudapi.ActTake); err == nil {
		t.Error("taken off the record")
	}
	if d.of("r-2").Holder != nil {
		t.Error("it stayed taken")
	}
}

// A hand-over in mid-session: the session ends first, by staff, and only the
// colleague gets in by the next request, which belongs to the same case.
func TestHandOverInSession(t *testing.T) {
	d := newDesk(t)
	d.device("bc-1", "eu")
	d.request("bc-1", "r-1", "waiting")
	d.must(d.Join(t.Context(), anna, "r-1", netip.Addr{}))
	d.begin("bc-1", "r-1", anna)
	if got := d.of("r-1"); got.Engineer == nil || got.Engineer.Name != "Anna" || !got.Held(anna.Account) {
		t.Errorf("%+v", got.Case)
	}
	d.must(d.act(anna, "r-1", cloudapi.ActInvite, bob.Account))
	// A guest is not let into a session that runs.
	if got := code(d.Join(t.Context(), bob, "r-1", netip.Addr{})); got != "taken" {
		t.Errorf("a guest in mid-session: %q", got)
	}
	d.must(d.act(anna, "r-1", cloudapi.ActHandOver, bob.Account))
	if !slices.Equal(d.cut, []string{"r-1"}) {
		t.Errorf("cut: %v", d.cut)
	}
	if ended, err := d.db.EndedByStaff(t.Context(), "r-1", "bc-1"); err != nil || !ended {
		t.Errorf("the host would not be told: %v %v", ended, err)
	}
	if _, err := d.db.OpenRequest(t.Context(), "r-1"); !errors.Is(err, data.ErrNotFound) {
		t.Errorf("the request is still open: %v", err)
	}
	d.pass(time.Minute)
	d.request("bc-1", "r-2", "waiting")
	if a, b := d.of("r-1"), d.of("r-2"); a.Number != b.Number || b.Request != "r-2" || !b.Held(bob.Account) {
		t.Errorf("%+v", b.Case)
	}
	if got := code(d.Join(t.Context(), anna, "r-2", netip.Addr{})); got != "taken" {
		t.Errorf("who handed it over: %q", got)
	}
	d.must(d.Join(t.Context(), bob, "r-2", netip.Addr{}))
	d.tellPlaces(t.Context())
	if p := d.sent["bc-1"]; p.Taken != "Bob" || p.Place != 0 || p.Case != d.of("r-2").Number {
		t.Errorf("the technician was told %+v", p)
	}
	var kinds []string
	for _, e := range d.told {
		kinds = append(kinds, string(e.Kind))
	}
	if want := "case.taken case.invited case.handed-over session.ended-by-staff"; strings.Join(kinds, " ") != want {
		t.Errorf("on record: %v", kinds)
	}
}

// A guest may come in while nobody is in session, as the holder may.
func TestGuestBeforeASession(t *testing.T) {
	d := newDesk(t)
	d.device("bc-1", "eu")
	d.request("bc-1", "r-1", "waiting")
	d.must(d.act(anna, "r-1", cloudapi.ActTake))
	if got := code(d.Join(t.Context(), bob, "r-1", netip.Addr{})); got != "taken" {
		t.Errorf("uninvited: %q", got)
	}
	d.must(d.act(anna, "r-1", cloudapi.ActInvite, bob.Account))
	d.must(d.Join(t.Context(), bob, "r-1", netip.Addr{}))
	if c := d.of("r-1"); !c.Held(anna.Account) || !c.Guest(bob.Account) {
		t.Errorf("%+v", c.Case)
	}
	if got := code(d.Join(t.Context(), audrey, "r-1", netip.Addr{})); got != "forbidden" {
		t.Errorf("an auditor: %q", got)
	}
	// Given to somebody else: whoever sits at the relay is sent away.
	d.must(d.act(anna, "r-1", cloudapi.ActHandOver, lena.Account))
	if !slices.Equal(d.off, []string{"r-1"}) || len(d.cut) > 0 {
		t.Errorf("unseated %v, cut %v", d.off, d.cut)
	}
	// A removed account's case is nobody's.
	d.gone[lena.Account] = true
	d.must(d.act(anna, "r-1", cloudapi.ActTake))
}

// Who asks again because a code ran out keeps case and place; after half an
// hour, or after a session, that is over.
func TestAskedAgain(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{"bc-1", "bc-2"} {
		d.device(id, "eu")
	}
	place := func(request string) int {
		t.Helper()
		list, err := d.List(t.Context(), anna)
		d.must(err)
		for _, c := range list {
			if c.Request == request {
				return c.Place
			}
		}
		return -1
	}
	d.request("bc-1", "r-1", "waiting")
	d.pass(time.Minute)
	d.request("bc-2", "r-2", "waiting")
	d.request("bc-1", "r-1", "ended")
	d.pass(time.Minute)
	d.request("bc-1", "r-3", "waiting")
	if d.of("r-3").Number != d.of("r-1").Number || place("r-3") != 1 || place("r-2") != 2 {
		t.Errorf("places %d and %d", place("r-3"), place("r-2"))
	}
	// Given back it keeps its place, and meanwhile it is not counted.
	d.must(d.act(anna, "r-3", cloudapi.ActTake))
	if place("r-3") != 0 || place("r-2") != 1 {
		t.Errorf("taken: places %d and %d", place("r-3"), place("r-2"))
	}
	d.must(d.act(anna, "r-3", cloudapi.ActGiveBack))
	if place("r-3") != 1 {
		t.Error("it lost its place")
	}
	d.must(d.Join(t.Context(), anna, "r-3", netip.Addr{}))
	d.begin("bc-1", "r-3", anna)
	d.request("bc-1", "r-3", "ended")
	d.pass(time.Minute)
	d.request("bc-1", "r-4", "waiting")
	if d.of("r-4").Number != d.of("r-1").Number || place("r-4") != 2 {
		t.Errorf("after a session: place %d", place("r-4"))
	}
	if d.of("r-4").Holder != nil {
		t.Error("who helped before has the next call too")
	}
	d.request("bc-1", "r-4", "ended")
	d.pass(31 * time.Minute)
	d.request("bc-1", "r-5", "waiting")
	if d.of("r-5").Number == d.of("r-1").Number {
		t.Error("half an hour later it is the same case")
	}
	f, err := d.Read(t.Context(), bob, d.of("r-1").Number)
	d.must(err)
	if len(f.Requests) != 3 || f.Requests[0].Request != "r-4" {
		t.Errorf("%+v", f.Requests)
	}
}

// A case that waits goes back when nobody has seen its holder's desk for long.
func TestLeftCase(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{"bc-1", "bc-2"} {
		d.device(id, "eu")
	}
	d.pass(time.Hour)
	d.request("bc-1", "r-1", "waiting")
	d.request("bc-2", "r-2", "waiting")
	d.must(d.act(anna, "r-1", cloudapi.ActTake))
	d.must(d.act(bob, "r-2", cloudapi.ActTake))
	d.pass(9 * time.Minute)
	d.giveLeftBack(t.Context())
	if d.of("r-1").Holder == nil {
		t.Fatal("too soon")
	}
	d.Seen(t.Context(), bob)
	d.request("bc-1", "r-1", "waiting") // its code lives on
	d.request("bc-2", "r-2", "waiting")
	d.pass(2 * time.Minute)
	d.giveLeftBack(t.Context())
	if d.of("r-1").Holder != nil || d.of("r-2").Holder == nil {
		t.Errorf("Anna's: %v, Bob's: %v", d.of("r-1").Holder, d.of("r-2").Holder)
	}
	f, err := d.Read(t.Context(), bob, d.of("r-1").Number)
	d.must(err)
	if last := f.Acts[len(f.Acts)-1]; last.Act != cloudapi.ActGiveBack || last.By != nil {
		t.Errorf("%+v", last)
	}
}

// A note is amended by its writer alone, once each, and stays.
func TestAmendedNote(t *testing.T) {
	d := newDesk(t)
	d.device("bc-1", "eu")
	d.request("bc-1", "r-1", "waiting")
	number := d.of("r-1").Number
	note := func(who cloudapi.Staff, text string, amends int64) string {
		_, err := d.Act(t.Context(), who, cloudapi.CaseAct{Case: number, Act: cloudapi.ActNote, Text: text, Note: amends}, netip.Addr{})
		return code(err)
	}
	if got := note(anna, "one", 0); got != "" {
		t.Fatal(got)
	}
	f, err := d.Read(t.Context(), bob, number)
	d.must(err)
	id := f.NoteList[0].ID
	if got := note(bob, "two", id); got != "not-yours" {
		t.Errorf("somebody else's: %q", got)
	}
	if got := note(anna, "two", id); got != "" {
		t.Error(got)
	}
	if got := note(anna, "three", id); got != "not-yours" {
		t.Errorf("twice: %q", got)
	}
	f, err = d.Read(t.Context(), bob, number)
	d.must(err)
	if len(f.NoteList) != 2 || f.NoteList[0].Text != "one" || f.NoteList[1].Text != "two" || f.NoteList[1].Amends != id || f.NoteList[1].By.Name != "Anna" || f.Notes != 1 {
		t.Errorf("%+v", f.NoteList)
	}
}

// A device cannot say that somebody is in session who had no certificate for
// its request.
func TestEngineerIsNotForged(t *testing.T) {
	d := newDesk(t)
	d.device("bc-1", "eu")
	d.request("bc-1", "r-1", "waiting")
	d.request("bc-1", "r-1", "connected")
	d.must(d.db.Do(t.Context(), "bc-1", func(tx *data.Tx) error {
		return tx.AddSessionEvent(cloudapi.SessionEvent{Request: "r-1", Session: "s", Kind: "authenticated", Engineer: anna.Account}, 1)
	}))
	if c := d.of("r-1"); c.Engineer != nil {
		t.Errorf("%+v", c.Engineer)
	}
}

// Numbers have one form, and none comes twice.
func TestNumbers(t *testing.T) {
	d := newDesk(t)
	form := regexp.MustCompile(`^C-[2-9C-Y]{4}-[2-9C-Y]{3}$`)
	seen := map[string]bool{}
	for i := range 40 {
		device := fmt.Sprintf("bc-%d", i)
		d.device(device, "eu")
		d.request(device, "r-"+device, "waiting")
		n := d.of("r-" + device).Number
		if !form.MatchString(n) || len(n) > 20 || seen[n] || strings.ContainsAny(n[2:], "0O1IL5SAEU") {
			t.Errorf("%q", n)
		}
		seen[n] = true
	}
	if numbers := slices.Collect(maps.Keys(seen)); slices.IsSorted(numbers) {
		t.Error("the numbers tell an order")
	}
}

// Of many who take one case at once, one has it (P5).
func TestOneTakes(t *testing.T) {
	d := newDesk(t)
	for i := range 5 {
		device, request := fmt.Sprintf("bc-%d", i), fmt.Sprintf("r-%d", i)
		d.device(device, "eu")
		d.request(device, request, "waiting")
		number := d.of(request).Number
		errs := make([]error, 8)
		var group sync.WaitGroup
		for n := range errs {
			group.Go(func() {
				who := staff(fmt.Sprintf("Engineer%d", n))
				if n%2 == 0 {
					errs[n] = d.Join(t.Context(), who, request, netip.Addr{})
					return
				}
				_, errs[n] = d.Act(t.Context(), who, cloudapi.CaseAct{Case: number, Act: cloudapi.ActTake}, netip.Addr{})
			})
		}
		group.Wait()
		won := ""
		for n, err := range errs {
			switch code(err) {
			case "":
				won += fmt.Sprintf(" engineer%d@vendor.example", n)
			case "taken":
			default:
				t.Errorf("%v", err)
			}
		}
		if c := d.of(request); c.Holder == nil || won != " "+c.Holder.Account {
			t.Errorf("won:%s, it is %+v's", won, c.Holder)
		}
	}
	takes := 0
	for _, e := range d.told {
		if e.Kind == events.CaseTaken {
			takes++
		}
	}
	if takes != 5 {
		t.Errorf("%d on record", takes)
	}
}
