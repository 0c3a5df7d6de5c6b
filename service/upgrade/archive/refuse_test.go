package archive_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/archive"
)

type entry struct {
	head tar.Header
	text string
}

func file(name, text string) entry {
	mode := int64(0o755)
	if strings.HasPrefix(name, "release.json") {
		mode = 0o644
	}
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text)), Format: tar.FormatUSTAR}, text}
}

// forged is a release in the making.
type forged struct {
	manifest  *archive.Manifest // nil: none
	signature string            // "": a good one
	programs  []entry
	behind    string // the archive's end
}

func (f forged) tar(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	entries := f.programs
	if f.manifest != nil {
		text, err := json.Marshal(f.manifest)
		if err != nil {
			t.Fatal(err)
		}
		signature := f.signature
		if signature == "" {
			good, _ := sign(text)
			signature = string(good)
		}
		entries = append([]entry{file("release.json", string(text)), file("release.json.p7s", signature)}, entries...)
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
	b.WriteString(f.behind)
	return b.Bytes()
}

func whole() forged {
	f := forged{manifest: &archive.Manifest{Product: release.Product, Version: "1.2.3", Platform: linux, Programs: map[string]string{}}}
	names := archive.Names(linux)
	slices.Sort(names)
	for _, name := range names {
		sum := sha256.Sum256([]byte(name))
		f.manifest.Programs[name] = hex.EncodeToString(sum[:])
		f.programs = append(f.programs, file(name, name))
	}
	return f
}

func TestAnHonestForgeryIsTaken(t *testing.T) {
	if _, _, err := unpack(t.TempDir(), whole().tar(t)); err != nil {
		t.Fatal(err) // or else the refusals below prove nothing
	}
}

// Names that lead out, links, seconds, strangers (scenarios 31, 32, 37).
func TestUnpackRefuses(t *testing.T) {
	link := func(kind byte, name, to string) entry {
		return entry{tar.Header{Typeflag: kind, Name: name, Linkname: to, Mode: 0o755, Format: tar.FormatUSTAR}, ""}
	}
	last := len(archive.Names(linux)) - 1 // beckmanctl
	tests := map[string]struct {
		edit func(*forged)
		say  string
	}{
		"out by dots": {func(f *forged) {
			f.manifest.Programs["../evil"] = f.manifest.Programs["beckmanctl"]
			f.programs = append(f.programs, file("../evil", "beckmanctl"))
		}, "more than a release"},
		"absolute":                 {func(f *forged) { f.programs[0] = file("/etc/cron.d/evil", "x") }, "has to be"},
		"a known name behind dots": {func(f *forged) { f.programs[last] = file("../beckmanctl", "beckmanctl") }, "has to be"},
		"a library beside":         {func(f *forged) { f.programs = append(f.programs, file("version.dll", "x")) }, "more than a release"},
		"a library between":        {func(f *forged) { f.programs = slices.Insert(f.programs, 2, file("version.dll", "x")) }, "has to be"},
		"symbolic link":            {func(f *forged) { f.programs[last] = link(tar.TypeSymlink, "beckmanctl", "/etc/passwd") }, "not the plain file"},
		"hard link":                {func(f *forged) { f.programs[last] = link(tar.TypeLink, "beckmanctl", "/etc/passwd") }, "not the plain file"},
		"folder":                   {func(f *forged) { f.programs[last] = link(tar.TypeDir, "beckmanctl/", "") }, "has to be"},
		"device":                   {func(f *forged) { f.programs[last] = link(tar.TypeChar, "beckmanctl", "") }, "not the plain file"},
		"another mode":             {func(f *forged) { f.programs[last].head.Mode = 0o4755 }, "not the plain file"},
		"an owner":                 {func(f *forged) { f.programs[last].head.Uid = 7 }, "not the plain file"},
		"extended headers": {func(f *forged) {
			f.programs[last].head.Format = tar.FormatPAX
			f.programs[last].head.PAXRecords = map[string]string{"path": "beckmanctl", "comment": "x"}
		}, "has to be"},
		"twice":               {func(f *forged) { f.programs = append(f.programs, f.programs[0]) }, "more than a release"},
		"another order":       {func(f *forged) { slices.Reverse(f.programs) }, "has to be"},
		"missing":             {func(f *forged) { f.programs = f.programs[:last] }, "has to be"},
		"changed":             {func(f *forged) { f.programs[2].text = strings.ToUpper(f.programs[2].text) }, "is not what"},
		"not in the manifest": {func(f *forged) { delete(f.manifest.Programs, "beckmanctl") }, "is not what"},
		"other platform":      {func(f *forged) { f.manifest.Platform = "windows-amd64" }, "it is for"},
		"other product":       {func(f *forged) { f.manifest.Product = "com.example.other" }, "of the product"},
		"no product":          {func(f *forged) { f.manifest.Product = "" }, "of the product"},
		"bad signature":       {func(f *forged) { f.signature = "somebody's" }, "not the publisher's"},
		"no manifest":         {func(f *forged) { f.manifest = nil }, "has to be"},
		"no signature": {func(f *forged) {
			text, _ := json.Marshal(f.manifest)
			f.manifest, f.programs = nil, append([]entry{file("release.json", string(text))}, f.programs...)
		}, "has to be"},
		"signed manifest of text": {func(f *forged) {
			good, _ := sign([]byte("hello"))
			f.manifest, f.programs = nil, append([]entry{file("release.json", "hello"), file("release.json.p7s", string(good))}, f.programs...)
		}, "release.json"},
		"a manifest without end": {func(f *forged) {
			f.manifest, f.programs = nil, append([]entry{file("release.json", strings.Repeat(" ", 2<<20))}, f.programs...)
		}, "larger"},
		"nothing":        {func(f *forged) { f.manifest, f.programs = nil, nil }, "has to be"},
		"zeros behind":   {func(f *forged) { f.behind = "\x00" }, "goes on after its end"},
		"another behind": {func(f *forged) { f.behind = string(make([]byte, 512)) + "x" }, "goes on after its end"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := whole()
			tt.edit(&f)
			parent := t.TempDir()
			dir := filepath.Join(parent, "a", "b")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			_, _, err := unpack(dir, f.tar(t))
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

// Not a byte of a program is written before the signature was verified, and
// without something to verify it with, none ever (scenarios 37, 39).
func TestNothingIsWrittenBeforeTheSignature(t *testing.T) {
	for name, v := range map[string]func(_, _ []byte) error{"nothing to verify with": nil, "refused": func(_, _ []byte) error { return errors.New("revoked") }} {
		dir := t.TempDir()
		_, _, err := archive.Unpack(bytes.NewReader(whole().tar(t)), archive.Unpacking{Dir: dir, Platform: linux, Verify: v})
		if !errors.Is(err, archive.ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
		if written, err := os.ReadDir(dir); err != nil || len(written) > 0 {
			t.Errorf("%s: %v, %v", name, written, err)
		}
	}
	dir := t.TempDir()
	asked := 0
	_, _, err := archive.Unpack(bytes.NewReader(whole().tar(t)), archive.Unpacking{Dir: dir, Platform: linux, Verify: func(manifest, signature []byte) error {
		asked++
		if written, err := os.ReadDir(dir); err != nil || len(written) > 0 {
			t.Errorf("written before it was verified: %v, %v", written, err)
		}
		return verify(manifest, signature)
	}})
	if err != nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

// A header that promises more than a program can be is not believed
// (scenario 32).
func TestUnpackRefusesHugePrograms(t *testing.T) {
	f := whole()
	f.programs = nil
	data := f.tar(t)
	data = data[:len(data)-1024]
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "beckmanconnect", Size: 1 << 32, Mode: 0o755, Format: tar.FormatUSTAR}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := unpack(t.TempDir(), append(data, b.Bytes()...)); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Error(err)
	}
}

// Every cut of a release is refused, and leaves no version.
func TestCut(t *testing.T) {
	data := whole().tar(t)
	for n := 0; n < len(data); n += 97 {
		if _, _, err := unpack(t.TempDir(), data[:n]); err == nil {
			t.Fatalf("%d of %d bytes passed for a release", n, len(data))
		}
	}
}

// Whatever the bytes are: nothing is written but programs, in the folder, and
// what was unpacked is the same bytes again.
func FuzzUnpack(f *testing.F) {
	f.Add(whole().tar(f))
	evil := whole()
	evil.programs = append(evil.programs[:2:2], file("../evil", "x"))
	f.Add(evil.tar(f))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		parent := t.TempDir()
		dir := filepath.Join(parent, "x")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_, digest, err := archive.Unpack(bytes.NewReader(data), archive.Unpacking{Dir: dir, Platform: linux, Verify: func(_, _ []byte) error { return nil }})
		beside, globErr := os.ReadDir(parent)
		if globErr != nil || len(beside) != 1 {
			t.Fatalf("written outside: %v, %v", beside, globErr)
		}
		if err == nil {
			if err := archive.Check(dir, digest, func(_, _ []byte) error { return nil }); err != nil {
				t.Fatalf("unpacked and not whole: %v", err)
			}
		}
	})
}
