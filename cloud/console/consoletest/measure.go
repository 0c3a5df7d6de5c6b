package consoletest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Shift is one layout shift that the browser saw: by how much, and of what.
type Shift struct {
	Value   float64  `json:"value"`
	Sources []string `json:"sources"`
}

func (s Shift) String() string {
	raw, _ := json.Marshal(s) // numbers and strings: cannot fail
	return string(raw)
}

// WatchShifts counts layout shifts from the next page on, but for those of the
// user's own input, as the browser tells them apart.
func (b *Browser) WatchShifts() {
	b.tb.Helper()
	b.onEveryPage(`window.testShifts = [];
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) testShifts.push({value: e.value,
  sources: (e.sources ?? []).map(s => s.node ? s.node.nodeName + "#" + (s.node.id ?? "") + "." + (s.node.className?.baseVal ?? s.node.className ?? "") + " " + [s.previousRect.x, s.previousRect.y, s.currentRect.x, s.currentRect.y].join(",") : "gone")});
}).observe({type: "layout-shift", buffered: true});`)
}

// Shifts gives the layout shifts since it was asked last.
func (b *Browser) Shifts() []Shift {
	b.tb.Helper()
	var out []Shift
	// Two frames: what was drawn last has been counted.
	b.Do("read the layout shifts", chromedp.Evaluate(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(window.testShifts.splice(0)))))`, &out, chromedp.EvalAsValue, awaitPromise))
	return out
}

// WatchPhases notes when each view of a page came, in milliseconds from the
// page's start, and how long the page's thread was held up at most.
func (b *Browser) WatchPhases() {
	b.tb.Helper()
	b.onEveryPage(`window.testPhases = {}; window.testLongest = 0; window.testHeld = 0;
new PerformanceObserver(list => { for (const e of list.getEntries()) { testLongest = Math.max(testLongest, e.duration); testHeld += e.duration; } }).observe({type: "longtask", buffered: true});
addEventListener("DOMContentLoaded", () => {
  const note = () => requestAnimationFrame(() => setTimeout(() => { testPhases[document.body.dataset.phase] ??= Math.round(performance.now()); }));
  new MutationObserver(note).observe(document.body, {attributes: true, attributeFilter: ["data-phase"]});
});`)
}

// Throttle lets the page's processor be so many times as slow.
func (b *Browser) Throttle(times float64) {
	b.tb.Helper()
	b.Do("slow the processor down", emulation.SetCPUThrottlingRate(times))
}

// Fetched gives what the page has loaded so far, by the last part of its
// address, in bytes as they travelled.
func (b *Browser) Fetched() map[string]int {
	b.tb.Helper()
	var raw string
	b.Do("read what was fetched", chromedp.Evaluate(`JSON.stringify(Object.fromEntries([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map(e => [new URL(e.name).pathname.split("/").pop() || "/", e.encodedBodySize])))`, &raw))
	out := map[string]int{}
	if err := json.NewDecoder(strings.NewReader(raw)).Decode(&out); err != nil {
		b.tb.Fatal(err)
	}
	return out
}

func (b *Browser) onEveryPage(script string) {
	b.tb.Helper()
	b.Do("watch", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}
