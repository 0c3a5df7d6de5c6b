package data

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"beckmanconnect/cloud/kms"
)

// A sealed column lies in two layers: inside under the confidential key, whose
// own wrapping key (RSA) can be kept apart from everything else, around that
// under the data key (P15). In front stand a version and the number of the
// confidential key; then comes Tink's ciphertext, with the data key's number in
// front of it.
//
// The associated data names the place a value belongs to, so that a value moved
// to another row or column does not open.
const (
	sealedOnce  = 1 // Tink's own first byte: columns of before, under the data key alone
	sealedTwice = 2
	sealedHead  = 1 + 4
	keyHead     = sealedHead + 1 + 4 // up to and with the data key's number
)

// refreshWithin bounds the look at the keysets that an unknown key asks for.
const refreshWithin = 5 * time.Second

// ring are the keys of now. It is never changed.
type ring struct {
	numbers            map[string]int64
	data, confidential tink.AEAD
	files              tink.StreamingAEAD
	head               [keyHead]byte // of what is sealed now
	known              map[uint32]bool
}

// sealer encrypts columns and files.
type sealer struct {
	now      atomic.Pointer[ring]
	load     func(context.Context) (map[string]keysetRow, error)
	wrapping *wrapping
	mu       sync.Mutex // one refresh at a time
}

// refresh takes over keys that were changed elsewhere.
func (s *sealer) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	written, err := s.load(ctx)
	if err != nil {
		return fmt.Errorf("data keys: %w", err)
	}
	if r := s.now.Load(); r != nil && r.newest(written) {
		return nil
	}
	r, err := newRing(written, s.wrapping)
	if err != nil {
		return fmt.Errorf("load data key: %w", err)
	}
	s.now.Store(r)
	return nil
}

func (r *ring) newest(written map[string]keysetRow) bool {
	for name, w := range written {
		if r.numbers[name] != w.number {
			return false
		}
	}
	return true
}

func newRing(written map[string]keysetRow, w *wrapping) (r *ring, err error) {
	r = &ring{numbers: map[string]int64{}, known: map[uint32]bool{}}
	sets := map[string]*keyset.Handle{}
	for _, k := range keysets {
		row, ok := written[k.name]
		if !ok {
			return nil, fmt.Errorf("the keyset %q is missing", k.name)
		}
		if sets[k.name], err = kms.Unseal(k.name, row.sealed, k.wrap(w)); err != nil {
			return nil, err
		}
		r.numbers[k.name] = row.number
		for i := range sets[k.name].Len() {
			entry, err := sets[k.name].Entry(i)
			if err != nil {
				return nil, err
			}
			r.known[entry.KeyID()] = true
		}
	}
	if r.data, err = aead.New(sets[setData]); err != nil {
		return nil, err
	}
	if r.confidential, err = aead.New(sets[setConfidential]); err != nil {
		return nil, err
	}
	if r.files, err = streamingaead.New(sets[setFiles]); err != nil {
		return nil, err
	}
	r.head[0], r.head[sealedHead] = sealedTwice, sealedOnce
	for at, set := range map[int]string{1: setConfidential, sealedHead + 1: setData} {
		primary, err := sets[set].Primary()
		if err != nil {
			return nil, err
		}
		binary.BigEndian.PutUint32(r.head[at:], primary.KeyID())
	}
	return r, nil
}

// place is the associated data of one value.
func place(table, row, column string) []byte {
	return []byte(table + "|" + row + "|" + column)
}

func (s *sealer) sealText(text, table, row, column string) ([]byte, error) {
	return s.now.Load().sealAt([]byte(text), place(table, row, column))
}

func (r *ring) sealAt(clear, at []byte) ([]byte, error) {
	inner, err := r.confidential.Encrypt(clear, at)
	if err != nil {
		return nil, err
	}
	outer, err := r.data.Encrypt(inner, at)
	if err != nil {
		return nil, err
	}
	return append(r.head[:sealedHead:sealedHead], outer...), nil
}

// errKey: no key that is known here opens it.
var errKey = errors.New("does not open: damaged, or another key")

func (r *ring) openAt(sealed, at []byte) ([]byte, error) {
	if len(sealed) > 0 && sealed[0] == sealedOnce {
		return r.data.Decrypt(sealed, at)
	}
	if len(sealed) < keyHead || sealed[0] != sealedTwice {
		return nil, errKey
	}
	inner, err := r.data.Decrypt(sealed[sealedHead:], at)
	if err != nil {
		return nil, err
	}
	return r.confidential.Decrypt(inner, at)
}

// unknown says whether a value lies under keys that this ring does not have.
func (r *ring) unknown(sealed []byte) bool {
	if len(sealed) > keyHead && sealed[0] == sealedTwice {
		return !r.known[binary.BigEndian.Uint32(sealed[1:])] || !r.known[binary.BigEndian.Uint32(sealed[sealedHead+1:])]
	}
	return len(sealed) > sealedHead && sealed[0] == sealedOnce && !r.known[binary.BigEndian.Uint32(sealed[1:])]
}

func (s *sealer) open(sealed, at []byte) ([]byte, error) {
	r := s.now.Load()
	if r.unknown(sealed) { // another node, or a tool, made a new key
		ctx, cancel := context.WithTimeout(context.Background(), refreshWithin)
		defer cancel()
		if err := s.refresh(ctx); err != nil {
			return nil, err
		}
		r = s.now.Load()
	}
	return r.openAt(sealed, at)
}

func (s *sealer) openText(sealed []byte, table, row, column string) (string, error) {
	clear, err := s.open(sealed, place(table, row, column))
	if err != nil {
		return "", fmt.Errorf("data: %s.%s of %q does not open: damaged, or another key", table, column, row)
	}
	return string(clear), nil
}

func (s *sealer) sealJSON(v any, table, row, column string) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.sealText(string(text), table, row, column)
}

func (s *sealer) openJSON(sealed []byte, v any, table, row, column string) error {
	text, err := s.openText(sealed, table, row, column)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), v)
}

// SealFile encrypts a file as it is written (AES-256 by Tink's streaming AEAD).
// name is bound to it: the same one opens it. It is whole only when Close
// returned nil.
func (db *DB) SealFile(to io.Writer, name string) (io.WriteCloser, error) {
	w, err := db.seal.now.Load().files.NewEncryptingWriter(to, place("files", name, ""))
	if err != nil {
		return nil, fmt.Errorf("data: seal file: %w", err)
	}
	return w, nil
}

// OpenFile reads a sealed file. An error, also in the middle or at the end,
// means that nothing of it may be used: it was changed, cut short, is another
// one, or its key is not known here.
func (db *DB) OpenFile(ctx context.Context, from io.Reader, name string) (io.Reader, error) {
	// The number of a file's key stands nowhere in clear: the keys of now, then.
	if err := db.seal.refresh(ctx); err != nil {
		return nil, fmt.Errorf("data: open file: %w", err)
	}
	r, err := db.seal.now.Load().files.NewDecryptingReader(from, place("files", name, ""))
	if err != nil {
		return nil, fmt.Errorf("data: open file: %w", err)
	}
	return r, nil
}
