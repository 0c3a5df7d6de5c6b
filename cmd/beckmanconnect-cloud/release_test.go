package main

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// The scripts run the release officers' tool as a program of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"beckmanconnect-cloud": main})
}

func TestRelease(t *testing.T) {
	// Two development sets for all scripts: their RSA keys take seconds.
	made := map[string]string{"set": t.TempDir(), "other": t.TempDir()}
	for _, dir := range made {
		if err := trust.Init(filepath.Join(dir, "made")); err != nil {
			t.Fatal(err)
		}
	}
	set := func(ts *testscript.TestScript, _ bool, args []string) { // set NAME
		ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(filepath.Join(made[args[0]], "made"))))
	}
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/release",
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"archive": scriptArchive, "find": scriptFind, "keyid": scriptKeyID, "certify": scriptCertify,
			"holder": scriptHolder, "set": set},
	})
}

// softHSM is where Debian puts the library.
const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

func condition(cond string) (bool, error) {
	if cond != "softhsm" {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	_, err := os.Stat(softHSM)
	return err == nil, nil
}

// scriptArchive makes a small release archive: archive VERSION PLATFORM [SET],
// signed by the publisher of the development set SET where one is named. It
// sets $ARCHIVE.
func scriptArchive(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: archive VERSION PLATFORM [SET]")
	}
	manifest := []byte(fmt.Sprintf(`{"product":%q,"version":%q,"platform":%q,"programs":{}}`, release.Product, args[0], args[1]))
	var tarred bytes.Buffer
	w := tar.NewWriter(&tarred)
	entry := func(name string, data []byte) {
		ts.Check(w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o644}))
		_, err := w.Write(data)
		ts.Check(err)
	}
	entry("release.json", manifest)
	if len(args) > 2 {
		publisher, err := codesign.LoadPublisher(ts.MkAbs(filepath.Join(args[2], trust.DirPrivate)))
		ts.Check(err)
		signature, err := publisher.Sign(manifest)
		ts.Check(err)
		entry("release.json.p7s", signature)
	}
	ts.Check(w.Close())
	name := release.ArchiveName(args[0], args[1])
	ts.Check(os.WriteFile(ts.MkAbs(name), compressed(ts, tarred.Bytes()), 0o644))
	ts.Setenv("ARCHIVE", name)
}

func compressed(ts *testscript.TestScript, data []byte) []byte {
	var out bytes.Buffer
	w, err := release.Compress(&out)
	ts.Check(err)
	_, err = w.Write(data)
	ts.Check(err)
	ts.Check(w.Close())
	return out.Bytes()
}

// scriptFind sets a variable to the one file of a pattern: find NAME PATTERN.
func scriptFind(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: find NAME PATTERN")
	}
	all, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(all) != 1 {
		ts.Fatalf("%s: %q", args[1], all)
	}
	ts.Setenv(args[0], all[0])
}

// scriptKeyID sets a variable to the ID of a public key: keyid NAME PATTERN.
func scriptKeyID(ts *testscript.TestScript, neg bool, args []string) {
	scriptFind(ts, neg, args)
	public, err := releases.ReadPublic(ts.Getenv(args[0]))
	ts.Check(err)
	ts.Setenv(args[0], public.ID)
}

// scriptCertify makes a publisher's certificate under the code CA of a
// development set for a public key: certify SET PUB OUT.
func scriptCertify(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: certify SET PUB OUT")
	}
	scriptFind(ts, false, []string{"PUB", args[1]})
	text, err := os.ReadFile(ts.Getenv("PUB"))
	ts.Check(err)
	block, _ := pem.Decode(text)
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ca, err := trust.LoadAuthority(filepath.Join(dir, trust.DirRoots, trust.FileCodeCA), filepath.Join(dir, trust.DirPrivate, trust.KeyCodeCA))
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		Subject:  pkix.Name{Organization: []string{trust.DevelopmentPublisher.Organisation}, CommonName: trust.DevelopmentPublisher.Name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Certificate, public, ca.Key)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
}

// scriptHolder makes a holder's key that is not encrypted: holder ROLE NAME DIR.
func scriptHolder(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: holder ROLE NAME DIR")
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	dir := ts.MkAbs(args[2])
	public, err := releases.NewTokenKey(args[0], args[1], dir, key)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	path := filepath.Join(dir, args[0]+"-"+public.ID[:8]+".key")
	ts.Check(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}
