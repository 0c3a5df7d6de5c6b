package main

import (
	"strings"
	"testing"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/ipc/hostpb"
)

func facts(pairs ...string) *hostpb.Status {
	s := &hostpb.Status{}
	for i := 0; i < len(pairs); i += 2 {
		s.LinkFacts = append(s.LinkFacts, &hostpb.LinkFact{Name: pairs[i], Value: pairs[i+1]})
	}
	return s
}

func TestSiteRows(t *testing.T) { // B14
	rows := siteRows(facts("endpoint", "x", "site-endpoint", "lis.example:2575 hl7 whether the LIS is well", "site-endpoint", "nonsense", "site-endpoint", "[fd00::1]:443 TLS added"))
	if len(rows) != 2 || rows[0].Host != "lis.example" || rows[0].Port != 2575 || rows[0].Protocol != "hl7" || rows[0].Purpose != "whether the LIS is well" || !rows[0].Probe || rows[1].Host != "fd00::1" || rows[1].Probe {
		t.Errorf("%+v", rows)
	}
}

func TestWayOut(t *testing.T) {
	for _, row := range []struct {
		configured string
		status     *hostpb.Status
		want       string
	}{
		{"", nil, "no proxy is set"},
		{"direct", nil, "no proxy, by the configuration"},
		{"direct", facts("proxy-source", "configuration"), "no proxy, by the configuration"},
		{"http://p:1", nil, "through the proxy http://p:1, set by the configuration"},
		{"", facts("proxy", "http://p:1", "proxy-source", "system"), "through the proxy http://p:1, set by the system"},
		{"", facts("proxy-source", "environment"), "no proxy for the cloud, by the environment"},
	} {
		config := hostconfig.Config{Cloud: hostconfig.Cloud{Proxy: hostconfig.Proxy{URL: row.configured}}}
		if got := strings.Join(wayOut(config, row.status), "\n"); got != row.want {
			t.Errorf("%q %v: %q", row.configured, row.status, got)
		}
	}
}
