// Package logbinding verifies that a device's key speaks for its log's key. It
// stands apart from cloudapi, which reaches nothing of the network.
package logbinding

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"

	"beckmanconnect/internal/cloudapi"
)

// Check verifies that a device key, given as its SubjectPublicKeyInfo,
// signed the cloudapi.LogBinding of a verifier.
func Check(spki []byte, device, verifier, binding string) error {
	public, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return errors.New("log binding: the device's key cannot be read")
	}
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return errors.New("log binding: the device's key is not P-256")
	}
	signature, err := base64.StdEncoding.DecodeString(binding)
	if err != nil {
		return errors.New("log binding: not base64")
	}
	sum := sha256.Sum256([]byte(cloudapi.LogBinding(device, verifier)))
	if !ecdsa.VerifyASN1(key, sum[:], signature) {
		return errors.New("log binding: not signed by the device's key")
	}
	return nil
}
