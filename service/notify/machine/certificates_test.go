package machine

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func certificate(t *testing.T, end time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// The one that ends first counts, whatever else stands in the file.
func TestCertificateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chain.pem")
	first := time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)
	text := bytes.Join([][]byte{[]byte("a comment\n"), certificate(t, first.AddDate(1, 0, 0)), pem.EncodeToMemory(&pem.Block{Type: "OTHER"}), certificate(t, first)}, nil)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if end, ok, err := CertificateFile(path).Ends(); err != nil || !ok || !end.Equal(first) {
		t.Errorf("%s %v %v", end, ok, err)
	}
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Dir(path), filepath.Join(filepath.Dir(path), "none")} {
		if _, ok, err := CertificateFile(p).Ends(); ok || err == nil {
			t.Errorf("%s: %v %v", p, ok, err)
		}
	}
}
