package versions_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/service/upgrade/versions"
)

const (
	keeper = "beckmanconnect-upgrade"
	other  = "beckmanctl"
)

// whole puts programs into versions.
func whole(t testing.TB, i versions.Install, digests ...string) {
	t.Helper()
	for _, d := range digests {
		for _, name := range []string{keeper, other} {
			put(t, filepath.Join(i.Version(d), name), name)
		}
	}
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func current(t testing.TB, i versions.Install) string {
	t.Helper()
	digest, err := i.Current()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// onTrial is an installation that has just switched from one to two.
func onTrial(t testing.TB) versions.Install {
	t.Helper()
	i := install(t, one, two)
	whole(t, i, one, two)
	if err := i.SetCurrent(one); err != nil {
		t.Fatal(err)
	}
	if err := i.Switch(two); err != nil {
		t.Fatal(err)
	}
	return i
}

// The third start of a version on trial that comes to nothing is the last
// (scenario 41); other programs' launchers count nothing and change nothing.
func TestThirdFailedStartGoesBack(t *testing.T) {
	i := onTrial(t)
	for range 10 {
		if got, err := i.Start(other, false); got != two || err != nil {
			t.Fatalf("another program: %.8s, %v", got, err)
		}
	}
	for n := range versions.Attempts {
		if got, err := i.Start(keeper, true); got != two || err != nil || i.Trial().Starts != n+1 {
			t.Fatalf("start %d: %.8s, %v, %+v", n+1, got, err, i.Trial())
		}
	}
	for range 3 {
		if got, err := i.Start(keeper, true); got != one || err != nil || current(t, i) != one {
			t.Fatalf("after the third: %.8s, %v", got, err)
		}
	}
	if got := i.Trial(); got.Digest != two || got.Starts != versions.Attempts {
		t.Errorf("what was on trial is not known any more: %+v", got)
	}
}

func TestOrderlyEndsAreForgiven(t *testing.T) {
	i := onTrial(t)
	for range 10 {
		if got, err := i.Start(keeper, true); got != two || err != nil {
			t.Fatalf("%.8s, %v", got, err)
		}
		if err := i.Forgive(); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.EndTrial(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if got, err := i.Start(keeper, true); got != two || err != nil {
			t.Fatalf("after the trial: %.8s, %v", got, err)
		}
	}
	if err := i.EndTrial(); err != nil {
		t.Errorf("ended twice: %v", err)
	}
}

// A plug pulled while a version is on trial is not held against it, however
// often within reason; what it failed at before and after still is (scenario 41).
func TestStartsCutWithTheMachine(t *testing.T) {
	boot := "a"
	machine := func(t testing.TB) versions.Install {
		i := onTrial(t)
		i.Boot = func() (string, error) { return boot, nil }
		return i
	}
	start := func(i versions.Install, want string, starts, cuts int) {
		t.Helper()
		got, err := i.Start(keeper, true)
		if now := i.Trial(); got != want || err != nil || now.Starts != starts || now.Cuts != cuts {
			t.Fatalf("%.8s, %v, %+v; want %.8s with %d starts, %d cut", got, err, now, want, starts, cuts)
		}
	}
	t.Run("pulled plugs", func(t *testing.T) {
		i := machine(t)
		for n := range versions.MaxCuts + 1 {
			boot = string(rune('b' + n))
			start(i, two, 1, n)
		}
		// The machine goes down each time: it may be the version's doing.
		for n, starts := range []int{2, 3} {
			boot = string(rune('n' + n))
			start(i, two, starts, versions.MaxCuts)
		}
		boot = "z"
		if got, err := i.Start(keeper, true); got != one || err != nil {
			t.Fatalf("for ever: %.8s, %v", got, err)
		}
	})
	t.Run("crashes between", func(t *testing.T) {
		i := machine(t)
		start(i, two, 1, 0)
		start(i, two, 2, 0)
		boot += "'"
		start(i, two, 2, 1)
		start(i, two, 3, 1)
		if got, err := i.Start(keeper, true); got != one || err != nil || current(t, i) != one {
			t.Fatalf("three crashes: %.8s, %v", got, err)
		}
	})
	t.Run("an orderly end counts once", func(t *testing.T) {
		i := machine(t)
		start(i, two, 1, 0)
		start(i, two, 2, 0)
		if err := i.Forgive(); err != nil {
			t.Fatal(err)
		}
		boot += "'"
		start(i, two, 2, 0) // the first crashed in a boot before this one
	})
	t.Run("given up", func(t *testing.T) {
		i := machine(t)
		start(i, two, 1, 0)
		if err := i.GiveUp(); err != nil {
			t.Fatal(err)
		}
		boot += "'"
		if got, err := i.Start(keeper, true); got != one || err != nil {
			t.Fatalf("%.8s, %v", got, err)
		}
	})
	t.Run("a boot without a name", func(t *testing.T) {
		i := machine(t)
		i.Boot = func() (string, error) { return "", errors.New("no boot ID") }
		for range versions.Attempts {
			if got, err := i.Start(keeper, true); got != two || err == nil {
				t.Fatalf("%.8s, %v", got, err)
			}
		}
		if got, err := i.Start(keeper, true); got != one || err != nil {
			t.Fatalf("after the third: %.8s, %v", got, err)
		}
	})
}

func TestBack(t *testing.T) {
	i := onTrial(t)
	if got, err := i.Back(); got != one || err != nil || current(t, i) != one {
		t.Fatalf("%.8s, %v", got, err)
	}
	// There is one way back, not a way to and fro.
	if _, err := i.Back(); err == nil || current(t, i) != one {
		t.Errorf("went back twice: %v", err)
	}
	i = onTrial(t)
	if err := os.RemoveAll(i.Version(one)); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Back(); err == nil || !strings.Contains(err.Error(), versions.Repair) || current(t, i) != two {
		t.Errorf("went back to a version that is gone: %v", err)
	}
}

// SetCurrent and Switch refuse what is gone, and a link in its place
// (scenario 37).
func TestOnlyFoldersBecomeCurrent(t *testing.T) {
	i := onTrial(t)
	gone, linked, file := strings.Repeat("3", 64), strings.Repeat("4", 64), strings.Repeat("5", 64)
	if err := os.Symlink(i.Version(one), i.Version(linked)); err != nil {
		t.Fatal(err)
	}
	put(t, i.Version(file), "x")
	for _, d := range []string{gone, linked, file, "", "x"} {
		if i.SetCurrent(d) == nil || i.Switch(d) == nil || current(t, i) != two {
			t.Errorf("%.8s was made current", d)
		}
	}
}

// A version whose program is damaged is not started while there is another,
// and when there is none it says what to do.
func TestDamagedVersions(t *testing.T) {
	damage := map[string]func(path string) error{
		"gone":      os.Remove,
		"empty":     func(p string) error { return os.Truncate(p, 0) },
		"a folder":  func(p string) error { return firstError(os.Remove(p), os.Mkdir(p, 0o755)) },
		"a link":    func(p string) error { return firstError(os.Remove(p), os.Symlink("/bin/sh", p)) },
		"no folder": func(p string) error { return os.RemoveAll(filepath.Dir(p)) },
	}
	for name, hurt := range damage {
		t.Run(name, func(t *testing.T) {
			i := onTrial(t)
			if err := i.EndTrial(); err != nil { // long after: the way back is still there
				t.Fatal(err)
			}
			if err := hurt(filepath.Join(i.Version(two), keeper)); err != nil {
				t.Fatal(err)
			}
			if got, err := i.Start(keeper, true); got != one || err != nil || current(t, i) != one {
				t.Fatalf("one is damaged: %.8s, %v", got, err)
			}
			if err := hurt(filepath.Join(i.Version(one), keeper)); err != nil {
				t.Fatal(err)
			}
			if got, err := i.Start(keeper, true); got != "" || err == nil || !strings.Contains(err.Error(), versions.Repair) {
				t.Errorf("both are damaged: %.8s, %v", got, err)
			}
		})
	}
	t.Run("the pointer", func(t *testing.T) {
		i := onTrial(t)
		put(t, filepath.Join(i.Dir, "current"), "../../etc")
		if got, err := i.Start(other, false); got != "" || err == nil || !strings.Contains(err.Error(), versions.Repair) {
			t.Errorf("another program: %.8s, %v", got, err)
		}
		if got, err := i.Start(keeper, true); got != one || err != nil || current(t, i) != one {
			t.Errorf("%.8s, %v", got, err)
		}
	})
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// A version on trial that does not start, with nothing to go back to, goes on
// being tried: it is all there is.
func TestNothingToGoBackTo(t *testing.T) {
	i := install(t, two)
	whole(t, i, two)
	if err := i.Switch(two); err != nil {
		t.Fatal(err)
	}
	for range 3 * versions.Attempts {
		if got, err := i.Start(keeper, true); got != two || err != nil {
			t.Fatalf("%.8s, %v", got, err)
		}
	}
}

// A trial file that somebody made makes no other version current than the two.
func TestDamagedTrial(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		i := onTrial(t)
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{two + " 9\n", two + " 3", two, one + " 3\n", two + " -1\n", two + "  1\n", two + " 4 0 0000000000000000\n", two + " 3 0 0000000000000000\n", two + " 1 9 000000000000000x\n", two + " 1 : 0000000000000000\n"})).Draw(rt, "trial")
		put(t, filepath.Join(i.Dir, "trial"), text)
		for range 5 {
			got, err := i.Start(keeper, true)
			if got != one && got != two || err != nil {
				rt.Fatalf("%q starts %.8s, %v", text, got, err)
			}
			if got != current(t, i) {
				rt.Fatalf("started %.8s, current is another", got)
			}
		}
	})
}
