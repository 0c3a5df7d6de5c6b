package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/materials"
	"beckmanconnect/internal/trust"
)

// Scenario 60: a package with a test key, a certificate of elsewhere or a
// default password does not leave the house, however deep it is packed.
func TestScan(t *testing.T) {
	dir := t.TempDir()
	set := filepath.Join(dir, "set")
	if err := trust.Init(set); err != nil {
		t.Fatal(err)
	}
	roots, private := filepath.Join(set, trust.DirRoots), filepath.Join(set, trust.DirPrivate)
	read := func(path ...string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(path...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	other := filepath.Join(dir, "other")
	if err := trust.Init(other); err != nil {
		t.Fatal(err)
	}
	program := append([]byte("\x7fELF "), bytes.Repeat([]byte("x"), 99)...)
	inside := func(data []byte) []byte { return append(bytes.Clone(program), data...) }
	gz, err := gzipped(inside(read(private, trust.KeyCode)))
	if err != nil {
		t.Fatal(err)
	}
	der, _ := pem.Decode(read(private, trust.KeyCode))
	if _, err := x509.ParsePKCS8PrivateKey(der.Bytes); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		name string
		data []byte
		bad  string
	}{
		"nothing":                   {"LICENSE.txt", []byte("text"), ""},
		"a root":                    {"trust/code-ca.pem", read(roots, trust.FileCodeCA), ""},
		"a program with words":      {"beckmanctl", inside([]byte("-----BEGIN PRIVATE KEY-----\x00-----BEGIN CERTIFICATE-----\x00password = ")), ""},
		"a root in a program":       {"beckmanctl", inside(read(roots, trust.FileCodeCA)), ""},
		"a key":                     {"readme.txt", read(private, trust.KeyCode), "a private key"},
		"a key in a program":        {"beckmanctl", inside(read(private, trust.KeyCode)), "a private key"},
		"a key in a packed program": {"x.gz", gz, "a private key"},
		"a note's key":              {"a.txt", read(private, trust.KeyPolicy), "a private key"},
		"a key's name":              {"code-signing.key", []byte("empty"), "the name is that of a key"},
		"another root":              {"trust/code-ca.pem", read(other, trust.DirRoots, trust.FileCodeCA), "none of the trust roots"},
		"another vendor":            {"trust/vendor.pub", read(other, trust.DirRoots, trust.FileVendor), "none of the trust roots"},
		"another certificate":       {"beckmanctl", inside(read(other, trust.DirRoots, trust.FileStaffCA)), "a certificate that is none"},
		"the publisher's":           {"code.pem", read(private, trust.FileCode), "a certificate that is none"},
		"a password":                {"host.toml", []byte("[cloud.proxy]\npassword = \"lab123\"\n"), "a password"},
		"a password's file":         {"host.toml", []byte("password_file = 'C:\\x'\n# password = \"say it here\"\n"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tree := t.TempDir()
			path := filepath.Join(tree, test.name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			err := scanPackages([]string{"--roots", roots, tree})
			if (err == nil) != (test.bad == "") || err != nil && !strings.Contains(err.Error(), test.bad) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("a development set", func(t *testing.T) {
		if err := scanPackages([]string{"--roots", roots, "--production", t.TempDir()}); err == nil || !strings.Contains(err.Error(), "development") {
			t.Errorf("%v", err)
		}
	})
}

// Scenario 60: the bill of materials lists what is packed, and nothing else.
func TestScanComparesTheBill(t *testing.T) {
	dir, args := workshop(t)
	set := filepath.Join(dir, "set")
	if err := trust.Init(set); err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(set, trust.DirRoots)
	tree := filepath.Join(dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) string {
		path := filepath.Join(tree, name)
		if err := os.WriteFile(path, []byte("\x7fELF"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := hash(path)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	one, two := put("one", "1"), put("two", "2")
	bill := func(sums ...string) error {
		b := materials.Bill{}
		for i, sum := range sums {
			b.Components = append(b.Components, materials.Component{Type: "application", Name: fmt.Sprint(i), Hashes: []materials.Hash{{Algorithm: "SHA-256", Content: sum}}})
		}
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "bill.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return scanPackages([]string{"--roots", roots, "--sbom", path, tree})
	}
	if err := bill(one, two); err != nil {
		t.Error(err)
	}
	if err := bill(one); err == nil || !strings.Contains(err.Error(), "two is not in the bill") {
		t.Errorf("one is missing: %v", err)
	}
	if err := bill(one, two, strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), "in no package") {
		t.Errorf("one too many: %v", err)
	}
	// A .deb is looked into: the workshop's roots are not these.
	path := filepath.Join(dir, "one.deb")
	deb(t, args, path)
	if err := scanPackages([]string{"--roots", roots, path}); err == nil || !strings.Contains(err.Error(), "none of the trust roots") {
		t.Errorf("a .deb of other roots: %v", err)
	}
}
