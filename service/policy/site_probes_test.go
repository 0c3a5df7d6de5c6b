package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const probes = `number=1
publishers=["lis","middleware=LAB\\svc-mw"]
endpoints=["Relay.hospital.example"]
[quiet]
from="22:00"
to="06:30"
[escalate]
high="10m"
low="24h"
[[probe]]
name="lis"
kind="astm"
host="lis.hospital.example"
port=4000
[[probe]]
name="ups"
kind="snmp"
host="10.0.0.5"
port=161
every="30s"
severity="high"
[probe.snmp]
version="3"
user="bc"
oid="1.3.6.1.2.1.1.3.0"
condition="value < 70"
[[probe]]
name="analyser"
kind="opcua"
host="fe80::1"
port=4840
nodes=["ns=2;s=Heartbeat","i=2258"]
stale="5m"
`

// What a site's policy may name beside the capabilities, as it holds.
func TestSiteLists(t *testing.T) { // defaults.md "probing", "publishers"; B14
	e := evaluate(site(t, probes), "", Facts{})
	all := e.Probes()
	if len(all) != 3 || all[0].Every != time.Minute || all[0].Severity != "medium" || all[1].Snmp == nil || all[1].Snmp.Condition != "value < 70" ||
		all[1].Every != 30*time.Second || all[2].Stale != 5*time.Minute || len(all[2].Nodes) != 2 {
		t.Errorf("probes %+v", all)
	}
	if d := e.Decide(Probing); d.Effect != Limited || !strings.Contains(d.Why, "number 1") {
		t.Errorf("probing: %+v", d)
	}
	if q := e.Quiet(); q == nil || *q != (Quiet{22 * 60, 6*60 + 30}) {
		t.Errorf("quiet %+v", q)
	}
	if d, ok := e.Escalate("high"); !ok || d != 10*time.Minute {
		t.Errorf("escalate high: %s %v", d, ok)
	}
	if _, ok := e.Escalate("medium"); ok {
		t.Error("escalate medium, of which nothing is said")
	}
	if !slices.Equal(e.Endpoints(), []string{"relay.hospital.example"}) {
		t.Errorf("endpoints %q", e.Endpoints())
	}
	for _, row := range []struct {
		name, account   string
		verified, named bool
	}{
		{"lis", "", true, false}, {"lis", "anybody", true, false}, {"middleware", "", false, true}, {"middleware", "mallory", false, true},
		{"middleware", `lab\SVC-MW`, true, true}, {"other", `LAB\svc-mw`, false, false}, {"middleware=LAB\\svc-mw", "", false, false},
	} {
		if v, n := e.VerifiedPublisherAs(row.name, row.account); v != row.verified || n != row.named {
			t.Errorf("%s as %q: %v %v", row.name, row.account, v, n)
		}
	}
	if !e.VerifiedPublisher("lis") || e.VerifiedPublisher("middleware") {
		t.Error("a publisher with an account is verified without one")
	}
}

// Explain names each host and port, so that IT sees what is asked.
func TestExplainShowsProbes(t *testing.T) {
	for _, line := range evaluate(site(t, probes), "", Facts{}).Explain() {
		for _, layer := range line.Layers {
			if layer.Name != LayerSite {
				continue
			}
			if line.Capability == Probing && (!strings.Contains(layer.Says, "lis astm lis.hospital.example:4000 every 1m0s") || !layer.Allows) {
				t.Errorf("probing: %+v", layer)
			}
			if line.Capability == Publishers && !strings.Contains(layer.Says, `middleware=LAB\svc-mw`) {
				t.Errorf("publishers: %+v", layer)
			}
		}
	}
}

// None as installed; and a policy that was refused names nothing, but what it
// asked for to be told sooner still holds.
func TestNoProbesUnlessNamedAndSigned(t *testing.T) { // defaults.md "probing", scenario 28
	for name, e := range map[string]*Effective{
		"no policy":      evaluate(nil, "", Facts{}),
		"names none":     evaluate(site(t, "number=1\n"), "", Facts{}),
		"refused":        evaluate(nil, "not signed", Facts{}),
		"last good one":  evaluate(site(t, probes), "number 1 is older", Facts{}),
		"vendor says no": Evaluate(Layers{Table: Defaults(), Known: Installed(Defaults(), "1"), Site: site(t, probes), VendorLost: "no copy"}),
	} {
		if p := e.Probes(); len(p) != 0 {
			t.Errorf("%s: %+v", name, p)
		}
		if d := e.Decide(Probing); d.Effect > Off {
			t.Errorf("%s: probing %s", name, d.Effect)
		}
	}
	refused := evaluate(site(t, probes), "number 1 is older", Facts{})
	if refused.Quiet() != nil || refused.Endpoints() != nil || refused.VerifiedPublisher("lis") {
		t.Error("a refused policy still loosens")
	}
	if _, ok := refused.Escalate("high"); !ok {
		t.Error("what the last good policy tightened is gone")
	}
}

func TestSiteListsRefused(t *testing.T) {
	const head = "number=1\n"
	probe := func(lines string) string { return head + "[[probe]]\nname=\"a\"\n" + lines }
	tcp := "kind=\"tcp\"\nhost=\"h\"\nport=1\n"
	for name, row := range map[string]struct{ text, part string }{
		"name":              {head + "[[probe]]\nname=\"A b\"\n" + tcp, "probe 1: name"},
		"twice":             {probe(tcp) + "[[probe]]\nname=\"a\"\n" + tcp, "a stands twice"},
		"kind":              {probe("kind=\"icmp\"\nhost=\"h\"\nport=1\n"), "kind"},
		"no host":           {probe("kind=\"tcp\"\nport=1\n"), "host"},
		"a URL":             {probe("kind=\"tcp\"\nhost=\"http://h/\"\nport=1\n"), "host"},
		"a wildcard":        {probe("kind=\"tcp\"\nhost=\"*.hospital.example\"\nport=1\n"), "host"},
		"half an address":   {probe("kind=\"tcp\"\nhost=\"10.0.0\"\nport=1\n"), "host"},
		"port":              {probe("kind=\"tcp\"\nhost=\"h\"\nport=70000\n"), "port"},
		"too often":         {probe(tcp + "every=\"1s\"\n"), "every"},
		"too seldom":        {probe(tcp + "every=\"2h\"\n"), "every"},
		"severity":          {probe(tcp + "severity=\"info\"\n"), "severity"},
		"tcp with nodes":    {probe(tcp + "nodes=[\"i=1\"]\n"), "nodes"},
		"tcp with snmp":     {probe(tcp + "[probe.snmp]\nversion=\"2c\"\n"), "snmp"},
		"snmp without":      {probe("kind=\"snmp\"\nhost=\"h\"\nport=1\n"), "snmp"},
		"snmp 1":            {probe("kind=\"snmp\"\nhost=\"h\"\nport=1\n[probe.snmp]\nversion=\"1\"\noid=\"1.3.6\"\n"), "version"},
		"no community":      {probe("kind=\"snmp\"\nhost=\"h\"\nport=1\n[probe.snmp]\nversion=\"2c\"\noid=\"1.3.6\"\n"), "community"},
		"oid":               {probe("kind=\"snmp\"\nhost=\"h\"\nport=1\n[probe.snmp]\nversion=\"2c\"\ncommunity=\"c\"\noid=\"sysUpTime\"\n"), "oid"},
		"condition":         {probe("kind=\"snmp\"\nhost=\"h\"\nport=1\n[probe.snmp]\nversion=\"2c\"\ncommunity=\"c\"\noid=\"1.3.6\"\ncondition=\"load < 3\"\n"), "condition"},
		"password in it":    {probe("kind=\"snmp\"\nhost=\"h\"\nport=1\n[probe.snmp]\nversion=\"3\"\nuser=\"u\"\noid=\"1.3.6\"\npassword=\"x\"\n"), "password"},
		"opcua, no nodes":   {probe("kind=\"opcua\"\nhost=\"h\"\nport=1\nstale=\"1m\"\n"), "nodes"},
		"opcua, no node":    {probe("kind=\"opcua\"\nhost=\"h\"\nport=1\nstale=\"1m\"\nnodes=[\"x\"]\n"), "node ID"},
		"opcua, no stale":   {probe("kind=\"opcua\"\nhost=\"h\"\nport=1\nnodes=[\"i=1\"]\n"), "stale"},
		"stale below every": {probe("kind=\"opcua\"\nhost=\"h\"\nport=1\nnodes=[\"i=1\"]\nevery=\"1m\"\nstale=\"30s\"\n"), "stale"},
		"too many":          {head + strings.Repeat("[[probe]]\nname=\"a\"\n"+tcp, MaxProbes+1), "at most"},
		"quiet":             {head + "[quiet]\nfrom=\"22\"\nto=\"06:00\"\n", "quiet"},
		"quiet all day":     {head + "[quiet]\nfrom=\"22:00\"\nto=\"22:00\"\n", "quiet"},
		"escalate info":     {head + "[escalate]\ninfo=\"1h\"\n", "escalate"},
		"escalate at once":  {head + "[escalate]\nhigh=\"1s\"\n", "escalate"},
		"endpoint port":     {head + "endpoints=[\"a.example:8443\"]\n", "endpoints"},
		"endpoint wildcard": {head + "endpoints=[\"*.example\"]\n", "endpoints"},
		"endpoint address":  {head + "endpoints=[\"10.0.0.1\"]\n", "endpoints"},
		"endpoint short":    {head + "endpoints=[\"localhost\"]\n", "endpoints"},
		"publisher":         {head + "publishers=[\"LIS 1\"]\n", "publishers"},
		"publisher twice =": {head + "publishers=[\"lis=a=b\"]\n", "publishers"},
	} {
		s, err := decode(row.text, Defaults())
		if err == nil || !strings.Contains(err.Error(), row.part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
}
