// Package archive is the form a release travels in: a tar.gz with the
// programs of one platform, flat, and release.json, which names each with its
// SHA-256. The archive's own SHA-256 is the release's digest. Packing is
// reproducible: the same programs give the same bytes.
package archive

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Manifest is release.json.
type Manifest struct {
	Version  string            `json:"version"`
	Platform string            `json:"platform"`
	Programs map[string]string `json:"programs"` // file name → SHA-256, hex
}

const manifestName = "release.json"

// Bounds of what is unpacked (scenario 32): far above a real release, far
// below a disk.
const (
	maxManifest = 1 << 20
	maxProgram  = 512 << 20
	maxPrograms = 32
)

// Names are the programs a release may hold; nothing else is unpacked.
func Names(platform string) []string {
	names := []string{"beckmanconnect", "beckmanconnect-tray", "beckmanconnect-desktop", "beckmanconnect-service", "beckmanconnect-upgrade", "beckmanctl"}
	if strings.HasPrefix(platform, "windows") {
		for i := range names {
			names[i] += ".exe"
		}
	}
	return names
}

// Pack writes the archive of the programs in dir.
func Pack(w io.Writer, dir, version, platform string) error {
	names := Names(platform)
	slices.Sort(names)
	manifest := Manifest{Version: version, Platform: platform, Programs: map[string]string{}}
	for _, name := range names {
		sum, err := hashFile(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("archive: pack: %w", err)
		}
		manifest.Programs[name] = sum
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("archive: pack: %w", err)
	}
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("archive: pack: %w", err)
	}
	t := tar.NewWriter(zip)
	if err := addBytes(t, manifestName, text); err != nil {
		return fmt.Errorf("archive: pack: %w", err)
	}
	for _, name := range names {
		if err := addFile(t, dir, name); err != nil {
			return fmt.Errorf("archive: pack: %w", err)
		}
	}
	if err := errors.Join(t.Close(), zip.Close()); err != nil {
		return fmt.Errorf("archive: pack: %w", err)
	}
	return nil
}

// header has no time, owner or mode of the machine it was packed on.
func header(name string, size, mode int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: mode, Format: tar.FormatUSTAR}
}

func addBytes(t *tar.Writer, name string, data []byte) error {
	if err := t.WriteHeader(header(name, int64(len(data)), 0o644)); err != nil {
		return err
	}
	_, err := t.Write(data)
	return err
}

func addFile(t *tar.Writer, dir, name string) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(header(name, info.Size(), 0o755)); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Unpack writes the programs of an archive into dir, an empty folder of the
// caller's own, and checks each against release.json. Every file is on disk
// when it returns. A name that is not a program's, a link, a second copy, a
// missing program or a wrong hash is an error.
func Unpack(r io.Reader, dir, platform string) (Manifest, error) {
	var manifest Manifest
	zip, err := gzip.NewReader(r)
	if err != nil {
		return manifest, fmt.Errorf("archive: unpack: %w", err)
	}
	t := tar.NewReader(zip)
	head, err := t.Next()
	if err != nil {
		return manifest, fmt.Errorf("archive: unpack: %w", err)
	}
	if head.Name != manifestName || head.Typeflag != tar.TypeReg {
		return manifest, fmt.Errorf("archive: unpack: the first entry is %q, not %s", head.Name, manifestName)
	}
	if err := json.NewDecoder(io.LimitReader(t, maxManifest)).Decode(&manifest); err != nil {
		return manifest, fmt.Errorf("archive: unpack: %s: %w", manifestName, err)
	}
	if manifest.Platform != platform {
		return manifest, fmt.Errorf("archive: unpack: it is for %q, this is %q", manifest.Platform, platform)
	}
	allowed, done := Names(platform), map[string]bool{}
	for {
		head, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return manifest, fmt.Errorf("archive: unpack: %w", err)
		}
		switch {
		case head.Typeflag != tar.TypeReg:
			return manifest, fmt.Errorf("archive: unpack: %q is not a plain file", head.Name)
		case !slices.Contains(allowed, head.Name), manifest.Programs[head.Name] == "":
			return manifest, fmt.Errorf("archive: unpack: %q does not belong in a release", head.Name)
		case done[head.Name], len(done) >= maxPrograms:
			return manifest, fmt.Errorf("archive: unpack: %q is there twice", head.Name)
		case head.Size > maxProgram:
			return manifest, fmt.Errorf("archive: unpack: %q is larger than a program can be", head.Name)
		}
		sum, err := unpackFile(filepath.Join(dir, head.Name), t)
		if err != nil {
			return manifest, fmt.Errorf("archive: unpack %s: %w", head.Name, err)
		}
		if sum != manifest.Programs[head.Name] {
			return manifest, fmt.Errorf("archive: unpack: %q is not what %s names", head.Name, manifestName)
		}
		done[head.Name] = true
	}
	for _, name := range allowed {
		if !done[name] {
			return manifest, fmt.Errorf("archive: unpack: %q is missing", name)
		}
	}
	if err := writeManifest(dir, manifest); err != nil {
		return manifest, fmt.Errorf("archive: unpack: %w", err)
	}
	return manifest, nil
}

func writeManifest(dir string, m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// Read is the manifest of programs that were unpacked into dir.
func Read(dir string) (Manifest, error) {
	var m Manifest
	f, err := os.Open(filepath.Join(dir, manifestName))
	if err != nil {
		return m, fmt.Errorf("archive: read: %w", err)
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxManifest)).Decode(&m); err != nil {
		return m, fmt.Errorf("archive: read %s: %w", f.Name(), err)
	}
	return m, nil
}

func unpackFile(path string, r io.Reader) (string, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Verify is an error unless dir holds exactly the programs of m.
func Verify(dir string, m Manifest) error {
	for name, want := range m.Programs {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("archive: verify: %w", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("archive: verify: %q is not a plain file", name)
		}
		sum, err := hashFile(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("archive: verify: %w", err)
		}
		if sum != want {
			return fmt.Errorf("archive: verify: %q is not what %s names", name, manifestName)
		}
	}
	if _, err := Read(dir); err != nil {
		return err
	}
	return nil
}
