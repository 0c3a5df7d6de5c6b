package console_test

import (
	"testing"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// budget is what the page may weigh, in bytes as they travel, before a session:
// half a second of a link of 2 Mbit/s is 125,000, and some of it is headers.
const budget = 110_000

// The page is light until a session begins: the channel's program is thirty
// times as large, and comes when a request is opened. The figures on a laptop
// four times as slow are in the log (-v).
func TestLightPage(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: consoletest.Devices(1000)})
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "en-US")
	b.WatchPhases()
	b.Look(1366, 768, 1, true)
	b.Throttle(4)
	b.Go(server.URL)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Wait(`"sign-in" in testPhases`)
	sum := 0
	for name, bytes := range b.Fetched() {
		t.Logf("%7d %s", bytes, name)
		sum += bytes
	}
	if sum == 0 || sum > budget {
		t.Errorf("the page weighs %d bytes, of %d", sum, budget)
	}
	t.Logf("slowed down 4 times: signing in can be pressed after %s ms; the longest hold-up is %s ms", b.Text(`testPhases["sign-in"]`), b.Text(`Math.round(testLongest)`))
	b.Click("#sign-in")
	b.Wait(`document.querySelectorAll(".device").length === 1000`)
	t.Logf("slowed down 4 times, with 1,000 instruments: the list stands after %s ms; held up %s ms in all, %s ms at most", b.Text(`testPhases.home`), b.Text(`Math.round(testHeld)`), b.Text(`Math.round(testLongest)`))
	for _, name := range []string{"main.wasm", "worker.js"} {
		if _, early := b.Fetched()[name]; early {
			t.Errorf("%s was fetched before anybody opened a request", name)
		}
	}
	b.Throttle(1)
	b.Click(`.request[data-id="req-1"] .join`)
	b.Wait(`performance.getEntriesByType("resource").some(e => e.name.endsWith("/worker.js"))`)
	b.Fill("#reason", "Pump pressure alarm")
	b.Fill("#code", "k7qmxw3p")
	b.Click("#join-confirm")
	b.Wait(`document.body.dataset.phase === "session"`)
	b.Clean()
}
