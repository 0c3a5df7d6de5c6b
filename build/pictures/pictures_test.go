package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/ui/sample"
)

// B12: every screen is drawn in every look, language and scale, and those with
// most words in larger text as well.
func TestPlanHoldsEverything(t *testing.T) {
	o := options{languages: spoken([]string{"en", "de", "tlh"}), looks: []string{"light", "dark", "contrast"}, scales: []float32{1, 2}, texts: []string{"large", "largest"}}
	if !slices.Equal(o.languages, []string{"en", "de"}) {
		t.Fatalf("languages %v", o.languages)
	}
	times := map[string]int{}
	files := map[string]bool{}
	for _, p := range plan(o) {
		if files[p.File] {
			t.Errorf("%s is drawn twice", p.File)
		}
		files[p.File] = true
		times[p.Screen]++
	}
	for _, s := range sample.Screens("en") {
		want := 12
		if slices.Contains(sized, s.Name) {
			want = 36
		}
		if times[s.Name] != want {
			t.Errorf("%s is drawn %d times, want %d", s.Name, times[s.Name], want)
		}
	}
	o.names = []string{"prompt-view-de-dark-2"}
	if some := plan(o); len(some) != 3 {
		t.Errorf("by name: %d pictures", len(some))
	}
}

func TestNamesOfOthers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"dialogs/help-code-de-contrast-1.5.png", "console/en-quality-1366-2x-light.png", "console/other-looks.png"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []picture{
		{Kind: "console", Screen: "quality-1366", Language: "en", Look: "light", Scale: 2, File: "console/en-quality-1366-2x-light.png"},
		{Kind: "console", Screen: "other-looks", Scale: 1, File: "console/other-looks.png"},
		{Kind: "dialog", Screen: "help-code", Language: "de", Look: "contrast", Scale: 1.5, File: "dialogs/help-code-de-contrast-1.5.png"},
	}
	if got := foreign(dir); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// The sheet has a place for each picture it is given, and says when it has none.
func TestSheet(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sheet.png")
	if err := contactSheet(dir, file, nil); err == nil {
		t.Error("an empty sheet was made")
	}
	var all []picture
	for _, name := range []string{"alarms", "help", "prompt-view"} {
		p := picture{Kind: kind(name), Screen: name, Language: "en", Look: "light", Scale: 1}
		p.File = p.name() + ".png"
		if err := savePNG(filepath.Join(dir, p.File), image.NewRGBA(image.Rect(0, 0, 600, 400))); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	all = append(all, picture{Kind: "window", Screen: "not-drawn", Language: "en", Look: "light", Scale: 1, File: "not-drawn.png"})
	if err := contactSheet(dir, file, all); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*(sheetHeading+sheetName+200+sheetMargin) + 2*sheetMargin; m.Bounds().Dy() > want || m.Bounds().Dx() != sheetMargin+sheetColumns*(sheetThumb+sheetMargin) {
		t.Errorf("the sheet is %v", m.Bounds())
	}
}

// The page lists each picture once and takes no word of a name for markup.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	if err := writePage(dir, []picture{{Kind: "window", Screen: "</script>", File: "a.png"}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "</script>") != 1 || !strings.Contains(string(text), `"a.png"`) {
		t.Error("the page does not hold the picture as data")
	}
}
