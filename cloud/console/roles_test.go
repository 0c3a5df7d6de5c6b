package console_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/cloud/rights"
	"beckmanconnect/internal/cloudapi"
)

// The page's table of rights is that of package rights (P16).
func TestRolesOfThePage(t *testing.T) {
	raw, err := os.ReadFile("web/roles.ts")
	if err != nil {
		t.Fatal(err)
	}
	kind, rest, _ := strings.Cut(string(raw), "const table")
	var all []rights.Act
	for _, m := range regexp.MustCompile(`"([a-z-]+)"`).FindAllStringSubmatch(kind[strings.Index(kind, "export type Right"):], -1) {
		all = append(all, rights.Act(m[1]))
	}
	if len(all) < 14 {
		t.Fatalf("only %v were read", all)
	}
	rows := regexp.MustCompile(`(?m)^  (\w+): \[(.*)\],$`).FindAllStringSubmatch(rest, -1)
	if len(rows) != 4 {
		t.Fatalf("%d roles were read", len(rows))
	}
	for _, row := range rows {
		who := cloudapi.Staff{Roles: []cloudapi.Role{cloudapi.Role(row[1])}}
		said := strings.Split(strings.ReplaceAll(row[2], `"`, ""), ", ")
		for _, act := range all {
			if may := rights.May(who, act); may != slices.Contains(said, string(act)) {
				t.Errorf("%s, %s: the cloud says %v", row[1], act, may)
			}
		}
		for _, s := range said {
			if !slices.Contains(all, rights.Act(s)) {
				t.Errorf("%s: there is no %q", row[1], s)
			}
		}
	}
}
