package cloudapi

// Codes with which the cloud turns a device away that it knows, at
// registration, broker and relay.
const (
	CodeDeviceCopied  = "device-copied"  // it was seen on two PCs: register with a new key
	CodeDeviceRevoked = "device-revoked" // the vendor took its identity back
)
