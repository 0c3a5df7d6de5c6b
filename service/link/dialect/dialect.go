// Package dialect is what differs between message services: a plain broker
// with Azure IoT Hub's topics, and IoT Hub itself, where a device signs in with
// a token or a certificate and may have to ask the provisioning service first
// which hub is its own. Above it the link is the same everywhere: MQTT 3.1.1
// over WebSocket and TLS, QoS 1, nothing retained, one subscription.
package dialect

import (
	"context"
	"net/url"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Session is what one connection needs.
type Session struct {
	Host     string // HOST[:PORT]
	Path     string
	ClientID string
	User     string
	Password string // "": the certificate alone
	Events   string // topic to publish to
	Bound    string // filter to subscribe to
	// Renew is when another connection has to take this one's place, because
	// what it signed in with ends; zero: never.
	Renew time.Time
}

// Limits that hold for every dialect; they are IoT Hub's.
const (
	MaxMessage   = 256 << 10 // bytes of a payload with its topic
	MaxKeepAlive = 1177 * time.Second
	apiVersion   = "2021-04-12"
)

// Dialect makes sessions for a device.
type Dialect interface {
	// Name is for people: "plain", "iothub".
	Name() string
	// Session may ask a provisioning service first; ctx bounds that.
	Session(ctx context.Context, device string) (Session, error)
	// Refused: the service did not accept the last session.
	Refused(ctx context.Context)
}

// Plain is a broker of the cloud's own, at its address.
type Plain struct {
	URL string // https://HOST[:PORT]
}

// Name implements Dialect.
func (Plain) Name() string { return "plain" }

// Session implements Dialect.
func (p Plain) Session(_ context.Context, device string) (Session, error) {
	u, err := url.Parse(p.URL)
	if err != nil || u.Scheme != "https" {
		return Session{}, &Error{Code: CodeAddress}
	}
	s := session(u.Host, u.Hostname(), device)
	s.Path = cloudapi.PathMQTT
	return s, nil
}

// Refused implements Dialect: there is nothing to forget.
func (Plain) Refused(context.Context) {}

// session has IoT Hub's form, which every broker takes.
func session(host, name, device string) Session {
	return Session{
		Host: host, ClientID: device, User: name + "/" + device + "/?api-version=" + apiVersion,
		Events: cloudapi.EventsTopic(device), Bound: cloudapi.DeviceBoundFilter(device),
	}
}
