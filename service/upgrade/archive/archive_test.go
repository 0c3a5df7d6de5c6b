package archive_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/archive"
)

const linux = "linux-amd64"

// sign and verify stand for the publisher's certificate.
func sign(manifest []byte) ([]byte, error) {
	sum := sha256.Sum256(manifest)
	return append([]byte("publisher"), sum[:]...), nil
}

func verify(manifest, signature []byte) error {
	if want, _ := sign(manifest); !bytes.Equal(want, signature) {
		return errors.New("not the publisher's")
	}
	return nil
}

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

func pack(t testing.TB, dir string) (packed []byte, digest string) {
	t.Helper()
	var b bytes.Buffer
	digest, err := archive.Pack(&b, archive.Packing{Dir: dir, Version: "1.2.3", Platform: linux, Capabilities: []string{"clipboard"}, Sign: sign})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), digest
}

// unpacked is the tar in an archive.
func unpacked(t testing.TB, packed []byte) []byte {
	t.Helper()
	r, err := release.Decompress(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func unpack(dir string, data []byte) (archive.Manifest, string, error) {
	return archive.Unpack(bytes.NewReader(data), archive.Unpacking{Dir: dir, Platform: linux, Verify: verify})
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	packed, digest := pack(t, programs(t, nil))
	data := unpacked(t, packed)
	manifest, got, err := unpack(dir, data)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); got != digest || got != hex.EncodeToString(sum[:]) {
		t.Errorf("digest %s, packed as %s, of the tar %x", got, digest, sum)
	}
	read, err := archive.Read(dir)
	if err != nil || read.Version != "1.2.3" || len(read.Programs) != len(archive.Names(linux)) || len(manifest.Programs) != len(read.Programs) ||
		!slices.Equal(read.Capabilities, []string{"clipboard"}) {
		t.Fatalf("manifest %+v, read %+v, %v", manifest, read, err)
	}
	if err := errors.Join(archive.Verify(dir, manifest), archive.Check(dir, digest, verify)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "beckmanconnect-service"))
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// An installed version is the tar again, byte for byte.
	again, err := archive.Repack(dir, digest)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if whole, err := io.ReadAll(io.NewSectionReader(again, 0, again.Size())); err != nil || !bytes.Equal(whole, data) {
		t.Errorf("repacked: %d bytes of %d, %v", len(whole), len(data), err)
	}
	for _, at := range []int64{0, 1, 511, 512, 700, again.Size() - 3} {
		b := make([]byte, 3)
		if n, err := again.ReadAt(b, at); n != 3 || err != nil || !bytes.Equal(b, data[at:at+3]) {
			t.Errorf("at %d: %q, %v", at, b[:n], err)
		}
	}
	if n, err := again.ReadAt(make([]byte, 5), again.Size()-2); n != 2 || !errors.Is(err, io.EOF) {
		t.Errorf("over the end: %d, %v", n, err)
	}
}

// A version on disk that was changed is found out (scenarios 37, 38).
func TestChangedVersions(t *testing.T) {
	tests := map[string]func(dir string) error{
		"a program": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "beckmanctl"), []byte("program beckmanctL"), 0o755)
		},
		"the manifest":  func(dir string) error { return appendTo(filepath.Join(dir, "release.json"), " ") },
		"the signature": func(dir string) error { return appendTo(filepath.Join(dir, "release.json.p7s"), " ") },
		"no signature":  func(dir string) error { return os.Remove(filepath.Join(dir, "release.json.p7s")) },
		"a link":        func(dir string) error { return swapForLink(filepath.Join(dir, "beckmanctl")) },
	}
	packed, digest := pack(t, programs(t, nil))
	data := unpacked(t, packed)
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			manifest, _, err := unpack(dir, data)
			if err == nil {
				err = change(dir)
			}
			if err != nil {
				t.Fatal(err)
			}
			if name == "a program" && archive.Verify(dir, manifest) == nil {
				t.Error("Verify did not notice")
			}
			if archive.Check(dir, digest, verify) == nil {
				t.Error("Check did not notice")
			}
			if name == "a link" && archive.Verify(dir, manifest) == nil {
				t.Error("Verify took a link")
			}
		})
	}
	t.Run("another publisher", func(t *testing.T) {
		dir := t.TempDir()
		if _, _, err := unpack(dir, data); err != nil {
			t.Fatal(err)
		}
		for _, v := range []func(_, _ []byte) error{nil, func(_, _ []byte) error { return errors.New("revoked") }} {
			if err := archive.Check(dir, digest, v); !errors.Is(err, archive.ErrUnsigned) {
				t.Error(err)
			}
		}
	})
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func swapForLink(path string) error {
	if err := os.Rename(path, path+".real"); err != nil {
		return err
	}
	return os.Symlink(path+".real", path)
}

// The machine it is packed on leaves no trace in the archive.
func TestPackIsReproducible(t *testing.T) {
	first, _ := pack(t, programs(t, nil))
	second, _ := pack(t, programs(t, func(dir string) {
		for _, name := range archive.Names(linux) {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)), os.Chmod(path, 0o700)); err != nil {
				t.Fatal(err)
			}
		}
	}))
	if !bytes.Equal(first, second) {
		t.Error("the same programs gave other bytes")
	}
}

// It is a tar that every other program reads, in the order of the contract.
func TestPlainTar(t *testing.T) {
	packed, _ := pack(t, programs(t, nil))
	var names []string
	for r := tar.NewReader(bytes.NewReader(unpacked(t, packed))); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Format&tar.FormatUSTAR == 0 || h.Uid != 0 || h.Uname != "" || h.ModTime.Unix() != 0 {
			t.Errorf("header %+v", h)
		}
		names = append(names, h.Name)
	}
	want := archive.Names(linux)
	slices.Sort(want)
	if want = append([]string{"release.json", "release.json.p7s"}, want...); !slices.Equal(names, want) {
		t.Errorf("entries %q", names)
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
	packed, _ := pack(t, programs(t, func(dir string) {
		if err := os.WriteFile(filepath.Join(dir, "beckmanconnect-desk"), []byte("the engineer's"), 0o755); err != nil {
			t.Fatal(err)
		}
	}))
	if data := unpacked(t, packed); bytes.Contains(data, []byte("beckmanconnect-desk\x00")) || bytes.Contains(data, []byte("the engineer's")) {
		t.Error("the archive holds beckmanconnect-desk")
	}
}

func TestPackRefuses(t *testing.T) {
	whole := programs(t, nil)
	tests := map[string]archive.Packing{
		"a missing program":  {Dir: programs(t, func(dir string) { os.Remove(filepath.Join(dir, "beckmanctl")) }), Sign: sign},
		"a signer who fails": {Dir: whole, Sign: func([]byte) ([]byte, error) { return nil, errors.New("the token is locked") }},
		"an empty signature": {Dir: whole, Sign: func([]byte) ([]byte, error) { return nil, nil }},
	}
	for name, p := range tests {
		p.Version, p.Platform = "1.2.3", linux
		if _, err := archive.Pack(io.Discard, p); err == nil {
			t.Errorf("%s: packed", name)
		}
	}
}

// Officers build and compare without the publisher's key; one of them signs.
func TestSign(t *testing.T) {
	dir := programs(t, nil)
	var unsigned, signed bytes.Buffer
	if _, err := archive.Pack(&unsigned, archive.Packing{Dir: dir, Version: "1.2.3", Platform: linux}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := unpack(t.TempDir(), unpacked(t, unsigned.Bytes())); !errors.Is(err, archive.ErrUnsigned) {
		t.Fatalf("unsigned: %v", err)
	}
	digest, err := archive.Sign(&signed, archive.Signing{Archive: bytes.NewReader(unsigned.Bytes()), Sign: sign})
	if err != nil {
		t.Fatal(err)
	}
	if _, got, err := unpack(t.TempDir(), unpacked(t, signed.Bytes())); err != nil || got != digest {
		t.Fatalf("digest %s, signed as %s: %v", got, digest, err)
	}
	var again bytes.Buffer
	if _, err := archive.Sign(&again, archive.Signing{Archive: bytes.NewReader(signed.Bytes()), Sign: sign}); err != nil || !bytes.Equal(again.Bytes(), signed.Bytes()) {
		t.Errorf("signed once more it is another one: %v", err)
	}
	if got, err := archive.Sign(io.Discard, archive.Signing{Archive: bytes.NewReader(unsigned.Bytes()), Sign: sign, Fast: true}); err != nil || got != digest {
		t.Errorf("packed fast it is another release: %v", err)
	}
	if _, err := archive.Sign(io.Discard, archive.Signing{Archive: bytes.NewReader(unsigned.Bytes())}); !errors.Is(err, archive.ErrUnsigned) {
		t.Errorf("nobody signed: %v", err)
	}
	if _, err := archive.Sign(io.Discard, archive.Signing{Archive: strings.NewReader("no archive"), Sign: sign}); err == nil {
		t.Error("signed what is no archive")
	}
}
