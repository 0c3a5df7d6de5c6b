package data

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ofThisProcess are names in the data folder that are the database's own, or a
// key: they are in a backup in another form, or not at all.
func ofThisProcess(name string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(name), "/")
	return first == "keys" || strings.HasPrefix(first, fileName) || strings.HasPrefix(first, "lock.db")
}

// files takes along what else lies in the data folder.
func (d *dump) files(ctx context.Context) error {
	root, err := os.OpenRoot(d.db.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone since it was listed
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case ofThisProcess(name):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		f, err := root.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		d.info.Files++
		return d.file(name, f)
	})
}

func (d *dump) file(name string, from io.Reader) error {
	part := make([]byte, segmentSize)
	for first := true; ; first = false {
		n, err := io.ReadFull(from, part)
		if n > 0 || first {
			r := record{Part: part[:n]}
			if first {
				r.File = name
			}
			if err := d.lines.Encode(r); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}
