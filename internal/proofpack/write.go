package proofpack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrThere: the folder is there already, and nothing is overwritten.
var ErrThere = errors.New("it is there already")

// Options of Write.
type Options struct {
	Lang string // of index.html: "en", "de", …
	// Force puts the new pack in the place of an older one, and of nothing else.
	Force bool
}

// Check says early whether Write would refuse dir.
func Check(dir string, o Options) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("proofpack: %w", err)
	case !info.IsDir():
		return fmt.Errorf("proofpack: %s: %w and is no folder; name another", dir, ErrThere)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return fmt.Errorf("proofpack: %w", err)
	case len(entries) == 0:
		return nil
	case !o.Force:
		return fmt.Errorf("proofpack: %s: %w; name another folder, or add --force to replace an older pack", dir, ErrThere)
	case !isPack(dir, entries):
		return fmt.Errorf("proofpack: %s: %w and holds something else than a proof pack; name another folder", dir, ErrThere)
	}
	return nil
}

// isPack: every file in it is one that the manifest in it lists.
func isPack(dir string, entries []os.DirEntry) bool {
	manifest, err := os.ReadFile(filepath.Join(dir, FileManifest))
	if err != nil {
		return false
	}
	listed := []string{FileManifest}
	for line := range strings.Lines(string(manifest)) {
		if _, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			listed = append(listed, name)
		}
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains(listed, e.Name()) {
			return false
		}
	}
	return true
}

// Write writes the folder, whole or not at all: it is made beside its place and
// takes it by one rename.
func (p *Pack) Write(ctx context.Context, dir string, o Options) (err error) {
	if err := Check(dir, o); err != nil {
		return err
	}
	files, err := p.files(o.Lang)
	if err != nil {
		return err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("proofpack: %w", err)
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".part-*")
	if err != nil {
		return fmt.Errorf("proofpack: %w; name a folder in one that can be written to", err)
	}
	defer func() { err = errors.Join(err, discard(part)) }()
	var manifest bytes.Buffer
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("proofpack: interrupted, nothing was written: %w", err)
		}
		sum := sha256.Sum256(f.data)
		fmt.Fprintf(&manifest, "%s  %s\n", hex.EncodeToString(sum[:]), f.name)
		if err := writeFile(filepath.Join(part, f.name), f.data); err != nil {
			return fmt.Errorf("proofpack: %w", err)
		}
	}
	if err := writeFile(filepath.Join(part, FileManifest), manifest.Bytes()); err != nil {
		return fmt.Errorf("proofpack: %w", err)
	}
	// A folder for a temporary use is its owner's alone; this one is to be read.
	if err := os.Chmod(part, 0o755); err != nil {
		return fmt.Errorf("proofpack: %w", err)
	}
	if err := take(part, dir); err != nil {
		return fmt.Errorf("proofpack: %w", err)
	}
	return nil
}

// take gives the finished folder its name. What stands there is put aside first
// and comes back when that fails.
func take(part, dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(part, dir)
	}
	aside := part + ".old"
	if err := os.Rename(dir, aside); err != nil {
		return err
	}
	if err := os.Rename(part, dir); err != nil {
		return errors.Join(err, os.Rename(aside, dir))
	}
	return discard(aside)
}

// discard takes away a folder of ours, which holds files and no folders.
func discard(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
	}
	return errors.Join(err, os.Remove(dir))
}

func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
