package main

import (
	"context"

	"beckmanconnect/service/install"
)

// installationCheck asks what set the product up whether it still stands so.
func installationCheck(ctx context.Context, config string) (wrong, unknown []string, err error) {
	layout, err := install.LayoutOf(config)
	if err != nil {
		return nil, nil, err
	}
	report, err := install.Check(ctx, layout)
	for _, f := range report.Findings {
		wrong = append(wrong, f.String())
	}
	return wrong, report.Unknown, err
}
