package versions_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/service/upgrade/versions"
)

var one, two = strings.Repeat("1", 64), strings.Repeat("2f", 32)

func install(t testing.TB, digests ...string) versions.Install {
	t.Helper()
	i := versions.Install{Dir: t.TempDir()}
	for _, d := range digests {
		if err := os.MkdirAll(i.Version(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func TestPointer(t *testing.T) {
	i := install(t, one, two)
	for _, want := range []string{"", one, two, one} {
		if want != "" {
			if err := i.SetCurrent(want); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := i.Current(); err != nil || got != want {
			t.Fatalf("current %q, %v; want %q", got, err, want)
		}
	}
	for _, wrong := range []string{"", "x", "../" + one, strings.ToUpper(two), one[1:], strings.Repeat("3", 64)} {
		if i.SetCurrent(wrong) == nil {
			t.Errorf("%q was made current", wrong)
		}
	}
	if got, err := i.Current(); err != nil || got != one {
		t.Errorf("current %q, %v after refusals", got, err)
	}
	left, err := filepath.Glob(filepath.Join(i.Dir, "*.new"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestDamagedPointer(t *testing.T) {
	for _, text := range []string{"", "\n", "../../etc", one + "/../..", one + "\n" + two, strings.Repeat("\x00", 64)} {
		i := install(t, one)
		if err := os.WriteFile(filepath.Join(i.Dir, "current"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := i.Current(); err == nil {
			t.Errorf("%q names version %q", text, got)
		}
	}
}

// What passes for a digest never leads out of the folder of versions.
func TestDigestsStayInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9a-f]{63,65}`), rapid.StringMatching(`[0-9a-fA-F./\\]{64}`)).Draw(t, "digest")
		if !versions.ValidDigest(s) {
			return
		}
		i := versions.Install{Dir: "/install"}
		if filepath.Dir(i.Version(s)) != "/install/versions" || len(s) != 64 {
			t.Fatalf("%q leads to %q", s, i.Version(s))
		}
	})
}
