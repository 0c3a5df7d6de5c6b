package delta

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"beckmanconnect/internal/release"
)

// Make writes what makes target out of source. Where both are tar archives,
// each entry is compared with the one of the same name, so that a program that
// did not change costs a few bytes. It is the vendor's side's, and takes about
// eight times the largest entry of memory.
func Make(w io.Writer, source, target File) error {
	if err := write(w, source, target); err != nil {
		return fmt.Errorf("delta: make: %w", err)
	}
	return nil
}

func write(w io.Writer, source, target File) error {
	var h Header
	for c, f := range map[*Content]File{&h.Source: source, &h.Target: target} {
		sum := sha256.New()
		n, err := io.Copy(sum, io.NewSectionReader(f, 0, f.Size()))
		if err != nil {
			return err
		}
		c.Size, c.Digest = n, [sha256.Size]byte(sum.Sum(nil))
	}
	script, err := newScript()
	if err != nil {
		return err
	}
	from := map[string]span{}
	for _, s := range spans(source) {
		from[s.name] = s
	}
	for _, s := range spans(target) {
		was := from[s.name]
		before, err := was.read(source)
		if err != nil {
			return err
		}
		after, err := s.read(target)
		if err != nil {
			return err
		}
		script.base = was.at
		compare(before, after, script)
	}
	parts, err := script.close()
	if err != nil {
		return err
	}
	for i, p := range parts {
		h.lengths[i] = int64(p.Len())
	}
	if _, err := w.Write(h.bytes()); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := p.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

// span is an entry of a tar archive, with its header and padding.
type span struct {
	name     string
	at, size int64
}

func (s span) read(f File) ([]byte, error) {
	b := make([]byte, s.size)
	if n, err := f.ReadAt(b, s.at); n < len(b) {
		return nil, err
	}
	return b, nil
}

// tarBlock is the length of a header.
const tarBlock = 512

// spans are the entries of f, or one of all of it where f is no archive. Taken
// together they are f.
func spans(f File) []span {
	whole := []span{{size: f.Size()}}
	section := io.NewSectionReader(f, 0, f.Size())
	var all []span
	for r := tar.NewReader(section); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) && len(all) > 0 {
			return all
		}
		if err != nil {
			return whole
		}
		data, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return whole
		}
		s := span{name: head.Name, at: data - tarBlock, size: f.Size() - data + tarBlock}
		if n := len(all); n > 0 {
			all[n-1].size = s.at - all[n-1].at
		} else if s.at != 0 {
			return whole
		}
		all = append(all, s)
	}
}

// script collects the steps.
type script struct {
	base  int64 // where in the source the bytes lie that are compared
	end   int64 // of the last copy, in the source
	parts [streams]*bytes.Buffer
	zips  [streams]io.WriteCloser
	err   error
}

func newScript() (*script, error) {
	s := &script{}
	for i := range s.parts {
		s.parts[i] = &bytes.Buffer{}
		z, err := release.Compress(s.parts[i])
		if err != nil {
			return nil, err
		}
		s.zips[i] = z
	}
	return s, nil
}

func (s *script) put(stream int, b []byte) {
	if s.err == nil {
		_, s.err = s.zips[stream].Write(b)
	}
}

func (s *script) number(stream int, n int) {
	s.put(stream, binary.AppendUvarint(nil, uint64(n)))
}

func (s *script) literal(b []byte) {
	if len(b) == 0 {
		return
	}
	s.number(steps, len(b)<<1)
	s.put(literals, b)
}

// copy makes after out of before, which has the same length and lies at from.
func (s *script) copy(from int, before, after []byte) {
	if len(after) == 0 {
		return
	}
	var gaps, changes []byte
	count, last := 0, 0
	for i := range after {
		if before[i] != after[i] {
			gaps = binary.AppendUvarint(gaps, uint64(i-last))
			changes = append(changes, after[i]-before[i])
			count, last = count+1, i+1
		}
	}
	s.number(steps, len(after)<<1|1)
	s.put(steps, binary.AppendVarint(nil, s.base+int64(from)-s.end))
	s.number(steps, count)
	s.put(skips, gaps)
	s.put(edits, changes)
	s.end = s.base + int64(from+len(after))
}

func (s *script) close() ([streams]*bytes.Buffer, error) {
	for _, z := range s.zips {
		s.err = errors.Join(s.err, z.Close())
	}
	return s.parts, s.err
}
