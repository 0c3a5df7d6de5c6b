package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/materials"
	"beckmanconnect/service/upgrade/archive"
)

// workshop has what a package is made of.
func workshop(t *testing.T) (dir string, args []string) {
	t.Helper()
	dir = t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range archive.Names("linux-amd64") {
		file("bin/"+name, "program "+name)
	}
	packed := filepath.Join(dir, "beckmanconnect-1.2.3-linux-amd64.tar.zst")
	if err := packArchive([]string{"--bin", filepath.Join(dir, "bin"), "--version", "1.2.3", "--out", packed}); err != nil {
		t.Fatal(err)
	}
	file("roots/tuf-root.json", "{}")
	return dir, []string{
		"--archive", packed, "--launcher", file("launcher", "launcher"), "--icon", file("icon.png", "png"), "--license", file("LICENSE", "license"),
		"--roots", filepath.Join(dir, "roots"), "--url", "https://support.example.invalid",
	}
}

func deb(t *testing.T, args []string, path string) []byte {
	t.Helper()
	if err := packDeb(append(args, "--out", path)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// members reads ar as its manual has it, not as our writer does.
func members(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	rest, ok := bytes.CutPrefix(data, []byte("!<arch>\n"))
	if !ok {
		t.Fatal("no ar file")
	}
	all := map[string][]byte{}
	for len(rest) > 0 {
		head := string(rest[:60])
		size, err := strconv.Atoi(strings.TrimSpace(head[48:58]))
		if err != nil || head[58:] != "`\n" {
			t.Fatalf("header %q: %v", head, err)
		}
		all[strings.TrimSpace(head[:16])] = rest[60 : 60+size]
		rest = rest[60+size+size%2:]
	}
	return all
}

func untar(t *testing.T, data []byte) map[string]tarEntry {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]tarEntry{}
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.ModTime.Unix() != 0 {
			t.Errorf("%s: owner %d:%d, time %v", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(h.Name, "./")] = tarEntry{data: text, link: h.Linkname, mode: h.Mode}
	}
}

func TestDeb(t *testing.T) {
	dir, args := workshop(t)
	package1 := deb(t, args, filepath.Join(dir, "one.deb"))
	parts := members(t, package1)
	if string(parts["debian-binary"]) != "2.0\n" {
		t.Errorf("debian-binary: %q", parts["debian-binary"])
	}
	control, data := untar(t, parts["control.tar.gz"]), untar(t, parts["data.tar.gz"])
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		if control[script].mode != 0o755 || bytes.Contains(control[script].data, []byte("@")) {
			t.Errorf("%s: mode %o\n%s", script, control[script].mode, control[script].data)
		}
	}
	if !bytes.Contains(control["control"].data, []byte("\nVersion: 1.2.3\n")) {
		t.Errorf("control: %s", control["control"].data)
	}
	for _, name := range archive.Names("linux-amd64") {
		if e := data["opt/beckmanconnect/bin/"+name]; string(e.data) != "launcher" || e.mode != 0o755 {
			t.Errorf("%s: %q, mode %o", name, e.data, e.mode)
		}
	}
	// The program that unpacks the archive, for a system without its compression.
	zip, err := gzip.NewReader(bytes.NewReader(data["usr/lib/beckmanconnect/beckmanconnect-upgrade.gz"].data))
	if err != nil {
		t.Fatal(err)
	}
	if unpacker, err := io.ReadAll(zip); err != nil || string(unpacker) != "program beckmanconnect-upgrade" {
		t.Errorf("beckmanconnect-upgrade.gz: %q, %v", unpacker, err)
	}
	if !bytes.Contains(data["etc/beckmanconnect/host.toml"].data, []byte(`url = "https://support.example.invalid"`)) {
		t.Errorf("host.toml: %s", data["etc/beckmanconnect/host.toml"].data)
	}
	if string(data["etc/beckmanconnect/trust/tuf-root.json"].data) != "{}" {
		t.Error("the trust roots are missing")
	}
	for line := range strings.Lines(string(control["md5sums"].data)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if got := fmt.Sprintf("%x", md5.Sum(data[name].data)); got != sum {
			t.Errorf("md5sums: %s is %s", line, got)
		}
	}
	for line := range strings.Lines(string(control["conffiles"].data)) {
		if _, ok := data[strings.TrimSpace(strings.TrimPrefix(line, "/"))]; !ok {
			t.Errorf("conffile %s is not in the package", line)
		}
	}
	// Once more, with other times and modes on this machine.
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chtimes(path, time.Unix(99, 0), time.Unix(99, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(package1, deb(t, args, filepath.Join(dir, "two.deb"))) {
		t.Error("a second run gave other bytes")
	}
}

// Debian's own reader takes it too.
func TestDebByDpkg(t *testing.T) {
	dir, args := workshop(t)
	deb(t, args, filepath.Join(dir, "one.deb"))
	for _, verb := range []string{"--info", "--contents"} {
		out, err := exec.CommandContext(t.Context(), "dpkg-deb", verb, filepath.Join(dir, "one.deb")).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", verb, err, out)
		}
	}
}

func TestScriptsParse(t *testing.T) {
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-n", filepath.Join("deb", name)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestDebRefusesABadAddress(t *testing.T) {
	dir, args := workshop(t)
	args[len(args)-1] = "http://support.example.invalid"
	if err := packDeb(append(args, "--out", filepath.Join(dir, "one.deb"))); err == nil {
		t.Error("packed with a plain http address")
	}
}

// This test's own program is one with modules in it.
func TestSBOM(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func() []byte {
		out := filepath.Join(t.TempDir(), "x.cdx.json")
		if err := sbom([]string{"--version", "1.2.3", "--out", out, self}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	text := run()
	if !bytes.Equal(text, run()) {
		t.Error("a second run gave other bytes")
	}
	var b materials.Bill
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Spec != "1.6" || b.Metadata.Component.Version != "1.2.3" {
		t.Errorf("head: %+v", b.Metadata)
	}
	known := map[string]bool{b.Metadata.Component.Ref: true}
	toml := false
	for _, c := range b.Components {
		if known[c.Ref] || c.Name == "" {
			t.Errorf("component %+v", c)
		}
		known[c.Ref] = true
		toml = toml || strings.HasPrefix(c.PURL, "pkg:golang/github.com/BurntSushi/toml@v")
	}
	if !toml {
		t.Error("a module that is linked is not listed")
	}
	for _, d := range b.Dependencies {
		for _, ref := range append(d.DependsOn, d.Ref) {
			if !known[ref] {
				t.Errorf("%s is no component", ref)
			}
		}
	}
}

func TestSums(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b": "two", "a": "one"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "SHA256SUMS")
	if err := sums([]string{"--out", out, filepath.Join(dir, "b"), filepath.Join(dir, "a")}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil || string(said) != "a: OK\nb: OK\n" {
		t.Errorf("sha256sum: %v\n%s", err, said)
	}
}
