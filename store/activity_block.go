package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"
	"strings"

	"beckmanconnect/internal/logproof"
)

const (
	// activityBlock is how many entries one row of activity_blocks is about,
	// activitySegment how many of those one of activity_segments.
	activityBlock   = 1024
	activitySegment = 64
	// activityVersion is that of their form, of the groups and of the fields
	// searched. Rows of another one are made again.
	activityVersion = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func activityCRC(a, b []byte) int64 {
	return int64(crc32.Update(crc32.Checksum(a, castagnoli), castagnoli, b))
}

// saying is what an entry says as far as it can be searched.
type saying struct{ kind, subject, text string }

// words is all of it in lower case.
func (s *saying) words() string { return s.kind + " " + strings.ToLower(s.subject) + " " + s.text }

// activityHead is what a block is skipped by at once.
type activityHead struct {
	min, max int64 // wall clock, Unix milliseconds
	groups   uint8
}

// blockMaker puts together what 1,024 entries say. Many say the same, and it is
// kept once.
type blockMaker struct {
	head    activityHead
	known   map[string]int // kind, subject and fields as stored
	sayings []saying
	codes   []int
	walls   []int64 // Unix milliseconds
}

func newBlockMaker() *blockMaker {
	return &blockMaker{head: activityHead{min: math.MaxInt64, max: math.MinInt64}, known: map[string]int{}}
}

func (b *blockMaker) add(wall int64, kind, subject, fields string) {
	key := kind + "\x00" + subject + "\x00" + fields
	code, ok := b.known[key]
	if !ok {
		text := searchedText(fields)
		short := kind + "\x00" + subject + "\x01" + text
		if code, ok = b.known[short]; !ok {
			code = len(b.sayings)
			b.sayings = append(b.sayings, saying{kind, subject, text})
			b.known[short] = code
		}
		b.known[key] = code
	}
	ms := floorMS(wall)
	b.codes, b.walls = append(b.codes, code), append(b.walls, ms)
	b.head.min, b.head.max = min(b.head.min, ms), max(b.head.max, ms)
	b.head.groups |= groupBit(kind)
}

// floorMS gives nanoseconds in milliseconds, earlier ones also before 1970.
func floorMS(ns int64) int64 {
	ms := ns / 1e6
	if ns%1e6 < 0 {
		ms--
	}
	return ms
}

// searchedText joins the fields that are searched, in lower case. Fields that
// cannot be read are a matter of the log's proof, not of its index.
func searchedText(fields string) string {
	var out []byte
	take := func(name, value string) {
		if value != "" && searchedNames[name] {
			if len(out) > 0 {
				out = append(out, ' ')
			}
			out = append(out, strings.ToLower(value)...)
		}
	}
	if !plainFields(fields, take) {
		out = nil
		m, _ := logproof.DecodeFields([]byte(fields))
		for _, name := range slices.Sorted(maps.Keys(m)) {
			take(name, m[name])
		}
	}
	return string(out)
}

// plainFields reads canonical fields without an escape, which nearly all are,
// many times as quickly as a JSON decoder; false: they have one.
func plainFields(s string, take func(name, value string)) bool {
	if strings.IndexByte(s, '\\') >= 0 || len(s) < 2 {
		return false
	}
	s = s[1:]
	for len(s) > 1 {
		var part [2]string
		for i := range part {
			_, rest, _ := strings.Cut(s, `"`)
			text, after, ok := strings.Cut(rest, `"`)
			if !ok {
				return false
			}
			part[i], s = text, after
		}
		take(part[0], part[1])
	}
	return true
}

// signature of all that is said.
func (b *blockMaker) signature() []byte {
	hashes := map[uint64]struct{}{}
	words := map[string]struct{}{}
	for _, s := range b.sayings {
		hashes[subjectHash(s.subject)] = struct{}{}
		for _, text := range []string{s.kind, strings.ToLower(s.subject), s.text} {
			eachWord(text, func(w string) { words[w] = struct{}{} })
		}
	}
	for w := range words {
		eachHash(w, func(h uint64) { hashes[h] = struct{}{} })
	}
	return sign(hashes)
}

// said writes what each entry says: the sayings once, then for each entry its
// saying's number and how far its wall clock lies from that of the one before.
func (b *blockMaker) said() []byte {
	out := binary.AppendUvarint(nil, uint64(len(b.sayings)))
	for _, s := range b.sayings {
		for _, text := range []string{s.kind, s.subject, s.text} {
			out = binary.AppendUvarint(out, uint64(len(text)))
			out = append(out, text...)
		}
	}
	last := int64(0)
	for i, code := range b.codes {
		out = binary.AppendUvarint(out, uint64(code))
		out = binary.AppendVarint(out, b.walls[i]-last)
		last = b.walls[i]
	}
	return out
}

var errSaid = errors.New("what a block says is cut short")

// eachSaid gives the entries of a block that lets through what they say.
func eachSaid(said []byte, lets func(*saying) bool, take func(at int, ms int64)) error {
	r := saidReader{rest: said}
	n := r.uvarint()
	if n > activityBlock {
		return errSaid
	}
	pass := make([]bool, n)
	one := false
	for i := range pass {
		s := saying{r.text(), r.text(), r.text()}
		if r.bad {
			return errSaid
		}
		pass[i] = lets(&s)
		one = one || pass[i]
	}
	if !one {
		return nil
	}
	ms := int64(0)
	for at := range activityBlock {
		code := r.uvarint()
		ms += r.varint()
		if r.bad || code >= n {
			return fmt.Errorf("entry %d: %w", at, errSaid)
		}
		if pass[code] {
			take(at, ms)
		}
	}
	return nil
}

type saidReader struct {
	rest []byte
	bad  bool
}

func (r *saidReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *saidReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *saidReader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

const headSize = 17

func (h activityHead) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(h.min))
	b = binary.BigEndian.AppendUint64(b, uint64(h.max))
	return append(b, h.groups)
}

func readHead(b []byte) activityHead {
	return activityHead{min: int64(binary.BigEndian.Uint64(b)), max: int64(binary.BigEndian.Uint64(b[8:])), groups: b[16]}
}
