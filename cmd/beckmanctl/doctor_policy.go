package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/policy"
)

// sitePolicy is what the file on disk is.
type sitePolicy struct {
	there bool
	good  *policy.Site // nil: it does not hold
}

// checkPolicy holds the file on disk against the trust roots, and what the
// service says is in force against the file.
func (d *doctor) checkPolicy(ctx context.Context) []finding {
	file := d.checkPolicyFile()
	if d.status == nil {
		return []finding{file, skipped("policy in force", "the service does not answer")}
	}
	p, err := ask(ctx, d, func(ctx context.Context, host hostpb.HostClient) (*hostpb.PolicyExplanation, error) {
		return host.ExplainPolicy(ctx, &hostpb.ExplainPolicyRequest{})
	})
	if err != nil {
		return []finding{file, notReached("policy in force", err)}
	}
	d.policy = p
	return []finding{file, d.judgeInForce(p, file.State == stateFailed)}
}

func (d *doctor) checkPolicyFile() finding {
	const check = "site policy"
	signed, err := readAtMost(d.config.Policy, policy.MaxSize+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return noted(check, codePolicyNone, "there is none; the safe defaults of a patient-data instrument hold")
	case errors.Is(err, fs.ErrPermission):
		return noted(check, codeRightsUnknown, err.Error())
	case err != nil:
		return failed(check, codePolicyInvalid, err.Error())
	case d.roots == nil:
		return skipped(check, "without trust roots there is nothing to check it with")
	}
	d.site.there = true
	if _, err := note.Open(signed, d.roots.Policy); err != nil {
		return failed(check, codePolicySignature, fmt.Sprintf("%s: %v", d.config.Policy, err))
	}
	site, err := policy.Parse(signed, d.roots.Policy, policy.Defaults())
	if err != nil {
		return failed(check, codePolicyInvalid, fmt.Sprintf("%s: %v", d.config.Policy, err))
	}
	d.site.good = site
	return fine(check, fmt.Sprintf("number %d, signed with %q, SHA-256 %s", site.Number, d.roots.PolicyVerifier.Name(), site.Hash))
}

// judgeInForce: where the file itself does not hold, its own check says so, and
// the service is right to refuse it.
func (d *doctor) judgeInForce(p *hostpb.PolicyExplanation, fileFailed bool) finding {
	const check = "policy in force"
	detail := p.GetSource()
	switch refused := strings.HasPrefix(detail, "refused"); {
	case refused && fileFailed:
		return skipped(check, detail+"; see site policy")
	case refused:
		return failed(check, codePolicyRefused, detail)
	case d.site.good != nil && !strings.Contains(detail, d.site.good.Hash):
		return failed(check, codePolicyNotTaken, "the service goes by another one than the file: "+detail)
	}
	return fine(check, detail)
}

func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
