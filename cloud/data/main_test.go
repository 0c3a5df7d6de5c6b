package data

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/cloud/kms"
)

func TestMain(m *testing.M) {
	if work := os.Getenv(childVariable); work != "" {
		os.Exit(child(work))
	}
	os.Exit(datatest.Main(m))
}

// testKeys are wrapping keys for all tests: to make one takes a moment.
var testKeys = sync.OnceValues(func() (Keys, error) {
	dir, err := os.MkdirTemp("", "beckmanconnect-keys-")
	if err != nil {
		return Keys{}, err
	}
	k := Keys{Data: filepath.Join(dir, "wrap.key"), Confidential: filepath.Join(dir, "confidential.key")}
	w, err := openWrapping(k, func(string) bool { return true })
	if err != nil {
		return k, err
	}
	return k, w.Close()
})

// config is where a test's database is: SQLite's folder, or PostgreSQL.
func config(t testing.TB) Config {
	t.Helper()
	k, err := testKeys()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Dir: t.TempDir(), Keys: k, URL: datatest.Database(t)}
	if c.URL != "" {
		c.Node = "a"
	}
	return c
}

// onSQLite leaves a test out on PostgreSQL that looks into SQLite's own file.
func onSQLite(t *testing.T) {
	t.Helper()
	if os.Getenv(datatest.Variable) != "" {
		t.Skip("about SQLite's file")
	}
}

// legacyKeys writes keys as earlier versions did.
func legacyKeys(t *testing.T, dir string) tink.AEAD {
	t.Helper()
	if _, err := kms.Make(filepath.Join(dir, "wrap.key")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "wrap.key"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	var clear bytes.Buffer
	if err := insecurecleartextkeyset.Write(set, keyset.NewBinaryWriter(&clear)); err != nil {
		t.Fatal(err)
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.(*rsa.PrivateKey).PublicKey, clear.Bytes(), []byte(wrapLabel))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.keyset"), wrapped, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := aead.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
