package cloud

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"beckmanconnect/cloud/broker"
	"beckmanconnect/cloud/broker/iothub"
)

// Connections of a node when the configuration names no number.
const (
	defaultDevices     = 20_000
	defaultConnections = 30_000
	// besides are descriptors for all that is no caller: database, files, engine.
	besides = 500
)

// Broker says what carries messages to devices, and how much one node holds.
//
//	[broker]
//	engine = "embedded"                       # or "mosquitto", "nats": an MQTT broker behind several nodes; or "iothub": see iothub.Settings
//	address = "mqtts://broker.internal:8883"  # of the engine; mqtt:// for 127.0.0.1 alone
//	ca = "/etc/…/broker-ca.pem"               # who signed its certificate; absent: the system's
//	certificate = "…", key = "…"              # this node's own for it; absent: none
//	node = "eu-1"                             # this node's name at the engine, unlike any other's
//	device_user = "device"                    # its two accounts, and files with their passwords
//	device_password_file = "…"
//	node_user = "node"
//	node_password_file = "…"
//	max_devices = 20000                       # connections of devices to this node
//	max_connections = 30000                   # of all callers
type Broker struct {
	Engine         string `toml:"engine"`
	Address        string `toml:"address"`
	CA             string `toml:"ca"`
	Certificate    string `toml:"certificate"`
	Key            string `toml:"key"`
	Node           string `toml:"node"`
	DeviceUser     string `toml:"device_user"`
	DevicePassword string `toml:"device_password_file"`
	NodeUser       string `toml:"node_user"`
	NodePassword   string `toml:"node_password_file"`
	MaxDevices     int    `toml:"max_devices"`
	MaxConnections int    `toml:"max_connections"`

	IoTHub iothub.Settings `toml:"iothub"`

	engine broker.Engine
}

// check reads what the files hold, and says what does not fit together.
func (b *Broker) check() error {
	if b.MaxDevices < 0 || b.MaxConnections < 0 || b.MaxDevices > 0 && b.MaxConnections > 0 && b.MaxConnections < b.MaxDevices {
		return errors.New(`"broker.max_devices" and "broker.max_connections" are numbers above 0, and the second no less than the first`)
	}
	e := broker.Engine{Kind: b.Engine, Address: b.Address, Node: b.Node, DeviceUser: b.DeviceUser, NodeUser: b.NodeUser, Hub: b.IoTHub}
	var err error
	for file, to := range map[string]*string{b.DevicePassword: &e.DevicePassword, b.NodePassword: &e.NodePassword} {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("\"broker\": password: %w", err)
		}
		*to = strings.TrimSpace(string(text))
	}
	if e.TLS, err = b.tls(); err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return fmt.Errorf("\"broker\": %w", err)
	}
	b.engine = e
	return nil
}

// tls is how a node speaks to its engine: TLS 1.2 or newer, a certificate that
// is verified, and its own if it has one.
func (b *Broker) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.CA != "" {
		text, err := os.ReadFile(b.CA)
		if err != nil {
			return nil, fmt.Errorf("\"broker.ca\": %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("\"broker.ca\": %s holds no certificate", b.CA)
		}
	}
	if (b.Certificate == "") != (b.Key == "") {
		return nil, errors.New(`"broker.certificate" and "broker.key" belong together`)
	}
	if b.Certificate != "" {
		own, err := tls.LoadX509KeyPair(b.Certificate, b.Key)
		if err != nil {
			return nil, fmt.Errorf("\"broker.certificate\": %w", err)
		}
		c.Certificates = []tls.Certificate{own}
	}
	return c, nil
}

// settle fills in what is absent, as far as this process may open files, and
// tells before the first caller comes when it may not hold as many connections
// as it is configured for. An engine takes another one for each device. A limit
// of 0 is none.
func (b *Broker) settle(limit uint64) error {
	each := 1 // descriptors of a device
	if b.engine.Kind == broker.Mosquitto || b.engine.Kind == broker.NATS {
		each = 2
	}
	most := int(limit) - besides
	if limit == 0 || limit > 1<<30 {
		most = 1 << 30
	}
	if b.MaxDevices == 0 {
		b.MaxDevices = max(1, min(defaultDevices, most*2/3/each))
		if b.MaxConnections > 0 {
			b.MaxDevices = min(b.MaxDevices, b.MaxConnections)
		}
	}
	extra := b.MaxDevices * (each - 1)
	if b.MaxConnections == 0 {
		b.MaxConnections = max(b.MaxDevices, min(max(defaultConnections, b.MaxDevices*3/2), most-extra))
	}
	if need := b.MaxConnections + extra; need > most {
		return fmt.Errorf("cloud: this process may open %d files at a time, and %d connections of which %d are devices need %d; raise the limit (LimitNOFILE= of the systemd unit, ulimit -n), or lower \"broker.max_connections\" and \"broker.max_devices\"",
			limit, b.MaxConnections, b.MaxDevices, need+besides)
	}
	return nil
}
