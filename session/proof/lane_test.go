package proof

import (
	"bytes"
	"testing"

	"beckmanconnect/session/lane"
)

// Both ends make the same two keys; whatever a proof is bound to, the keys of
// the file lane are bound to (B1, scenario 29).
func TestLaneKeysAreBound(t *testing.T) {
	keys := func(s side) (toHost, toEngineer []byte) {
		t.Helper()
		toHost, toEngineer, err := s.bind(t).Lane()
		if err != nil || len(toHost) != lane.KeySize || len(toEngineer) != lane.KeySize {
			t.Fatalf("%d and %d bytes, %v", len(toHost), len(toEngineer), err)
		}
		return toHost, toEngineer
	}
	toHost, toEngineer := keys(agreed)
	if bytes.Equal(toHost, toEngineer) {
		t.Error("one key for both directions")
	}
	if h, e := keys(agreed); !bytes.Equal(h, toHost) || !bytes.Equal(e, toEngineer) {
		t.Error("the two ends make different keys")
	}
	for name, change := range map[string]func(*side){
		"the channel's secret":         func(s *side) { s.secret = "other" },
		"the host's certificate":       func(s *side) { s.host = "other" },
		"the engineer's certificate":   func(s *side) { s.engineer = "other" },
		"both certificates, swapped":   func(s *side) { s.host, s.engineer = s.engineer, s.host },
		"the device":                   func(s *side) { s.device = "bc-2" },
		"the request":                  func(s *side) { s.request = "req-2" },
		"a byte moved between the two": func(s *side) { s.device, s.request = "bc-1r", "eq-1" },
	} {
		other := agreed
		change(&other)
		if h, e := keys(other); bytes.Equal(h, toHost) || bytes.Equal(e, toEngineer) {
			t.Errorf("not bound to %s", name)
		}
	}
}
