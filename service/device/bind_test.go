package device

import (
	"crypto/x509"
	"testing"

	"beckmanconnect/internal/cloudapi"
)

// The device key speaks for the log's key, for this device and this key only (P13).
func TestBindLog(t *testing.T) {
	d, other := open(t, Config{Machine: lab}), open(t, Config{Machine: lab})
	binding, err := d.BindLog("verifier")
	if err != nil {
		t.Fatal(err)
	}
	spki := func(d *Device) []byte {
		b, err := x509.MarshalPKIXPublicKey(&d.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := cloudapi.CheckLogBinding(spki(d), d.ID(), "verifier", binding); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another key":      cloudapi.CheckLogBinding(spki(other), d.ID(), "verifier", binding),
		"another device":   cloudapi.CheckLogBinding(spki(d), other.ID(), "verifier", binding),
		"another verifier": cloudapi.CheckLogBinding(spki(d), d.ID(), "verifier2", binding),
		"no binding":       cloudapi.CheckLogBinding(spki(d), d.ID(), "verifier", ""),
		"not base64":       cloudapi.CheckLogBinding(spki(d), d.ID(), "verifier", "!"),
		"no key":           cloudapi.CheckLogBinding(nil, d.ID(), "verifier", binding),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if binding, err := d.BindLog(""); err != nil || binding != "" {
		t.Error(binding, err)
	}
}
