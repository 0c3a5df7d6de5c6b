package drop

import (
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Only a plain file with one name is read, whoever put what else there.
func TestOnlyPlainFiles(t *testing.T) { // scenario 31
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		make func(path string) error
		why  string
	}{
		"a symbolic link": {func(p string) error { return os.Symlink(secret, p) }, "not a plain file"},
		"a pipe":          {func(p string) error { return syscall.Mkfifo(p, 0o600) }, "not a plain file"},
		"a hard link":     {func(p string) error { return os.Link(secret, p) }, "more than one name"},
		"a socket": {func(p string) error {
			l, err := net.Listen("unix", p)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		}, "not a plain file"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if err := row.make(filepath.Join(r.dir, "x.json")); err != nil {
				t.Skip(err)
			}
			r.look()
			if n := len(r.notifications()); n != 0 {
				t.Errorf("%d were taken", n)
			}
			names := r.names(Rejected)
			if len(names) != 2 {
				t.Fatalf("rejected: %q", names)
			}
			why, err := os.ReadFile(filepath.Join(r.dir, Rejected, names[1]))
			if err != nil || !strings.Contains(string(why), row.why) {
				t.Errorf("%q %v", why, err)
			}
			if text, err := os.ReadFile(secret); err != nil || string(text) != good {
				t.Errorf("what it led to was touched: %v", err)
			}
		})
	}
}

// A link put in the place of the file that was looked at is not followed.
func TestSwappedMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	other := filepath.Join(dir, "other")
	for _, p := range []string{path, other} {
		if err := os.WriteFile(p, []byte(good), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	seen, err := root.Lstat("a.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, swap := range []func() error{
		func() error { return os.Symlink("other", path) },
		func() error { return syscall.Mkfifo(path, 0o600) },
		func() error { return os.WriteFile(path, []byte(good), 0o600) },
	} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		// The number of the file must not be given again at once.
		if err := os.WriteFile(filepath.Join(dir, "taken"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := swap(); err != nil {
			t.Fatal(err)
		}
		if text, _, why := open(root, "a.json", seen); why == "" {
			t.Errorf("%q was read", text)
		}
	}
}

// A rejected folder that is a link out of the drop folder is not used.
func TestRejectedIsNoWayOut(t *testing.T) { // scenario 31
	r := newRig(t)
	out := t.TempDir()
	if err := os.Symlink(out, filepath.Join(r.dir, Rejected)); err != nil {
		t.Fatal(err)
	}
	r.drop("a.json", "bad")
	_ = r.folder.look(t.Context())
	if err := r.folder.look(t.Context()); err == nil {
		t.Error("no error")
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 0 {
		t.Errorf("%v %v", entries, err)
	}
}

// defaults.md "publishers": whom the policy lists is verified only when the file
// is of the account that it names; without one, only when nobody else can write
// into the folder.
func TestWhoIsVerified(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		account  string // that the policy names
		folder   os.FileMode
		file     os.FileMode
		owner    int // 0: ours
		verified bool
	}{
		"the account it names":               {me.Username, 0o777, 0o600, 0, true},
		"another account":                    {"somebody-else", 0o700, 0o600, 0, false},
		"written by another account":         {me.Username, 0o777, 0o600, 12345, false},
		"an account by its number":           {"12345", 0o777, 0o600, 12345, true},
		"a file that others can write":       {me.Username, 0o777, 0o666, 0, false},
		"no account, a folder of our own":    {"", 0o700, 0o600, 0, true},
		"no account, a folder for everybody": {"", 0o777, 0o600, 0, false},
		"no account, a folder for the group": {"", 0o770, 0o600, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.config.Verified = func(publisher, account string) (bool, bool) {
				if publisher != "lis" {
					return false, false
				}
				return row.account == "" || account != "" && account == row.account, row.account != ""
			}
			r.restart()
			r.drop("a.json", good)
			path := filepath.Join(r.dir, "a.json")
			if err := os.Chmod(path, row.file); err != nil {
				t.Fatal(err)
			}
			if row.owner != 0 {
				if err := os.Chown(path, row.owner, row.owner); err != nil {
					t.Skip("only root can give a file away")
				}
			}
			if err := os.Chmod(r.dir, row.folder); err != nil {
				t.Fatal(err)
			}
			r.look()
			all := r.notifications()
			if len(all) != 1 || all[0].Verified != row.verified {
				t.Errorf("%+v", all)
			}
		})
	}
}
