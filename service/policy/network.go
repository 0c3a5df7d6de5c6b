package policy

import "beckmanconnect/internal/endpoints"

// Network is what the signed policy adds to the table of endpoints. One that
// stands in the place of a refused policy adds nothing: it can only tighten
// (scenario 28). Hosts to probe are none while the vendor has switched that off.
func (e *Effective) Network() (p endpoints.Policy) {
	p.Endpoints = e.Endpoints()
	p.Mirror = e.Upgrade().Mirror
	for _, w := range e.Witnesses() {
		p.Witnesses = append(p.Witnesses, endpoints.Witness{Name: w.Name, URL: w.URL})
	}
	for _, probe := range e.Probes() {
		p.Probes = append(p.Probes, endpoints.Probe{Name: probe.Name, Kind: probe.Kind, Host: probe.Host, Port: probe.Port})
	}
	return p
}
