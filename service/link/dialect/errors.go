package dialect

import (
	"errors"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// Codes of an Error.
const (
	CodeAddress          = "address"            // the message service's address is none
	CodeKey              = "key"                // the device's key cannot be read
	CodeProvisionOff     = "provision-disabled" // the device's enrolment was disabled
	CodeProvisionRefused = "provision-refused"  // the provisioning service does not know the device, or revoked it
	CodeProvisionBusy    = "provision-busy"     // it is to be asked again later
	CodeProvisionFailed  = "provision-failed"   // anything else
)

// Error is why there is no session.
type Error struct {
	Code string
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "dialect: " + e.Code
	}
	return "dialect: " + e.Code + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// refused: a CONNECT was answered, and not with yes.
func refused(err error) bool {
	return errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) ||
		errors.Is(err, packets.ErrorRefusedIDRejected)
}
