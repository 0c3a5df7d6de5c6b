package device

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// BindLog signs, with the device key, that a log's verifier is this device's
// (cloudapi.LogBinding); "" gives "".
func (d *Device) BindLog(verifier string) (string, error) {
	if verifier == "" {
		return "", nil
	}
	key, id := d.keyAndID()
	sum := sha256.Sum256([]byte(cloudapi.LogBinding(id, verifier)))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return "", fmt.Errorf("device: bind the log: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

func (d *Device) keyAndID() (*ecdsa.PrivateKey, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.key, d.id
}
