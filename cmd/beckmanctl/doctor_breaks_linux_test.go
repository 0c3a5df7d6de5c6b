package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/trust"
)

// closedPort is one that nothing listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// answering is a proxy that answers CONNECT with this status.
func answering(b *sickbed, status int, header ...string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(status)
	}))
	b.t.Cleanup(s.Close)
	b.proxy = s.URL
}

func mode(b *sickbed, name string, m os.FileMode) {
	b.after = func(b *sickbed) { b.must(os.Chmod(b.path(name), m)) }
}

// inspector is what an inspecting proxy has: an authority of its own, in the
// files of a set.
func inspector(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Inspection", Organization: []string{"Hospital IT"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		filepath.Join("roots", trust.FileCloudCA):  {Type: "CERTIFICATE", Bytes: der},
		filepath.Join("private", trust.KeyCloudCA): {Type: "PRIVATE KEY", Bytes: private},
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, pem.EncodeToMemory(block), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "roots")
}

func otherSigner(t *testing.T) note.Signer {
	private, _, err := note.GenerateKey(rand.Reader, "somebody")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
