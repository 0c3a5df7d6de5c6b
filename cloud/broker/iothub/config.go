// Package iothub is the cloud's side of an Azure IoT Hub at which devices sign
// in: it reads what they send from the hub's built-in endpoint, which is
// compatible with Event Hubs, sends to them, hears what became of it, and
// switches a device off in the hub's registry. Everything but the registry goes
// over AMQP 1.0.
//
// It is built from Microsoft's documentation, and was never run against Azure:
//
//   - learn.microsoft.com/azure/iot-hub/iot-hub-amqp-support: links of the
//     service, SASL PLAIN with a token
//   - …/iot-hub/iot-hub-dev-guide-sas: tokens
//   - …/iot-hub/iot-hub-devguide-messages-construct: who a message is of
//   - …/iot-hub/iot-hub-devguide-messages-c2d: expiry and feedback
//   - …/iot-hub/iot-hub-non-telemetry-event-schema: connections
//   - …/iot-hub/iot-hub-devguide-identity-registry: switching off
//   - …/service-bus-messaging/service-bus-amqp-protocol-guide: claims-based
//     security; what the request for the partitions looks like is Microsoft's
//     azeventhubs for Go
package iothub

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
)

// Settings name the hub.
//
//	[broker.iothub]
//	host = "lab.azure-devices.net"                        # with a port: AMQP and the registry go there both
//	events = "ihsuprod-1.servicebus.windows.net"          # host of the Event Hubs-compatible endpoint
//	name = "iothub-ehub-lab-1"                            # its Event Hub-compatible name
//	group = "beckmanconnect"                              # consumer group of this cloud alone; absent: $Default
//	policy = "beckmanconnect"                             # shared access policy: ServiceConnect, RegistryRead, RegistryWrite
//	key_file = "/etc/beckmanconnect-cloud/iothub-key"     # its key, in base64; read anew for each token
type Settings struct {
	Host    string `toml:"host"`
	Events  string `toml:"events"`
	Name    string `toml:"name"`
	Group   string `toml:"group"`
	Policy  string `toml:"policy"`
	KeyFile string `toml:"key_file"`
}

// defaultGroup is the one that every hub has.
const defaultGroup = "$Default"

// Check says what is wrong with it, and fills in the group.
func (s *Settings) Check() error {
	s.Group = cmp.Or(s.Group, defaultGroup)
	for _, host := range [][2]string{{"host", s.Host}, {"events", s.Events}} {
		if err := checkHost(host[1]); err != nil {
			return fmt.Errorf("%q: %w", host[0], err)
		}
	}
	for _, word := range [][2]string{{"name", s.Name}, {"group", s.Group}, {"policy", s.Policy}} {
		if word[1] == "" || len(word[1]) > 256 || strings.ContainsFunc(word[1], func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/?#&=%@;'", r) }) {
			return fmt.Errorf("%q: %q is none; take it from the portal, under built-in endpoints and shared access policies", word[0], word[1])
		}
	}
	_, err := readKey(s.KeyFile)
	return err
}

func checkHost(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, "1"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if host == "" || err != nil || n == 0 || strings.ContainsAny(host, "/:@ ") {
		return fmt.Errorf("%q is no host name, or host name and port", text)
	}
	return nil
}

// Stream names what is read, for the places that are kept.
func (s *Settings) Stream() string {
	return s.Events + "/" + s.Name + "/" + cmp.Or(s.Group, defaultGroup)
}

// Message is what a hub has of a device.
type Message struct {
	Device    string // as the hub stamped it
	Partition string
	Payload   []byte
}

// Connection is what a hub says of a device's connection, at most once a
// minute.
type Connection struct {
	Device    string
	Partition string
	On        bool
	Number    string // hexadecimal; a higher one is newer
}

// Handler takes what comes. An error has it come again.
type Handler interface {
	// Reads is told of a partition before its first message, once for a lease.
	Reads(ctx context.Context, partition string) error
	// Left is told when its lease is lost.
	Left(partition string)
	Message(ctx context.Context, m Message) error
	Connection(ctx context.Context, c Connection) error
	// Delivered is told that a device has taken what was sent to it by this ID.
	Delivered(ctx context.Context, device, id string) error
}

// Store keeps how far the stream was read, for all nodes.
type Store interface {
	LeasePartitions(ctx context.Context, hub string, partitions []string, life time.Duration) ([]data.HubLease, error)
	KeepPlace(ctx context.Context, hub string, l data.HubLease) error
	LeavePartitions(ctx context.Context, hub string) error
}

// Config is what a Hub works with.
type Config struct {
	Settings
	TLS     *tls.Config // server name is filled in; nil: the system's roots
	Store   Store
	Handler Handler
	Log     *slog.Logger
	Now     func() time.Time

	Retry    time.Duration // first pause before a try again; 0: 1 s
	Lease    time.Duration // of a partition; 0: 45 s
	RenewAt  time.Duration // age of a token at which a new connection takes over; 0: 50 min
	RetryMax time.Duration // longest pause; 0: 30 s
}

func (c *Config) defaults() {
	for _, d := range []struct {
		to *time.Duration
		is time.Duration
	}{{&c.Retry, time.Second}, {&c.Lease, 45 * time.Second}, {&c.RenewAt, 50 * time.Minute}, {&c.RetryMax, 30 * time.Second}} {
		if *d.to == 0 {
			*d.to = d.is
		}
	}
}

// ErrAway: the hub does not answer.
var ErrAway = errors.New("iothub: the hub does not answer")
