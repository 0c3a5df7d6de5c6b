package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// policyVerb explains the policy in force: the whole table, or one capability,
// for everybody or for one engineer (B2).
func policyVerb(ctx context.Context, e env, args []string) error {
	if len(args) == 0 || args[0] != "explain" {
		return program.Usagef("policy: the verb is \"policy explain\"")
	}
	args = args[1:]
	var request hostpb.ExplainPolicyRequest
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		request.Capability, args = args[0], args[1:]
	}
	asJSON, err := e.parse("policy explain", args, func(set *flag.FlagSet) {
		set.StringVar(&request.Account, "engineer", "", "")
		set.StringVar(&request.Organisation, "organisation", "", "")
		set.StringVar(&request.Region, "region", "", "")
	})
	if err != nil {
		return err
	}
	if request.Account == "" && request.Organisation+request.Region != "" {
		return program.Usagef("policy explain: --organisation and --region need --engineer ACCOUNT")
	}
	if request.Account != "" && request.Capability == "" {
		return program.Usagef("policy explain: --engineer needs a CAPABILITY to ask about")
	}
	p, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.PolicyExplanation, error) {
		return host.ExplainPolicy(ctx, &request)
	})
	switch {
	case err != nil:
		return err
	case asJSON:
		return printProto(e.out, p)
	case p.GetVerdict() != nil:
		return printVerdict(e.out, &request, p.GetVerdict())
	}
	return printTable(e.out, p)
}

func printTable(out io.Writer, p *hostpb.PolicyExplanation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "site policy    %s\nvendor policy  %s\ninstrument     %s: %s\nupgrades       %s\n", p.GetSource(), p.GetVendor(), p.GetClass(), p.GetClassWhy(), p.GetUpgrades())
	for _, r := range p.GetRows() {
		fmt.Fprintf(&b, "\n%-15s %-13s %s\n", r.GetCapability(), r.GetEffective(), r.GetWhy())
		for _, layer := range [][2]string{
			{"default", r.GetInstalled()}, {"installation", r.GetInstallation()}, {"site policy", r.GetSite()}, {"vendor policy", r.GetVendor()}, {"terms", r.GetTerms()},
		} {
			if layer[1] != "" {
				fmt.Fprintf(&b, "  %-13s %s\n", layer[0], layer[1])
			}
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func printVerdict(out io.Writer, r *hostpb.ExplainPolicyRequest, v *hostpb.PolicyVerdict) error {
	var b strings.Builder
	by := ""
	if r.GetAccount() != "" {
		by = " by " + r.GetAccount()
	}
	answer := "the technician may be asked"
	if !v.GetAllowed() {
		answer = "the technician is not asked; it is refused"
	}
	fmt.Fprintf(&b, "%s%s: %s\n", r.GetCapability(), by, answer)
	for _, layer := range v.GetLayers() {
		says := "yes"
		if !layer.GetAllows() {
			says = "NO"
		}
		fmt.Fprintf(&b, "%-4s %-27s %s\n", says, layer.GetLayer(), layer.GetSays())
	}
	_, err := io.WriteString(out, b.String())
	return err
}
