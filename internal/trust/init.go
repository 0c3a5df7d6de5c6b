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

	"beckmanconnect/internal/cosign"
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
	KeyPolicy    = "policy.key"  // x/mod note signer
	KeyVendor    = "vendor.key"  // x/mod note signer
	KeyWitness   = "witness.key" // package cosign's signer
	KeyCodeCA    = "code-ca.key"
	KeyCode      = "code-signing.key" // signs releases
	FileCode     = "code-signing.pem" // its certificate, then those between it and code-ca.pem
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

// How long a CA of a development set lives, and a certificate that signs
// releases.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	codeLife      = 3 * 365 * 24 * time.Hour
)

// DevelopmentPublisher signs the releases of a development set.
var DevelopmentPublisher = Publisher{Organisation: DevelopmentOrganisation, Name: "BeckmanConnect Remote Support"}

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
	manifest := fmt.Sprintf("name = %q\ndevelopment = true\n\n[code]\norganisation = %q\nname = %q\nrevoked = []\n",
		DevelopmentOrganisation, DevelopmentPublisher.Organisation, DevelopmentPublisher.Name)
	if err := os.WriteFile(filepath.Join(roots, FileRoots), []byte(manifest), 0o644); err != nil {
		return err
	}
	if err := initAuthorities(roots, private); err != nil {
		return err
	}
	if err := initCode(roots, private); err != nil {
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
		{"Code CA", FileCodeCA, KeyCodeCA, 0, ec},
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

// initCode makes the publisher's key with its certificate. RSA, because not
// every Windows verifies other keys under a program.
func initCode(roots, private string) error {
	ca, err := LoadAuthority(filepath.Join(roots, FileCodeCA), filepath.Join(private, KeyCodeCA))
	if err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		return err
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: DevelopmentPublisher.Name, Organization: []string{DevelopmentPublisher.Organisation}},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(codeLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Certificate, key.Public(), ca.Key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(private, FileCode), "CERTIFICATE", der, 0o600); err != nil {
		return err
	}
	return writeKey(filepath.Join(private, KeyCode), key)
}

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

func selfSigned(name string, pathLen int, key crypto.Signer) ([]byte, error) {
	serial, err := newSerial()
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
	return initWitness(roots, private)
}

func initWitness(roots, private string) error {
	signer, verifier, err := cosign.GenerateKey("beckmanconnect-development-witness")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(roots, FileWitness), []byte(verifier+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(private, KeyWitness), []byte(signer+"\n"), 0o600)
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
