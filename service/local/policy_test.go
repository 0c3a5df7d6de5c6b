package local

import (
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"
)

// IT is told what holds and which layer says no (B2); a question that is none
// is refused.
func TestExplainPolicy(t *testing.T) {
	l := newLab(t)
	p, err := l.ExplainPolicy(root, &hostpb.ExplainPolicyRequest{})
	if err != nil || p.GetVerdict() != nil || p.GetClass() != "patient-data" || p.GetClassWhy() == "" || p.GetSource() == "" || p.GetVendor() == "" {
		t.Fatalf("%v %v", p, err)
	}
	rows := map[string]*hostpb.PolicyRow{}
	for _, row := range p.GetRows() {
		rows[row.GetCapability()] = row
		if row.GetWhy() == "" || row.GetInstalled() == "" || row.GetInstallation() == "" || row.GetSite() == "" || row.GetVendor() == "" {
			t.Errorf("a layer is not explained: %v", row)
		}
	}
	if r := rows["view"]; len(rows) != 14 || r.GetEffective() != "off" || r.GetInstalled() != "may be asked" || !strings.Contains(r.GetTerms(), "have not been accepted") {
		t.Errorf("%d rows, view %v", len(rows), r)
	}
	if r := rows["publishers"]; r.GetTerms() != "" {
		t.Errorf("the terms make no difference to %v", r)
	}
	says := func(r *hostpb.ExplainPolicyRequest) map[string]bool {
		t.Helper()
		p, err := l.ExplainPolicy(root, r)
		if err != nil {
			t.Fatal(err)
		}
		layers, all := map[string]bool{}, true
		for _, layer := range p.GetVerdict().GetLayers() {
			layers[layer.GetLayer()] = layer.GetAllows()
			all = all && layer.GetAllows()
		}
		if p.GetVerdict().GetAllowed() && !all {
			t.Errorf("allowed, although a layer says no: %v", p.GetVerdict())
		}
		return layers
	}
	if got := says(&hostpb.ExplainPolicyRequest{Capability: "view"}); got["terms"] || !got["default"] || len(got) != 5 {
		t.Errorf("view: %v", got)
	}
	if got := says(&hostpb.ExplainPolicyRequest{Capability: "print"}); got["default"] || len(got) != 1 {
		t.Errorf("print: %v", got)
	}
	if got := says(&hostpb.ExplainPolicyRequest{Capability: "view", Account: "no account", Region: "us"}); got["site policy, list"] || got["region"] || !got["vendor policy, account"] {
		t.Errorf("an engineer: %v", got)
	}
	_, err = l.ExplainPolicy(root, &hostpb.ExplainPolicyRequest{Capability: strings.Repeat("x", 300)})
	l.code("a long name", err, "too-long")
}
