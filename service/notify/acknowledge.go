package notify

import (
	"context"
	"errors"
	"fmt"

	"beckmanconnect/store"
)

// ErrUnknown: there is no notification of that number.
var ErrUnknown = errors.New("notify: no such notification")

// Person is who acted: the account the kernel named and, on a shared log-on,
// the initials that were given. The log keeps both.
type Person struct {
	Role     string // "technician", "it"
	Account  string
	Initials string
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

// Acknowledge notes who takes care of a notification. One that is acknowledged
// already stays as it is: the first person counts (scenario 19).
func (a *Alarms) Acknowledge(ctx context.Context, id uint64, who Person) (*store.Notification, error) {
	var result *store.Notification
	err := a.Store.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Notification(id)
		if err != nil {
			return err
		}
		if n == nil {
			return ErrUnknown
		}
		result = n
		if n.State != store.Raised {
			return nil
		}
		n.State, n.Acknowledged, n.AcknowledgedBy = store.Acknowledged, a.Now(), who.Name()
		e := entry("notification.acknowledged", n, 0)
		e.Actor, e.Personal = who.Role, who.Fields()
		if _, err := tx.Append(e); err != nil {
			return err
		}
		return write(tx, n)
	})
	if err != nil {
		return nil, fmt.Errorf("notify: acknowledge %d: %w", id, err)
	}
	return result, nil
}
