package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"beckmanconnect/internal/logexport"
)

// write has make write the whole of a file, or of out where none is named. A
// file is there whole or not at all, and none is ever overwritten.
func (o *logOptions) write(ctx context.Context, file string, out io.Writer, make func(io.Writer) error) error {
	if file == "" {
		w := bufio.NewWriter(out)
		if err := make(w); err != nil {
			return o.notWritten(ctx, err)
		}
		return w.Flush()
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("log: %s is there already; name a file that does not exist yet", file)
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".part-*")
	if err != nil {
		return fmt.Errorf("log: %w; name a file in a folder that can be written to", err)
	}
	defer os.Remove(f.Name())
	err = make(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return o.notWritten(ctx, err)
	}
	return place(f.Name(), file)
}

// place gives a finished file its name, unless something has it already.
func place(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		if err != nil {
			return fmt.Errorf("log: %s is there already; name a file that does not exist yet", to)
		}
		return nil
	}
	// No second names on this file system: hold the name, then take it.
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("log: %w; name a file that does not exist yet", err)
	}
	return errors.Join(f.Close(), os.Rename(from, to))
}

// notWritten says why there is no file.
func (o *logOptions) notWritten(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("log: interrupted, nothing was written: %w", ctx.Err())
	case errors.Is(err, logexport.ErrNoSession), errors.Is(err, logexport.ErrTooMany):
		return err
	}
	return o.cannotRead("export", err)
}
