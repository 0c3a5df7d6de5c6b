package device

// States of the identity.
const (
	StateOK      = "ok"
	StateCopied  = "copied"  // the data folder was made on another PC, or the cloud saw it on two
	StateRevoked = "revoked" // the vendor took the identity back
	// StateKeysAway: what the keys are wrapped with cannot be used at the moment.
	StateKeysAway = "keys-away"
	// StateKeyLost: the device key is there and cannot be opened for good.
	StateKeyLost = "key-lost"
)

// State is how the identity stands. Anything but StateOK means: no support, and
// no link, or one that only asks now and then whether it is over.
func (d *Device) State() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.absent != "" {
		return d.absent
	}
	if d.place.match == Copied {
		return StateCopied
	}
	if d.refused != "" {
		return d.refused
	}
	return StateOK
}

// Here is whether the identity was made on this PC. Where it was not it may not
// even be shown to the cloud.
func (d *Device) Here() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.place.match != Copied
}

// Replaced tells whether a part of the PC was found replaced at this start.
func (d *Device) Replaced() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.place.match == Changed
}

// SetRefused takes over what the cloud said of this identity: StateCopied,
// StateRevoked, or "" when it is accepted again. It reports whether that is
// news. Only a cloud whose certificate the package's own roots verify can say
// it, and all it does is to take something away.
func (d *Device) SetRefused(state string) bool {
	if state != StateCopied && state != StateRevoked {
		state = ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := d.refused != state
	d.refused = state
	return changed
}

// MachineID tells the cloud on which PC this identity is, and nothing about the
// PC (cloudapi.MachineID).
func (d *Device) MachineID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.place.id
}
