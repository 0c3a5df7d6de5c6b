package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func sha(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

func save(folder, name string, data []byte) (string, error) {
	in, err := Save(folder, name, int64(len(data)), sha(data))
	if err != nil {
		return "", err
	}
	defer in.Drop()
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 100)
		if _, err := in.Write(rest[:n]); err != nil {
			return "", err
		}
		rest = rest[n:]
	}
	return in.Finish()
}

// listing is every name in a folder and below.
func listing(t testing.TB, dir string) (out []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != dir {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return nil
	})
	return out
}

// Scenario 34: cut at every chunk, nothing can be seen and nothing is left.
func TestCutAtEveryChunk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "received")
	data := bytes.Repeat([]byte{7}, 1000)
	for cut := range 10 {
		in, err := Save(dir, "a.bin", 1000, sha(data))
		if err != nil {
			t.Fatal(err)
		}
		for i := range cut {
			if _, err := in.Write(data[i*100 : (i+1)*100]); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range listing(t, dir) {
			if !strings.HasPrefix(name, ".") {
				t.Errorf("%s can be seen", name)
			}
		}
		if cut%2 == 0 {
			if _, err := in.Finish(); !errors.Is(err, ErrChanged) {
				t.Errorf("finished after %d chunks: %v", cut, err)
			}
		}
		in.Drop()
		if left := listing(t, dir); len(left) != 0 {
			t.Errorf("cut after %d: %v is left", cut, left)
		}
	}
	if name, err := save(dir, "a.bin", data); err != nil || name != "a.bin" {
		t.Fatal(name, err)
	}
	i, err := os.Stat(filepath.Join(dir, "a.bin"))
	if err != nil || i.Mode().Perm()&0o111 != 0 {
		t.Errorf("it can be run: %v %v", i.Mode(), err)
	}
}

// Scenario 33: what is not what was promised is never seen.
func TestOtherContents(t *testing.T) {
	dir := t.TempDir()
	data := []byte("as approved")
	for name, tt := range map[string]struct {
		write []byte
		want  error
	}{"other": {[]byte("as changed!"), ErrChanged}, "short": {data[:3], ErrChanged}, "long": {[]byte("as approved and more"), ErrChanged}} {
		in, err := Save(dir, "a.txt", int64(len(data)), sha(data))
		if err != nil {
			t.Fatal(err)
		}
		_, err = in.Write(tt.write)
		if err == nil {
			_, err = in.Finish()
		}
		in.Drop()
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Changed on the disk after it was written, through the very file.
	in, err := Save(dir, "a.txt", int64(len(data)), sha(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(data); err != nil {
		t.Fatal(err)
	}
	if _, err := in.file.WriteAt([]byte("X"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Finish(); !errors.Is(err, ErrChanged) {
		t.Errorf("the change was not seen: %v", err)
	}
	if left := listing(t, dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	for _, bad := range []string{"", "..", "a/b", `a\b`, "../a", ".hidden", "CON", "a:b", "a\u202eb"} {
		if _, err := Save(dir, bad, 1, sha(data)); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Scenario 34: nothing is overwritten, however many come at once.
func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "a (2).txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	names := make([]string, 20)
	for i := range names {
		wait.Go(func() {
			var err error
			if names[i], err = save(dir, "a.txt", []byte{byte(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	seen := map[string]bool{}
	for i, name := range names {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(got) != 1 || got[0] != byte(i) || seen[name] {
			t.Errorf("file %d: %q %v", i, name, err)
		}
		seen[name] = true
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "a.txt")); string(got) != "mine" {
		t.Error("a file that stood there was changed")
	}
}

// rounds is how often the race is run: BECKMANCONNECT_RACE_ROUNDS, or a few.
func rounds(t *testing.T, few int) int {
	if n, err := strconv.Atoi(os.Getenv("BECKMANCONNECT_RACE_ROUNDS")); err == nil {
		t.Logf("%d rounds", n)
		return n
	}
	return few
}

// memory is a folder on a RAM disk where there is one: what is raced is names,
// not the disk.
func memory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "files-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Scenario 31: somebody puts links in the way, as fast as they can, at every
// name the file could have, and swaps hidden files that are being written.
// Nothing outside the folder changes, nothing that stood there is replaced, and
// what was reported as saved is a plain file with the right contents.
func TestRacingLinks(t *testing.T) {
	base := memory(t)
	dir, outside := filepath.Join(base, "received"), filepath.Join(base, "outside")
	for _, d := range []string{dir, outside} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var attackers sync.WaitGroup
	attack := func(do func()) {
		attackers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					do()
				}
			}
		})
	}
	target, second := filepath.Join(dir, "report.txt"), filepath.Join(dir, "report (2).txt")
	attack(func() {
		_ = os.Symlink(victim, target)
		_ = os.Remove(target)
	})
	attack(func() {
		_ = os.Link(victim, second)
		_ = os.Remove(second)
	})
	attack(func() {
		_ = os.Symlink(outside, filepath.Join(dir, "report (3).txt"))
		_ = os.Remove(filepath.Join(dir, "report (3).txt"))
	})
	attack(func() { // what is hidden and half written becomes a link
		hidden, _ := filepath.Glob(filepath.Join(dir, ".beckmanconnect-*"))
		for _, h := range hidden {
			_ = os.Remove(h)
			_ = os.Symlink(victim, h)
		}
	})
	saved := 0
	n := rounds(t, 3000)
	for i := range n {
		data := []byte("round " + strconv.Itoa(i))
		name, err := save(dir, "report.txt", data)
		if err != nil {
			continue // refused is safe
		}
		saved++
		_ = os.Remove(filepath.Join(dir, name))
	}
	close(stop)
	attackers.Wait()
	if saved < n/2 {
		t.Errorf("only %d of %d were saved", saved, n)
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "untouched" {
		t.Errorf("the file outside is %q, %v", got, err)
	}
	if left := listing(t, outside); len(left) != 1 {
		t.Errorf("outside: %v", left)
	}
}

// Scenario 31: the folder itself becomes a link while a file is written: the
// file goes where the folder is that was opened.
func TestFolderSwapped(t *testing.T) {
	base := t.TempDir()
	dir, moved, outside := filepath.Join(base, "received"), filepath.Join(base, "moved"), filepath.Join(base, "outside")
	if err := os.Mkdir(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	data := []byte("content")
	in, err := Save(dir, "a.txt", int64(len(data)), sha(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, dir); err != nil {
		t.Fatal(err)
	}
	name, err := in.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if left := listing(t, outside); len(left) != 0 {
		t.Errorf("outside: %v", left)
	}
	if got, err := os.ReadFile(filepath.Join(moved, name)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%q %v", got, err)
	}
}

// Where the file system has no files without a name, the hidden one may be
// swapped by others, and still only what was verified gets the name.
func TestHiddenNameSwapped(t *testing.T) {
	dir := t.TempDir()
	data := []byte("content")
	in, err := Save(dir, "a.txt", int64(len(data)), sha(data))
	if err != nil {
		t.Fatal(err)
	}
	// As on such a file system.
	_ = in.file.Close()
	if in.file, in.part, err = createNamed(in.root, in.dir, func() string { return "x" }); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(data); err != nil {
		t.Fatal(err)
	}
	hidden := filepath.Join(dir, in.part)
	if err := os.Rename(hidden, filepath.Join(dir, "kept")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hidden, []byte("evil"), 0o600); err != nil {
		t.Fatal(err)
	}
	name, err := in.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%q %v", got, err)
	}
}

// Scenario 34: a disk that fills up in the middle keeps nothing and says why.
// /dev/full stands for the disk.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	in, err := Save(dir, "a.bin", 100, sha(make([]byte, 100)))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Drop()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	_ = in.file.Close()
	in.file = full
	if _, err := in.Write(make([]byte, 50)); !errors.Is(err, ErrDiskFull) || code(err) != "disk-full" {
		t.Errorf("%v", err)
	}
	in.Drop()
	if left := listing(t, dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestFolders(t *testing.T) {
	home := t.TempDir()
	for text, want := range map[string]string{
		"": "", "XDG_DOWNLOAD_DIR=\"$HOME/Geladen\"\n": filepath.Join(home, "Geladen"), "# x\nXDG_DOWNLOAD_DIR=\"/srv/d\"": "/srv/d",
		"XDG_DOWNLOAD_DIR=\"relative\"": "", "XDG_MUSIC_DIR=\"$HOME/Music\"": "",
	} {
		if got := userDir(text, home); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	if got := DefaultFolder(); got != filepath.Join(home, "Downloads", "BeckmanConnect") {
		t.Error(got)
	}
	if CheckFolder("relative") == nil || CheckFolder(filepath.Join(home, "none")) == nil || CheckFolder("/dev/null") == nil || CheckFolder(home) != nil {
		t.Error("folders are not told apart")
	}
}

// A file that is changed while it is read is not sent.
func TestSource(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unchanged(); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(path, 5); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 10)); !errors.Is(err, ErrChanged) {
		t.Errorf("a shortened file: %v", err)
	}
	if err := s.Unchanged(); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{t.TempDir(), "/dev/zero", filepath.Join(t.TempDir(), "none")} {
		if s, err := Open(bad); err == nil {
			s.Close()
			t.Errorf("%s was opened", bad)
		}
	}
}
