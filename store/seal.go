package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"beckmanconnect/store/keys"
)

// sealer encrypts columns (P15): AES-256-GCM by Tink, the associated data
// naming table, row and column, so that no ciphertext can be moved elsewhere.
// Its keys may be exchanged while it is used.
type sealer struct{ ring atomic.Pointer[keyring] }

// keyring is the data keys of one moment.
type keyring struct {
	aead    tink.AEAD
	handle  *keyset.Handle
	primary uint32
	// before opens what was sealed under keys that have gone since, for a
	// reader that has read its row already. It lives in memory alone.
	before tink.AEAD
}

const keysetPurpose = "columns"

func aad(table, row, column string) []byte {
	return []byte(table + "|" + row + "|" + column)
}

func (s *sealer) seal(table, row, column string, plain []byte) ([]byte, error) {
	return s.ring.Load().aead.Encrypt(plain, aad(table, row, column))
}

func (s *sealer) open(table, row, column string, sealed []byte) ([]byte, error) {
	return s.decrypt(sealed, aad(table, row, column), table+" "+row)
}

func (s *sealer) decrypt(sealed, aad []byte, what string) ([]byte, error) {
	ring := s.ring.Load()
	plain, err := ring.aead.Decrypt(sealed, aad)
	if err != nil && ring.before != nil {
		plain, err = ring.before.Decrypt(sealed, aad)
	}
	if err != nil {
		return nil, &Error{Kind: KindDamaged, Op: "decrypt " + what, Err: err}
	}
	return plain, nil
}

// exchange puts other data keys in force.
func (s *sealer) exchange(h *keyset.Handle) error {
	ring, err := newKeyring(h)
	if err != nil {
		return err
	}
	if now := s.ring.Load(); now != nil {
		ring.before = now.aead
	}
	s.ring.Store(ring)
	return nil
}

func newKeyring(h *keyset.Handle) (*keyring, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return &keyring{aead: a, handle: h, primary: h.KeysetInfo().GetPrimaryKeyId()}, nil
}

// newKeyset makes the data keys and gives them wrapped.
func newKeyset(w keys.Wrapper) ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return wrapKeyset(w, h)
}

func wrapKeyset(w keys.Wrapper, h *keyset.Handle) ([]byte, error) {
	var buf bytes.Buffer
	// Clear only inside this process: the wrapper encrypts it on the next line.
	if err := insecurecleartextkeyset.Write(h, keyset.NewBinaryWriter(&buf)); err != nil {
		return nil, err
	}
	defer clear(buf.Bytes())
	return w.Wrap(buf.Bytes(), "keyset "+keysetPurpose)
}

func unwrapKeyset(w keys.Wrapper, wrapped []byte) (*keyset.Handle, error) {
	plain, err := w.Unwrap(wrapped, "keyset "+keysetPurpose)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(plain)))
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return h, nil
}

func newSealer(w keys.Wrapper, wrapped []byte) (*sealer, error) {
	h, err := unwrapKeyset(w, wrapped)
	if err != nil {
		return nil, err
	}
	s := &sealer{}
	return s, s.exchange(h)
}

// errNoKeyset: a database that was finished has one.
var errNoKeyset = errors.New("the database has no data keys")

func (s *Store) loadSealer(ctx context.Context) error {
	var wrapped []byte
	err := s.conn.QueryRowContext(ctx, "SELECT wrapped FROM keysets WHERE purpose = ?", keysetPurpose).Scan(&wrapped)
	if err != nil {
		return &Error{Kind: KindDamaged, Op: "open", Err: errors.Join(errNoKeyset, err)}
	}
	s.seal, err = newSealer(s.opt.Key, wrapped)
	return err
}
