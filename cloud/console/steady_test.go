package console_test

import (
	"net/http"
	"testing"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// most is how much of the layout may shift in all: a tenth of what is good.
const most = 0.01

// gate holds an answer of the cloud back until it is let go.
type gate struct {
	open chan struct{}
	say  any
}

func (g gate) answer(r *http.Request) any {
	select {
	case <-g.open:
	case <-r.Context().Done():
	}
	return g.say
}

// steady adds up what shifted, and says of what.
func steady(t *testing.T, b *consoletest.Browser, state string, sum *float64) {
	t.Helper()
	for _, s := range b.Shifts() {
		*sum += s.Value
		t.Logf("%s: shifted: %v", state, s)
	}
	if *sum >= most {
		t.Errorf("%s: the layout shifted by %.4f in all", state, *sum)
	}
}

// Nothing moves when what was read arrives: its place was kept free. The pages
// are opened by scripts, so that no shift counts as an answer to a click.
func TestNothingShifts(t *testing.T) {
	for _, width := range []int64{1366, 683} {
		b, other, url := pages(t, "en-US")
		fleet := consoletest.Fleet(40)
		var sum float64
		held := func(path string, open func(), shown string) {
			t.Helper()
			g := gate{make(chan struct{}), fleet[path]}
			if make, ok := g.say.(func(*http.Request) any); ok {
				g.say = make(&http.Request{Method: http.MethodGet})
			}
			answers := consoletest.Answers{}
			for p, a := range fleet {
				answers[p] = a
			}
			answers[path] = g.answer
			other.SetAnswers(answers)
			open()
			steady(t, b, path+" is waited for", &sum)
			close(g.open)
			b.Wait(shown)
			steady(t, b, path+" is there", &sum)
		}
		click := func(selector string) func() {
			return func() { b.Eval(`document.querySelector("` + selector + `").click()`) }
		}
		other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: consoletest.Devices(200)})
		other.SetAnswers(fleet)
		b.WatchShifts()
		b.Look(width, 768, 1, true)
		b.Go(url)
		b.Wait(`document.body.dataset.phase === "sign-in"`)
		steady(t, b, "sign-in", &sum)
		b.Click("#sign-in")
		b.Wait(list)
		steady(t, b, "home", &sum)
		held(cloudapi.PathFeed, click("#nav-feed"), `document.querySelectorAll(".feed-row").length === 40`)
		held(cloudapi.PathPresence, func() { click(".feed-device")(); b.Wait(`document.body.dataset.phase === "device"`) }, `!!document.querySelector(".days")`)
		held(cloudapi.PathMessage, click("#nav-messages"), `!!document.querySelector(".sent-row")`)
		click("#my-sessions")()
		b.Wait(`!!document.querySelector(".event")`)
		steady(t, b, "record", &sum)
		click("#nav-help")()
		held(cloudapi.PathHelpLogs, click(".request .logs"), `document.querySelector("main").dataset.state === "shown"`)
		click("#logs-back")()
		click(`.request .join`)()
		b.Wait(`document.body.dataset.phase === "join"`)
		steady(t, b, "join", &sum)
		t.Logf("%d pixels wide: %.4f", width, sum)
	}
}

// Nor does anything in a session, whatever the host says.
func TestNothingShiftsInASession(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "en-US")
	b.WatchWorkers()
	b.WatchShifts()
	b.Look(1366, 768, 1, true)
	l := consoletest.EnterLab(t, b, other, server.URL)
	var sum float64
	tour(l, func(state string) { steady(t, b, state, &sum) })
	t.Logf("%.4f", sum)
}
