package registry

import (
	"errors"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// Refusal is what a device is told that may not come in, by what data.Standing
// says of it; an empty Code for one that may.
func Refusal(err error) cloudapi.Error {
	var moved *data.MovedError
	switch {
	case err == nil:
		return cloudapi.Error{}
	case errors.As(err, &moved):
		return cloudapi.Error{Code: cloudapi.CodeDeviceRevoked, Message: "This instrument was handed over; register it with a new key at " + moved.To + "."}
	case errors.Is(err, data.ErrRevoked):
		return cloudapi.Error{Code: cloudapi.CodeDeviceRevoked, Message: "The vendor took this device's identity back; register it with a new key."}
	case errors.Is(err, data.ErrCopied):
		return cloudapi.Error{Code: cloudapi.CodeDeviceCopied, Message: "This device's identity is on two PCs; register each with a new key."}
	case errors.Is(err, data.ErrNotFound):
		return cloudapi.Error{Code: "unknown-device", Message: "This device is not registered; register again."}
	}
	return cloudapi.Error{Code: "internal", Message: "Try again."}
}
