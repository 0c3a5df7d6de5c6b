package proofpack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/datasheet"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/mds2"
)

// sample has one of everything.
func sample() *Pack {
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	return &Pack{
		Product: "BeckmanConnect Remote Support", Version: "0.1.0", Platform: "linux-amd64", Region: "eu", Class: "patient-data", Policy: "signed site policy number 7", Vendor: "no vendor policy", Made: at,
		Findings: []Finding{
			{"TLS", Failed, "inspection", "the network opens encrypted connections: Hospital IT"},
			{"rights data", OK, "", "/var/lib/beckmanconnect: the service's account alone"},
			{"endpoint support.example:443", OK, "", "connected"},
			{"log backup", Note, "backup-none", "none was made"},
			{"clock", Skipped, "", "see TLS <script>alert(1)</script>"},
		},
		Network:  endpoints.Allowed("eu", hostconfig.Config{Cloud: hostconfig.Cloud{URL: "https://support.example"}}, endpoints.Policy{}),
		Data:     datasheet.Messages(),
		MDS2:     mds2.Statement(),
		Defaults: []Default{{Capability: "view", General: "may be asked", GeneralMost: "may be asked", Patient: "off", PatientMost: "may be asked", Prompt: "each time", InForce: "off", InForceReason: "terms"}},
		Programs: Programs{Version: "0.1.0", Release: strings.Repeat("ab", 32), Publisher: "Publisher", Signed: true, Files: []Program{{"beckmanctl", strings.Repeat("cd", 32)}}},
		Log:      Log{Known: true, Origin: "beckmanconnect/log", Verifier: "v", Entries: 40, RootHash: strings.Repeat("ef", 32), Checkpoint: at, Witnesses: []Witness{{"cloud", "ok", 40, at}}},
		SBOM:     []byte(`{"bomFormat":"CycloneDX"}`), SBOMFrom: "programs",
	}
}

func write(t *testing.T, o Options) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pack")
	if err := sample().Write(t.Context(), dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The manifest lists every file with its own digest, and nothing else is there
// (B11).
func TestManifestListsEveryFile(t *testing.T) {
	dir := write(t, Options{Lang: "de"})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(read(t, dir, FileManifest)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed[name] = sum
	}
	for _, e := range entries {
		if e.Name() == FileManifest {
			continue
		}
		sum := sha256.Sum256([]byte(read(t, dir, e.Name())))
		if listed[e.Name()] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not what the manifest says", e.Name())
		}
		delete(listed, e.Name())
	}
	if len(listed) > 0 {
		t.Errorf("listed and not there: %v", listed)
	}
	for _, name := range []string{FileIndex, "index.en.html", "report.json", "network.json", "data.json", "mds2.json", "defaults.json", "programs.json", "log.json", FileSBOM} {
		if text := read(t, dir, name); text == "" || strings.HasSuffix(name, ".json") && !json.Valid([]byte(text)) {
			t.Errorf("%s: %.80q", name, text)
		}
	}
}

// Each page stands alone: no script, nothing from elsewhere, every text in its
// language, what the programs said as text.
func TestPagesAreInertAndWhole(t *testing.T) {
	dir := write(t, Options{Lang: "fr"})
	for _, l := range text.Languages() {
		page := read(t, dir, pageName(l.Tag, "fr"))
		for _, never := range []string{"<script", "javascript:", "src=", "@import", "url(", "http://", "https://", " onclick"} {
			if strings.Contains(strings.ReplaceAll(page, "&lt;script&gt;", ""), never) {
				t.Errorf("%s holds %q", l.Tag, never)
			}
		}
		if found := regexp.MustCompile(`(pack|doctor)\.[a-z]+[a-z.-]*`).FindString(page); found != "" {
			t.Errorf("%s: %q was not translated", l.Tag, found)
		}
		c := text.New(l.Tag)
		page = html.UnescapeString(page)
		for _, want := range []string{`<html lang="` + l.Tag + `">`, "default-src 'none'", c.T("pack.verdict.failed"), c.T("doctor.do.inspection"), c.T("doctor.check.rights-data"), c.T("pack.class.patient-data"), "support.example:443", "2026-11-26 14:00:00 UTC"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %q", l.Tag, want)
			}
		}
		for _, m := range datasheet.Messages() {
			if !strings.Contains(page, "<b>"+m.Name+"</b>") {
				t.Errorf("%s lacks the message %q", l.Tag, m.Name)
			}
		}
		for _, s := range mds2.Statement() {
			if !strings.Contains(page, "<b>"+s.Code+"</b>") {
				t.Errorf("%s lacks the section %q", l.Tag, s.Code)
			}
		}
	}
}

// Nothing is overwritten unless it was asked for, and then an older pack alone.
func TestNothingElseIsOverwritten(t *testing.T) {
	p := sample()
	dir := write(t, Options{})
	err := p.Write(t.Context(), dir, Options{})
	if !errors.Is(err, ErrThere) {
		t.Errorf("an older pack: %v", err)
	}
	p.Region = "us"
	if err := p.Write(t.Context(), dir, Options{Force: true}); err != nil || !strings.Contains(read(t, dir, "report.json"), `"us"`) {
		t.Errorf("with --force: %v", err)
	}
	for name, make := range map[string]func(dir string){
		"a file of somebody's":           func(dir string) { touch(t, filepath.Join(dir, "thesis.txt")) },
		"a pack with something besides":  func(dir string) { copyPack(t, dir); touch(t, filepath.Join(dir, "thesis.txt")) },
		"a pack with a folder in it":     func(dir string) { copyPack(t, dir); mkdir(t, filepath.Join(dir, "index.html.d")) },
		"a pack with a folder as a page": func(dir string) { copyPack(t, dir); swap(t, filepath.Join(dir, "log.json")) },
	} {
		dir := filepath.Join(t.TempDir(), "theirs")
		mkdir(t, dir)
		make(dir)
		before := names(t, dir)
		if err := p.Write(t.Context(), dir, Options{Force: true}); !errors.Is(err, ErrThere) {
			t.Errorf("%s: %v", name, err)
		}
		if after := names(t, dir); !slices.Equal(before, after) {
			t.Errorf("%s: %q became %q", name, before, after)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	touch(t, file)
	if err := Check(file, Options{Force: true}); !errors.Is(err, ErrThere) {
		t.Errorf("a file: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	mkdir(t, empty)
	if err := p.Write(t.Context(), empty, Options{}); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}

// Whole or not at all: interrupted, or without a place, nothing is left.
func TestWholeOrNotAtAll(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sample().Write(ctx, filepath.Join(parent, "pack"), Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left := names(t, parent); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if err := sample().Write(t.Context(), filepath.Join(parent, "no", "such", "pack"), Options{}); err == nil {
		t.Error("written into a folder that is not there")
	}
	older := write(t, Options{})
	before := read(t, older, "report.json")
	if err := sample().Write(ctx, older, Options{Force: true}); err == nil || read(t, older, "report.json") != before {
		t.Errorf("the older pack did not stay: %v", err)
	}
}

func TestSamePackSameBytes(t *testing.T) {
	if !bytes.Equal([]byte(read(t, write(t, Options{}), FileManifest)), []byte(read(t, write(t, Options{}), FileManifest))) {
		t.Error("the same pack gave other bytes")
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func swap(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	mkdir(t, path)
}

func copyPack(t *testing.T, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(write(t, Options{}))); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
