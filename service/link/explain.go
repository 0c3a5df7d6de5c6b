package link

import (
	"errors"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/service/link/dialect"
)

// Codes of the link's own, beside those of package netdial.
const (
	CodeUnregistered = "unregistered"
	CodeConnecting   = "connecting"
	CodeStopping     = "stopping"
	CodeNotAccepted  = "not-accepted"
	CodeSubscription = "subscription"
	CodeExcess       = "excess"
	CodeOutbox       = "outbox"
	// The cloud knows this PC and turns it away.
	CodeDeviceCopied  = cloudapi.CodeDeviceCopied
	CodeDeviceRevoked = cloudapi.CodeDeviceRevoked
)

// Codes are all that State.Code can be, with what they mean and what to do, in
// the order of the documentation.
var Codes = append([]netdial.Code{
	{Code: CodeUnregistered, Means: "this PC is not registered yet", Do: "register it"},
	{Code: CodeConnecting, Means: "connecting to the cloud", Do: "wait"},
	{Code: CodeStopping, Means: "the service is stopping", Do: "nothing"},
	{Code: CodeNotAccepted, Means: "the cloud does not accept this PC", Do: "register again"},
	{Code: CodeSubscription, Means: "the cloud refused this PC's topic", Do: "register again, or have the broker's rights corrected"},
	{Code: CodeExcess, Means: "the cloud sent more than it may", Do: "tell the vendor; it is tried again"},
	{Code: CodeOutbox, Means: "what was sent cannot be taken off the list of what waits", Do: "check the disk; the log says more"},
	{Code: CodeDeviceCopied, Means: "this PC's identity is on two PCs", Do: "renew it with beckmanctl or in the window, then register again"},
	{Code: CodeDeviceRevoked, Means: "the vendor took this PC's identity back", Do: "ask the vendor; renew it, then register again"},
	{Code: dialect.CodeAddress, Means: "the message service's address is none", Do: "correct cloud.url"},
	{Code: dialect.CodeKey, Means: "the device's key for the message service cannot be read", Do: "correct cloud.iothub.key_file"},
	{Code: dialect.CodeProvisionOff, Means: "the provisioning service has this PC switched off", Do: "have the enrolment enabled again"},
	{Code: dialect.CodeProvisionRefused, Means: "the provisioning service does not know this PC, or revoked it", Do: "have it enrolled"},
	{Code: dialect.CodeProvisionBusy, Means: "the provisioning service did not assign a hub in time", Do: "wait; it is tried again"},
	{Code: dialect.CodeProvisionFailed, Means: "the provisioning service could not assign a hub", Do: "check cloud.iothub, then tell the vendor"},
}, netdial.Codes...)

var (
	errClosed       = errors.New("the connection was closed")
	errNoAnswer     = errors.New("the broker did not answer in time")
	errSubscription = errors.New("the broker refused this device's topic")
	errOutbox       = errors.New("the outbox cannot be written")
	errRenew        = errors.New("what this connection signed in with ends")
)

// explain says in one plain line why the link is down (scenarios 54, 55).
func explain(err error) netdial.Reason {
	code := own(err)
	if code == "" {
		if reason, ok := netdial.Explain(err); ok {
			return reason
		}
		code = netdial.CodeLost
		if errors.Is(err, errNoAnswer) {
			code = netdial.CodeNoAnswer
		}
	}
	for _, c := range Codes {
		if c.Code == code {
			return netdial.Reason{Code: code, Text: c.Means + "; " + c.Do}
		}
	}
	return netdial.Reason{Code: code, Text: "the connection to the cloud was lost"}
}

// own are the reasons that only the link knows.
func own(err error) string {
	var d *dialect.Error
	var status *netdial.StatusError
	switch {
	// Said over a connection that the package's own roots verify: nobody in
	// between can say it.
	case errors.As(err, &status) && (status.Code == CodeDeviceCopied || status.Code == CodeDeviceRevoked):
		return status.Code
	case errors.Is(err, errPacketTooLarge), errors.Is(err, errSuback):
		return CodeExcess
	case errors.Is(err, errSubscription):
		return CodeSubscription
	case errors.Is(err, errOutbox):
		return CodeOutbox
	case errors.As(err, &d):
		// What kept us from the provisioning service itself says more.
		if _, ok := netdial.Explain(d.Err); ok && d.Code != dialect.CodeKey && d.Code != dialect.CodeProvisionBusy {
			return ""
		}
		return d.Code
	case notAccepted(err):
		return CodeNotAccepted
	}
	return ""
}

func notAccepted(err error) bool {
	return errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) ||
		errors.Is(err, packets.ErrorRefusedIDRejected)
}
