package cloud_test

import (
	"crypto/tls"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	pcdevice "beckmanconnect/service/device"
	"beckmanconnect/store/keys"
)

// A PC that was switched off when its certificate ended gets a new one with the
// same key, and is the device it was: with the certificate that ended it does
// not come in (P10, P13).
func TestCertificateIsRenewedAcrossItsEnd(t *testing.T) {
	clock := newClock()
	r := start(t, func(c *cloud.Config) { c.Now = clock.now })
	way := netdialtest.Client(r.BaseURL())
	// What is verified on the PC, too, is verified by the test's clock.
	client := func(c *tls.Config) *http.Client {
		c = c.Clone()
		c.Time = clock.now
		return way(c)
	}
	dir := filepath.Join(t.TempDir(), "keys")
	pc, err := pcdevice.Open(pcdevice.Config{
		Dir: dir, Wrapper: keys.Default(dir), CloudURL: r.BaseURL(), CloudCA: r.roots.CloudCA, DeviceCA: r.roots.DeviceCA, Client: client, Now: clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	form := pcdevice.Form{Email: "lab@hospital.example", Name: "Lena Lab", InstrumentType: "DxH 900", Serial: "BX1", Region: "eu", TermsVersion: "1"}
	register := func() {
		t.Helper()
		kept, err := pc.Register(t.Context(), form)
		if err == nil {
			err = pc.Restore(kept)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// comes asks for what takes the device's certificate.
	comes := func() error {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.BaseURL()+cloudapi.PathDeviceToken, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := client(pc.TLS())
		defer c.CloseIdleConnections()
		resp, err := c.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("answered with %d", resp.StatusCode)
		}
		return nil
	}
	register()
	if err := comes(); err != nil {
		t.Fatal(err)
	}
	first, _ := pc.Certificate()
	if pc.Ending(90 * 24 * time.Hour) {
		t.Error("a new certificate is near its end")
	}
	clock.later(first.Leaf.NotAfter.Sub(clock.now()) + 24*time.Hour)
	if !pc.Ending(0) {
		t.Error("the certificate has not ended")
	}
	if err := comes(); err == nil {
		t.Error("it came in with a certificate that has ended")
	}
	id := pc.ID()
	register()
	if err := comes(); err != nil {
		t.Errorf("with the new certificate: %v", err)
	}
	second, _ := pc.Certificate()
	if pc.ID() != id || !second.Leaf.NotAfter.After(clock.now().Add(365*24*time.Hour)) || second.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
		t.Errorf("%s until %v", pc.ID(), second.Leaf.NotAfter)
	}
	list, err := r.DB().IdentityRecords(t.Context(), id)
	if err != nil || len(list) != 2 || list[0].Kind != "updated" || list[1].Kind != "registered" {
		t.Errorf("on record: %+v %v", list, err)
	}
}
