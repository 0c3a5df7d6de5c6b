package metrics

import "github.com/prometheus/client_golang/prometheus"

// figures asks for everything at the moment of a scrape, so that what belongs
// together is of one moment.
type figures struct{ Config }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

var (
	build       = describe("build_info", "Version of this node; always 1.", "version")
	draining    = describe("draining", "Whether this node sends everybody away: 1 or 0.")
	ready       = describe("ready", "Whether a check of readiness is fulfilled: 1 or 0.", "check")
	devices     = describe("devices_connected", "Devices whose link is at this node.")
	meetings    = describe("relay_meetings", "Requests with somebody at them.")
	sockets     = describe("relay_sockets", "Sockets and links between nodes, by the end they are of.", "end")
	carried     = describe("relay_bytes_total", "Bytes carried, both directions.")
	left        = describe("relay_ends_left_total", "Ends that left, by reason.", "reason")
	linkFailure = describe("relay_link_failures_total", "Links to other nodes that could not be opened.")
)

// Describe implements prometheus.Collector.
func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{build, draining, ready, devices, meetings, sockets, carried, left, linkFailure} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge(build, 1, f.Version)
	gauge(draining, one(f.Draining()))
	for name, ok := range f.Checks() {
		gauge(ready, one(ok), name)
	}
	if f.Devices != nil {
		gauge(devices, float64(f.Devices()))
	}
	s := f.Relay()
	gauge(meetings, float64(s.Meetings))
	for end, n := range map[string]int64{"host": s.Hosts, "engineer": s.Engineers, "link-in": s.LinksIn, "link-out": s.LinksOut} {
		gauge(sockets, float64(n), end)
	}
	counter(carried, float64(s.Bytes))
	counter(linkFailure, float64(s.LinkFailed))
	for reason, n := range s.Left {
		counter(left, float64(n), reason)
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
