package delta

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"beckmanconnect/internal/release"
)

// block is how much of the target is made at once, bytes.
const block = 64 << 10

// Reader reads the target. It holds a few blocks and the windows of four
// decompressors, whatever the delta says.
type Reader struct {
	header  Header
	source  File
	streams [streams]*bufio.Reader
	closers []io.Closer

	buffer []byte // made and not yet read
	space  [block]byte
	made   int64
	hash   hash.Hash
	err    error

	// The step that is being worked on.
	left  int64 // bytes of it that are still to come
	copy  bool
	at    int64 // in the source
	edits int64 // still to come, the next after skip bytes
	skip  int64
}

// NewReader starts to make the target out of source. A target longer than limit
// bytes is an error. Close frees what it holds.
func NewReader(source, patch File, limit int64) (*Reader, error) {
	h, err := ReadHeader(patch)
	if err != nil {
		return nil, err
	}
	switch {
	case h.Source.Size != source.Size():
		return nil, fmt.Errorf("%w: it starts from %d bytes, these are %d", ErrDamaged, h.Source.Size, source.Size())
	case h.Target.Size > limit:
		return nil, fmt.Errorf("%w: it makes %d bytes, %d are allowed", ErrDamaged, h.Target.Size, limit)
	}
	r := &Reader{header: h, source: source, hash: sha256.New()}
	from := headerSize
	for i, n := range h.lengths {
		z, err := release.Decompress(io.NewSectionReader(patch, from, n))
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		r.closers = append(r.closers, z)
		r.streams[i] = bufio.NewReader(z)
		from += n
	}
	return r, nil
}

// Close frees what the reader holds.
func (r *Reader) Close() error {
	var all error
	for _, c := range r.closers {
		all = errors.Join(all, c.Close())
	}
	r.closers = nil
	if r.err == nil {
		r.err = errors.New("delta: read after it was closed")
	}
	return all
}

// Read is io.Reader. It ends with io.EOF only when all of the target came and
// has the hash that the delta promises.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.buffer) == 0 && r.err == nil {
		r.err = r.more()
	}
	if len(r.buffer) == 0 {
		return 0, r.err
	}
	n := copy(p, r.buffer)
	r.buffer = r.buffer[n:]
	return n, nil
}

// more makes the next bytes of the target.
func (r *Reader) more() error {
	if r.made == r.header.Target.Size {
		return r.finish()
	}
	if r.left == 0 {
		if err := r.next(); err != nil {
			return damaged(err)
		}
	}
	b := r.space[:min(block, r.left)]
	if err := r.fill(b); err != nil {
		return err
	}
	r.left -= int64(len(b))
	r.made += int64(len(b))
	r.hash.Write(b)
	r.buffer = b
	return nil
}

// next reads a step. One that is empty or longer than what is missing is none.
func (r *Reader) next() error {
	head, err := binary.ReadUvarint(r.streams[steps])
	if err != nil {
		return err
	}
	r.left, r.copy = int64(head>>1), head&1 == 1
	if r.left == 0 || r.left > r.header.Target.Size-r.made {
		return fmt.Errorf("a step of %d bytes where %d are missing", r.left, r.header.Target.Size-r.made)
	}
	if !r.copy {
		return nil
	}
	further, err := binary.ReadVarint(r.streams[steps])
	if err != nil {
		return err
	}
	size := r.source.Size()
	if further < -size || further > size || r.at+further < 0 || r.at+further > size-r.left {
		return fmt.Errorf("a copy of %d bytes from %d in a source of %d", r.left, r.at+further, size)
	}
	r.at += further
	changed, err := binary.ReadUvarint(r.streams[steps])
	if err != nil {
		return err
	}
	if changed > uint64(r.left) {
		return fmt.Errorf("%d of %d bytes are to be changed", changed, r.left)
	}
	r.edits = int64(changed)
	return r.nextEdit(r.left)
}

// nextEdit reads how far the next change is away. It lies in the left bytes.
func (r *Reader) nextEdit(left int64) error {
	if r.edits == 0 {
		return nil
	}
	n, err := binary.ReadUvarint(r.streams[skips])
	if err != nil {
		return err
	}
	if n >= uint64(left) {
		return fmt.Errorf("a change %d bytes on, where %d are left", n, left)
	}
	r.skip = int64(n)
	return nil
}

func (r *Reader) fill(b []byte) error {
	if !r.copy {
		_, err := io.ReadFull(r.streams[literals], b)
		return damaged(err)
	}
	if n, err := r.source.ReadAt(b, r.at); n < len(b) {
		return fmt.Errorf("delta: what it starts from: %w", err)
	}
	r.at += int64(len(b))
	var from int64
	for r.edits > 0 && from+r.skip < int64(len(b)) {
		change, err := r.streams[edits].ReadByte()
		if err != nil {
			return damaged(err)
		}
		from += r.skip
		b[from] += change
		from++
		r.edits--
		if err := r.nextEdit(r.left - from); err != nil {
			return damaged(err)
		}
	}
	r.skip -= int64(len(b)) - from
	return nil
}

// finish is io.EOF when everything is as promised.
func (r *Reader) finish() error {
	if [sha256.Size]byte(r.hash.Sum(nil)) != r.header.Target.Digest {
		return fmt.Errorf("%w: what it makes is not what it promises", ErrDamaged)
	}
	for i, s := range r.streams {
		if _, err := s.ReadByte(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: more follows in part %d", ErrDamaged, i)
		}
	}
	return io.EOF
}

func damaged(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
