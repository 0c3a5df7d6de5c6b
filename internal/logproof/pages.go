package logproof

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
)

// pages reads the pages of a database file and of its write-ahead log as they
// lie there, for a database whose trees cannot be walked any more. The formats
// are those of sqlite.org/fileformat2.html. Nothing that comes out of it is
// trusted: an entry counts when its leaf hash holds.
type pages struct {
	db, wal *os.File
	size    int             // of a page
	usable  int             // of it
	inDB    int64           // pages in the database file
	inWAL   int64           // frames
	newest  map[int64]int64 // page number → its last frame
}

func openPages(path string) (*pages, error) {
	p := &pages{newest: map[int64]int64{}}
	var err error
	if p.db, err = os.Open(path); err != nil {
		return nil, err
	}
	info, err := p.db.Stat()
	if err != nil {
		p.Close()
		return nil, err
	}
	head := make([]byte, 100)
	_, _ = io.ReadFull(io.NewSectionReader(p.db, 0, 100), head)
	p.size = int(binary.BigEndian.Uint16(head[16:]))
	reserved := int(head[20])
	if p.size == 1 {
		p.size = 65536
	}
	if p.size < 512 || p.size&(p.size-1) != 0 || reserved > 64 {
		p.size, reserved = 4096, 0 // the header is gone: SQLite's own default
	}
	p.usable, p.inDB = p.size-reserved, info.Size()/int64(p.size)
	if p.wal, err = os.Open(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		return p, nil
	} else if err != nil {
		p.Close()
		return nil, err
	}
	if info, err = p.wal.Stat(); err != nil {
		p.Close()
		return nil, err
	}
	p.inWAL = max(0, (info.Size()-walHeader)/int64(frameHeader+p.size))
	for n := range p.inWAL {
		var h [4]byte
		if _, err := p.wal.ReadAt(h[:], walHeader+n*int64(frameHeader+p.size)); err == nil {
			p.newest[int64(binary.BigEndian.Uint32(h[:]))] = n
		}
	}
	return p, nil
}

func (p *pages) Close() {
	p.db.Close()
	if p.wal != nil {
		p.wal.Close()
	}
}

// count is how many pages there are to look at: those of the file, then the
// frames, old ones included.
func (p *pages) count() int64 { return p.inDB + p.inWAL }

// read gives the n-th of them.
func (p *pages) read(n int64, b []byte) error {
	if n < p.inDB {
		_, err := p.db.ReadAt(b, n*int64(p.size))
		return err
	}
	_, err := p.wal.ReadAt(b, walHeader+(n-p.inDB)*int64(frameHeader+p.size)+frameHeader)
	return err
}

// current gives a page by its number, as SQLite would see it.
func (p *pages) current(number int64, b []byte) error {
	if frame, ok := p.newest[number]; ok {
		return p.read(p.inDB+frame, b)
	}
	if number < 1 || number > p.inDB {
		return io.ErrUnexpectedEOF
	}
	return p.read(number-1, b)
}

// maxPayload bounds one row: an entry has at most 64 KiB of texts.
const maxPayload = 1 << 20

// cell is a row of a table as it lies on a page.
type cell struct {
	rowid  int64
	values []any // nil, int64, float64, string, []byte
}

// rows calls take for each row of a table's leaf page that can be read; any
// other page has none.
func (p *pages) rows(page []byte, first bool, take func(cell)) {
	head := page
	if first { // the file's header lies before the page's
		head = page[100:]
	}
	if head[0] != 0x0d {
		return
	}
	count := int(binary.BigEndian.Uint16(head[3:]))
	for i := range count {
		if 8+2*i+2 > len(head) {
			return
		}
		at := int(binary.BigEndian.Uint16(head[8+2*i:]))
		if at < 8 || at >= p.usable {
			continue
		}
		if c, ok := p.cell(page[:p.usable], at); ok {
			take(c)
		}
	}
}

func (p *pages) cell(page []byte, at int) (c cell, ok bool) {
	length, n := varint(page[at:])
	if n == 0 || length < 2 || length > maxPayload {
		return c, false
	}
	at += n
	rowid, n := varint(page[at:])
	if n == 0 {
		return c, false
	}
	at += n
	payload, ok := p.payload(page, at, int(length))
	if !ok {
		return c, false
	}
	values, ok := record(payload)
	return cell{rowid: int64(rowid), values: values}, ok
}

// payload puts a row together from its page and the overflow pages after it.
func (p *pages) payload(page []byte, at, length int) ([]byte, bool) {
	local := length
	if most := p.usable - 35; length > most {
		least := (p.usable-12)*32/255 - 23
		if local = least + (length-least)%(p.usable-4); local > most {
			local = least
		}
	}
	if at+local > len(page) {
		return nil, false
	}
	if local == length {
		return page[at : at+length], true
	}
	if at+local+4 > len(page) {
		return nil, false
	}
	out := append(make([]byte, 0, length), page[at:at+local]...)
	next := int64(binary.BigEndian.Uint32(page[at+local:]))
	b := make([]byte, p.size)
	for len(out) < length {
		if p.current(next, b) != nil {
			return nil, false
		}
		next = int64(binary.BigEndian.Uint32(b))
		out = append(out, b[4:min(p.usable, 4+length-len(out))]...)
	}
	return out, true
}

// record decodes a row's values.
func record(b []byte) (values []any, ok bool) {
	head, n := varint(b)
	if n == 0 || head < uint64(n) || head > uint64(len(b)) {
		return nil, false
	}
	types, data := b[n:head], b[head:]
	for len(types) > 0 {
		kind, n := varint(types)
		if n == 0 || len(values) > 64 {
			return nil, false
		}
		types = types[n:]
		size := 0
		switch {
		case kind >= 12:
			size = int(min((kind-12)/2, maxPayload))
		case kind < 8:
			size = [...]int{0, 1, 2, 3, 4, 6, 8, 8}[kind]
		}
		if size > len(data) {
			return nil, false
		}
		part := data[:size]
		data = data[size:]
		switch {
		case kind == 0:
			values = append(values, nil)
		case kind == 8 || kind == 9:
			values = append(values, int64(kind-8))
		case kind == 7:
			values = append(values, math.Float64frombits(binary.BigEndian.Uint64(part)))
		case kind < 7:
			v := int64(int8(part[0]))
			for _, c := range part[1:] {
				v = v<<8 | int64(c)
			}
			values = append(values, v)
		case kind < 12:
			return nil, false
		case kind%2 == 0:
			values = append(values, append([]byte{}, part...))
		default:
			values = append(values, string(part))
		}
	}
	return values, true
}

// varint reads SQLite's big-endian one; n is 0 when it is cut short.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | uint64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n == 8 && len(b) > 8 {
		return v<<8 | uint64(b[8]), 9
	}
	return 0, 0
}
