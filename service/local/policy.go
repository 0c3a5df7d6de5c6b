package local

import (
	"context"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/policy"
)

// maxQuestion is longer than any name of a capability, account, organisation
// or region.
const maxQuestion = 254

// ExplainPolicy gives the defaults table as it holds here and now, with what
// each layer says to it; and, when asked about a capability and an engineer,
// whether the technician may be asked, and which layer says no.
func (h *Host) ExplainPolicy(_ context.Context, r *hostpb.ExplainPolicyRequest) (*hostpb.PolicyExplanation, error) {
	for _, text := range []string{r.GetCapability(), r.GetAccount(), r.GetOrganisation(), r.GetRegion()} {
		if len(text) > maxQuestion {
			return nil, invalid("too-long", "this is no name of a capability, account, organisation or region")
		}
	}
	effective := h.config.Policy()
	explanation := &hostpb.PolicyExplanation{
		Source: effective.SourceLine(), Vendor: effective.VendorLine(), Class: string(effective.Class), ClassWhy: effective.ClassWhy,
		Upgrades: effective.UpgradeLine(),
	}
	for _, line := range effective.Explain() {
		explanation.Rows = append(explanation.Rows, policyRow(line))
	}
	if r.GetCapability() != "" {
		explanation.Verdict = verdict(effective, r)
	}
	return explanation, nil
}

func policyRow(line policy.Line) *hostpb.PolicyRow {
	row := &hostpb.PolicyRow{Capability: string(line.Capability), Effective: line.Effect.String(), Why: line.Why}
	if line.Prompt != "" {
		row.Why += " (" + line.Prompt + ")"
	}
	for _, layer := range line.Layers {
		switch layer.Name {
		case policy.LayerDefault:
			row.Installed = layer.Says
		case policy.LayerInstallation:
			row.Installation = layer.Says
		case policy.LayerSite:
			row.Site = layer.Says
		case policy.LayerVendor:
			row.Vendor = layer.Says
		case policy.LayerTerms:
			row.Terms = layer.Says
		}
	}
	return row
}

// verdict asks every layer, so that IT learns of all that say no.
func verdict(effective *policy.Effective, r *hostpb.ExplainPolicyRequest) *hostpb.PolicyVerdict {
	line := effective.Question(policy.Capability(r.GetCapability()))
	layers := line.Layers
	v := &hostpb.PolicyVerdict{Allowed: line.Effect == policy.Ask}
	if r.GetAccount() != "" {
		who := policy.Engineer{Account: r.GetAccount(), Organisation: r.GetOrganisation()}
		if r.GetRegion() != "" {
			who.Regions = []string{r.GetRegion()}
		}
		for _, layer := range effective.ExplainEngineer(who) {
			v.Allowed = v.Allowed && layer.Allows
			layers = append(layers, layer)
		}
	}
	for _, layer := range layers {
		v.Layers = append(v.Layers, &hostpb.PolicyLayer{Layer: layer.Name, Says: layer.Says, Allows: layer.Allows})
	}
	return v
}
