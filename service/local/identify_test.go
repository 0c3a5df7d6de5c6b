package local

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// withPINs gives the lab a book of PINs on its store, with a clock that the
// test moves.
func (l *lab) withPINs(people map[string]string) (pass func(time.Duration)) {
	l.t.Helper()
	var now time.Duration
	book, err := pins.Open(l.t.Context(), pins.Config{
		Store: l.store, Cost: pins.Cost{Time: 1, MemoryKiB: 64, Threads: 1, Bytes: 32}, Mono: func() time.Duration { return now },
	})
	if err != nil {
		l.t.Fatal(err)
	}
	for who, pin := range people {
		set, err := book.Prepare(pins.Change{Initials: who, PIN: support.SecretOf(pin), Account: "anna"})
		if err == nil {
			err = set.Commit()
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	l.config.PINs = book
	return func(d time.Duration) { now += d }
}

// act is a call that a person answers for.
type act struct {
	name string
	do   func(l *lab, ctx context.Context, initials, pin string) error
	kind string // of its entry in the log; "": it is another part that writes it
}

func acts() []act {
	in := func() int64 { return time.Now().Add(time.Hour).UnixMilli() }
	return []act{
		{"shelve", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.ShelveNotification(ctx, &hostpb.ShelveNotificationRequest{Id: 1, Reason: "r", UntilUnixMs: in(), Initials: who, Pin: pin})
			return err
		}, "notification.shelved"},
		{"unshelve", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.UnshelveNotification(ctx, &hostpb.UnshelveNotificationRequest{Id: 1, Initials: who, Pin: pin})
			return err
		}, "notification.unshelved"},
		{"acknowledge", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.AcknowledgeNotification(ctx, &hostpb.AcknowledgeNotificationRequest{Id: 1, Initials: who, Pin: pin})
			return err
		}, "notification.acknowledged"},
		{"handover", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.WriteHandover(ctx, &hostpb.WriteHandoverRequest{Note: "n", Initials: who, Pin: pin})
			return err
		}, "handover.written"},
		{"quiet hours", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.SetQuietHours(ctx, &hostpb.SetQuietHoursRequest{On: true, FromMinute: 60, ToMinute: 120, Initials: who, Pin: pin})
			return err
		}, "quiet.changed"},
		{"accept an upgrade", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.AcceptUpgrade(ctx, &hostpb.AcceptUpgradeRequest{Digest: "d1", When: "now", Initials: who, Pin: pin})
			return err
		}, ""},
		{"cancel an upgrade", func(l *lab, ctx context.Context, who, pin string) error {
			_, err := l.CancelUpgrade(ctx, &hostpb.CancelUpgradeRequest{Digest: "d1", Initials: who, Pin: pin})
			return err
		}, ""},
	}
}

func (l *lab) count(kind string) int {
	l.t.Helper()
	kinds, _ := l.entries()
	n := 0
	for _, k := range kinds {
		if k == kind {
			n++
		}
	}
	return n
}

// Each act of a person is refused by the service without what the site wants
// with it, and then changes nothing (scenario 4; defaults, "Who acted").
func TestActsAreSigned(t *testing.T) { // scenario 4
	for _, a := range acts() {
		t.Run(a.name, func(t *testing.T) {
			for _, row := range []struct {
				identify      policy.Identify
				initials, pin string
				want          string
			}{
				{policy.IdentifyInitials, "", "", "initials-missing"},
				{policy.IdentifyInitials, " \u202e", "", "initials-missing"},
				{policy.IdentifyPIN, "", "4938", "initials-missing"},
				{policy.IdentifyPIN, "AW", "", "pin-needed"},
				{policy.IdentifyPIN, "AW", "4939", "pin-wrong"},
				{policy.IdentifyPIN, "AW", "7042", "pin-wrong"}, // somebody else's
				{policy.IdentifyPIN, "XY", "4938", "pin-missing"},
				{policy.IdentifyPIN, "A W", "4938", "pin-missing"},
				{"a word to come", "AW", "", "pin-needed"},
				{policy.IdentifyNone, "", "", ""},
				{policy.IdentifyInitials, "AW", "", ""},
				{policy.IdentifyPIN, "aw", "4938", ""},
			} {
				l := newLab(t)
				l.raise(1, store.Medium)
				l.withPINs(map[string]string{"AW": "4938", "BK": "7042"})
				if a.name == "unshelve" {
					if err := acts()[0].do(l, anna, "", ""); err != nil {
						t.Fatal(err)
					}
				}
				l.site = &policy.Site{Number: 1, Identify: row.identify}
				before, calls := l.count(a.kind), len(l.offers.calls)
				what := fmt.Sprintf("%s %q %q", row.identify, row.initials, row.pin)
				err := a.do(l, anna, row.initials, row.pin)
				if row.want != "" {
					l.code(what, err, row.want)
					if l.count(a.kind) != before || len(l.offers.calls) != calls {
						t.Errorf("%s: refused, and done", what)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", what, err)
					continue
				}
				if a.kind == "" {
					continue
				}
				_, newest := l.entries()
				wantProved := ""
				if row.identify == policy.IdentifyPIN {
					wantProved = "pin"
				}
				if newest.Kind != a.kind || newest.Fields["proved"] != wantProved || newest.Personal["initials"] != strings.ToUpper(row.initials) {
					t.Errorf("%s: %+v", what, newest)
				}
			}
		})
	}
}

// IT acts by an account of its own, and is asked for no PIN.
func TestITSignsByItsAccount(t *testing.T) {
	l := newLab(t)
	l.site = &policy.Site{Number: 1, Identify: policy.IdentifyPIN}
	if _, err := l.SetQuietHours(root, &hostpb.SetQuietHoursRequest{}); err != nil {
		t.Error(err)
	}
}

// What was proved for one act counts for no other, and a policy that became
// stricter holds for the next call.
func TestEachActIsProvedAnew(t *testing.T) { // scenario 12
	l := newLab(t)
	l.raise(2, store.Low)
	l.withPINs(map[string]string{"AW": "4938"})
	acknowledge := func(id uint64, pin string) error {
		_, err := l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: id, Initials: "AW", Pin: pin})
		return err
	}
	l.site = &policy.Site{Number: 1, Identify: policy.IdentifyInitials}
	if err := acknowledge(1, ""); err != nil {
		t.Fatal(err)
	}
	l.site = &policy.Site{Number: 2, Identify: policy.IdentifyPIN}
	l.code("stricter by now", acknowledge(2, ""), "pin-needed")
	if _, err := l.WriteHandover(anna, &hostpb.WriteHandoverRequest{Note: "n", Initials: "AW", Pin: "4938"}); err != nil {
		t.Fatal(err)
	}
	l.code("after another act", acknowledge(2, ""), "pin-needed")
	l.config.PINs = nil
	l.code("no book of PINs", acknowledge(2, "4938"), "pin-missing")
}

// Wrong PINs are counted together with those of prompts: waits, then a lock
// that the right one does not open (scenario 21). What is refused before costs
// no try.
func TestWrongPINsOfActsLock(t *testing.T) { // scenario 21
	l := newLab(t)
	l.raise(1, store.Medium)
	pass := l.withPINs(map[string]string{"AW": "4938"})
	l.site = &policy.Site{Number: 1, Identify: policy.IdentifyPIN}
	acknowledge := func(pin string) error {
		_, err := l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: 1, Initials: "AW", Pin: pin})
		return err
	}
	_, err := l.ShelveNotification(anna, &hostpb.ShelveNotificationRequest{Id: 1, Initials: "AW", Pin: "0000"})
	l.code("no reason given", err, "reason-missing")
	if l.count("pin.wrong") != 0 {
		t.Error("a call that could not count cost a try")
	}
	for i := range pins.LockAfter {
		want := "pin-wrong"
		if i == pins.LockAfter-1 {
			want = "pin-locked"
		}
		l.code(fmt.Sprint("try ", i), acknowledge("0000"), want)
		if i < pins.LockAfter-1 {
			l.code("early", acknowledge("4938"), "pin-wait")
		}
		pass(time.Minute)
	}
	l.code("locked", acknowledge("4938"), "pin-locked")
	if n, err := l.store.Notification(t.Context(), 1); err != nil || n.State != store.Raised {
		t.Errorf("%+v %v", n, err)
	}
	if l.count("pin.wrong") != pins.LockAfter || l.count("pin.locked") != 1 {
		kinds, _ := l.entries()
		t.Errorf("%q", kinds)
	}
}
