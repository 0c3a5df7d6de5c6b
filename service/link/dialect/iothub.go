package dialect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
)

// eventProperties tell IoT Hub what a message is, so that it can be routed by
// its contents; names and values are percent-encoded.
const eventProperties = "$.ct=application%2Fjson&$.ce=utf-8"

// HubConfig is what IoTHub needs.
type HubConfig struct {
	Settings hostconfig.IoTHub
	// Provision is the region's provisioning service where Settings name none.
	Provision string
	// Open opens a WebSocket with the device's certificate to HOST[:PORT] and a
	// path on it.
	Open func(ctx context.Context, host, path string) (net.Conn, error)
	// Kept and Keep are the memory of the hub that was assigned; "" for none.
	Kept func(ctx context.Context) (string, error)
	Keep func(ctx context.Context, hub string) error
	// Now is the time that tokens are made for: the vendor's, where it is known.
	Now func() time.Time
}

// IoTHub is Azure's message service.
type IoTHub struct {
	config HubConfig

	mu    sync.Mutex
	asked time.Time // when the provisioning service was last asked
}

// NewIoTHub makes the dialect; nothing is dialled before Session.
func NewIoTHub(c HubConfig) *IoTHub { return &IoTHub{config: c} }

// Name implements Dialect.
func (*IoTHub) Name() string { return hostconfig.DialectIoTHub }

// Session implements Dialect.
func (h *IoTHub) Session(ctx context.Context, device string) (Session, error) {
	host, err := h.hub(ctx, device)
	if err != nil {
		return Session{}, err
	}
	name := hostOf(host)
	s := session(host, name, device)
	s.Path = cloudapi.PathMQTT
	s.Events += eventProperties
	if h.config.Settings.Auth != hostconfig.AuthSAS {
		return s, nil
	}
	key, err := readKey(h.config.Settings.KeyFile)
	if err != nil {
		return Session{}, err
	}
	now := h.config.Now()
	s.Password = token(name+"/devices/"+device, key, now.Add(tokenLife), "")
	s.Renew = now.Add(tokenRenew)
	return s, nil
}

// again is the least time between two questions to the provisioning service
// after a hub did not want this device any more.
const again = 10 * time.Minute

// hub is the configured one, the one assigned before, or the one that the
// provisioning service assigns now.
func (h *IoTHub) hub(ctx context.Context, device string) (string, error) {
	if h.config.Settings.Scope == "" {
		return h.config.Settings.Host, nil
	}
	kept, err := h.config.Kept(ctx)
	if err != nil {
		return "", err
	}
	if kept != "" {
		return kept, nil
	}
	h.mu.Lock()
	h.asked = h.config.Now()
	h.mu.Unlock()
	assigned, err := h.provision(ctx, device)
	if err != nil {
		return "", err
	}
	return assigned, h.config.Keep(ctx, assigned)
}

// Refused implements Dialect: a hub that does not want this device any more is
// forgotten, and the provisioning service asked again.
func (h *IoTHub) Refused(ctx context.Context) {
	h.mu.Lock()
	soon := h.config.Now().Sub(h.asked) < again
	h.mu.Unlock()
	if h.config.Settings.Scope == "" || soon {
		return
	}
	_ = h.config.Keep(ctx, "") // what cannot be forgotten is tried again as it is
}

func (h *IoTHub) provisioning() string {
	if h.config.Settings.Provision != "" {
		return h.config.Settings.Provision
	}
	return h.config.Provision
}

// hostOf is the host of HOST[:PORT]; what is neither stays as it is.
func hostOf(text string) string {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return text
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return text
	}
	return host
}

// checkAssigned holds the provisioning service's answer against what may be:
// the hub is dialled only if it stands in the table of endpoints, too.
func checkAssigned(state registrationState, device string) (string, error) {
	switch {
	case !endpoints.ValidHost(hostOf(state.AssignedHub)):
		return "", &Error{CodeProvisionFailed, errors.New("the hub it assigned is no host name")}
	case state.DeviceID != "" && state.DeviceID != device:
		return "", &Error{CodeProvisionFailed, fmt.Errorf("it knows this device under another name")}
	}
	return state.AssignedHub, nil
}
