package logproof

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// SQLite reads its write-ahead log up to the first frame whose checksum does
// not hold and takes that for the end. One flipped byte would so make the
// newest entries disappear without a word and leave a log that still holds. So
// the WAL is looked at here on its own: a frame that is damaged although a
// commit follows it, or is it, was not the end.
//
// The format is that of sqlite.org/fileformat2.html, section 4.

const (
	walHeader   = 32
	frameHeader = 24
)

// walDamage gives the number of the damaged frame, from 1; 0 is the header and
// -1 says that there is none. After a power cut the last transaction, never
// acknowledged, can look like that too, until the service was started again.
func walDamage(path string) (int64, error) {
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	var head [walHeader]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return -1, endOfWAL(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[3]&1 == 1 {
		order = binary.BigEndian
	}
	page := binary.BigEndian.Uint32(head[8:])
	sum := walSum{order: order}
	sum.add(head[:24])
	stored := readSum(order, head[24:])
	whole := sum == stored && binary.BigEndian.Uint32(head[:])&^1 == 0x377f0682 && page >= 512 && page <= 65536 && page&(page-1) == 0
	if !whole {
		return damagedHeader(in, head)
	}
	frame := make([]byte, frameHeader+int(page))
	bad := int64(-1)
	for n := int64(1); ; n++ {
		if _, err := io.ReadFull(in, frame); err != nil {
			return -1, endOfWAL(err)
		}
		ours := string(frame[8:16]) == string(head[16:24])
		commit := binary.BigEndian.Uint32(frame[4:]) != 0
		sum.add(frame[:8])
		sum.add(frame[frameHeader:])
		if stored := readSum(order, frame[16:]); !ours || sum != stored {
			if bad < 0 {
				bad = n
			}
			sum = stored
		}
		// Frames of an older turn of the WAL have other salts: they end it.
		if bad >= 0 && ours && commit {
			return bad, nil
		}
	}
}

// damagedHeader tells a header that was changed from one that a crash left
// unfinished: after a change the first frame still continues its checksum.
func damagedHeader(in io.Reader, head [walHeader]byte) (int64, error) {
	rest, err := io.ReadAll(io.LimitReader(in, frameHeader+65536))
	if err != nil {
		return -1, err
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		computed := walSum{order: order}
		computed.add(head[:24])
		for _, seed := range []walSum{readSum(order, head[24:]), computed} {
			for page := 512; page <= 65536 && frameHeader+page <= len(rest); page *= 2 {
				sum := seed
				sum.add(rest[:8])
				sum.add(rest[frameHeader : frameHeader+page])
				if sum == readSum(order, rest[16:]) {
					return 0, nil
				}
			}
		}
	}
	return -1, nil
}

func endOfWAL(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// walSum is the WAL's running checksum.
type walSum struct {
	order binary.ByteOrder
	a, b  uint32
}

// readSum reads a stored checksum, which is big-endian always.
func readSum(order binary.ByteOrder, b []byte) walSum {
	return walSum{order: order, a: binary.BigEndian.Uint32(b), b: binary.BigEndian.Uint32(b[4:])}
}

func (s *walSum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		s.a += s.order.Uint32(b) + s.b
		s.b += s.order.Uint32(b[4:]) + s.a
	}
}
