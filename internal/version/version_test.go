package version

import "testing"

func TestOverrideIsForOneBuild(t *testing.T) {
	if Version() != fyneVersion {
		t.Fatalf("Version() = %q, want that of FyneApp.toml, %q", Version(), fyneVersion)
	}
	override = "9.8.7"
	t.Cleanup(func() { override = "" })
	if Version() != "9.8.7" {
		t.Fatalf("Version() = %q, want what the linker set", Version())
	}
}
