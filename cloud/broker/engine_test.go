package broker

import (
	"strings"
	"testing"
)

func TestWhatAnEngineNeeds(t *testing.T) { // B13
	good := Engine{Kind: NATS, Address: "mqtts://broker.internal:8883", Node: "eu-1", DeviceUser: "device", DevicePassword: "a", NodeUser: "node", NodePassword: "b"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		change func(*Engine)
		say    string // "" when it is good
	}{
		"built in":                 {func(e *Engine) { *e = Engine{} }, ""},
		"built in, by name":        {func(e *Engine) { *e = Engine{Kind: Embedded} }, ""},
		"on this machine":          {func(e *Engine) { e.Address = "mqtt://127.0.0.1:1883" }, ""},
		"built in with an address": {func(e *Engine) { e.Kind = Embedded }, "has no address"},
		"unknown":                  {func(e *Engine) { e.Kind = "emqx" }, "no engine"},
		"clear over a network":     {func(e *Engine) { e.Address = "mqtt://192.0.2.1:1883" }, "without TLS"},
		"clear to a name":          {func(e *Engine) { e.Address = "mqtt://localhost:1883" }, "without TLS"},
		"another protocol":         {func(e *Engine) { e.Address = "https://broker.internal:8883" }, "mqtts://"},
		"no port":                  {func(e *Engine) { e.Address = "mqtts://broker.internal" }, "no port"},
		"a password in it":         {func(e *Engine) { e.Address = "mqtts://a:b@broker.internal:8883" }, "mqtts://"},
		"no node":                  {func(e *Engine) { e.Node = "" }, "no name for a node"},
		"a node that is a filter":  {func(e *Engine) { e.Node = "+" }, "no name for a node"},
		"no password":              {func(e *Engine) { e.NodePassword = "" }, "accounts"},
		"one account for both":     {func(e *Engine) { e.NodeUser = "device" }, "same account"},
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			row.change(&e)
			err := e.Check()
			if row.say == "" && err != nil || row.say != "" && (err == nil || !strings.Contains(err.Error(), row.say)) {
				t.Errorf("%v, want %q", err, row.say)
			}
		})
	}
}

func TestWhatADeviceMayRead(t *testing.T) { // scenario 42
	for topic, may := range map[string]bool{
		"devices/a/messages/devicebound/": true, "devices/a/messages/devicebound/#": true, "devices/a/messages/devicebound/%24.mid=1": true,
		"devices/a/messages/devicebound/+": false, "devices/a/messages/devicebound/x/#": false, "devices/+/messages/devicebound/#": false,
		"devices/ab/messages/devicebound/": false, "devices/a/messages/events/": false, "#": false, "": false, "$share/g/devices/a/messages/devicebound/#": false,
	} {
		if mayRead("a", topic) != may {
			t.Errorf("%q: %v", topic, !may)
		}
	}
}
