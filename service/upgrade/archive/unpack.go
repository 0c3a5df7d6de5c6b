package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"beckmanconnect/internal/release"
)

// Unpacking says what is wanted.
type Unpacking struct {
	Dir      string // an empty folder of the caller's own
	Platform string
	// Verify is an error unless signature is the publisher's over manifest. It
	// is asked before a program is written; without it nothing is unpacked.
	Verify func(manifest, signature []byte) error
}

// Unpack writes the files of a release's tar into a folder, checks each
// program against release.json, and returns the release's digest. Every file
// is on disk when it returns. Anything but exactly a release's files in their
// one form is an error: a name that leads out, a link, a second copy, a missing
// program, bytes behind the end.
func Unpack(tar io.Reader, u Unpacking) (m Manifest, digest string, err error) {
	hash := sha256.New()
	m, err = u.unpack(reader{io.TeeReader(tar, hash)})
	if err != nil {
		return m, "", fmt.Errorf("archive: unpack: %w", err)
	}
	return m, hex.EncodeToString(hash.Sum(nil)), nil
}

func (u Unpacking) unpack(r reader) (Manifest, error) {
	var m Manifest
	text, err := r.small(manifestName, maxManifest)
	if err != nil {
		return m, err
	}
	signature, err := r.small(signatureName, maxSignature)
	if err != nil {
		return m, err
	}
	switch {
	case u.Verify == nil:
		return m, fmt.Errorf("%w: there is nothing to verify it with", ErrUnsigned)
	case len(signature) == 0:
		return m, fmt.Errorf("%w: there is none", ErrUnsigned)
	}
	if err := u.Verify(text, signature); err != nil {
		return m, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if m, err = parse(text); err != nil {
		return m, err
	}
	if m.Platform != u.Platform {
		return m, fmt.Errorf("it is for %q, this is %q", m.Platform, u.Platform)
	}
	for _, name := range entries(u.Platform)[2:] {
		size, err := r.next(name, maxProgram)
		if err != nil {
			return m, err
		}
		sum := sha256.New()
		err = writeFile(filepath.Join(u.Dir, name), modeProgram, func(w io.Writer) error { return r.copy(io.MultiWriter(w, sum), size) })
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		if hex.EncodeToString(sum.Sum(nil)) != m.Programs[name] {
			return m, fmt.Errorf("%q is not what %s names", name, manifestName)
		}
	}
	if err := r.end(); err != nil {
		return m, err
	}
	for name, data := range map[string][]byte{manifestName: text, signatureName: signature} {
		err := writeFile(filepath.Join(u.Dir, name), modeFile, func(w io.Writer) error { _, err := w.Write(data); return err })
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

func (r reader) small(name string, limit int64) ([]byte, error) {
	size, err := r.next(name, limit)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = r.copy(&b, size)
	return b.Bytes(), err
}

// parse reads release.json. One of another product is none.
func parse(text []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	if m.Product != release.Product {
		return m, fmt.Errorf("%s: it is of the product %q", manifestName, m.Product)
	}
	return m, nil
}

func writeFile(path string, mode os.FileMode, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Chmod(mode), f.Sync(), f.Close()) // whatever the umask is
}

// Read is the manifest of a version that was unpacked into dir.
func Read(dir string) (Manifest, error) {
	text, err := readSmall(filepath.Join(dir, manifestName), maxManifest)
	if err != nil {
		return Manifest{}, fmt.Errorf("archive: read: %w", err)
	}
	m, err := parse(text)
	if err != nil {
		return m, fmt.Errorf("archive: read %s: %w", dir, err)
	}
	return m, nil
}

func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than it can be", path)
	}
	return data, err
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
