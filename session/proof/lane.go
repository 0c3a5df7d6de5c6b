package proof

import (
	"crypto/hkdf"
	"crypto/sha512"
	"fmt"

	"beckmanconnect/session/lane"
)

const laneName = "beckmanconnect file lane 1"

// Lane gives the keys of the channel's file lane, 32 bytes each, which are bound
// to what a proof of the code is bound to. Whoever asks uses them only after such
// a proof, and overwrites them.
//
//	secret = exporter("EXPERIMENTAL beckmanconnect file lane 1 to host", or "to engineer")
//	key    = HKDF-Expand-SHA-512(secret, LV("beckmanconnect file lane 1", "engineer", "host",
//	         device ID, request ID, H(host's leaf), H(engineer's leaf), direction), 32)
func (b *Binding) Lane() (toHost, toEngineer []byte, err error) {
	if toHost, err = b.laneKey(lane.ToHost); err != nil {
		return nil, nil, err
	}
	toEngineer, err = b.laneKey(lane.ToEngineer)
	return toHost, toEngineer, err
}

func (b *Binding) laneKey(d lane.Direction) ([]byte, error) {
	secret, err := b.exporter(label + laneName + " " + d.String())
	if err != nil {
		return nil, fmt.Errorf("proof: lane: %w", err)
	}
	key, err := hkdf.Expand(sha512.New, secret, string(b.ends(laneName, []byte(d.String()))), lane.KeySize)
	clear(secret)
	if err != nil {
		return nil, fmt.Errorf("proof: lane: %w", err)
	}
	return key, nil
}
