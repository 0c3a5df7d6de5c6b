package cloudapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
)

// CheckLogBinding verifies that a device key, given as its SubjectPublicKeyInfo,
// signed the LogBinding of a verifier.
func CheckLogBinding(spki []byte, device, verifier, binding string) error {
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
	sum := sha256.Sum256([]byte(LogBinding(device, verifier)))
	if !ecdsa.VerifyASN1(key, sum[:], signature) {
		return errors.New("log binding: not signed by the device's key")
	}
	return nil
}

// Codes with which the cloud turns a device away that it knows, at
// registration, broker and relay.
const (
	CodeDeviceCopied  = "device-copied"  // it was seen on two PCs: register with a new key
	CodeDeviceRevoked = "device-revoked" // the vendor took its identity back
)
