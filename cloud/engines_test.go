package cloud_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/build/brokers/brokerstest"
	"beckmanconnect/cloud"
)

// each runs a test on a cloud with every engine (B13).
func each(t *testing.T, run func(t *testing.T, r *running)) {
	for name, begin := range map[string]func(testing.TB) *brokerstest.Engine{
		"embedded": nil, "mosquitto": brokerstest.Mosquitto, "nats": brokerstest.NATS,
	} {
		t.Run(name, func(t *testing.T) {
			if begin == nil {
				run(t, start(t))
				return
			}
			e := begin(t)
			r := start(t, behind(t, e))
			r.until("the engine", func() bool { return r.EngineUp() })
			run(t, r)
		})
	}
}

// behind configures a node before an engine, as an administrator does.
func behind(t *testing.T, e *brokerstest.Engine) func(*cloud.Config) {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return func(c *cloud.Config) {
		c.Broker = cloud.Broker{
			Engine: e.Kind, Address: e.Addresses[0], CA: e.CAFile, Node: "node-1",
			DeviceUser: "device", DevicePassword: file("device", brokerstest.DevicePassword),
			NodeUser: "node", NodePassword: file("node", brokerstest.NodePassword),
		}
	}
}

// until waits for what another program does, which has no way to tell.
func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	for !ok() {
		select {
		case <-r.t.Context().Done():
			r.t.Fatalf("%s never came: %s", what, r.logs)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
