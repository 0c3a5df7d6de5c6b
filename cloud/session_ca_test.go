package cloud_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ThalesGroup/crypto11"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
	"beckmanconnect/session/channel"
)

// softHSM is where Debian puts the library.
const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

// newToken makes a token of the test's own with an RSA-4096 key on it, and gives
// the reference to the key with the key itself. Its keys cannot be read out.
func newToken(t *testing.T) (ref string, key crypto.Signer, library *crypto11.Context) {
	t.Helper()
	if _, err := os.Stat(softHSM); err != nil {
		t.Fatalf("SoftHSM is missing (Debian: softhsm2): %v", err)
	}
	dir := t.TempDir()
	config, pin := filepath.Join(dir, "softhsm2.conf"), filepath.Join(dir, "pin")
	for path, text := range map[string]string{config: "directories.tokendir = " + dir + "\nlog.level = ERROR\n", pin: "1234\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOFTHSM2_CONF", config)
	if out, err := exec.CommandContext(t.Context(), "softhsm2-util", "--init-token", "--free", "--label", "sessions", "--pin", "1234", "--so-pin", "5678").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	library, err := crypto11.Configure(&crypto11.Config{Path: softHSM, TokenLabel: "sessions", Pin: "1234"})
	if err != nil {
		t.Fatal(err)
	}
	if key, err = library.GenerateRSAKeyPairWithLabel([]byte{1}, []byte("session-ca"), 4096); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("pkcs11:token=sessions;object=session-ca?module-path=%s&pin-source=file:%s", softHSM, pin), key, library
}

// The key of the CA that issues engineers' certificates sits on a PKCS#11 token
// alone: a certificate that it issued over the real path is one for the host,
// and without the token, or with another key on it, the cloud does not start
// (P10, P15, P20).
func TestSessionCAOnAToken(t *testing.T) {
	ref, key, library := newToken(t)
	set, err := roots()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(set)); err != nil {
		t.Fatal(err)
	}
	public, private := filepath.Join(dir, trust.DirRoots), filepath.Join(dir, trust.DirPrivate)
	if err := os.Remove(filepath.Join(private, trust.KeyStaffCA)); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Staff CA on a token"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := library.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(public, trust.FileStaffCA), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	on := func(c *cloud.Config) {
		c.Roots, c.Private, c.Staff.SessionCA = public, private, ref
	}
	r := start(t, on)
	d := r.register(t)
	d.connect(t).say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	engineer, err := staffKey()
	if err != nil {
		t.Fatal(err)
	}
	var reply cloudapi.CertificateReply
	status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathCert, cloudapi.CertificateRequest{CSR: csrPEM(t, engineer), Request: "req-1"}, &reply, r.bearer(t, "anna.weber@vendor.example")...)
	if status != http.StatusOK {
		t.Fatalf("%d %+v", status, failure)
	}
	block, _ := pem.Decode([]byte(reply.Certificate))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(ca)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if id, err := channel.EngineerIdentity(cert); err != nil || id.Account != "anna.weber@vendor.example" || id.Request != "req-1" {
		t.Errorf("%+v %v", id, err)
	}
	r.stop()
	for name, change := range map[string]func(*cloud.Config){
		"another certificate": func(c *cloud.Config) { c.Roots = filepath.Join(set, trust.DirRoots) },
		"another token":       func(c *cloud.Config) { c.Staff.SessionCA = strings.Replace(ref, "token=sessions", "token=other", 1) },
		"another key": func(c *cloud.Config) {
			c.Staff.SessionCA = strings.Replace(ref, "object=session-ca", "object=other", 1)
		},
		"another PIN": func(c *cloud.Config) {
			wrong := filepath.Join(t.TempDir(), "pin")
			if err := os.WriteFile(wrong, []byte("4321\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Staff.SessionCA = ref[:strings.Index(ref, "file:")] + "file:" + wrong
		},
		"no library": func(c *cloud.Config) { c.Staff.SessionCA = strings.Replace(ref, softHSM, "/nowhere.so", 1) },
	} {
		c := cloud.Config{
			Listen: "127.0.0.1:0", Names: []string{"localhost"}, Data: datatest.Dir(t), Upgrades: t.TempDir(), StaffNetworks: r.StaffNetworks, OIDC: r.OIDC,
			Staff: cloud.Staff{NewPlaces: "off"},
		}
		on(&c)
		change(&c)
		if cl, err := cloud.New(c); err == nil {
			cl.Close()
			t.Errorf("%s: it starts", name)
		} else if _, err := os.Stat(filepath.Join(c.Data, "cloud.db")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: it made a database: %v", name, err)
		}
	}
}
