package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// missing ends a test whose tool is not here: where everything has to be, it
// fails.
func missing(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(tool + " is not installed")
	}
	t.Skip(tool + " is not installed")
}

// Windows programs are signed by the development publisher, and what is signed
// verifies without Windows (scenario 39).
func TestSignPrograms(t *testing.T) {
	for _, tool := range []string{"osslsigncode", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool)
		}
	}
	dir := t.TempDir()
	if err := trust.Init(filepath.Join(dir, "set")); err != nil {
		t.Fatal(err)
	}
	text, plain := filepath.Join(dir, "main.c"), filepath.Join(dir, "program.exe")
	if err := os.WriteFile(text, []byte("int main(void) { return 0; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "x86_64-w64-mingw32-gcc", "-s", "-o", plain, text).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	roots, private, out := filepath.Join(dir, "set", trust.DirRoots), filepath.Join(dir, "set", trust.DirPrivate), filepath.Join(dir, "signed")
	if err := verifyPrograms([]string{"--roots", roots, plain}); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("an unsigned program: %v", err)
	}
	for range 2 { // and again, over what is there
		if err := signPrograms([]string{"--code", private, "--roots", roots, "--out", out, plain}); err != nil {
			t.Fatal(err)
		}
	}
	signed := filepath.Join(out, "program.exe")
	if err := verifyPrograms([]string{"--roots", roots, signed}); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(signed, bytes.Replace(data, []byte("This program"), []byte("THIS program"), 1), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := verifyPrograms([]string{"--roots", roots, signed}); err == nil {
		t.Error("a changed program verifies")
	}
}

// A key on a token signs Windows programs and archives by one reference, and an
// authority stamps what it signed (P12). The token is SoftHSM's, the authority
// openssl's.
func TestSignByTokenWithTimestamp(t *testing.T) {
	const library = "/usr/lib/softhsm/libsofthsm2.so"
	for _, tool := range []string{"osslsigncode", "x86_64-w64-mingw32-gcc", "softhsm2-util", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool)
		}
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := func(name string, args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	if err := trust.Init(in("set")); err != nil {
		t.Fatal(err)
	}
	private, roots := in("set/"+trust.DirPrivate), in("set/"+trust.DirRoots)
	if err := os.Mkdir(in("tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("softhsm2.conf", "directories.tokendir = "+in("tokens")+"\n")
	t.Setenv("SOFTHSM2_CONF", in("softhsm2.conf"))
	write("pin", "274913\n")
	command("softhsm2-util", "--init-token", "--free", "--label", "code signing", "--so-pin", "11112222", "--pin", "274913")
	command("softhsm2-util", "--import", filepath.Join(private, trust.KeyCode), "--token", "code signing", "--label", "publisher", "--id", "a1", "--pin", "274913")
	key := "pkcs11:token=code%20signing;object=publisher?module-path=" + library + "&pin-source=file:" + in("pin")

	write("main.c", "int main(void) { return 0; }\n")
	command("x86_64-w64-mingw32-gcc", "-s", "-o", "program.exe", "main.c")
	asked := timestampAuthority(t, dir, command, write)
	by := []string{"--key", key, "--cert", filepath.Join(private, trust.FileCode), "--roots", roots}
	if err := signPrograms(append(by, "--timestamp", asked.URL, "--out", in("signed"), in("program.exe"))); err != nil {
		t.Fatal(err)
	}
	if asked.times == 0 {
		t.Error("the authority was not asked")
	}
	if err := verifyPrograms([]string{"--roots", roots, in("signed/program.exe")}); err != nil {
		t.Error(err)
	}
	out, err := exec.CommandContext(t.Context(), "osslsigncode", "verify", "-CAfile", filepath.Join(roots, trust.FileCodeCA), "-TSA-CAfile", in("tsa.pem"), "-in", in("signed/program.exe")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Timestamp Server Signature verification: ok") {
		t.Errorf("the time stamp: %v\n%s", err, out)
	}
	for name, wrong := range map[string]string{
		"no library":       "pkcs11:token=code%20signing;object=publisher",
		"a PIN in it":      key + "&pin-value=274913",
		"another key":      strings.Replace(key, "publisher", "nobody", 1),
		"a library absent": strings.Replace(key, library, in("none.so"), 1),
	} {
		if signPrograms([]string{"--key", wrong, "--cert", filepath.Join(private, trust.FileCode), "--roots", roots, "--out", in("refused"), in("program.exe")}) == nil {
			t.Errorf("%s: signed", name)
		}
	}
	if left, _ := os.ReadDir(in("refused")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

// authority stamps as RFC 3161 asks.
type authority struct {
	*httptest.Server
	times int
}

func timestampAuthority(t *testing.T, dir string, command func(string, ...string), write func(string, string)) *authority {
	t.Helper()
	write("tsa.cnf", "[tsa]\nserial = "+filepath.Join(dir, "serial")+"\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384, sha512\naccuracy = secs:1\ness_cert_id_chain = no\n")
	write("serial", "01\n")
	command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Time", "-keyout", "tsa.key", "-out", "tsa.pem",
		"-addext", "extendedKeyUsage = critical,timeStamping", "-addext", "keyUsage = critical,digitalSignature", "-addext", "basicConstraints = critical,CA:false")
	a := &authority{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "query.tsq"), query, 0o600)
		}
		c := exec.CommandContext(r.Context(), "openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key")
		c.Dir = dir
		reply, failed := c.Output()
		if err = errors.Join(err, failed); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		a.times++
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(reply)
	}))
	t.Cleanup(a.Close)
	return a
}

// An archive that was built without the publisher's key gets a signature that
// was made elsewhere; it lands where PCs and the officers' check look for it.
func TestSignatureFromElsewhere(t *testing.T) {
	dir, _ := workshop(t)
	set := filepath.Join(dir, "set")
	if err := trust.Init(set); err != nil {
		t.Fatal(err)
	}
	plain, signed := filepath.Join(dir, release.ArchiveName("1.2.4", "linux-amd64")), filepath.Join(dir, "signed.tar.zst")
	if err := packArchive([]string{"--bin", filepath.Join(dir, "bin"), "--version", "1.2.4", "--out", plain}); err != nil {
		t.Fatal(err)
	}
	manifest, signature := beginning(t, plain)
	if len(signature) != 0 {
		t.Error("it was signed by nobody")
	}
	by, err := codesign.LoadPublisher(filepath.Join(set, trust.DirPrivate))
	if err != nil {
		t.Fatal(err)
	}
	made, err := by.Sign(manifest)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "release.json.p7s")
	if err := os.WriteFile(file, made, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := signArchive([]string{"--archive", plain, "--signature", file, "--out", signed}); err != nil {
		t.Fatal(err)
	}
	roots, err := trust.Load(filepath.Join(set, trust.DirRoots))
	if err != nil {
		t.Fatal(err)
	}
	if err := codesign.New(roots, nil).Manifest(beginning(t, signed)); err != nil {
		t.Error(err)
	}
	if err := signArchive([]string{"--archive", plain, "--signature", file, "--code", filepath.Join(set, trust.DirPrivate), "--out", signed}); err == nil {
		t.Error("a signature and a key")
	}
}

// beginning reads the manifest of an archive and the signature behind it.
func beginning(t *testing.T, path string) (manifest, signature []byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := release.Decompress(f)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	r := tar.NewReader(plain)
	for _, to := range []*[]byte{&manifest, &signature} {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if *to, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return manifest, signature
}

// What IT holds before anything of the product runs, the package and the sums,
// is signed by the publisher, and openssl alone tells it from a changed one
// (scenario 39).
func TestSignaturesBesideFiles(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	set, other := filepath.Join(dir, "set"), filepath.Join(dir, "other")
	for _, d := range []string{set, other} {
		if err := trust.Init(d); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "beckmanconnect_1.2.4_amd64.deb")
	data := bytes.Repeat([]byte("package\r\n"), 5000) // text that a careless mode would change
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := signFiles([]string{"--code", filepath.Join(set, trust.DirPrivate), file}); err != nil {
		t.Fatal(err)
	}
	verify := func(roots string) error {
		out, err := exec.Command(openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", file+detachedEnding, "-content", file,
			"-CAfile", filepath.Join(roots, trust.DirRoots, trust.FileCodeCA), "-purpose", "any", "-out", os.DevNull).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := verify(set); err != nil {
		t.Fatal(err)
	}
	if verify(other) == nil {
		t.Error("another publisher's roots take it")
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if verify(set) == nil {
		t.Error("a changed file passes")
	}
	for _, args := range [][]string{{}, {file}, {"--code", filepath.Join(set, trust.DirPrivate)}, {"--code", filepath.Join(dir, "none"), file},
		{"--signature", file, file}, {"--code", filepath.Join(set, trust.DirPrivate), file + ".gone"}} {
		if signFiles(args) == nil {
			t.Errorf("%q passed", args)
		}
	}
}
