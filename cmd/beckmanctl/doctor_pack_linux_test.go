package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/proofpack"
	"beckmanconnect/ipc/hostpb"
)

// What the service knows of people, and what the configuration keeps secret, is
// in no file of the pack: canaries stand in every place it is made from (B11,
// scenario 25).
func TestPackHoldsNoPersonAndNoSecret(t *testing.T) {
	b := newSickbed(t)
	b.config = "user = \"" + canaryName + "\"\npassword_file = \"proxy-password\"\n"
	answering(b, http.StatusForbidden)
	b.after = func(b *sickbed) { b.must(os.WriteFile(b.path("proxy-password"), []byte(canaryPassword), 0o600)) }
	b.policy = goodPolicy + "staff = [\"" + canaryEmail + "\"]\n"
	b.policy = strings.Replace(b.policy, "staff_any = true\n", "", 1)
	b.status.Support = &hostpb.SupportState{}
	home := filepath.Join(b.dir, "home-of-canary")
	t.Setenv("HOME", home)
	findings := append(b.examine(), noted("part x", codePart, home+"/file"))
	dir := b.path("pack")
	if err := b.doctor.writePack(t.Context(), packOptions{dir: dir, lang: "de"}, findings); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{canaryEmail, canaryName, canaryInitials, canaryPassword, "home-of-canary", "SN-1", "bc-0011223344556677", "PRIVATE KEY"} {
			if bytes.Contains(text, []byte(canary)) {
				t.Errorf("%s holds %q", f.Name(), canary)
			}
		}
	}
	var report proofpack.Pack
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &report); err != nil || report.Class != "general" || !strings.Contains(report.Policy, "number 7") || len(report.Findings) != len(findings) || report.SBOMFrom != "programs" {
		t.Errorf("%v, %+v", err, report)
	}
}

// The bill that came with the release goes before what the programs say.
func TestPackTakesTheReleasesBill(t *testing.T) {
	b := newSickbed(t)
	b.after = func(b *sickbed) {
		b.must(os.MkdirAll(b.path("install/package"), 0o755))
		b.must(os.WriteFile(b.path("install/package/beckmanconnect-"+b.version+"-linux-amd64.cdx.json"), []byte(`{"bomFormat":"CycloneDX","x":1}`), 0o644))
	}
	b.examine()
	text, from, err := b.doctor.bill()
	if err != nil || from != "release" || !bytes.Contains(text, []byte(`"x":1`)) {
		t.Errorf("%s, %v, %.60s", from, err, text)
	}
}

// Also where nothing answers and nothing is known there is a pack, which says so.
func TestPackWithoutAService(t *testing.T) {
	b := newSickbed(t)
	b.after = func(b *sickbed) { b.host.Stop() }
	findings := b.examine()
	if err := b.doctor.writePack(t.Context(), packOptions{dir: b.path("pack"), lang: "en"}, findings); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(b.path("pack/index.html"))
	if err != nil || !bytes.Contains(page, []byte("The service did not answer")) || !bytes.Contains(page, []byte("start the BeckmanConnect service")) {
		t.Errorf("%v: %.200s", err, page)
	}
}
