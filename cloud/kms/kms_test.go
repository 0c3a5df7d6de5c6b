package kms

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ThalesGroup/crypto11"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

// onToken makes an RSA key on a token of its own and gives its reference.
func onToken(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(softHSM); errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skip("SoftHSM is missing (Debian: softhsm2)")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(config, []byte("directories.tokendir = "+dir+"\nlog.level = ERROR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", config)
	if out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "cloud", "--pin", "1234", "--so-pin", "5678").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	token, err := crypto11.Configure(&crypto11.Config{Path: softHSM, TokenLabel: "cloud", Pin: "1234"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.GenerateRSAKeyPairWithLabel([]byte{1}, []byte("data"), Bits); err != nil {
		t.Fatal(err)
	}
	if err := token.Close(); err != nil {
		t.Fatal(err)
	}
	pin := filepath.Join(dir, "pin")
	if err := os.WriteFile(pin, []byte("1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("pkcs11:token=cloud;object=data?module-path=%s&pin-source=file:%s", softHSM, pin)
}

// A set of keys is opened by its holders alone, in a file or on a token, and
// goes from one to the other.
func TestKeyset(t *testing.T) { // P15, B13
	ref := onToken(t)
	path := filepath.Join(t.TempDir(), "keys", "wrap.key")
	if _, err := Open(path); !errors.Is(err, ErrNone) {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := Make(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a key was replaced: %v", err)
	}
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	token, err := Open(ref)
	if err != nil {
		t.Fatal(err)
	}
	defer token.Close()
	set, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	text, err := Seal("data", set, file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unseal("data", text, token); !errors.Is(err, ErrOther) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Unseal("files", text, file); err == nil {
		t.Error("it opened under another name")
	}
	both, err := AddHolder("data", text, file, token)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*Key{"file": file, "token": token} {
		got, err := Unseal("data", both, k)
		if err != nil || got.String() != set.String() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ids, err := Holders(both); err != nil || !slices.Equal(ids, []string{file.ID(), token.ID()}) {
		t.Errorf("%v %v", ids, err)
	}
	only, err := Seal("data", set, token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unseal("data", only, file); !errors.Is(err, ErrOther) {
		t.Errorf("the file still opens it: %v", err)
	}
	for i := range both {
		if changed := bytes.Clone(both); i%37 == 0 {
			changed[i] ^= 1
			if got, err := Unseal("data", changed, file); err == nil && got.String() != set.String() {
				t.Fatalf("byte %d changed: another set opened", i)
			}
		}
	}
	t.Log("the token's algorithm:", token.algorithm)
}
