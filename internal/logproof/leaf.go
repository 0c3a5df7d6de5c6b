package logproof

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// LeafVersion is the version of the leaf written today. It is the leaf's first
// byte; a verifier that does not know it says so instead of guessing.
const LeafVersion = 1

// SaltSize is the length of the salt that hides one personal field.
const SaltSize = 32

// Entry is one row of the log as it is stored and as the leaf commits to it.
type Entry struct {
	Index    int64
	Version  int64
	Wall     int64  // Unix nanoseconds
	Mono     int64  // nanoseconds since boot
	Boot     string // names the boot
	Kind     string
	Actor    string
	Subject  string
	Fields   []byte // canonical JSON, see EncodeFields
	Personal []byte // commitments, see EncodeCommitments

	Hash tlog.Hash // LeafHash of the above, as stored beside it
}

// AppendLeaf appends the canonical bytes of e: a version byte, the fixed
// numbers big-endian, then every text with its length before it, so that no
// two different entries share an encoding.
func AppendLeaf(dst []byte, e *Entry) []byte {
	dst = append(dst, LeafVersion)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Index))
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Wall))
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Mono))
	for _, s := range [...]string{e.Boot, e.Kind, e.Actor, e.Subject} {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
		dst = append(dst, s...)
	}
	for _, b := range [...][]byte{e.Fields, e.Personal} {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(b)))
		dst = append(dst, b...)
	}
	return dst
}

// LeafHash is the hash of the entry in the tree: RFC 6962's, SHA-256 over a
// zero byte and the leaf. scratch is reused when it is large enough.
func LeafHash(scratch []byte, e *Entry) (tlog.Hash, []byte) {
	scratch = AppendLeaf(append(scratch[:0], 0), e)
	return sha256.Sum256(scratch), scratch
}

// EncodeFields gives the one accepted encoding of plain fields: a JSON object
// of strings with sorted keys, as encoding/json writes it. Text that is not
// UTF-8 has been replaced before; control characters are escaped, so a line
// break in a value can never look like a second entry (scenario 49).
func EncodeFields(fields map[string]string) ([]byte, error) {
	if len(fields) == 0 {
		return []byte("{}"), nil
	}
	for k, v := range fields {
		if k == "" || !utf8.ValidString(k) || !utf8.ValidString(v) {
			return nil, fmt.Errorf("field %q: empty name or text that is not UTF-8", k)
		}
	}
	return json.Marshal(fields)
}

// DecodeFields reads what EncodeFields wrote and refuses any other spelling.
func DecodeFields(b []byte) (map[string]string, error) {
	if bytes.Equal(b, []byte("{}")) {
		return nil, nil
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	again, err := EncodeFields(m)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("not in canonical form")
	}
	return m, nil
}

// Commitment is the HMAC-SHA-256, keyed by the field's salt, that the leaf
// holds in place of a personal value. It binds the entry's number and the
// field's name, so that a value cannot be moved to another place.
func Commitment(salt []byte, index int64, name, value string) [sha256.Size]byte {
	m := hmac.New(sha256.New, salt)
	m.Write([]byte("beckmanconnect personal field v1\x00"))
	var n [12]byte
	binary.BigEndian.PutUint64(n[:8], uint64(index))
	binary.BigEndian.PutUint32(n[8:], uint32(len(name)))
	m.Write(n[:])
	m.Write([]byte(name))
	m.Write([]byte(value))
	var out [sha256.Size]byte
	m.Sum(out[:0])
	return out
}

// EncodeCommitments writes the commitments sorted by name: the name's length
// (two bytes), the name, the HMAC.
func EncodeCommitments(c map[string][sha256.Size]byte) ([]byte, error) {
	out := []byte{}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if name == "" || len(name) > 255 || !utf8.ValidString(name) {
			return nil, fmt.Errorf("personal field %q: bad name", name)
		}
		h := c[name]
		out = binary.BigEndian.AppendUint16(out, uint16(len(name)))
		out = append(out, name...)
		out = append(out, h[:]...)
	}
	return out, nil
}

// A NamedCommitment is one decoded commitment.
type NamedCommitment struct {
	Name string
	HMAC [sha256.Size]byte
}

// DecodeCommitments reads what EncodeCommitments wrote and refuses anything
// else: cut short, out of order, named twice.
func DecodeCommitments(b []byte) ([]NamedCommitment, error) {
	var out []NamedCommitment
	last := ""
	for len(b) > 0 {
		if len(b) < 2 {
			return nil, errors.New("commitments are cut short")
		}
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if n == 0 || n > 255 || len(b) < n+sha256.Size {
			return nil, errors.New("commitments are cut short")
		}
		c := NamedCommitment{Name: string(b[:n])}
		copy(c.HMAC[:], b[n:])
		if c.Name <= last || !utf8.ValidString(c.Name) {
			return nil, errors.New("commitments are not in canonical order")
		}
		out, last, b = append(out, c), c.Name, b[n+sha256.Size:]
	}
	return out, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// SealedSum is the plain checksum beside a sealed value. It is no protection
// against anyone; the HMAC inside is. It lets damage be found without keys.
func SealedSum(sealed []byte) int64 { return int64(crc32.Checksum(sealed, castagnoli)) }
