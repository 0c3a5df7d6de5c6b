package trust

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// made is one set for all tests of this package: RSA-4096 keys take seconds.
func made(t *testing.T) (roots, private string) {
	t.Helper()
	dir := t.TempDir()
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, DirRoots), filepath.Join(dir, DirPrivate)
}

func TestInitMakesACompleteSet(t *testing.T) {
	roots, private := made(t)
	r, err := Load(roots)
	if !developmentAllowed { // a release build, scenario 60
		if !errors.Is(err, ErrDevelopment) {
			t.Fatalf("a production build loaded development roots: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !r.Development {
		t.Error("a set made by Init must call itself a development set")
	}
	p, err := LoadPrivate(roots, private)
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := p.Staff.Key.(*rsa.PrivateKey); !ok || key.N.BitLen() != 4096 { // P10
		t.Error("the staff CA must have an RSA-4096 key")
	}
	if c := p.Device.Certificate; c.MaxPathLen != 1 {
		t.Errorf("device CA path length %d, want 1: devices sign session certificates", c.MaxPathLen)
	}

	signed, err := note.Sign(&note.Note{Text: "beckmanconnect time\n0\n"}, p.Vendor)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, r.Vendor); err != nil {
		t.Errorf("vendor.pub does not verify vendor.key: %v", err)
	}
	if _, err := note.Open(signed, r.Policy); err == nil {
		t.Error("the policy verifier accepted the vendor's signature")
	}
	if p.Witness == nil || r.Witness == nil || p.Witness.VerifierKey() != r.Witness.Key() {
		t.Error("witness.pub does not verify witness.key")
	}
	checkPublisher(t, r, private)
	for role, count := range TUFKeys {
		for n := 1; n <= count; n++ {
			if _, err := LoadKey(TUFKeyFile(private, role, n)); err != nil {
				t.Error(err)
			}
		}
	}
	t.Run("private files are private", func(t *testing.T) { checkModes(t, private) })
	t.Run("never overwritten", func(t *testing.T) {
		if err := Init(filepath.Dir(roots)); err == nil {
			t.Error("Init overwrote an existing set")
		}
	})
	t.Run("damaged sets are refused", func(t *testing.T) { checkDamage(t, roots, private) })
}

// The publisher's certificate is what the second gate asks for.
func checkPublisher(t *testing.T, r *Roots, private string) {
	t.Helper()
	chain, err := LoadChain(filepath.Join(private, FileCode))
	if err != nil {
		t.Fatal(err)
	}
	key, err := LoadKey(filepath.Join(private, KeyCode))
	if err != nil {
		t.Fatal(err)
	}
	if public, ok := chain[0].PublicKey.(*rsa.PublicKey); !ok || !public.Equal(key.Public()) {
		t.Error("code-signing.pem does not belong to code-signing.key")
	}
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: r.CodeCA, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}}); err != nil {
		t.Error(err)
	}
	if s := chain[0].Subject; s.CommonName != r.Publisher.Name || len(s.Organization) != 1 || s.Organization[0] != r.Publisher.Organisation {
		t.Errorf("the certificate is of %v, the publisher %+v", s, r.Publisher)
	}
	if _, err := LoadChain(filepath.Join(private, KeyCode)); err == nil {
		t.Error("a key passed for a certificate")
	}
}

func checkModes(t *testing.T, private string) {
	err := filepath.Walk(private, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkDamage(t *testing.T, roots, private string) {
	keyPEM, err := os.ReadFile(filepath.Join(private, KeyDeviceCA))
	if err != nil {
		t.Fatal(err)
	}
	leaf := leafPEM(t, roots, private)
	for _, c := range []struct{ name, file, content, want string }{
		{"no manifest", FileRoots, "", "development"},
		{"unknown key", FileRoots, "development = true\nextra = 1\n", "unknown key"},
		{"no publisher", FileRoots, "development = true\n", "publisher"}, // scenario 39
		{"half a publisher", FileRoots, "development = true\n[code]\nname = \"x\"\n", "publisher"},
		{"a revoked serial", FileRoots, "development = true\n[code]\nname = \"x\"\norganisation = \"y\"\nrevoked = [\"4711\"]\n", "SHA-256"},
		{"no code CA", FileCodeCA, "", "PEM"},
		{"a leaf as code CA", FileCodeCA, leaf, "not a certificate authority"},
		{"a key among the roots", FileDeviceCA, string(keyPEM), "only certificates"}, // scenario 60
		{"a leaf as root", FileDeviceCA, leaf, "not a certificate authority"},
		{"garbage", FileStaffCA, "hello", "PEM"},
		{"no verifier", FilePolicy, "hello", "note verifier"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(roots)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Load: %v, want an error about %q", err, c.want)
			}
		})
	}
}

// leafPEM is a certificate under the device CA that is itself no authority.
func leafPEM(t *testing.T, roots, private string) string {
	t.Helper()
	ca, err := LoadAuthority(filepath.Join(roots, FileDeviceCA), filepath.Join(private, KeyDeviceCA))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: ca.Certificate.SerialNumber, NotAfter: ca.Certificate.NotAfter}
	der, err := x509.CreateCertificate(nil, template, ca.Certificate, ca.Key.Public(), ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
