package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// MaxSize is the largest file that can be sent, in bytes.
const MaxSize = 4 << 30

// Source is a file the technician chose to send, open.
type Source struct {
	Name string
	Size int64

	file *os.File
	info os.FileInfo
}

// Open opens a chosen file. Only plain files can be sent.
func Open(path string) (*Source, error) {
	// Looked at first: opening a pipe would wait for somebody to write.
	if i, err := os.Stat(path); err != nil || !i.Mode().IsRegular() {
		return nil, &Error{Op: "open", Kind: ErrDisk, Err: errors.Join(err, errors.New("only a plain file can be sent"))}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, diskError("open", err)
	}
	i, err := f.Stat()
	switch {
	case err != nil:
	case !i.Mode().IsRegular():
		err = &Error{Op: "open", Kind: ErrDisk, Err: errors.New("only a plain file can be sent")}
	case i.Size() > MaxSize:
		err = &Error{Op: "open", Kind: ErrTooLarge}
	default:
		return &Source{Name: filepath.Base(path), Size: i.Size(), file: f, info: i}, nil
	}
	_ = f.Close()
	var known *Error
	if errors.As(err, &known) {
		return nil, known
	}
	return nil, diskError("look at the file", err)
}

// Read gives the next bytes; a file that is shorter than it was fails.
func (s *Source) Read(b []byte) (int, error) {
	n, err := io.ReadFull(s.file, b)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return n, &Error{Op: "read", Kind: ErrChanged, Err: err}
	case err != nil:
		return n, diskError("read", err)
	}
	return n, nil
}

// Unchanged fails when the file was changed while it was read.
func (s *Source) Unchanged() error {
	i, err := s.file.Stat()
	if err != nil {
		return diskError("look at the file", err)
	}
	if i.Size() != s.Size || !i.ModTime().Equal(s.info.ModTime()) {
		return &Error{Op: "read", Kind: ErrChanged}
	}
	return nil
}

// Close ends the reading.
func (s *Source) Close() { _ = s.file.Close() }
