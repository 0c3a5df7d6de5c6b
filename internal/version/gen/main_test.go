package main

import (
	"os"
	"testing"
)

// C2: FyneApp.toml is the only source of version, ID and name.
func TestConstantsAreThoseOfFyneApp(t *testing.T) {
	source, err := os.ReadFile("../../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := render(source)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../fyneapp.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("fyneapp.go differs from FyneApp.toml; run go generate ./internal/version\n%s", got)
	}
}

func TestRenderRefusesIncompleteFiles(t *testing.T) {
	for _, source := range []string{
		"",
		"[Details]\nName = \"x\"\n",
		"[Details]\nName = \"x\"\nID = \"y\"\nVersion = \"1\"\nBuild = 0\n",
		"not toml",
	} {
		if code, err := render([]byte(source)); err == nil {
			t.Errorf("render(%q) = %s, want an error", source, code)
		}
	}
}
