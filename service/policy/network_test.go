package policy

import "testing"

// What the signed policy adds to the network table counts only while it is in
// force: a last good one in the place of a refused one can only tighten
// (scenario 28, B14).
func TestNetworkOfAPolicy(t *testing.T) {
	site := &Site{Endpoints: []string{"hub.example"}, Probes: []Probe{{Name: "lis", Kind: "hl7", Host: "10.0.0.5", Port: 2575}}}
	for name, row := range map[string]struct {
		layers            Layers
		probing           Effect
		endpoints, probes int
	}{
		"none":                      {Layers{}, Off, 0, 0},
		"in force":                  {Layers{Site: site}, Limited, 1, 1},
		"probing off by the vendor": {Layers{Site: site}, Off, 1, 0},
		"refused":                   {Layers{Site: site, Refused: "older"}, Limited, 0, 0},
	} {
		e := &Effective{layers: row.layers, lines: map[Capability]Line{Probing: {Effect: row.probing}}}
		if p := e.Network(); len(p.Endpoints) != row.endpoints || len(p.Probes) != row.probes {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
