package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"beckmanconnect/store/keys"
)

// sealer encrypts columns (P15): AES-256-GCM by Tink, the associated data
// naming table, row and column, so that no ciphertext can be moved elsewhere.
type sealer struct{ aead tink.AEAD }

const keysetPurpose = "columns"

func aad(table, row, column string) []byte {
	return []byte(table + "|" + row + "|" + column)
}

func (s *sealer) seal(table, row, column string, plain []byte) ([]byte, error) {
	return s.aead.Encrypt(plain, aad(table, row, column))
}

func (s *sealer) open(table, row, column string, sealed []byte) ([]byte, error) {
	plain, err := s.aead.Decrypt(sealed, aad(table, row, column))
	if err != nil {
		return nil, &Error{Kind: KindDamaged, Op: "decrypt " + table + " " + row, Err: err}
	}
	return plain, nil
}

// newKeyset makes the data keys and gives them wrapped.
func newKeyset(w keys.Wrapper) ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	// Clear only inside this process: the wrapper encrypts it on the next line.
	if err := insecurecleartextkeyset.Write(h, keyset.NewBinaryWriter(&buf)); err != nil {
		return nil, err
	}
	defer clear(buf.Bytes())
	return w.Wrap(buf.Bytes(), "keyset "+keysetPurpose)
}

func newSealer(w keys.Wrapper, wrapped []byte) (*sealer, error) {
	plain, err := w.Unwrap(wrapped, "keyset "+keysetPurpose)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(plain)))
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return &sealer{aead: a}, nil
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
