package notify

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Position is how far a log was read: which file, known by what is in it, and
// the byte after the last line taken. A file's contents name it better than
// its number: systems give a number again at once, and a copied log has
// another.
type Position struct {
	Offset    int64  `json:"offset"`
	Head      []byte `json:"head,omitempty"` // SHA-256 over the first HeadLen bytes
	HeadLen   int    `json:"headLen,omitempty"`
	Before    []byte `json:"before,omitempty"` // and over the BeforeLen bytes before Offset
	BeforeLen int    `json:"beforeLen,omitempty"`
	// Skipping: the line at Offset is longer than any log line and only its
	// beginning was taken.
	Skipping bool `json:"skipping,omitempty"`
	// Early is how many bytes behind Offset were taken already, of a line that
	// stood unfinished for long; 0: none.
	Early int64 `json:"early,omitempty"`
	// Modified is when the file was last written as it was read, Unix ns.
	Modified int64 `json:"modified"`
}

// markBytes is how much of a file names it.
const markBytes = 256

// at describes the place offset in f.
func at(f io.ReaderAt, info fs.FileInfo, offset int64) (Position, error) {
	p := Position{Offset: offset, Modified: info.ModTime().UnixNano()}
	n := min(offset, markBytes)
	p.HeadLen, p.BeforeLen = int(n), int(n)
	var err error
	if p.Head, err = mark(f, 0, n); err == nil {
		p.Before, err = mark(f, offset-n, n)
	}
	return p, err
}

func mark(f io.ReaderAt, from, n int64) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, from); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// in says whether f is the file the position is in. A position at the very
// beginning is in every file.
func (p Position) in(f io.ReaderAt, info fs.FileInfo) (bool, error) {
	if info.Size() < p.Offset {
		return false, nil
	}
	head, err := mark(f, 0, int64(p.HeadLen))
	if err != nil || !bytes.Equal(head, p.Head) {
		return false, shortIsNo(err)
	}
	before, err := mark(f, p.Offset-int64(p.BeforeLen), int64(p.BeforeLen))
	if err != nil {
		return false, shortIsNo(err)
	}
	return bytes.Equal(before, p.Before), nil
}

// shortIsNo: a file that became shorter while it was read is another file.
func shortIsNo(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// generation is one file of a log and those it was rotated to.
type generation struct {
	path     string
	modified time.Time
	number   int // "log.3" has 3; 0 without one
}

// generations lists a log's files, oldest first; the log itself, when it is
// there, comes last.
func generations(path string) ([]generation, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var old, current []generation
	for _, e := range entries {
		number, ok := rotated(filepath.Base(path), e.Name())
		if !ok {
			continue
		}
		info, err := os.Stat(filepath.Join(filepath.Dir(path), e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since
		}
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			continue
		}
		g := generation{filepath.Join(filepath.Dir(path), e.Name()), info.ModTime(), number}
		if e.Name() == filepath.Base(path) {
			current = append(current, g)
		} else {
			old = append(old, g)
		}
	}
	slices.SortFunc(old, func(a, b generation) int {
		if a.number > 0 && b.number > 0 {
			return b.number - a.number
		}
		if c := a.modified.Compare(b.modified); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	return append(old, current...), nil
}

var (
	rotation = regexp.MustCompile(`^[-._][-._0-9T]*[0-9][-._0-9T]*$|^[0-9]{8,14}$|^\.(old|bak|prev)$`)
	numbered = regexp.MustCompile(`^[-._]([0-9]{1,4})\.?$`)
)

// rotated says whether name is log or a rotated file of it: "log.1",
// "log-20260131", "log.old", and for "name.txt" also "name.1.txt".
func rotated(log, name string) (number int, ok bool) {
	if name == log {
		return 0, true
	}
	middle, ok := strings.CutPrefix(name, log)
	if !ok {
		ext := filepath.Ext(log)
		stem := strings.TrimSuffix(log, ext)
		if ext == "" || !strings.HasPrefix(name, stem) || !strings.HasSuffix(name, ext) || len(name) <= len(log) {
			return 0, false
		}
		middle = name[len(stem) : len(name)-len(ext)]
	}
	if !rotation.MatchString(middle) {
		return 0, false
	}
	if m := numbered.FindStringSubmatch(middle); m != nil {
		number, _ = strconv.Atoi(m[1]) // at most four digits
	}
	return number, true
}
