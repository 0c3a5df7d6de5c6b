package cloud_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/vendorpolicy"
)

// policy passes over everything up to a vendor's policy.
func (l *link) policy(r *running) *vendorpolicy.Policy {
	l.t.Helper()
	for e := range l.bound {
		if e.Kind != cloudapi.KindPolicy {
			continue
		}
		var body cloudapi.VendorPolicy
		if err := json.Unmarshal(e.Body, &body); err != nil {
			l.t.Fatal(err)
		}
		p, err := vendorpolicy.Parse([]byte(body.Note), r.roots.Vendor)
		if err != nil {
			l.t.Fatal(err)
		}
		return p
	}
	return nil
}

// The vendor's policy goes to who is connected when it changes, and to who
// comes later; the number goes up by itself, over restarts, too.
func TestVendorPolicyReachesDevices(t *testing.T) {
	r := start(t)
	sign := func(text string, after uint64) uint64 {
		t.Helper()
		p, err := cloud.SignVendorPolicy(r.Config, text, after, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return p.Number
	}
	here, later := r.register(t), r.register(t)
	l := here.connect(t)
	l.subscribe(cloudapi.DeviceBoundFilter(here.id), 1)
	if n := sign("revoked_accounts = [\"bob.stone@vendor.example\"]\n", 0); n != 1 {
		t.Errorf("first number %d", n)
	}
	if p := l.policy(r); p.Number != 1 || !p.RevokesAccount("bob.stone@vendor.example") {
		t.Errorf("in mid-connection: %+v", p)
	}
	if n := sign("[capabilities]\nfiles = \"off\"\n", 0); n != 2 {
		t.Errorf("second number %d", n)
	}
	if p := l.policy(r); p.Number != 2 || !p.SwitchesOff("files") || p.RevokesAccount("bob.stone@vendor.example") {
		t.Errorf("changed: %+v", p)
	}
	l2 := later.connect(t)
	l2.subscribe(cloudapi.DeviceBoundFilter(later.id), 1)
	if p := l2.policy(r); p.Number != 2 {
		t.Errorf("on connecting: %+v", p)
	}
	if n := sign("", 40); n != 41 { // after a data folder was lost
		t.Errorf("number %d after 40", n)
	}
	if p := l.policy(r); p.Number != 41 || p.SwitchesOff("files") {
		t.Errorf("lifted: %+v", p)
	}
}

func TestVendorPolicyRefusals(t *testing.T) {
	var config cloud.Config
	r := start(t, func(c *cloud.Config) { config = *c })
	if _, err := cloud.SignVendorPolicy(r.Config, "[capabilities]\nclipboard = \"ask\"\n", 0, time.Now()); err == nil {
		t.Error("signed a policy that switches on")
	}
	file := filepath.Join(config.Data, "vendor-policy.note")
	if _, err := os.Stat(file); err == nil {
		t.Error("a policy that was refused is there")
	}
	// A cloud whose policy is damaged does not start and send nothing.
	config.Data, config.Database = datatest.Dir(t), datatest.Database(t)
	if err := os.WriteFile(filepath.Join(config.Data, "vendor-policy.note"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := cloud.New(config); err == nil || !strings.Contains(err.Error(), "sign it again, or restore") {
		t.Errorf("started: %v", err)
		if err == nil {
			_ = c.Close()
		}
	}
}
