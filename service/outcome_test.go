package service

import (
	"slices"
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// Each offer and each outcome is on record once, also when it is told again after a restart,
// and again when the same upgrade is tried again.
func TestOutcomeIsOnRecordOnce(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	told := []string{
		"", "offered", "offered", "downloading", "installing", "failed", "", "failed", // its download failed, and a restart
		"downloading", "failed", // tried again
		"offered", "downloading", "installing", "checking", "installed", "", "installed",
	}
	for _, state := range told {
		u := &hostpb.Upgrade{State: state, Digest: "d1", Version: "1.1.0"}
		if state == "failed" {
			u.ErrorCode = "unreachable"
		}
		if err := recordOutcome(t.Context(), s, u); err != nil {
			t.Fatal(err)
		}
	}
	if err := recordOutcome(t.Context(), s, &hostpb.Upgrade{State: "offered", Digest: "d2", Version: "1.2.0"}); err != nil {
		t.Fatal(err)
	}
	if err := recordOutcome(t.Context(), s, &hostpb.Upgrade{State: "rolled-back", Digest: "d2", Version: "1.2.0", ErrorCode: "health-check"}); err != nil {
		t.Fatal(err)
	}
	records, _, err := s.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		if strings.HasPrefix(r.Kind, "upgrade.") {
			got = append(got, r.Kind+" "+r.Subject+" "+r.Fields["version"]+" "+r.Fields["code"])
		}
	}
	slices.Sort(got)
	want := []string{"upgrade.failed d1 1.1.0 unreachable", "upgrade.failed d1 1.1.0 unreachable", "upgrade.installed d1 1.1.0 ", "upgrade.offered d1 1.1.0 ", "upgrade.offered d2 1.2.0 ", "upgrade.rolled-back d2 1.2.0 health-check"}
	if !slices.Equal(got, want) {
		t.Errorf("on record: %q, want %q", got, want)
	}
}
