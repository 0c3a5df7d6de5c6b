package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"beckmanconnect/internal/materials"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// scanPackages is an error when a package holds what must not ship (scenario
// 60): a private key, a certificate that is not of the trust roots that were
// asked for, a default password; or when its programs are not those of the bill
// of materials. With --production a development set of roots is refused as well.
// It takes archives, .deb, MSI, and folders, of setup.exe's files for example.
func scanPackages(args []string) error {
	set := flag.NewFlagSet("scan", flag.ExitOnError)
	roots := set.String("roots", "", "`folder` of the trust roots that are to ship")
	bill := set.String("sbom", "", "CycloneDX `file` the programs have to match; none: they are not compared")
	production := set.Bool("production", false, "refuse a development set of roots")
	_ = set.Parse(args) // ends the program
	if *roots == "" || set.NArg() == 0 {
		return errors.New("--roots and packages are needed")
	}
	s := scan{shipped: map[[32]byte]bool{}, programs: map[string]string{}}
	if err := s.allow(*roots, *production); err != nil {
		return err
	}
	for _, path := range set.Args() {
		if err := s.pack(path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	slices.Sort(s.found)
	if len(s.found) > 0 {
		return fmt.Errorf("this must not ship:\n  %s", strings.Join(slices.Compact(s.found), "\n  "))
	}
	if *bill == "" {
		return nil
	}
	return s.compare(*bill)
}

type scan struct {
	shipped  map[[32]byte]bool // hashes of the files and certificates of the roots
	programs map[string]string // SHA-256 → where it was seen
	found    []string
}

func (s *scan) allow(dir string, production bool) error {
	r, err := trust.Load(dir)
	if err != nil {
		return err
	}
	if r.Development && production {
		return fmt.Errorf("%s is a development set of trust roots, which no release has", dir)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		s.shipped[sha256.Sum256(data)] = true
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			s.shipped[sha256.Sum256(block.Bytes)] = true
		}
	}
	return nil
}

// pack scans a package or a folder.
func (s *scan) pack(path string) error {
	extract := map[string][]string{".deb": {"dpkg-deb", "-x", path}, ".msi": {"msiextract", "-C"}}[filepath.Ext(path)]
	if extract == nil {
		return s.tree(path)
	}
	dir, err := os.MkdirTemp("", "scan-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	command := append(extract, dir)
	if extract[0] == "msiextract" {
		command = append(command, path)
	}
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command[0], err, out)
	}
	seen := 0
	if err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			seen++
		}
		return err
	}); err != nil || seen == 0 {
		return fmt.Errorf("nothing came out of it (%w)", err)
	}
	return s.tree(dir)
}

func (s *scan) tree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		name, err := filepath.Rel(root, path)
		if err != nil || name == "." {
			name = filepath.Base(path)
		}
		return s.stream(filepath.ToSlash(name), f)
	})
}

// stream scans one file, and what is packed in it.
func (s *scan) stream(name string, r io.Reader) error {
	switch {
	case strings.HasSuffix(name, ".tar.zst"):
		plain, err := release.Decompress(r)
		if err != nil {
			return err
		}
		defer plain.Close()
		for files := tar.NewReader(plain); ; {
			head, err := files.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = s.stream(name+"/"+head.Name, files)
			}
			if err != nil {
				return err
			}
		}
	case strings.HasSuffix(name, ".gz"):
		plain, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		return s.stream(strings.TrimSuffix(name, ".gz"), plain)
	}
	data, err := io.ReadAll(r)
	if err == nil {
		s.file(name, data)
	}
	return err
}

var (
	// A whole key, and not the words of a program that reads keys.
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s+(?:[A-Za-z-]+: .*\s+)*[A-Za-z0-9+/=]{32}`)
	noteKey    = regexp.MustCompile(`PRIVATE\+KEY\+[^\s+]{1,100}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40}`)
	password   = regexp.MustCompile(`(?im)^[^#\n]*\b(?:password|passwort|passphrase|secret|pin)\b["']?\s*[=:]\s*["']?[^\s"'][^\n]*`)
	keyFile    = regexp.MustCompile(`(?i)\.(?:key|p12|pfx|jks|ppk)$|(?:^|/)testdata/|_test\.go$`)
	textFile   = regexp.MustCompile(`(?i)\.(?:toml|conf|ini|service|desktop|json|xml|env|yaml|reg)$|inst$|rm$`)
)

func (s *scan) file(name string, data []byte) {
	report := func(what string) { s.found = append(s.found, name+": "+what) }
	sum := sha256.Sum256(data)
	if keyFile.MatchString(name) {
		report("the name is that of a key or a test")
	}
	if privateKey.Match(data) || noteKey.Match(data) {
		report("a private key")
	}
	if textFile.MatchString(name) && password.Match(data) {
		report("a password: " + string(password.Find(data)))
	}
	if isProgram(data) {
		s.programs[fmt.Sprintf("%x", sum)] = name
	}
	s.certificates(name, data)
	if dir := filepath.Base(filepath.Dir(name)); dir == "trust" && !s.shipped[sum] {
		report("this is none of the trust roots that were asked for")
	}
}

// certificates reports those in PEM that are none of the roots.
func (s *scan) certificates(name string, data []byte) {
	for rest := data; ; {
		at := bytes.Index(rest, []byte("-----BEGIN CERTIFICATE-----"))
		if at < 0 {
			return
		}
		rest = rest[at:]
		block, after := pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			rest = rest[1:] // the words alone, in a program that reads certificates
			continue
		}
		rest = after
		if !s.shipped[sha256.Sum256(block.Bytes)] {
			s.found = append(s.found, name+": a certificate that is none of the trust roots")
		}
	}
}

// isProgram: of Windows or Linux, but for the setup program's own uninstaller,
// which holds nothing of the product.
func isProgram(data []byte) bool {
	windows := bytes.HasPrefix(data, []byte("MZ")) && !bytes.Contains(data, []byte("NullsoftInst"))
	return windows || bytes.HasPrefix(data, []byte("\x7fELF"))
}

// compare is an error unless the programs of the packages are those of the bill.
func (s *scan) compare(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var b materials.Bill
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	listed := map[string]string{}
	for _, c := range b.Components {
		if c.Type == "application" && len(c.Hashes) == 1 {
			listed[c.Hashes[0].Content] = c.Name
		}
	}
	var wrong []string
	for sum, name := range s.programs {
		if listed[sum] == "" {
			wrong = append(wrong, name+" is not in the bill of materials")
		}
	}
	for sum, name := range listed {
		if s.programs[sum] == "" {
			wrong = append(wrong, name+" is in the bill of materials and in no package")
		}
	}
	if len(s.programs) == 0 || len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%d programs, and not those of %s:\n  %s", len(s.programs), path, strings.Join(wrong, "\n  "))
	}
	return nil
}
