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

// The time of a build is no fact about the machine it runs on (scenario 36).
func TestBuilt(t *testing.T) {
	t.Cleanup(func() { built = "" })
	for text, want := range map[string]int64{"": 0, "x": 0, "-5": 0, "0": 0, "1764000000": 1764000000} {
		built = text
		got := Built()
		if want == 0 && !got.IsZero() || want != 0 && got.Unix() != want {
			t.Errorf("built %q: %v", text, got)
		}
	}
}
