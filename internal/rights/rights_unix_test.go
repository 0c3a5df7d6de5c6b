//go:build unix

package rights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder makes dirs below a new one with the modes given, outermost first.
func folder(t *testing.T, modes ...os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	made := []string{}
	for range modes {
		dir = filepath.Join(dir, "x")
		made = append(made, dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := len(made) - 1; i >= 0; i-- {
		if err := os.Chmod(made[i], modes[i]); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Scenario 37: a folder that somebody else can write to, or put another in the
// place of, is not used.
func TestFolder(t *testing.T) {
	for name, tt := range map[string]struct {
		modes []os.FileMode
		say   string
	}{
		"ours":                    {[]os.FileMode{0o755, 0o755}, ""},
		"private":                 {[]os.FileMode{0o700, 0o700}, ""},
		"others write":            {[]os.FileMode{0o755, 0o757}, "can be written"},
		"group writes":            {[]os.FileMode{0o755, 0o775}, "can be written"},
		"sticky does not help it": {[]os.FileMode{0o755, 0o777 | os.ModeSticky}, "can be written"},
		"others write above":      {[]os.FileMode{0o777, 0o755}, "can be written"},
		"far above":               {[]os.FileMode{0o777, 0o755, 0o755}, "can be written"},
		"sticky above":            {[]os.FileMode{0o777 | os.ModeSticky, 0o755}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := Folder(folder(t, tt.modes...))
			if (err == nil) != (tt.say == "") || err != nil && !strings.Contains(err.Error(), tt.say) {
				t.Errorf("%v, want %q", err, tt.say)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	safe, unsafe := folder(t, 0o755, 0o755), folder(t, 0o777, 0o755)
	link := func(dir, to string) string {
		path := filepath.Join(dir, "link")
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := Folder(link(t.TempDir(), safe)); err == nil {
		t.Error("a link passes for a folder")
	}
	over := link(t.TempDir(), filepath.Dir(safe))
	if err := Folder(filepath.Join(over, "x")); err != nil {
		t.Errorf("the way leads over a link of ours: %v", err)
	}
	if err := Folder(filepath.Join(link(t.TempDir(), filepath.Dir(unsafe)), "x")); err == nil {
		t.Error("a link into a folder that others write to")
	}
	if err := Folder(filepath.Join(link(filepath.Dir(unsafe), filepath.Dir(safe)), "x")); err == nil {
		t.Error("a link that others can put another in the place of")
	}
	if err := Folder(filepath.Join(safe, "none")); err == nil {
		t.Error("a folder that is not there")
	}
}

func TestForeign(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	for name, which := range map[string]func(string) string{"itself": func(d string) string { return d }, "above": filepath.Dir} {
		dir := folder(t, 0o755, 0o755)
		if err := os.Chown(which(dir), 4711, 0); err != nil {
			t.Fatal(err)
		}
		if err := Folder(dir); err == nil {
			t.Errorf("%s belongs to somebody else", name)
		}
	}
	dir := folder(t, 0o775, 0o755)
	if err := os.Chown(filepath.Dir(dir), 0, 4711); err != nil {
		t.Fatal(err)
	}
	if err := Folder(dir); err == nil {
		t.Error("a group that is not root's writes above")
	}
}

func TestProtect(t *testing.T) {
	dir := folder(t, 0o755, 0o777)
	for _, d := range []string{dir, filepath.Join(dir, "new")} {
		if err := Protect(d); err != nil {
			t.Fatal(err)
		}
		if err := Folder(d); err != nil {
			t.Error(err)
		}
	}
}
