package policy

import "beckmanconnect/internal/endpoints"

// Network is what the signed policy adds to the table of endpoints. One that
// stands in the place of a refused policy adds nothing: it can only tighten
// (scenario 28).
func (e *Effective) Network() (p endpoints.Policy) {
	site := e.layers.Site
	if site == nil || e.layers.Refused != "" {
		return p
	}
	p.Endpoints = site.Endpoints
	for _, probe := range site.Probes {
		p.Probes = append(p.Probes, endpoints.Probe{Name: probe.Name, Kind: probe.Kind, Host: probe.Host, Port: probe.Port})
	}
	return p
}
