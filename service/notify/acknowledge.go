package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/ipc/protocol"
	"beckmanconnect/store"
)

// ErrUnknown: there is no notification of that number.
var ErrUnknown = errors.New("notify: no such notification")

// ErrOver: what was to be shelved has ended already.
var ErrOver = errors.New("notify: the notification is over")

// Person is who acted: the account the kernel named and, on a shared log-on,
// the initials that were given. The log keeps both.
type Person struct {
	Role     string // "technician", "it"
	Account  string
	Initials string
	Proved   bool // by the PIN of these initials
}

// Name is how the person is shown beside what they did.
func (p Person) Name() string {
	switch {
	case p.Initials == "":
		return p.Account
	case p.Account == "":
		return p.Initials
	default:
		return p.Initials + " (" + p.Account + ")"
	}
}

// Fields are the person's entries among the personal fields of the log.
func (p Person) Fields() map[string]string {
	fields := map[string]string{"account": p.Account}
	if p.Initials != "" {
		fields["initials"] = p.Initials
	}
	return fields
}

// Mark notes among the plain fields of an entry that the person was proved.
func (p Person) Mark(fields map[string]string) {
	if p.Proved {
		fields["proved"] = "pin"
	}
}

// Acknowledge notes who takes care of a notification, and with a group of all
// in it. One that is acknowledged already stays as it is: the first person
// counts (scenario 19).
func (a *Alarms) Acknowledge(ctx context.Context, id uint64, who Person) (*store.Notification, error) {
	return a.act(ctx, stepAcknowledged, "", id, who, func(b *batch, c *change) error {
		if acknowledge(c.n, who.Name(), b.now) {
			c.act(stepAcknowledged, "")
			b.keep(c)
		}
		return nil
	})
}

// Shelve puts a notification away until a time, and with a group all in it. It
// comes back by itself when it still stands then.
func (a *Alarms) Shelve(ctx context.Context, id uint64, until time.Time, reason string, who Person) (*store.Notification, error) {
	return a.act(ctx, stepShelved, reason, id, who, func(b *batch, c *change) error {
		if !shelve(c.n, store.Shelf{Since: b.now, Until: until, Reason: reason, By: who.Name()}) {
			return ErrOver
		}
		c.act(stepShelved, reason)
		b.keep(c)
		return nil
	})
}

// Unshelve takes a notification back before its time, and with a group all in
// it. What ended meanwhile is cleared.
func (a *Alarms) Unshelve(ctx context.Context, id uint64, who Person) (*store.Notification, error) {
	return a.act(ctx, stepUnshelved, "", id, who, func(b *batch, c *change) error {
		if !unshelve(c.n, b.now) {
			return nil
		}
		c.act(stepUnshelved, "")
		if !c.n.Open() {
			return b.cleared(c)
		}
		c.tell = c.n.Severity >= store.High // whoever did it knows of the others
		b.keep(c)
		return nil
	})
}

// membersAtOnce is how many members of a group one transaction takes: nobody
// else can write meanwhile.
const membersAtOnce = 500

// act has a person do something to one notification, or to all open members of
// a group; the group follows.
func (a *Alarms) act(ctx context.Context, step, detail string, id uint64, who Person, do func(*batch, *change) error) (*store.Notification, error) {
	var result *change
	more, above := true, uint64(0)
	for more {
		err := a.update(ctx, who, func(b *batch) (err error) {
			more = false
			if result, err = b.load(id); err != nil {
				return err
			}
			if result == nil {
				return ErrUnknown
			}
			if result.n.GroupKind == "" {
				return do(b, result)
			}
			members, err := b.tx.OpenMembers(id, above, membersAtOnce)
			if err != nil || len(members) == 0 {
				return err
			}
			more, above = len(members) == membersAtOnce, members[len(members)-1]
			return b.actAll(members, result, step, detail, do)
		}, nil)
		if err != nil {
			return nil, fmt.Errorf("notify: %s %d: %w", step, id, err)
		}
	}
	return result.n, nil
}

// actAll does it to these members; the group's entry says so for all of them.
func (b *batch) actAll(members []uint64, group *change, step, detail string, do func(*batch, *change) error) error {
	for _, member := range members {
		c, err := b.load(member)
		if err != nil {
			return err
		}
		c.covered = true
		if err := do(b, c); err != nil {
			return err
		}
		if c.kept {
			group.touched++
		}
	}
	if group.touched > 0 {
		group.act(step, detail)
		b.keep(group)
	}
	return nil
}

// See notes that a person has looked at these; those that are over, or were
// looked at before, or do not exist, stay as they are.
func (a *Alarms) See(ctx context.Context, ids []uint64, who Person) error {
	err := a.update(ctx, who, func(b *batch) error {
		var seen []string
		for _, id := range ids {
			c, err := b.load(id)
			if err != nil {
				return err
			}
			if c == nil || !see(c.n, b.now) {
				continue
			}
			c.act(stepSeen, "")
			c.covered = true
			b.keep(c)
			seen = append(seen, strconv.FormatUint(id, 10))
		}
		if len(seen) > 0 {
			b.entries = append(b.entries, store.Entry{
				Kind: "notification.seen", Actor: who.Role, Subject: seen[0], Personal: who.Fields(),
				Fields: map[string]string{"notifications": strings.Join(seen, " ")},
			})
		}
		return nil
	}, nil)
	if err != nil {
		return fmt.Errorf("notify: seen: %w", err)
	}
	return nil
}

// testLasts is how long a test alarm stands.
const testLasts = time.Minute

// CodeTest is the test alarm's.
const CodeTest = protocol.TestAlarm

// Test raises a notification that says it is a test and clears itself. A test
// that still stands is over first, so that each one is told.
func (a *Alarms) Test(ctx context.Context, who Person) (*store.Notification, error) {
	var result *change
	err := a.update(ctx, who, func(b *batch) error {
		o := Observation{
			Code: CodeTest, Severity: store.Medium, Source: SourceSelf, Texts: ownTexts("alarm.test", nil), Ends: true, Verified: true, Ungrouped: true,
			Until: b.now.Add(testLasts),
		}
		before, err := b.find(o.Code, o.Subject)
		if err == nil && before != nil {
			err = b.clear(before)
		}
		if err == nil {
			err = b.raise(o)
		}
		result = b.open[alarm{o.Code, o.Subject}]
		b.entries = append(b.entries, store.Entry{Kind: "notification.tested", Actor: who.Role, Subject: o.Code, Personal: who.Fields()})
		return err
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("notify: test alarm: %w", err)
	}
	return result.n, nil
}
