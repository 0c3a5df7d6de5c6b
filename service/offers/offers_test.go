package offers

import (
	"context"
	"errors"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

func TestNow(t *testing.T) { // P4, P8
	b := newBench(t)
	b.tell(&upgradepb.State{Phase: "idle", RunningVersion: "1", CheckedMs: 5})
	b.shows("nothing there", "none", "", "")
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", By: anna}); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
	b.tell(offer("offered"))
	b.shows("offered", "offered", "", "")
	b.want("nobody said yes", "hold")
	for _, digest := range []string{"", "d2"} {
		if _, err := b.Accept(t.Context(), Acceptance{Digest: digest, By: anna}); !errors.Is(err, ErrNotOffered) {
			t.Errorf("%q: %v", digest, err)
		}
	}
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", When: "at noon", By: anna}); !errors.Is(err, ErrWhen) {
		t.Error(err)
	}
	for _, when := range []string{Now, Tonight, Idle} {
		b.facts.Session = true
		if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", When: when, By: anna}); !errors.Is(err, ErrSession) {
			t.Errorf("%s, in a session: %v", when, err)
		}
		b.facts.Session = false
	}
	b.logged("before the yes")
	b.accept("")
	b.want("accepted", "install d1")
	b.logged("accepted", "accepted d1")
	b.step()
	b.want("once is enough")
	b.tell(offer("downloading"))
	b.shows("on its way", "downloading", "now", "")
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", By: anna}); !errors.Is(err, ErrNotOffered) {
		t.Errorf("accepted twice: %v", err)
	}
	b.tell(offer("installing"))
	b.tell(offer("restarting", func(s *upgradepb.State) { s.Restart, s.RunningVersion = true, "2" }))
	if last := b.shown[len(b.shown)-1]; last != "restart" {
		t.Errorf("%q", b.shown)
	}
	if _, err := b.Cancel(t.Context(), "d1", anna); !errors.Is(err, ErrTooLate) {
		t.Errorf("cancelled after the switch: %v", err)
	}
	b.tell(offer("watching"))
	b.shows("watching", "watching", "", "")
	b.tell(offer("installed"))
	b.shows("installed", "installed", "", "")
	b.want("nothing more")
	b.logged("in the end", "accepted d1")
}

// One that failed is tried again only when somebody says so again.
func TestFailedAndAgain(t *testing.T) {
	b := newBench(t)
	b.tell(offer("offered"))
	b.accept(Now)
	b.tell(offer("failed", func(s *upgradepb.State) { s.ErrorCode = "unreachable" }))
	b.shows("failed", "failed", "", "")
	b.step()
	b.want("once", "hold", "install d1")
	b.start()
	b.tell(offer("failed"))
	b.want("after a restart", "hold")
	b.accept(Now)
	b.want("again", "install d1")
	b.tell(offer("rolled-back"))
	b.shows("rolled back", "rolled-back", "", "")
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", By: anna}); !errors.Is(err, ErrNotOffered) {
		t.Errorf("rolled back and accepted again: %v", err)
	}
	b.tell(offer("failed", func(s *upgradepb.State) { s.RunningVersion = "2" })) // it runs, and there is no way back
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", By: anna}); !errors.Is(err, ErrNotOffered) {
		t.Errorf("it runs already: %v", err)
	}
}

func TestTonight(t *testing.T) { // B10
	b := newBench(t)
	b.tell(offer("offered"))
	b.accept(Tonight)
	b.shows("planned", "planned", Tonight, "")
	begins := time.Date(2026, 3, 17, 22, 0, 0, 0, time.UTC)
	if at := b.Current().GetPlannedMs(); at != begins.UnixMilli() {
		t.Errorf("begins %s", time.UnixMilli(at))
	}
	b.want("its bytes come ahead", "hold", "download d1")
	b.tell(offer("ready"))
	b.shows("ready", "ready", Tonight, "")
	b.now = begins.Add(-time.Minute)
	b.step()
	b.want("before")
	// The service is started anew, the PC sleeps through the night.
	b.start()
	b.tell(offer("ready"))
	b.want("before, after a restart", "hold")
	b.now = begins.Add(11 * time.Hour)
	b.step()
	b.want("missed")
	if at := b.Current().GetPlannedMs(); at != begins.AddDate(0, 0, 1).UnixMilli() {
		t.Errorf("begins %s", time.UnixMilli(at))
	}
	b.now = begins.Add(25 * time.Hour)
	b.facts.Session = true
	b.step()
	b.shows("in a session", "ready", Tonight, heldSession)
	b.want("in a session", "hold session")
	b.facts.Session, b.facts.Run = false, notify.RunRunning
	b.step()
	b.shows("in a run", "ready", Tonight, heldRun)
	b.want("in a run", "hold run")
	b.facts.Run = notify.RunUnknown // and it leaves the instrument alone
	b.step()
	b.want("at last", "hold", "install d1")
	b.logged("planned", "planned d1")
}

// The clock was a year ahead when it was planned: nobody waits a year.
func TestClockPutBack(t *testing.T) {
	b := newBench(t)
	b.now = afternoon.AddDate(1, 0, 0)
	b.tell(offer("offered"))
	b.accept(Tonight)
	b.now = afternoon
	b.tell(offer("ready"))
	if at := time.UnixMilli(b.Current().GetPlannedMs()); at.Sub(afternoon) > 8*time.Hour {
		t.Errorf("begins %s", at)
	}
	if _, err := b.Postpone(t.Context(), "d1", time.Hour, anna); err != nil {
		t.Fatal(err)
	}
	b.now = afternoon.AddDate(-1, 0, 0)
	b.step()
	if at := time.UnixMilli(b.Current().GetPlannedMs()); at.Sub(b.now) != time.Hour {
		t.Errorf("said again %s", at)
	}
}

// When idle: no session, and the profile says that no run is on. While nobody
// knows, it waits and says so.
func TestIdle(t *testing.T) {
	b := newBench(t)
	b.facts.Run = notify.RunUnknown
	b.tell(offer("offered"))
	b.accept(Idle)
	b.shows("not known", "planned", Idle, heldRun)
	b.want("not known", "hold", "hold run")
	b.facts.Run = notify.RunRunning
	b.step()
	b.facts.Run = notify.RunIdle
	b.step()
	b.want("no run", "hold", "install d1")
}

// "Now" while nobody knows about a run needs a second yes where the instrument
// is disturbed, as control does; one that is known to be on is waited for.
func TestNowAndARun(t *testing.T) {
	b := newBench(t)
	b.facts.Run = notify.RunUnknown
	b.tell(offer("offered", disturbing))
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", By: anna}); !errors.Is(err, ErrRunUnknown) {
		t.Errorf("without the second yes: %v", err)
	}
	b.logged("refused")
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", RunConfirmed: true, By: anna}); err != nil {
		t.Fatal(err)
	}
	b.facts.Run = notify.RunRunning
	b.step()
	b.shows("now it is known", "planned", Now, heldRun)
	b.want("now it is known", "hold", "hold run")
	b.facts.Run = notify.RunUnknown
	b.step()
	b.want("not known, and confirmed", "hold", "install d1")
	b.facts.Run = notify.RunRunning
	b.tell(offer("downloading", disturbing))
	b.shows("a run begins", "downloading", Now, heldRun)
	b.want("a run begins", "hold run")
}

func TestHoursOfIT(t *testing.T) { // B10
	b := newBench(t)
	b.facts.Policy.Hours = []policy.Hours{{Day: time.Saturday, From: 22 * 60, To: 4 * 60}}
	b.tell(offer("offered"))
	b.accept(Now)
	b.shows("on a Tuesday", "planned", Now, heldHours)
	b.want("its bytes come", "hold", "download d1")
	b.tell(offer("downloading"))
	b.shows("on its way", "downloading", Now, "")
	b.tell(offer("ready"))
	b.now = time.Date(2026, 3, 21, 22, 0, 0, 0, time.UTC)
	b.step()
	b.want("on Saturday", "install d1")
	b.tell(offer("installing"))
	b.now = time.Date(2026, 3, 22, 4, 0, 0, 0, time.UTC) // it took too long
	b.step()
	b.shows("they are over", "installing", Now, heldHours)
	b.want("they are over", "hold hours")
	b.tell(offer("ready"))
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", When: Tonight, By: anna}); err != nil {
		t.Fatal(err)
	}
	if at := time.UnixMilli(b.Current().GetPlannedMs()).UTC(); at != time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC) {
		t.Errorf("tonight is %s", at)
	}
}

func TestPostponeAndCancel(t *testing.T) {
	b := newBench(t)
	b.tell(offer("offered"))
	b.want("offered", "hold")
	if _, err := b.Postpone(t.Context(), "d2", time.Hour, anna); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
	u, err := b.Postpone(t.Context(), "d1", 3*time.Hour, anna)
	if err != nil || u.GetState() != "offered" || u.GetPlannedMs() != afternoon.Add(3*time.Hour).UnixMilli() {
		t.Fatalf("%v %v", u, err)
	}
	b.start()
	b.tell(offer("offered"))
	if b.Current().GetPlannedMs() == 0 {
		t.Error("forgotten by a restart")
	}
	b.now = b.now.Add(3 * time.Hour)
	b.step()
	if u := b.Current(); u.GetState() != "offered" || u.GetPlannedMs() != 0 {
		t.Errorf("said again: %v", u)
	}
	if _, err := b.Cancel(t.Context(), "d1", anna); !errors.Is(err, ErrNotPlanned) {
		t.Error(err)
	}
	b.accept(Idle)
	b.tell(offer("downloading"))
	b.want("accepted", "hold", "install d1")
	if _, err := b.Cancel(t.Context(), "d1", anna); err != nil {
		t.Fatal(err)
	}
	b.want("cancelled", "cancel d1")
	b.tell(offer("ready"))
	b.shows("cancelled", "offered", "", "")
	b.want("cancelled")
	b.accept(Tonight)
	b.accept(Idle) // changed
	b.want("changed", "install d1")
	b.logged("all of it", "postponed d1", "planned d1", "cancelled d1", "planned d1", "planned d1")
	if list, _, err := b.store.Entries(t.Context(), 0, 1); err != nil || list[0].Personal["initials"] != "AW" || list[0].Fields["when"] != Idle || list[0].Actor != "technician" {
		t.Errorf("%+v %v", list, err)
	}
	// The upgrade service has switched meanwhile.
	b.tell(offer("installing"))
	b.fake.refuse["cancel"] = errors.New("too late")
	if _, err := b.Cancel(t.Context(), "d1", anna); !errors.Is(err, ErrTooLate) {
		t.Error(err)
	}
}

// Mandatory is what the vendor signed as such and the site's policy wants: it is
// announced for a day, and then installed without a click inside the hours.
func TestMandatory(t *testing.T) { // B10
	b := newBench(t)
	b.tell(offer("offered", mandatory))
	b.shows("the vendor alone", "offered", "", "")
	b.facts.Policy.Mandatory = true
	b.tell(offer("offered"))
	b.shows("the site alone", "offered", "", "")
	b.logged("one alone")
	b.want("one alone", "hold")
	b.facts.Policy.Hours = []policy.Hours{{AnyDay: true, From: 22 * 60, To: 5 * 60}}
	b.facts.Run = notify.RunUnknown
	b.tell(offer("offered", mandatory))
	b.shows("announced", "planned", Tonight, "")
	begins := time.Date(2026, 3, 18, 22, 0, 0, 0, time.UTC) // the day is over at 14:05
	if u := b.Current(); !u.GetMandatory() || u.GetPlannedMs() != begins.UnixMilli() {
		t.Errorf("%v", u)
	}
	b.logged("announced", "announced d1")
	b.want("announced", "hold run")
	if _, err := b.Postpone(t.Context(), "d1", time.Hour, anna); !errors.Is(err, ErrMandatory) {
		t.Error(err)
	}
	if _, err := b.Cancel(t.Context(), "d1", anna); !errors.Is(err, ErrMandatory) {
		t.Error(err)
	}
	b.start()
	b.now = begins.Add(-time.Minute)
	b.facts.Run = notify.RunIdle
	b.tell(offer("offered", mandatory))
	b.want("its bytes come ahead", "hold", "download d1")
	b.tell(offer("ready", mandatory))
	b.now, b.facts.Run = begins, notify.RunUnknown
	b.step()
	b.shows("nobody knows about a run", "ready", Tonight, heldRun)
	b.facts.Session = true
	b.step()
	b.want("a session", "hold run", "hold session")
	b.facts.Session, b.facts.Run = false, notify.RunIdle
	b.step()
	b.want("now", "hold", "install d1")
	b.tell(offer("failed", mandatory))
	b.now = b.now.Add(time.Hour)
	b.step()
	b.want("it failed: not at once again")
	b.now = b.now.Add(5 * time.Hour)
	b.step()
	b.now = begins.AddDate(0, 0, 1)
	b.step()
	b.want("the next night", "install d1")
	b.logged("said once", "announced d1")
}

// Another release is offered than the one that was planned: nobody said yes to it.
func TestSuperseded(t *testing.T) {
	b := newBench(t)
	b.tell(offer("offered"))
	b.accept(Tonight)
	b.want("planned", "hold", "download d1")
	b.tell(offer("offered", func(s *upgradepb.State) { s.Digest, s.Version = "d2", "3" }))
	b.shows("another", "offered", "", "")
	b.now = b.now.Add(9 * time.Hour)
	b.step()
	b.want("tonight")
	b.logged("on record", "planned d1", "cancelled d1")
}

// Nothing takes effect that could not be put on record (scenario 50).
func TestNoRecordNoUpgrade(t *testing.T) {
	b := newBench(t)
	b.facts.Policy.Mandatory = true
	b.tell(offer("offered"))
	b.want("offered", "hold")
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Accept(t.Context(), Acceptance{Digest: "d1", By: anna}); store.KindOf(err) != store.KindClosed {
		t.Errorf("accepted off the record: %v", err)
	}
	b.state = offer("offered", mandatory)
	if err := b.c.step(t.Context()); err == nil {
		t.Error("announced off the record")
	}
	b.want("off the record")
}

// What is said must be kept still for comes before what is asked for, and where
// it cannot be said nothing is asked for.
func TestHoldComesFirst(t *testing.T) {
	b := newBench(t)
	b.tell(offer("offered"))
	b.facts.Run = notify.RunRunning
	b.accept(Tonight)
	b.want("in a run", "hold", "hold run")
	b.facts.Run, b.now = notify.RunIdle, afternoon.Add(8*time.Hour)
	b.fake.refuse["hold"] = errors.New("busy")
	if err := b.c.step(t.Context()); err == nil {
		t.Error("no error")
	}
	b.want("it did not hear", "hold")
	delete(b.fake.refuse, "hold")
	b.step()
	b.want("it heard", "hold", "install d1")
}

func TestCheck(t *testing.T) {
	b := newBench(t)
	u, err := b.Check(t.Context())
	if err != nil || u.GetState() != "none" || u.GetCheckedMs() != 17 {
		t.Errorf("%v %v", u, err)
	}
	b.connect(nil)
	if _, err := b.Check(t.Context()); !errors.Is(err, ErrAway) {
		t.Error(err)
	}
}

// Which capabilities the site has authorised is said of those it brings, and of
// no others.
func TestAuthorisedIsSaid(t *testing.T) { // scenario 40
	b := newBench(t)
	b.facts.Authorised = func(c string) bool { return c != "clipboard" }
	b.tell(offer("offered", func(s *upgradepb.State) { s.Capabilities = []string{"clipboard", "annotate"} }))
	if u := b.Current(); len(u.GetCapabilities()) != 2 || len(u.GetAuthorised()) != 1 || u.GetAuthorised()[0] != "annotate" {
		t.Errorf("%v", u)
	}
}

func TestFollowsTheUpgradeService(t *testing.T) {
	b := newBench(t)
	f := &fake{states: make(chan *upgradepb.State), refuse: map[string]error{}}
	changed := make(chan *hostpb.Upgrade, 10)
	b.config.Changed = func(_ context.Context, u *hostpb.Upgrade) { changed <- u }
	b.config.Pause, b.config.Away = time.Microsecond, time.Nanosecond
	dials := 0
	b.config.Dial = func(context.Context) (Upgrader, error) {
		if dials++; dials == 1 {
			return nil, errors.New("not there yet")
		}
		return f, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, func(string, string) {}) }()
	if u := <-changed; u.GetState() != "none" || u.GetCheckError() != CheckAway {
		t.Errorf("not there yet: %v", u)
	}
	f.states <- offer("offered", func(s *upgradepb.State) { s.Notes = []*upgradepb.Note{{Language: "en", Title: "T", Text: "X"}} })
	if u := <-changed; u.GetState() != "offered" || u.GetNotes()[0].GetAdvice() != "X" {
		t.Errorf("%v", u)
	}
	f.states <- nil // it goes away and comes back
	if u := <-changed; u.GetCheckError() != CheckAway {
		t.Errorf("still shown: %v", u)
	}
	f.states <- offer("installed")
	if u := <-changed; u.GetState() != "installed" {
		t.Errorf("%v", u)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
