package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Folders Init makes: the public one goes into the package, the private one
// stays with the vendor.
const (
	DirRoots   = "roots"
	DirPrivate = "private"
)

// Files of the private folder.
const (
	KeyCloudCA   = "cloud-ca.key"
	KeyDeviceCA  = "device-ca.key"
	KeyStaffCA   = "staff-ca.key"
	KeyPolicy    = "policy.key" // x/mod note signer
	KeyVendor    = "vendor.key" // x/mod note signer
	DirTUF       = "tuf"
	keyExtension = ".key"
)

// TUFKeys are the upgrade repository's roles with the number of keys each has,
// in files "tuf/<role>-<n>.key" (PKCS#8 PEM, Ed25519). Thresholds are 2 of 3
// for root and 2 of 2 for targets.
var TUFKeys = map[string]int{"root": 3, "targets": 2, "snapshot": 1, "timestamp": 1}

// TUFKeyFile is the path of a role's n-th key (from 1) in a private folder.
func TUFKeyFile(private, role string, n int) string {
	return filepath.Join(private, DirTUF, fmt.Sprintf("%s-%d%s", role, n, keyExtension))
}

// authorityLife is how long a CA of a development set lives.
const authorityLife = 10 * 365 * 24 * time.Hour

// Init makes a complete development set: dir/roots and dir/private. It never
// overwrites: an existing set is an error.
func Init(dir string) error {
	if err := initialise(dir); err != nil {
		return fmt.Errorf("trust: make roots in %s: %w", dir, err)
	}
	return nil
}

func initialise(dir string) error {
	roots, private := filepath.Join(dir, DirRoots), filepath.Join(dir, DirPrivate)
	for _, d := range []string{roots, private} {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is already there; trust roots are never overwritten", d)
		}
	}
	// MkdirAll leaves an existing dir's rights alone; the private part has its own.
	if err := os.MkdirAll(roots, 0o755); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(private, DirTUF), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(roots, FileRoots),
		[]byte("name = \""+DevelopmentOrganisation+"\"\ndevelopment = true\n"), 0o644); err != nil {
		return err
	}
	if err := initAuthorities(roots, private); err != nil {
		return err
	}
	if err := initNotes(roots, private); err != nil {
		return err
	}
	return initTUF(private)
}

func initAuthorities(roots, private string) error {
	ec := func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
	rsa4096 := func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 4096) }
	for _, ca := range []struct {
		name, cert, key string
		pathLen         int
		make            func() (crypto.Signer, error)
	}{
		{"Cloud CA", FileCloudCA, KeyCloudCA, 0, ec},
		{"Device CA", FileDeviceCA, KeyDeviceCA, 1, ec}, // device certificates sign session certificates
		{"Staff CA", FileStaffCA, KeyStaffCA, 0, rsa4096},
	} {
		key, err := ca.make()
		if err != nil {
			return err
		}
		der, err := selfSigned(ca.name, ca.pathLen, key)
		if err != nil {
			return err
		}
		if err := writePEM(filepath.Join(roots, ca.cert), "CERTIFICATE", der, 0o644); err != nil {
			return err
		}
		if err := writeKey(filepath.Join(private, ca.key), key); err != nil {
			return err
		}
	}
	return nil
}

func selfSigned(name string, pathLen int, key crypto.Signer) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "BeckmanConnect " + name, Organization: []string{DevelopmentOrganisation}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            pathLen,
		MaxPathLenZero:        pathLen == 0,
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

func initNotes(roots, private string) error {
	for _, n := range []struct{ name, public, private string }{
		{"beckmanconnect-development-policy", FilePolicy, KeyPolicy},
		{"beckmanconnect-development-vendor", FileVendor, KeyVendor},
	} {
		signer, verifier, err := note.GenerateKey(rand.Reader, n.name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(roots, n.public), []byte(verifier+"\n"), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(private, n.private), []byte(signer+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func initTUF(private string) error {
	for role, count := range TUFKeys {
		for n := 1; n <= count; n++ {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			if err := writeKey(TUFKeyFile(private, role, n), key); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeKey(path string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(path, "PRIVATE KEY", der, 0o600)
}

func writePEM(path, kind string, der []byte, mode fs.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
