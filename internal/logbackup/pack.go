package logbackup

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"time"
)

// Names inside a backup, in the order they are written.
const (
	ManifestName = "backup.json"
	KeysetName   = "keyset.json"         // the data keys in the clear: the backup's own key protects them
	PublicName   = "keys/checkpoint.pub" // what the log is verified with
	DatabaseName = "log.db"
	archiveDir   = "archive/"
)

// maxPart bounds the parts that are read into memory.
const maxPart = 1 << 20

// Manifest says what a backup holds.
type Manifest struct {
	Version  int    `json:"version"` // 1
	Software string `json:"software"`
	MadeMS   int64  `json:"madeMs"`
	Origin   string `json:"origin"`
	Entries  int64  `json:"entries"`
	Note     string `json:"note"` // the signed checkpoint over them
}

// Packer writes the parts of a backup. What witnesses signed is inside the
// database.
type Packer struct {
	tar *tar.Writer
	at  time.Time
}

// Pack begins the archive inside a backup.
func Pack(w io.Writer, m Manifest, keysets map[string][]byte, public []byte) (*Packer, error) {
	p := &Packer{tar: tar.NewWriter(w), at: time.UnixMilli(m.MadeMS)}
	manifest, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(keysets)
	if err != nil {
		return nil, err
	}
	defer clear(keys)
	for _, part := range []struct {
		name string
		data []byte
	}{{ManifestName, manifest}, {KeysetName, keys}, {PublicName, public}} {
		if err := p.head(part.name, int64(len(part.data))); err != nil {
			return nil, err
		}
		if _, err := p.tar.Write(part.data); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Packer) head(name string, size int64) error {
	return p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: p.at, Format: tar.FormatPAX})
}

// File adds a file that does not change meanwhile: the database first, then
// archive files.
func (p *Packer) File(name, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := p.head(name, info.Size()); err != nil {
		return err
	}
	_, err = io.Copy(p.tar, f)
	return err
}

// Close ends the archive.
func (p *Packer) Close() error { return p.tar.Close() }

// ArchivePart is the name of an archive file inside a backup.
func ArchivePart(name string) string { return archiveDir + name }

var archiveName = regexp.MustCompile(`^archive/log-[0-9]{12}-[0-9]{12}\.db$`)

// Unpack writes the database, its archives and its public key below dir, which
// is there, and gives the rest. It reads to the very end: without an error
// nothing is missing and nothing was changed. Nothing is overwritten.
func Unpack(r io.Reader, dir string) (m Manifest, keysets map[string][]byte, err error) {
	t := tar.NewReader(r)
	seen := map[string]bool{}
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, nil, err
		}
		if seen[h.Name] || h.Typeflag != tar.TypeReg {
			return m, nil, fmt.Errorf("part %q is no file, or there twice", h.Name)
		}
		seen[h.Name] = true
		switch {
		case h.Name == ManifestName:
			err = readJSON(t, &m)
		case h.Name == KeysetName:
			err = readJSON(t, &keysets)
		case h.Name == PublicName || h.Name == DatabaseName || archiveName.MatchString(h.Name):
			err = writePart(filepath.Join(dir, filepath.FromSlash(path.Clean(h.Name))), t)
		default:
			err = fmt.Errorf("part %q is not known", h.Name)
		}
		if err != nil {
			return m, nil, err
		}
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // the last segment proves that nothing is missing
		return m, nil, err
	}
	for _, name := range []string{ManifestName, KeysetName, PublicName, DatabaseName} {
		if !seen[name] {
			return m, nil, fmt.Errorf("part %q is missing", name)
		}
	}
	if m.Version != 1 {
		return m, nil, fmt.Errorf("contents of version %d are not known to this program", m.Version)
	}
	return m, keysets, nil
}

func readJSON(r io.Reader, v any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxPart))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

func writePart(to string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
