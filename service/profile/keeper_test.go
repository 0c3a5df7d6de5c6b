package profile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/service/supervise"
)

// pc is a PC with IT's folder of profiles.
type pc struct {
	*testing.T
	dir     string
	kept    map[string]string
	keeper  *Keeper
	changed int
	refused []string
	ships   string // of the product; empty: none
}

func newPC(t *testing.T) *pc {
	p := &pc{T: t, dir: filepath.Join(t.TempDir(), "profiles"), kept: map[string]string{}, ships: version("Shipped", 1)}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p.start()
	return p
}

func version(title string, revision int) string {
	return fmt.Sprintf("version=2\nname=\"lab\"\ntitle=%q\nrevision=%d\nsample=true\n", title, revision)
}

// start is the service's start: nothing but what was kept is known.
func (p *pc) start() {
	p.keeper = NewKeeper(p.Context(), Config{
		Name: "lab", Dir: p.dir,
		Shipped: func(name string) (string, error) {
			if p.ships == "" {
				return "", errors.New("it is not part of this version")
			}
			return p.ships, nil
		},
		Memory: FromSettings("lab", func(_ context.Context, key string) (string, bool, error) {
			v, ok := p.kept[key]
			return v, ok, nil
		}, func(_ context.Context, key, value string) error {
			p.kept[key] = value
			return nil
		}),
		Changed: func() { p.changed++ },
		Refused: func(why string) { p.refused = append(p.refused, why) },
	})
}

func (p *pc) put(text string) {
	p.Helper()
	next := filepath.Join(p.dir, "next")
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(p.dir, "lab.toml")); err != nil {
		p.Fatal(err)
	}
	p.keeper.Look(p.Context())
}

func (p *pc) is(title, state string, masks bool) {
	p.Helper()
	got := ""
	if c := p.keeper.Current(); c != nil {
		got = c.Title
	}
	if s, detail := p.keeper.State(); got != title || s != state || p.keeper.MasksKnown() != masks {
		p.Errorf("%q, %s (%s), masks %v; want %q, %s, %v", got, s, detail, p.keeper.MasksKnown(), title, state, masks)
	}
}

// IT's profile wins; a bad one leaves the last good one in force, over a restart
// too, and what is hidden is never less than somebody wanted.
func TestTheLastGoodProfileStays(t *testing.T) {
	p := newPC(t)
	p.is("Shipped", supervise.OK, true)
	p.put(version("Ours", 7))
	p.is("Ours", supervise.OK, true)
	if p.keeper.Label() != "lab 7, local" || p.changed != 2 {
		t.Errorf("%s, changed %d", p.keeper.Label(), p.changed)
	}
	p.put(version("Broken", 8) + "[run]\nidle='('\n")
	p.is("Ours", supervise.Degraded, true)
	if _, why := p.keeper.State(); !strings.Contains(why, "line 7: run.idle") || !strings.Contains(why, "lab.toml") || len(p.refused) != 1 || p.changed != 2 {
		t.Errorf("%s; told %q; changed %d", why, p.refused, p.changed)
	}
	p.keeper.Look(t.Context())
	if len(p.refused) != 1 {
		t.Error("told again without a change")
	}
	p.start() // with the broken file
	p.is("Ours", supervise.Degraded, true)
	p.put(version("Ours, better", 9))
	p.is("Ours, better", supervise.OK, true)
	if p.refused[len(p.refused)-1] != "" {
		t.Errorf("%q", p.refused)
	}
	if err := os.Remove(filepath.Join(p.dir, "lab.toml")); err != nil {
		t.Fatal(err)
	}
	p.keeper.Look(t.Context())
	p.is("Shipped", supervise.OK, true)
	p.put("version = ") // the good one that was taken away does not come back
	p.is("Shipped", supervise.Degraded, false)
}

// B6: IT's profile that never was good may have wanted more hidden.
func TestAProfileThatNeverWasGoodHidesAll(t *testing.T) {
	p := newPC(t)
	p.put("version = ")
	p.is("Shipped", supervise.Degraded, false)
	p.ships = ""
	p.start()
	p.is("", supervise.Failed, false)
	if p.keeper.Label() != "" {
		t.Error(p.keeper.Label())
	}
	p.put(version("Ours", 1))
	p.is("Ours", supervise.OK, true)
}

func TestProfilesThatAreRefusedForOtherReasons(t *testing.T) {
	for name, row := range map[string]struct {
		make func(p *pc, file string) error
		part string
	}{
		"another name": {func(p *pc, file string) error {
			return os.WriteFile(file, []byte(strings.Replace(version("Ours", 1), `"lab"`, `"navios"`, 1)), 0o600)
		}, `"navios" in a file of the name "lab"`},
		"a folder":  {func(_ *pc, file string) error { return os.Mkdir(file, 0o700) }, "not a file"},
		"too large": {func(_ *pc, file string) error { return os.WriteFile(file, make([]byte, MaxFile+1), 0o600) }, "too large"},
		"written by others": {func(_ *pc, file string) error {
			return errors.Join(os.WriteFile(file, []byte(version("Ours", 1)), 0o600), os.Chmod(file, 0o666))
		}, "written by others"},
		"in an open folder": {func(p *pc, file string) error {
			return errors.Join(os.WriteFile(file, []byte(version("Ours", 1)), 0o600), os.Chmod(p.dir, 0o777))
		}, "written by others"},
		"a link": {func(p *pc, file string) error {
			return errors.Join(os.WriteFile(p.dir+"x", []byte(version("Ours", 1)), 0o600), os.Symlink(p.dir+"x", file))
		}, "link"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			if err := row.make(p, filepath.Join(p.dir, "lab.toml")); err != nil {
				t.Fatal(err)
			}
			p.keeper.Look(t.Context())
			p.is("Shipped", supervise.Degraded, false)
			if _, why := p.keeper.State(); !strings.Contains(why, row.part) {
				t.Error(why)
			}
		})
	}
}

// A look that was cut short decides nothing.
func TestALookThatIsCutShort(t *testing.T) {
	p := newPC(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.WriteFile(filepath.Join(p.dir, "lab.toml"), []byte(version("Ours", 2)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.keeper.Look(ctx)
	p.is("Shipped", supervise.OK, true)
	p.keeper.Look(t.Context())
	p.is("Ours", supervise.OK, true)
}
