package identity

// Rules says which accounts play which part on this PC.
type Rules struct {
	// Self is the ID this server runs as. When a person starts the service
	// for themselves (development, demonstration), their own programs have
	// every role: there is nobody else to be protected from.
	Self string
	// Service is the ID of the service's account, for servers that the
	// service itself calls (the upgrade service). Empty: no such account.
	Service string
}

// Roles decides what a may act as. It never looks at a.Roles.
func (r Rules) Roles(a Actor) Roles {
	if !a.Known() || a.Remote || a.LowIntegrity {
		return 0
	}
	var roles Roles
	if r.Self != "" && a.ID == r.Self {
		roles |= Technician | IT | Service
	}
	if r.Service != "" && a.ID == r.Service {
		roles |= Service
	}
	if a.Elevated {
		roles |= IT
	}
	// A person at the PC. Root and SYSTEM are accounts for programs: they sit
	// nowhere, and approving is the technician's part (P24).
	if !a.SystemAccount && a.Seat != SeatNone {
		roles |= Technician
	}
	return roles
}
