package device

import (
	"crypto/x509"
	"testing"

	"beckmanconnect/internal/logbinding"
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
	if err := logbinding.Check(spki(d), d.ID(), "verifier", binding); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another key":      logbinding.Check(spki(other), d.ID(), "verifier", binding),
		"another device":   logbinding.Check(spki(d), other.ID(), "verifier", binding),
		"another verifier": logbinding.Check(spki(d), d.ID(), "verifier2", binding),
		"no binding":       logbinding.Check(spki(d), d.ID(), "verifier", ""),
		"not base64":       logbinding.Check(spki(d), d.ID(), "verifier", "!"),
		"no key":           logbinding.Check(nil, d.ID(), "verifier", binding),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if binding, err := d.BindLog(""); err != nil || binding != "" {
		t.Error(binding, err)
	}
}
