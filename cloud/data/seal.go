package data

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// wrapBits: P15 asks for RSA-2048 or stronger above the AES-256 key.
const wrapBits = 3072

// wrapLabel binds a wrapped keyset to its use.
const wrapLabel = "beckmanconnect cloud data key v1"

// sealer encrypts columns. The associated data names the place a value belongs
// to, so that a value moved to another row or column does not open.
type sealer struct{ aead tink.AEAD }

// openSealer loads the data key from dir, or makes it on the first start.
// wrap.key is the RSA key above it; an operator may keep that file elsewhere
// and link it here.
func openSealer(dir string) (*sealer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	wrapFile, keyFile := filepath.Join(dir, "wrap.key"), filepath.Join(dir, "data.keyset")
	_, wrapErr := os.Stat(wrapFile)
	_, keyErr := os.Stat(keyFile)
	if errors.Is(wrapErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		if err := makeKeys(wrapFile, keyFile); err != nil {
			return nil, fmt.Errorf("make data key: %w", err)
		}
	}
	handle, err := loadKeys(wrapFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("load data key: %w", err)
	}
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("load data key: %w", err)
	}
	return &sealer{aead: a}, nil
}

func makeKeys(wrapFile, keyFile string) error {
	wrap, err := rsa.GenerateKey(rand.Reader, wrapBits)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(wrap)
	if err != nil {
		return err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	var clear bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&clear)); err != nil {
		return err
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &wrap.PublicKey, clear.Bytes(), []byte(wrapLabel))
	if err != nil {
		return err
	}
	if err := writeSynced(wrapFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return err
	}
	return writeSynced(keyFile, wrapped)
}

func loadKeys(wrapFile, keyFile string) (*keyset.Handle, error) {
	wrapPEM, err := os.ReadFile(wrapFile)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(wrapPEM)
	if block == nil {
		return nil, fmt.Errorf("%s is not a PEM key", wrapFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", wrapFile, err)
	}
	wrap, ok := key.(*rsa.PrivateKey)
	if !ok || wrap.N.BitLen() < 2048 {
		return nil, fmt.Errorf("%s is not an RSA key of 2048 bits or more", wrapFile)
	}
	wrapped, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	clear, err := rsa.DecryptOAEP(sha256.New(), nil, wrap, wrapped, []byte(wrapLabel))
	if err != nil {
		return nil, fmt.Errorf("%s does not open with %s", keyFile, wrapFile)
	}
	return insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(clear)))
}

// writeSynced writes a key file that must survive a power cut, or not appear.
func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// place is the associated data of one value.
func place(table, row, column string) []byte {
	return []byte(table + "|" + row + "|" + column)
}

func (s *sealer) sealText(text, table, row, column string) ([]byte, error) {
	return s.aead.Encrypt([]byte(text), place(table, row, column))
}

func (s *sealer) openText(sealed []byte, table, row, column string) (string, error) {
	clear, err := s.aead.Decrypt(sealed, place(table, row, column))
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
