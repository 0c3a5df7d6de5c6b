package cloud

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/cloud/broker"
	"beckmanconnect/cloud/broker/iothub"
)

func TestBrokersConfiguration(t *testing.T) { // B13
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := Broker{
		Engine: broker.NATS, Address: "mqtts://broker.internal:8883", Node: "eu-1",
		DeviceUser: "device", DevicePassword: file("device", "a\n"), NodeUser: "node", NodePassword: file("node", " b \n"),
	}
	for name, row := range map[string]struct {
		change func(*Broker)
		say    string // "" when it is good
	}{
		"built in":               {func(b *Broker) { *b = Broker{} }, ""},
		"an engine":              {func(*Broker) {}, ""},
		"no file":                {func(b *Broker) { b.NodePassword = filepath.Join(dir, "none") }, "no such file"},
		"an empty password":      {func(b *Broker) { b.NodePassword = file("empty", "\n") }, "accounts"},
		"no certificate in ca":   {func(b *Broker) { b.CA = file("ca", "x") }, "no certificate"},
		"a certificate, no key":  {func(b *Broker) { b.Certificate = "x" }, "belong together"},
		"clear over the network": {func(b *Broker) { b.Address = "mqtt://broker.internal:1883" }, "without TLS"},
		"fewer callers":          {func(b *Broker) { b.MaxDevices, b.MaxConnections = 10, 9 }, "no less"},
		"a hub": {func(b *Broker) {
			*b = Broker{Engine: broker.IoTHub, IoTHub: iothub.Settings{Host: "lab.azure-devices.net", Events: "ih.servicebus.windows.net", Name: "lab", Policy: "cloud", KeyFile: file("key", "c2VjcmV0IG9mIHRoZSBwb2xpY3k=")}}
		}, ""},
		"a hub without a name": {func(b *Broker) {
			*b = Broker{Engine: broker.IoTHub, IoTHub: iothub.Settings{Host: "lab.azure-devices.net"}}
		}, "events"},
		"a hub with an address": {func(b *Broker) { b.Engine = broker.IoTHub }, "no address"},
		"a hub and an engine":   {func(b *Broker) { b.IoTHub.Host = "lab.azure-devices.net" }, "alone"},
		"below nothing":         {func(b *Broker) { b.MaxDevices = -1 }, "above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := good
			row.change(&b)
			err := b.check()
			if row.say == "" && err != nil || row.say != "" && (err == nil || !strings.Contains(err.Error(), row.say)) {
				t.Errorf("%v, want %q", err, row.say)
			}
			if row.say == "" && b.Engine == broker.NATS && b.engine.NodePassword != "b" {
				t.Errorf("password %q", b.engine.NodePassword)
			}
		})
	}
}

// What was not configured fits into what the process may open; what was, and
// does not, is an error.
func TestConnectionsFitTheDescriptors(t *testing.T) {
	for name, row := range map[string]struct {
		b                    Broker
		limit                uint64
		devices, connections int
		say                  string
	}{
		"no limit":              {Broker{}, 0, 20_000, 30_000, ""},
		"unlimited":             {Broker{}, 1<<64 - 1, 20_000, 30_000, ""},
		"a narrow one":          {Broker{}, 3500, 2000, 3000, ""},
		"behind an engine":      {Broker{engine: broker.Engine{Kind: broker.NATS}}, 3500, 1000, 2000, ""},
		"devices are given":     {Broker{MaxDevices: 50_000}, 1 << 20, 50_000, 75_000, ""},
		"connections are given": {Broker{MaxConnections: 100}, 1 << 20, 100, 100, ""},
		"more than there are":   {Broker{MaxDevices: 5000}, 3500, 0, 0, "LimitNOFILE"},
		"too many callers":      {Broker{MaxDevices: 10, MaxConnections: 5000}, 3500, 0, 0, "LimitNOFILE"},
	} {
		t.Run(name, func(t *testing.T) {
			err := row.b.settle(row.limit)
			if row.say != "" {
				if err == nil || !strings.Contains(err.Error(), row.say) {
					t.Errorf("%v, want %q", err, row.say)
				}
				return
			}
			if err != nil || row.b.MaxDevices != row.devices || row.b.MaxConnections != row.connections {
				t.Errorf("%d devices, %d connections, %v", row.b.MaxDevices, row.b.MaxConnections, err)
			}
		})
	}
}
