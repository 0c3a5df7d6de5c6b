package notify

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// life is what a person could know of the alarms, beside the real ones: which
// conditions stand, and nothing else.
type life struct {
	*ward
	rt      *rapid.T
	kinds   []Observation
	stands  map[string]bool // of those that say when they are over
	rows    map[uint64]store.Notification
	entries int64
}

// TestModel: any order of observations, people's acts, time and restarts.
//
//   - at most one notification is open for a code and subject;
//   - what stands is open, and what does not is open only while a person or
//     chatter holds it;
//   - a count never goes down, and nothing that was raised vanishes;
//   - nothing open is invisible: it is in the list, or in an open group;
//   - the highest class is never silent when it comes, or comes back;
//   - every change has an entry in the log and an event, of the same commit;
//   - a group is what its members are;
//   - what is due is done, and a clock that is set brings and takes nothing
//     (scenario 51).
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{ward: newWard(t), rt: rt, stands: map[string]bool{}, rows: map[uint64]store.Notification{}}
		defer func() { _ = l.Store.Close() }()
		l.clocks()
		l.Trusted = func() time.Time { return time.Time{} } // a local clock alone deletes nothing
		for i := range 14 {
			o := alarmOf(fmt.Sprintf("c-%d", i), store.Severity(1+i%4))
			o.Ends = i%5 != 0
			o.Condition = o.Ends && i%3 == 0
			l.kinds = append(l.kinds, o)
		}
		for range rapid.IntRange(1, 25).Draw(rt, "acts") {
			l.act()
			l.check()
		}
	})
}

func (l *life) pick() Observation {
	o := l.kinds[rapid.IntRange(0, len(l.kinds)-1).Draw(l.rt, "kind")]
	o.Backlog = rapid.IntRange(0, 9).Draw(l.rt, "backlog") == 0
	return o
}

func (l *life) act() {
	ctx := context.Background()
	open := l.list(store.NotificationFilter{Text: "c-", OpenOnly: true})
	open = append(open, l.list(store.NotificationFilter{OpenOnly: true, Sources: []string{SourceSelf}})...)
	var n store.Notification
	if len(open) > 0 {
		n = open[rapid.IntRange(0, len(open)-1).Draw(l.rt, "open")]
	}
	var err error
	switch what := rapid.SampledFrom([]string{"see", "one", "over", "many", "storm", "turns", "acknowledge", "shelve", "unshelve", "time", "time", "jump", "restart", "test"}).Draw(l.rt, "what"); what {
	case "one":
		l.observe(l.pick())
	case "over":
		if o := l.pick(); o.Ends {
			l.observe(overOf(o))
		}
	case "many":
		var list []Observation
		for range rapid.IntRange(1, 20).Draw(l.rt, "n") {
			o := l.pick()
			o.Clear = o.Ends && rapid.Bool().Draw(l.rt, "over")
			list = append(list, o)
		}
		l.observe(list...)
	case "storm":
		l.observe(l.kinds...)
	case "turns":
		o := l.pick()
		for range rapid.IntRange(1, 8).Draw(l.rt, "turns") {
			if l.observe(o); o.Ends {
				l.observe(overOf(o))
			}
		}
	case "acknowledge":
		if n.ID != 0 {
			_, err = l.Acknowledge(ctx, n.ID, nurse)
		}
	case "shelve":
		if n.ID != 0 {
			_, err = l.Shelve(ctx, n.ID, l.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(l.rt, "hours"))*time.Hour), "r", nurse)
		}
	case "unshelve":
		if n.ID != 0 {
			_, err = l.Unshelve(ctx, n.ID, nurse)
		}
	case "see":
		err = l.See(ctx, []uint64{n.ID, 999999}, nurse)
	case "time":
		l.pass(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 5 * time.Minute, 11 * time.Minute, 2 * time.Hour, 50 * time.Hour}).Draw(l.rt, "by"))
		l.due()
	case "jump":
		before := l.list(store.NotificationFilter{OpenOnly: true})
		l.now = l.now.Add(time.Duration(rapid.IntRange(-5000, 5000).Draw(l.rt, "days")) * 24 * time.Hour)
		l.pass(0)
		if after := l.list(store.NotificationFilter{OpenOnly: true}); len(after) != len(before) || len(l.alerts()) > 0 {
			l.rt.Errorf("a clock that was set made %d of %d", len(after), len(before))
		}
	case "restart":
		l.again()
	case "test":
		_, err = l.Test(ctx, nurse)
	}
	if err != nil {
		l.rt.Fatal(err)
	}
}

func (l *life) observe(list ...Observation) {
	if err := l.Apply(context.Background(), list, nil); err != nil {
		l.rt.Fatal(err)
	}
	for _, o := range list {
		if o.Ends {
			l.stands[o.Code] = !o.Clear
		}
	}
}

func (l *life) check() {
	ctx := context.Background()
	all, more, err := l.Store.Notifications(ctx, 0, 1000, false)
	if err != nil || more {
		l.rt.Fatal(len(all), err)
	}
	rows := map[uint64]store.Notification{}
	isOpen := map[alarm]store.Notification{}
	for _, n := range all {
		rows[n.ID] = n
		if !n.Open() {
			continue
		}
		if other, twice := isOpen[alarm{n.Code, n.Subject}]; twice {
			l.rt.Errorf("%s is open twice: %d and %d", n.Code, n.ID, other.ID)
		}
		isOpen[alarm{n.Code, n.Subject}] = n
	}
	for code, stands := range l.stands {
		n, open := isOpen[alarm{code, ""}]
		if stands && !open {
			l.rt.Errorf("%s stands and is not open", code)
		}
		if !stands && open && n.State != store.Shelved && !n.Chatters {
			l.rt.Errorf("%s is over and open: %+v", code, n)
		}
	}
	l.visible(isOpen)
	l.groups(all)
	l.changes(rows)
	l.rows = rows
}

func (l *life) visible(isOpen map[alarm]store.Notification) {
	listed := map[uint64]bool{}
	for _, n := range l.list(store.NotificationFilter{OpenOnly: true}) {
		listed[n.ID] = true
		if n.GroupKind != "" {
			for _, m := range l.list(store.NotificationFilter{Group: n.ID}) {
				listed[m.ID] = true
			}
		}
	}
	for _, n := range isOpen {
		if !listed[n.ID] {
			l.rt.Errorf("%d is open and nowhere to be seen: %+v", n.ID, n)
		}
	}
}

func (l *life) groups(all []store.Notification) {
	for _, g := range all {
		if g.GroupKind == "" {
			continue
		}
		want, worst, members := store.Cleared, store.Severity(0), uint32(0)
		rank := map[store.State]int{store.Cleared: 0, store.Shelved: 1, store.Acknowledged: 2, store.Raised: 3}
		for _, m := range all {
			if m.Group != g.ID {
				continue
			}
			members++
			if rank[m.State] > rank[want] {
				if want != store.Raised && m.State == store.Raised {
					worst = 0
				}
				want = m.State
			}
			if m.Open() && (m.State == store.Raised || want != store.Raised) {
				worst = max(worst, m.Severity)
			}
		}
		if g.State != want || g.Members != members || (g.Open() && g.Severity != worst) {
			l.rt.Errorf("group %d is %s with %d, severity %d; its members say %s, %d, %d", g.ID, g.State, g.Members, g.Severity, want, members, worst)
		}
	}
}

// changes holds what changed since the last look against what was told.
func (l *life) changes(rows map[uint64]store.Notification) {
	loud, told := map[uint64]bool{}, map[uint64]*hostpb.Notification{}
	for _, e := range l.told() {
		loud[e.GetId()] = loud[e.GetId()] || e.GetAlert() == hostpb.Alert_ALERT_LOUD
		told[e.GetId()] = e
	}
	entries := l.Store.LogState().Entries
	changed := 0
	for id, before := range l.rows {
		n, there := rows[id]
		switch {
		case !there:
			l.rt.Errorf("%d vanished", id)
		case n.Count < before.Count, n.Severity < before.Severity && n.GroupKind == "", !before.Open() && n.Open(), !n.Raised.Equal(before.Raised):
			l.rt.Errorf("%d went back: %+v, it was %+v", id, n, before)
		}
	}
	for id, n := range rows {
		before, known := l.rows[id]
		if known && n.State == before.State && n.Count == before.Count && n.Seen.Equal(before.Seen) && n.Escalated.Equal(before.Escalated) &&
			n.Group == before.Group && n.Members == before.Members && n.Chatters == before.Chatters && n.Severity == before.Severity && n.AcknowledgedBy == before.AcknowledgedBy {
			continue
		}
		changed++
		e := told[id]
		if e == nil || e.GetState() != states[n.State] || e.GetCount() != n.Count || e.GetGroupId() != n.Group || e.GetMembers() != n.Members {
			l.rt.Errorf("%d changed to %+v, and the windows were told %v", id, n, e)
		}
		came := n.State == store.Raised && (!known || before.State != store.Raised)
		if came && n.Severity == store.High && n.GroupKind == "" && !loud[id] {
			l.rt.Errorf("%d is of the highest class, and came silently: %+v", id, n)
		}
	}
	if changed > 0 && entries == l.entries {
		l.rt.Errorf("%d changed, and the log has no entry", changed)
	}
	l.entries = entries
}

// due: after time did its part nothing is left for it to do.
func (l *life) due() {
	waits := Rules{}.waits()
	for _, n := range l.list(store.NotificationFilter{Text: "c-", OpenOnly: true}) {
		if steps := overdue(&n, waits, l.now); len(steps) > 0 {
			l.rt.Errorf("left undone: %q of %+v", steps, n)
		}
	}
}
