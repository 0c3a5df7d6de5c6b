package local

import (
	"context"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/support"
)

// PINs look at a technician's PIN: service/pins, with its count of wrong tries
// and its waits.
type PINs interface {
	Verify(pins.Try) (proved string, err error)
}

// acting is who answers for an act, as this site wants it to be known
// (defaults, "Who acted"): nothing more than the account, initials, or initials
// with that person's PIN. It is asked for each call anew, so that what was
// proved for one act counts for no other, and a policy that became stricter
// holds at once. IT acts by an account of its own. What else can be refused of
// a call without touching the store is refused before, so that it costs nobody
// a try.
func (h *Host) acting(ctx context.Context, initials, pin string) (notify.Person, error) {
	who := person(ctx, initials)
	actor := identity.FromContext(ctx)
	wanted := h.config.Policy().Identify()
	if wanted == "" || wanted == policy.IdentifyNone || !actor.Roles.Any(identity.Technician) {
		return who, nil
	}
	if who.Initials == "" {
		return notify.Person{}, invalid("initials-missing", "this site wants initials with it")
	}
	if wanted == policy.IdentifyInitials {
		return who, nil
	}
	// A word that this version does not know asks for everything.
	switch {
	case pin == "":
		return notify.Person{}, invalid("pin-needed", "this site wants the PIN of these initials with it")
	case h.config.PINs == nil:
		return notify.Person{}, refuse("pin-missing", "no PINs are kept here")
	}
	proved, err := h.config.PINs.Verify(pins.Try{Initials: initials, PIN: support.SecretOf(pin), Account: account(actor)})
	if err != nil {
		return notify.Person{}, h.fail("PIN", err)
	}
	who.Initials, who.Proved = proved, true
	return who, nil
}
