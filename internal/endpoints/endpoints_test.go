package endpoints

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/internal/hostconfig"
)

func installedAt(url string) hostconfig.Config {
	return hostconfig.Config{Cloud: hostconfig.Cloud{URL: url}}
}

// P11, B14: row by row, and nothing else.
func TestAllowed(t *testing.T) {
	hub := hostconfig.Config{Cloud: hostconfig.Cloud{
		URL: "https://support.hospital.example", Dialect: hostconfig.DialectIoTHub,
		IoTHub: hostconfig.IoTHub{Host: "lab.hub.example", Provision: "dps.hub.example"},
	}}
	for _, row := range []struct {
		region string
		config hostconfig.Config
		policy Policy
		host   string
		port   int
		want   bool
	}{
		{"eu", hostconfig.Config{}, Policy{}, "remote.beckman.com", 443, true},
		{"us", hostconfig.Config{}, Policy{}, "a.b.beckman.com", 443, true},
		{"eu", hostconfig.Config{}, Policy{}, "REMOTE.Beckman.COM.", 443, true},
		{"eu", hostconfig.Config{}, Policy{}, "lab.azure-devices.net", 443, true},
		{"eu", hostconfig.Config{}, Policy{}, "global.azure-devices-provisioning.net", 443, true},
		{"eu", hostconfig.Config{}, Policy{}, "remote.mybeckman.cn", 443, false},
		{"cn", hostconfig.Config{}, Policy{}, "remote.mybeckman.cn", 443, true},
		{"cn", hostconfig.Config{}, Policy{}, "lab.azure-devices.cn", 443, true},
		{"cn", hostconfig.Config{}, Policy{}, "global.azure-devices-provisioning.cn", 443, true},
		{"cn", hostconfig.Config{}, Policy{}, "remote.beckman.com", 443, false},
		{"eu", hostconfig.Config{}, Policy{}, "beckman.com", 443, false},
		{"eu", hostconfig.Config{}, Policy{}, "evilbeckman.com", 443, false},
		{"eu", hostconfig.Config{}, Policy{}, "remote.beckman.com.evil.example", 443, false},
		{"eu", hostconfig.Config{}, Policy{}, "remote.beckman.com", 80, false},
		{"eu", hostconfig.Config{}, Policy{}, "remote.beckman.com", 8883, false},
		{"eu", hostconfig.Config{}, Policy{}, "x.azure-devices.com", 443, false}, // the paper's name for it; IoT Hub is not there
		{"eu", hostconfig.Config{}, Policy{}, "*.beckman.com", 443, false},
		{"eu", hostconfig.Config{}, Policy{}, "", 443, false},
		{"eu", hostconfig.Config{}, Policy{}, "rem\u043ete.beckman.com", 443, false}, // scenario 27's look-alikes
		{"eu", installedAt("https://support.hospital.example"), Policy{}, "support.hospital.example", 443, true},
		{"eu", installedAt("https://support.hospital.example"), Policy{}, "support.hospital.example", 80, false},
		{"eu", installedAt("https://support.hospital.example"), Policy{}, "other.hospital.example", 443, false},
		{"eu", installedAt("https://127.0.0.1:8443"), Policy{}, "127.0.0.1", 8443, true},
		{"eu", installedAt("https://127.0.0.1:8443"), Policy{}, "::ffff:127.0.0.1", 8443, true},
		{"eu", installedAt("https://127.0.0.1:8443"), Policy{}, "127.0.0.1", 443, false},
		{"eu", installedAt("http://support.hospital.example"), Policy{}, "support.hospital.example", 443, false},
		{"eu", hub, Policy{}, "lab.hub.example", 443, true},
		{"eu", hub, Policy{}, "dps.hub.example", 443, true},
		{"eu", hub, Policy{}, "lab.hub.example", 8883, false},
		{"eu", hostconfig.Config{}, Policy{Endpoints: []string{"Added.Example", "*.more.example", "*.tld", "no host", "*"}}, "added.example", 443, true},
		{"eu", hostconfig.Config{}, Policy{Endpoints: []string{"added.example"}}, "added.example", 8443, false},
		{"eu", hostconfig.Config{}, Policy{Endpoints: []string{"*.more.example"}}, "x.more.example", 443, true},
		{"eu", hostconfig.Config{}, Policy{Endpoints: []string{"*.tld", "*"}}, "anything.tld", 443, false},
		{"eu", hostconfig.Config{}, Policy{Probes: []Probe{{"lis", "hl7", "10.0.0.5", 2575}}}, "10.0.0.5", 2575, false}, // no way to the cloud
		{"eu", hostconfig.Config{}, Policy{Mirror: "https://Mirror.Hospital.Example/path"}, "mirror.hospital.example", 443, true},
		{"eu", hostconfig.Config{}, Policy{Mirror: "https://10.0.0.5:8443"}, "10.0.0.5", 8443, true}, // the dialler takes it from a developer's roots alone
		{"eu", hostconfig.Config{}, Policy{Mirror: "http://mirror.hospital.example"}, "mirror.hospital.example", 80, false},
		{"eu", hostconfig.Config{}, Policy{Mirror: "https://*.hospital.example"}, "mirror.hospital.example", 443, false},
		{"eu", hostconfig.Config{}, Policy{Mirror: "no address"}, "no", 443, false},
	} {
		if got := Allowed(row.region, row.config, row.policy).Allows(row.host, row.port); got != row.want {
			t.Errorf("%s %+v %+v: %s:%d is allowed: %v", row.region, row.config.Cloud, row.policy, row.host, row.port, got)
		}
	}
	if (Table{}).Allows("remote.beckman.com", 443) {
		t.Error("an empty table allows something")
	}
}

// Whatever installation and policy say, outside probes and the installed
// address nothing but port 443 is in the table.
func TestOnlyPort443(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aZ0.*-:/ \u00e4")), 0, 20, -1)
		config := installedAt("https://" + text.Draw(t, "cloud"))
		config.Cloud.Dialect = rapid.SampledFrom([]string{"", "plain", hostconfig.DialectIoTHub}).Draw(t, "dialect")
		config.Cloud.IoTHub.Host = text.Draw(t, "hub")
		policy := Policy{Endpoints: rapid.SliceOf(text).Draw(t, "endpoints")}
		for _, e := range Allowed(rapid.StringMatching(`[a-z]{2,8}`).Draw(t, "region"), config, policy) {
			if e.Port != HTTPS && e.Origin != Installation {
				t.Fatalf("%+v", e)
			}
			if e.Host == "" || !ValidHost(e.Host) || len(e.Programs) == 0 || e.Purpose == "" || e.Protocol == "" {
				t.Fatalf("half a row: %+v", e)
			}
		}
	})
}

// The mirror of upgrades is the upgrade service's to dial, and nobody else's.
func TestTheMirrorIsForUpgrades(t *testing.T) {
	table := Allowed("eu", installedAt("https://support.hospital.example"), Policy{Mirror: "https://mirror.hospital.example", Endpoints: []string{"added.example"}})
	for _, row := range []struct {
		program, host string
		want          bool
	}{
		{Upgrade, "mirror.hospital.example", true}, {Service, "mirror.hospital.example", false}, {Ctl, "mirror.hospital.example", false},
		{Upgrade, "support.hospital.example", true}, {Service, "support.hospital.example", true},
		{Upgrade, "added.example", false}, {Service, "added.example", true},
	} {
		if got := table.Of(row.program).Allows(row.host, HTTPS); got != row.want {
			t.Errorf("%s may dial %s: %v", row.program, row.host, got)
		}
	}
}

func TestProbesAreListed(t *testing.T) {
	table := Allowed("eu", hostconfig.Config{}, Policy{Probes: []Probe{
		{"lis", "hl7", "10.0.0.5", 2575}, {"bad", "tcp", "*.example", 1}, {"bad", "tcp", "10.0.0.5", 70000},
	}})
	var probes []string
	for _, e := range table {
		if e.Probe {
			probes = append(probes, e.Host)
		}
	}
	if !slices.Equal(probes, []string{"10.0.0.5"}) {
		t.Errorf("probes %q", probes)
	}
}

func FuzzAllows(f *testing.F) {
	f.Add("x.beckman.com", 443)
	f.Add("::1", 443)
	table := Allowed("eu", hostconfig.Config{}, Policy{})
	f.Fuzz(func(t *testing.T, host string, port int) {
		if table.Allows(host, port) && (port != HTTPS || !strings.Contains(strings.ToLower(host), ".beckman.com") && !strings.Contains(strings.ToLower(host), "azure-devices")) {
			t.Errorf("%q:%d is allowed", host, port)
		}
	})
}
