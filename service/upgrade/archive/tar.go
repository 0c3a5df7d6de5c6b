package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A release's tar is written and read here, and not by a library that knows
// more: there is one way to write it, so that an installed version is the same
// bytes again (Repack), and what is written another way is refused whatever it
// is. It is plain POSIX ustar all the same: every tar reads it.

// blockSize is tar's.
const blockSize = 512

// Modes of what a release holds.
const (
	modeFile    = 0o644
	modeProgram = 0o755
)

// header is the block before a file. It has no time, owner or mode of the
// machine it was packed on.
func header(name string, size int64, mode int) []byte {
	b := make([]byte, blockSize)
	put := func(at int, text string) { copy(b[at:], text) }
	put(0, name)
	put(100, fmt.Sprintf("%07o", mode))
	put(108, "0000000") // owner
	put(116, "0000000") // group
	put(124, fmt.Sprintf("%011o", size))
	put(136, "00000000000") // time
	put(148, "        ")    // the sum, while it is taken
	b[156] = '0'            // a plain file
	put(257, "ustar\x0000")
	put(329, "0000000") // no device
	put(337, "0000000")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	put(148, fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// padding is what follows a file of this size, up to a whole block.
func padding(size int64) int64 { return -size & (blockSize - 1) }

// trailer ends an archive.
const trailer = 2 * blockSize

// entries are the files of a release, in their order.
func entries(platform string) []string {
	names := Names(platform)
	slices.Sort(names)
	return append([]string{manifestName, signatureName}, names...)
}

func modeOf(name string) int {
	if name == manifestName || name == signatureName {
		return modeFile
	}
	return modeProgram
}

// addFile writes one file.
func addFile(w io.Writer, name string, size int64, r io.Reader) error {
	if _, err := w.Write(header(name, size, modeOf(name))); err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(r, size))
	if err == nil && n != size {
		err = fmt.Errorf("%s has become shorter", name)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(make([]byte, padding(size)))
	return err
}

// reader reads a release's tar, file by file.
type reader struct {
	r io.Reader
}

// next reads the header of the file that has to come now, of at most limit
// bytes, and returns its size.
func (r reader) next(name string, limit int64) (int64, error) {
	b := make([]byte, blockSize)
	if _, err := io.ReadFull(r.r, b); err != nil {
		return 0, fmt.Errorf("%s is missing: %w", name, err)
	}
	if called, _, _ := strings.Cut(string(b[:100]), "\x00"); called != name {
		return 0, fmt.Errorf("there is %.100q where %q has to be", called, name)
	}
	size, err := strconv.ParseInt(strings.TrimRight(string(b[124:136]), "\x00 "), 8, 64)
	switch {
	case err != nil || size < 0 || !bytes.Equal(b, header(name, size, modeOf(name))):
		return 0, fmt.Errorf("%q is not the plain file that a release holds", name)
	case size > limit:
		return 0, fmt.Errorf("%q is larger than it can be", name)
	}
	return size, nil
}

// copy writes the file to w, and reads what pads it.
func (r reader) copy(w io.Writer, size int64) error {
	if _, err := io.CopyN(w, r.r, size); err != nil {
		return err
	}
	return r.zeros(padding(size))
}

func (r reader) zeros(n int64) error {
	b := make([]byte, n)
	if _, err := io.ReadFull(r.r, b); err != nil {
		return err
	}
	if slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) {
		return errors.New("it holds more than a release")
	}
	return nil
}

// end is an error unless the archive ends here.
func (r reader) end() error {
	if err := r.zeros(trailer); err != nil {
		return err
	}
	if n, err := io.ReadFull(r.r, make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return errors.Join(errors.New("it goes on after its end"), err)
	}
	return nil
}
