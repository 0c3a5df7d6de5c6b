package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/service/upgrade/archive"
)

const linux = "linux-amd64"

func programs(t testing.TB, edit func(dir string)) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range archive.Names(linux) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("program "+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(dir)
	}
	return dir
}

func pack(t testing.TB, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := archive.Pack(&b, dir, "1.2.3", linux); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	manifest, err := archive.Unpack(bytes.NewReader(pack(t, programs(t, nil))), dir, linux)
	if err != nil {
		t.Fatal(err)
	}
	read, err := archive.Read(dir)
	if err != nil || read.Version != "1.2.3" || len(read.Programs) != len(archive.Names(linux)) || len(manifest.Programs) != len(read.Programs) {
		t.Fatalf("manifest %+v, read %+v, %v", manifest, read, err)
	}
	if err := archive.Verify(dir, manifest); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "beckmanconnect-service"))
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "beckmanctl"), []byte("program beckmanctL"), 0o755); err != nil {
		t.Fatal(err)
	}
	if archive.Verify(dir, manifest) == nil {
		t.Error("a changed program was not noticed")
	}
}

// The machine it is packed on leaves no trace in the archive.
func TestPackIsReproducible(t *testing.T) {
	first := pack(t, programs(t, nil))
	second := pack(t, programs(t, func(dir string) {
		for _, name := range archive.Names(linux) {
			path := filepath.Join(dir, name)
			if err := os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}))
	if !bytes.Equal(first, second) {
		t.Error("the same programs gave other bytes")
	}
}

// P22: what the engineer and the cloud use never comes to an instrument PC, not
// even when it lies beside the programs that do.
func TestTheFarSideIsNotPacked(t *testing.T) {
	for _, platform := range []string{linux, "windows-amd64"} {
		for _, name := range archive.Names(platform) {
			for _, far := range []string{"desk", "cloud"} {
				if base, _, _ := strings.Cut(name, "."); base == "beckmanconnect-"+far {
					t.Errorf("%s: the host's package holds %s", platform, name)
				}
			}
		}
	}
	dir := programs(t, func(dir string) {
		if err := os.WriteFile(filepath.Join(dir, "beckmanconnect-desk"), []byte("the engineer's"), 0o755); err != nil {
			t.Fatal(err)
		}
	})
	var packed bytes.Buffer
	if err := archive.Pack(&packed, dir, "1.0.0", linux); err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(&packed)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		if strings.Contains(h.Name, "desk") && !strings.Contains(h.Name, "desktop") {
			t.Errorf("the archive holds %s", h.Name)
		}
	}
}

func TestPackNeedsAllPrograms(t *testing.T) {
	dir := programs(t, func(dir string) { os.Remove(filepath.Join(dir, "beckmanctl")) })
	if err := archive.Pack(&bytes.Buffer{}, dir, "1.2.3", linux); err == nil {
		t.Error("packed without beckmanctl")
	}
}

type entry struct {
	head tar.Header
	text string
}

func file(name, text string) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(text))}, text}
}

// forge makes an archive of entries, with the manifest first unless there is none.
func forge(t testing.TB, manifest *archive.Manifest, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	if manifest != nil {
		text, err := json.Marshal(manifest)
		if err != nil {
			t.Fatal(err)
		}
		entries = append([]entry{file("release.json", string(text))}, entries...)
	}
	for _, e := range entries {
		if err := w.WriteHeader(&e.head); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func whole() (*archive.Manifest, []entry) {
	m := &archive.Manifest{Version: "1.2.3", Platform: linux, Programs: map[string]string{}}
	var entries []entry
	for _, name := range archive.Names(linux) {
		sum := sha256.Sum256([]byte(name))
		m.Programs[name] = hex.EncodeToString(sum[:])
		entries = append(entries, file(name, name))
	}
	return m, entries
}

// Names that lead out, links, seconds, strangers (scenarios 31, 37).
func TestUnpackRefuses(t *testing.T) {
	link := func(kind byte, name, to string) entry {
		return entry{tar.Header{Typeflag: kind, Name: name, Linkname: to, Mode: 0o777}, ""}
	}
	tests := map[string]struct {
		edit func(*archive.Manifest, []entry) (*archive.Manifest, []entry)
		say  string
	}{
		"out by dots": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			m.Programs["../evil"] = m.Programs["beckmanctl"]
			return m, append(e, file("../evil", "beckmanctl"))
		}, "does not belong"},
		"absolute": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append(e, file("/etc/cron.d/evil", "x"))
		}, "does not belong"},
		"a known name behind dots": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append(e, file("../beckmanctl", "x"))
		}, "does not belong"},
		"a library beside": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append(e, file("version.dll", "x"))
		}, "does not belong"},
		"symbolic link": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append([]entry{link(tar.TypeSymlink, "beckmanctl", "/etc/passwd")}, e...)
		}, "not a plain file"},
		"hard link": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append(e, link(tar.TypeLink, "beckmanctl", "/etc/passwd"))
		}, "not a plain file"},
		"folder": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append(e, link(tar.TypeDir, "beckmanctl", ""))
		}, "not a plain file"},
		"device": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return m, append(e, link(tar.TypeChar, "beckmanctl", ""))
		}, "not a plain file"},
		"twice":   {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) { return m, append(e, e[0]) }, "twice"},
		"missing": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) { return m, e[1:] }, "missing"},
		"changed": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			e[2].text = strings.ToUpper(e[2].text)
			return m, e
		}, "is not what"},
		"not in the manifest": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			delete(m.Programs, "beckmanctl")
			return m, e
		}, "does not belong"},
		"other platform": {func(m *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			m.Platform = "windows-amd64"
			return m, e
		}, "it is for"},
		"no manifest": {func(_ *archive.Manifest, e []entry) (*archive.Manifest, []entry) { return nil, e }, "first entry"},
		"manifest of text": {func(_ *archive.Manifest, e []entry) (*archive.Manifest, []entry) {
			return nil, append([]entry{file("release.json", "hello")}, e...)
		}, "release.json"},
		"nothing": {func(*archive.Manifest, []entry) (*archive.Manifest, []entry) { return nil, nil }, "EOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, entries := tt.edit(whole())
			parent := t.TempDir()
			dir := filepath.Join(parent, "a", "b")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := archive.Unpack(bytes.NewReader(forge(t, m, entries)), dir, linux)
			if err == nil || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("error %v, want %q", err, tt.say)
			}
			outside, err := filepath.Glob(filepath.Join(parent, "*"))
			if err != nil || len(outside) != 1 {
				t.Errorf("written outside: %q, %v", outside, err)
			}
			if entries, err := os.ReadDir(filepath.Join(parent, "a")); err != nil || len(entries) != 1 {
				t.Errorf("written beside: %v, %v", entries, err)
			}
		})
	}
}

// A header that promises more than a program can be is not believed.
func TestUnpackRefusesHugePrograms(t *testing.T) {
	m, _ := whole()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, h := range []tar.Header{{Typeflag: tar.TypeReg, Name: "release.json", Size: int64(len(text))}, {Typeflag: tar.TypeReg, Name: "beckmanctl", Size: 1 << 40}} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Name == "release.json" {
			if _, err := w.Write(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Unpack(&b, t.TempDir(), linux); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Error(err)
	}
}

// Whatever the bytes are: nothing is written but programs, in the folder.
func FuzzUnpack(f *testing.F) {
	m, entries := whole()
	f.Add(forge(f, m, entries))
	f.Add(forge(f, m, append(entries[:2:2], file("../evil", "x"))))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		parent := t.TempDir()
		dir := filepath.Join(parent, "x")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := archive.Unpack(bytes.NewReader(data), dir, linux)
		beside, globErr := os.ReadDir(parent)
		if globErr != nil || len(beside) != 1 {
			t.Fatalf("written outside: %v, %v", beside, globErr)
		}
		if err == nil {
			if m, err := archive.Read(dir); err != nil || archive.Verify(dir, m) != nil {
				t.Fatalf("unpacked and not whole: %v", err)
			}
		}
	})
}
