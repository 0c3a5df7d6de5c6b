package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/ui/look"
)

var (
	used    = regexp.MustCompile(`var\(--([a-z-]+)`)
	defined = regexp.MustCompile(`--([a-z-]+)\s*:`)
	literal = regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b`)
)

// own are colours that mean nothing: what lies round the picture, shadows, and
// what is mixed with to make a colour darker or lighter.
var own = []string{"#0a0f14", "#0a0f1466", "#05090d99", "#000", "#fff", "#10253d14", "#10253d0d", "#0006", "#0004", "#0007", "#0008", "#0009"}

// The page has no colours but the window program's: each name its sheets use
// exists, and none of them writes a colour of its own.
func TestColours(t *testing.T) {
	sheet := colours()
	names := map[string]bool{}
	all := sheet
	files, err := filepath.Glob("../../cloud/console/web/*.css")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d sheets, %v", len(files), err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(raw)
		for line := range strings.Lines(string(raw)) {
			// A selector begins with # as well; a colour stands after a colon.
			_, value, _ := strings.Cut(line, ":")
			for _, c := range literal.FindAllString(value, -1) {
				if !slices.Contains(own, strings.ToLower(c)) && !strings.Contains(line, c+" {") {
					t.Errorf("%s: %s is no colour of package look: %s", filepath.Base(f), c, strings.TrimSpace(line))
				}
			}
		}
	}
	for _, m := range defined.FindAllStringSubmatch(all, -1) {
		names[m[1]] = true
	}
	for _, m := range used.FindAllStringSubmatch(all, -1) {
		if !names[m[1]] {
			t.Errorf("--%s is used and stands nowhere", m[1])
		}
	}
}

// Every look of the window program is in the page that was built.
func TestColoursArePacked(t *testing.T) {
	raw, err := os.ReadFile("../../cloud/console/dist/style.css")
	if err != nil {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	light, dark, contrast := variables(look.Light()), variables(look.Dark()), variables(look.HighContrast())
	for i, v := range light {
		for _, want := range []string{
			"--" + v.name + ": light-dark(" + v.value + ", " + dark[i].value + ")",
			"--" + v.name + ": " + contrast[i].value,
		} {
			if !strings.Contains(plain(string(raw)), plain(want)) {
				t.Errorf("the page lacks %s", want)
			}
		}
	}
}

func plain(s string) string { return strings.ReplaceAll(s, " ", "") }
