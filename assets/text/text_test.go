package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// B12: every language says everything, with the same placeholders.
func TestEveryLanguageHasEveryKey(t *testing.T) {
	all, err := load()
	if err != nil {
		t.Fatal(err)
	}
	english := all["en"]
	for _, l := range Languages() {
		for key, want := range english {
			have, ok := all[l.Tag][key]
			if !ok {
				t.Errorf("%s lacks %q", l.Tag, key)
				continue
			}
			for form, s := range have {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%s: %q (%s) is empty", l.Tag, key, form)
				}
				// "{n}" may be left out of a form that says it in a word.
				a, b := names(want["other"]), names(s)
				inWords := form == "one" && !slices.Contains(b, "{n}")
				if inWords {
					a = slices.DeleteFunc(a, func(name string) bool { return name == "{n}" })
				}
				if !slices.Equal(a, b) {
					t.Errorf("%s: %q (%s) has placeholders %v, English has %v", l.Tag, key, form, b, a)
				}
			}
			if _, plural := want["one"]; plural {
				for _, form := range forms(l.Tag) {
					if _, ok := have[form]; !ok {
						t.Errorf("%s: %q lacks the plural form %q", l.Tag, key, form)
					}
				}
				for form := range have {
					if !slices.Contains(forms(l.Tag), form) {
						t.Errorf("%s: %q has a plural form %q that no number picks", l.Tag, key, form)
					}
				}
			}
		}
		for key := range all[l.Tag] {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %q, which English lacks", l.Tag, key)
			}
		}
	}
}

// forms are the plural forms that whole numbers pick in a language, by CLDR.
func forms(tag string) []string {
	var found []string
	for n := range 1000 {
		form := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}[plural.Cardinal.MatchPlural(language.Make(tag), n, 0, 0, 0, 0)]
		if !slices.Contains(found, form) {
			found = append(found, form)
		}
	}
	return found
}

func names(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// No sentence is kept that nobody says, and none is asked for that is not there.
func TestKeysAreThoseUsed(t *testing.T) {
	catalogue := New("en")
	literals, asked := map[string]bool{}, map[string]string{}
	root := filepath.Join("..", "..")
	for _, dir := range []string{"main.go", "app", "ui", "cmd", filepath.Join("service", "notify"), filepath.Join("internal", "logexport"), filepath.Join("internal", "proofpack"), filepath.Join("assets", "text")} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return collect(path, literals, asked)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range catalogue.Keys() {
		if !used(key, literals) {
			t.Errorf("nobody says %q", key)
		}
	}
	for key, where := range asked {
		if !catalogue.Has(key) {
			t.Errorf("%s asks for %q, which is not in the catalogue", where, key)
		}
	}
}

// collect notes a file's string literals, and those given to a method T.
func collect(path string, literals map[string]bool, asked map[string]string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, raw, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				literals[s] = true
			}
		case *ast.CallExpr:
			method, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "T" || len(n.Args) == 0 {
				return true
			}
			if lit, ok := n.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					asked[s] = path
				}
			}
		}
		return true
	})
	return nil
}

// used is true for a key that is written out, or whose family is ("kind."), or
// that is one of a pair (".title", ".detail").
func used(key string, literals map[string]bool) bool {
	if literals[key] {
		return true
	}
	for _, suffix := range []string{".title", ".detail", ".body"} {
		if base, ok := strings.CutSuffix(key, suffix); ok && literals[base] {
			return true
		}
	}
	for i, r := range key {
		if r == '.' && i+1 < len(key) && literals[key[:i+1]] {
			return true
		}
	}
	return false
}

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		wanted []string
		want   string
	}{
		{[]string{"de"}, "de"}, {[]string{"de-AT"}, "de"}, {[]string{"de_CH"}, "de"}, {[]string{"en-US"}, "en"}, {[]string{"fr-CA"}, "fr"},
		{nil, "en"}, {[]string{""}, "en"}, {[]string{"xx"}, "en"}, {[]string{"not a tag"}, "en"}, {[]string{"pt-BR"}, "en"}, {[]string{"und"}, "en"},
		{[]string{"zh"}, "zh-Hans"}, {[]string{"zh-CN"}, "zh-Hans"}, {[]string{"zh_CN"}, "zh-Hans"}, {[]string{"zh-Hans-SG"}, "zh-Hans"}, {[]string{"zh-SG"}, "zh-Hans"},
		{[]string{"ja"}, "ja"}, {[]string{"ja_JP"}, "ja"},
		// Traditional Chinese: simplified, unless another wish is spoken here.
		{[]string{"zh-TW"}, "zh-Hans"}, {[]string{"zh-Hant-HK"}, "zh-Hans"}, {[]string{"zh-TW", "ja-JP"}, "ja"}, {[]string{"zh-TW", "pl"}, "zh-Hans"},
		// What is not spoken leaves it to the next wish.
		{[]string{"pl-PL", "de-DE"}, "de"}, {[]string{"pl", "tlh"}, "en"}, {[]string{"en-GB", "de-DE"}, "en"},
	} {
		if got := Match(row.wanted...); got != row.want {
			t.Errorf("Match(%q) = %q, want %q", row.wanted, got, row.want)
		}
	}
}

func TestPlaceholdersAndPlurals(t *testing.T) {
	c := New("en")
	for _, row := range []struct {
		got, want string
	}{
		{c.T("state.attention.title", "n", 1), "1 notification is open"},
		{c.T("state.attention.title", "n", uint32(3)), "3 notifications are open"},
		{New("de").T("state.attention.title", "n", 1), "1 Meldung ist offen"},
		{c.T("no.such.key"), "no.such.key"},
		// What is filled in is never read as a placeholder again (scenario 15).
		{c.T("prompt.asks.view", "name", "{organisation}", "organisation", "X"), "{organisation} (X) asks to see your screen."},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}

func TestFormats(t *testing.T) {
	now := time.Date(2026, 3, 17, 14, 5, 0, 0, time.UTC)
	en, de := New("en"), New("de")
	for _, row := range []struct{ got, want string }{
		{en.Size(0), "0\u00a0B"}, {en.Size(999), "999\u00a0B"}, {en.Size(48_200), "48\u00a0KB"},
		{en.Size(1_400_000), "1.4\u00a0MB"}, {de.Size(1_400_000), "1,4\u00a0MB"},
		{en.Countdown(9*time.Minute + 41*time.Second), "9:41"}, {en.Countdown(-time.Second), "0:00"},
		{en.Countdown(time.Millisecond), "0:01"}, {en.Countdown(2*time.Hour + time.Second), "2:00:01"},
		{en.Moment(now.Add(-time.Hour), now), "13:05"}, {en.Moment(now.AddDate(0, 0, -1), now), "Yesterday, 14:05"},
		{de.Moment(now.AddDate(0, 0, -3), now), "14.03.2026, 14:05"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}
