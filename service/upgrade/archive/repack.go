package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Tar is a release's tar made of files, without a copy of them.
type Tar struct {
	parts []part
	files []*os.File
	size  int64
}

// part is a stretch of it.
type part struct {
	at, size int64
	data     io.ReaderAt // nil: zeros
}

// Repack is the tar of an installed version, the very bytes it was unpacked
// from: a delta starts from them. It is an error when they do not have the
// digest of the version. The files stay open until Close.
func Repack(dir, digest string) (*Tar, error) {
	t, err := repack(dir, digest)
	if err != nil {
		return nil, fmt.Errorf("archive: repack: %w", err)
	}
	return t, nil
}

func repack(dir, digest string) (*Tar, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	t, err := open(dir, m.Platform, nil)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, io.NewSectionReader(t, 0, t.Size()))
	if got := hex.EncodeToString(hash.Sum(nil)); err == nil && got != digest {
		err = fmt.Errorf("the version in %s is not whole: its digest is %s", dir, got)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Check is an error unless dir holds the version with this digest, byte for
// byte, and its signature is the publisher's.
func Check(dir, digest string, verify func(manifest, signature []byte) error) error {
	t, err := Repack(dir, digest)
	if err != nil {
		return err
	}
	defer t.Close()
	r := reader{io.NewSectionReader(t, 0, t.Size())}
	text, err := r.small(manifestName, maxManifest)
	if err != nil {
		return fmt.Errorf("archive: check: %w", err)
	}
	signature, err := r.small(signatureName, maxSignature)
	switch {
	case err != nil:
	case verify == nil:
		err = errors.New("there is nothing to verify it with")
	case len(signature) == 0:
		err = errors.New("there is none")
	default:
		err = verify(text, signature)
	}
	if err != nil {
		return fmt.Errorf("archive: check: %w: %w", ErrUnsigned, err)
	}
	return nil
}

// open makes the tar of the files in dir. What memory has is not read there.
func open(dir, platform string, memory map[string][]byte) (*Tar, error) {
	t := &Tar{}
	for _, name := range entries(platform) {
		if err := t.add(dir, name, memory[name]); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	t.append(nil, trailer)
	return t, nil
}

func (t *Tar) add(dir, name string, data []byte) error {
	if data != nil {
		t.entry(name, bytes.NewReader(data), int64(len(data)))
		return nil
	}
	at, err := os.Lstat(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	t.files = append(t.files, f)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(at, info) || !info.Mode().IsRegular() || info.Size() > maxProgram {
		return fmt.Errorf("%q is not a file that a release can hold", name)
	}
	t.entry(name, f, info.Size())
	return nil
}

func (t *Tar) entry(name string, data io.ReaderAt, size int64) {
	t.append(bytes.NewReader(header(name, size, modeOf(name))), blockSize)
	t.append(data, size)
	t.append(nil, padding(size))
}

func (t *Tar) append(data io.ReaderAt, size int64) {
	if size > 0 {
		t.parts = append(t.parts, part{t.size, size, data})
		t.size += size
	}
}

// Size is its length, bytes.
func (t *Tar) Size() int64 { return t.size }

// ReadAt is io.ReaderAt.
func (t *Tar) ReadAt(b []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errors.New("archive: read before the beginning")
	}
	i, exact := slices.BinarySearchFunc(t.parts, at, func(p part, at int64) int { return int(p.at - at) })
	if !exact {
		i--
	}
	for ; n < len(b) && at < t.size; i++ {
		p := t.parts[i]
		chunk := b[n : n+int(min(int64(len(b)-n), p.at+p.size-at))]
		if p.data == nil {
			clear(chunk)
		} else if got, err := p.data.ReadAt(chunk, at-p.at); got < len(chunk) {
			return n + got, err
		}
		n += len(chunk)
		at += int64(len(chunk))
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// Close closes its files.
func (t *Tar) Close() error {
	var all error
	for _, f := range t.files {
		all = errors.Join(all, f.Close())
	}
	return all
}
