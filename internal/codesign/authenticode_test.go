package codesign

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// signedProgram is a real Windows program, signed by the tool that signs
// releases.
func signedProgram(t testing.TB, signer *issued, digest string) []byte {
	t.Helper()
	for _, tool := range []string{"osslsigncode", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if data != nil {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	key, err := x509.MarshalPKCS8PrivateKey(signer.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"x86_64-w64-mingw32-gcc", "-s", "-o", file("plain.exe", nil), file("main.c", []byte("int main(void) { return 0; }\n"))},
		{"osslsigncode", "sign", "-h", digest, "-certs", file("cert.pem", pemOf("CERTIFICATE", signer.cert.Raw)), "-key", file("key.pem", pemOf("PRIVATE KEY", key)),
			"-in", file("plain.exe", nil), "-out", file("signed.exe", nil)},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command[0], err, out)
		}
	}
	data, err := os.ReadFile(file("signed.exe", nil))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func program(g Gate, data []byte) error { return g.Program(bytes.NewReader(data), int64(len(data))) }

// Scenarios 37, 39.
func TestProgram(t *testing.T) {
	ca := issue(t, nil, nil)
	signer := issue(t, ca, nil)
	good := signedProgram(t, signer, "sha256")
	if err := program(gate(ca), good); err != nil {
		t.Fatal(err)
	}
	image, err := readImage(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int64, to ...byte) func([]byte) []byte {
		return func(b []byte) []byte { copy(b[at:], to); return b }
	}
	length := binary.LittleEndian.Uint32(good[image.entry+4:])
	for name, tt := range map[string]struct {
		edit func([]byte) []byte
		gate Gate
		say  string
	}{
		"one byte changed":  {edit: func(b []byte) []byte { b[image.end/2] ^= 1; return b }, say: "not the one that was signed"},
		"a header changed":  {edit: func(b []byte) []byte { b[image.checksum-8] ^= 1; return b }, say: "not the one that was signed"},
		"bytes behind":      {edit: func(b []byte) []byte { return append(b, "12345678"...) }, say: "end of the program"},
		"bytes in its tail": {edit: func(b []byte) []byte { return stuffed(b, image) }, say: "behind the signature"},
		"signature removed": {edit: change(image.entry, 0, 0, 0, 0, 0, 0, 0, 0), say: "not signed"},
		"signature cut off": {edit: func(b []byte) []byte { return b[:image.end] }, say: "end of the program"},
		"another revision":  {edit: change(image.end+4, 0, 1), say: "not one Authenticode"},
		"another kind":      {edit: change(image.end+6, 1, 0), say: "not one Authenticode"},
		"a length beyond":   {edit: change(image.end, 0xff, 0xff), say: "not one Authenticode"},
		"a table that begins in the header": {edit: func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[image.entry:], 8)
			binary.LittleEndian.PutUint32(b[image.entry+4:], uint32(len(b)-8))
			return b
		}, say: "end of the program"},
		"not a program":        {edit: func([]byte) []byte { return []byte("#!/bin/sh\n") }, say: "not a Windows program"},
		"half a header":        {edit: func(b []byte) []byte { return b[:image.checksum] }, say: "not a Windows program"},
		"nothing":              {edit: func([]byte) []byte { return nil }, say: "not a Windows program"},
		"another CA":           {gate: gate(issue(t, nil, nil)), say: "unknown authority"},
		"revoked":              {gate: func() Gate { g := gate(ca); g.Revoked = []string{Fingerprint(signer.cert)}; return g }(), say: "revoked"},
		"another publisher":    {gate: func() Gate { g := gate(ca); g.Publisher.Name = "x"; return g }(), say: "not of the publisher"},
		"a manifest's instead": {edit: func(b []byte) []byte { return resign(t, b, image, signer) }, say: "not over a program"},
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Clone(good)
			if tt.edit != nil {
				data = tt.edit(data)
			}
			if tt.gate.Roots == nil {
				tt.gate = gate(ca)
			}
			if err := program(tt.gate, data); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("%v, want a refusal about %q (signature of %d bytes)", err, tt.say, length)
			}
		})
	}
	t.Run("SHA-1", func(t *testing.T) {
		if err := program(gate(ca), signedProgram(t, signer, "sha1")); !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	})
}

// stuffed puts bytes behind the signature, inside of its table.
func stuffed(b []byte, i *image) []byte {
	b = append(b, "payload!"...)
	size := uint32(int64(len(b)) - i.end)
	binary.LittleEndian.PutUint32(b[i.entry+4:], size)
	binary.LittleEndian.PutUint32(b[i.end:], size)
	return b
}

// resign puts the signature of a manifest under a program.
func resign(t *testing.T, b []byte, i *image, signer *issued) []byte {
	der, err := Sign([]byte(manifest), []*x509.Certificate{signer.cert}, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	table := append(binary.LittleEndian.AppendUint32(nil, 0), 0, 2, 2, 0)
	table = append(table, der...)
	for len(table)%8 != 0 {
		table = append(table, 0)
	}
	binary.LittleEndian.PutUint32(table, uint32(len(table)))
	binary.LittleEndian.PutUint32(b[i.entry+4:], uint32(len(table)))
	return append(b[:i.end:i.end], table...)
}

func FuzzProgram(f *testing.F) {
	ca := issue(f, nil, nil)
	f.Add([]byte("MZ"))
	f.Add(append(append([]byte("MZ"), make([]byte, 0x3a)...), append([]byte{0x40, 0, 0, 0}, "PE\x00\x00"...)...))
	if _, err := exec.LookPath("osslsigncode"); err == nil {
		f.Add(signedProgram(f, issue(f, ca, nil), "sha256"))
	}
	stranger := gate(issue(f, nil, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if program(stranger, data) == nil {
			t.Error("accepted without the CA's key")
		}
	})
}
