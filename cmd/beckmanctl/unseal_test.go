package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/logproof"
)

// An export with a confidential field opens with the hospital's private key
// alone, in every form OpenSSL writes it, and not when anything was changed
// (P15).
func TestUnseal(t *testing.T) {
	dir := t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	salt := bytes.Repeat([]byte{5}, logproof.SaltSize)
	const origin, value = "beckmanconnect-log-1", "Frau Muster\x1b[2J"
	export := func(name, logged string, idx int64) string {
		envelopes, err := logproof.NewEnvelopes(&key.PublicKey, origin, 7)
		if err != nil {
			t.Fatal(err)
		}
		l := logproof.Line{Entry: logproof.Entry{Index: idx, Boot: "b", Kind: "a.b", Actor: "it", Fields: []byte("{}")}, States: map[string]string{"name": "confidential"},
			Envelopes: map[string][]byte{"name": envelopes.Seal("name", salt, value)}}
		if l.Entry.Personal, err = logproof.EncodeCommitments(map[string][32]byte{"name": logproof.Commitment(salt, idx, "name", logged)}); err != nil {
			t.Fatal(err)
		}
		l.Entry.Hash, _ = logproof.LeafHash(nil, &l.Entry)
		line, err := l.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		text := `{"export":"beckmanconnect log export v1","origin":"` + origin + `"}` + "\n" + string(line) + "\n" + `{"checkpoint":"x"}` + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := export("good.jsonl", value, 7)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := write("key.pem", "PRIVATE KEY", pkcs8)
	old := write("key1.pem", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := unsealVerb(t.Context(), env{log: slog.New(slog.DiscardHandler), out: &out}, args)
		return out.String(), err
	}
	for _, path := range []string{plain, old} {
		out, err := run("--private-key", path, "--in", good)
		if err != nil || !strings.Contains(out, `name=Frau Muster\x1b[2J`) && !strings.Contains(out, `name=Frau Muster\u001b[2J`) || !strings.Contains(out, "1 confidential fields opened") {
			t.Errorf("%s: %q, %v", path, out, err)
		}
	}
	if out, err := run("--private-key", plain, "--in", good, "--json"); err != nil || !strings.Contains(out, `"value":"Frau Muster\u001b[2J"`) {
		t.Errorf("%q, %v", out, err)
	}
	for name, path := range map[string]string{"another value was logged": export("value.jsonl", "Herr Muster", 7), "another entry": export("entry.jsonl", value, 8)} {
		if out, err := run("--private-key", plain, "--in", path); err == nil {
			t.Errorf("%s: %q", name, out)
		}
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run("--private-key", write("other.pem", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(other)), "--in", good)
	if err != nil || strings.Contains(out, "Muster") || !strings.Contains(out, "1 are sealed to another key") {
		t.Errorf("another key: %q, %v", out, err)
	}

	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	encrypted, pass := filepath.Join(dir, "enc.pem"), filepath.Join(dir, "pass")
	if err := os.WriteFile(pass, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := exec.Command(openssl, "pkcs8", "-topk8", "-v2", "aes256", "-in", plain, "-out", encrypted, "-passout", "pass:correct horse").CombinedOutput(); err != nil {
		t.Fatalf("%s %v", b, err)
	}
	if out, err := run("--private-key", encrypted, "--passphrase-file", pass, "--in", good); err != nil || !strings.Contains(out, "Frau Muster") {
		t.Errorf("encrypted: %q, %v", out, err)
	}
	if _, err := run("--private-key", encrypted, "--in", good); err == nil || !strings.Contains(err.Error(), "--passphrase-file") {
		t.Error("without a passphrase:", err)
	}
	if err := os.WriteFile(pass, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run("--private-key", encrypted, "--passphrase-file", pass, "--in", good); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Error("a wrong passphrase:", err)
	}
}
