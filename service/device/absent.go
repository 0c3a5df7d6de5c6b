package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"beckmanconnect/session/channel"
)

// Absent is a Device without its key, in the state that says why: StateKeysAway
// or StateKeyLost. It has no ID, shows itself to nobody and takes no
// registration. Nothing on the disk is read or written, but by Renew.
func Absent(config Config, state string) (*Device, error) {
	if state != StateKeysAway && state != StateKeyLost {
		return nil, fmt.Errorf("device: %q is no reason to be without a key", state)
	}
	config = config.withDefaults()
	// A key of its own, kept nowhere, so that nothing here has to do without.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("device: make key: %w", err)
	}
	return &Device{config: config, key: key, absent: state, place: place{match: Copied, why: "the key is not here"}, ahead: make(chan *rsa.PrivateKey, 1)}, nil
}

func (c Config) withDefaults() Config {
	if c.newKey == nil {
		c.newKey = channel.NewKey
	}
	if c.Machine == nil {
		c.Machine = ReadMachine
	}
	return c
}
