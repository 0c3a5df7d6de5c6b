package noto_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/BurntSushi/toml"
	"golang.org/x/image/font/sfnt"
	"pgregory.net/rapid"

	"beckmanconnect/assets/fonts/noto"
	"beckmanconnect/assets/profiles"
	"beckmanconnect/assets/terms"
	"beckmanconnect/assets/text"
	"beckmanconnect/service/notify/words"
)

// B12: whatever the product says in a language its own fonts can write, in both
// weights, on a PC that has no other.
func TestEveryWordCanBeWritten(t *testing.T) {
	for _, l := range text.Languages() {
		said := map[rune]string{}
		note := func(where, s string) {
			for _, r := range s {
				said[r] = where
			}
		}
		c := text.New(l.Tag)
		for _, key := range c.Keys() {
			for _, n := range []any{1, 2, "3"} {
				note(key, c.T(key, "n", n))
			}
		}
		note("Number", c.Number(1234567)+c.Size(1_400_000)+c.List("A", "B"))
		read := terms.Current(l.Tag)
		note("the terms", read.ITRequirements+read.Terms)
		codes, err := words.Codes()
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			for _, one := range words.Of(code) {
				if one.Language == l.Tag {
					note("words."+code, one.Title+one.Advice)
				}
			}
		}
		for _, name := range profiles.Names() {
			raw, err := profiles.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			var all map[string]any
			if _, err := toml.Decode(raw, &all); err != nil {
				t.Fatal(err)
			}
			collect(all, l.Tag, false, func(s string) { note(name, s) })
		}
		for _, other := range text.Languages() {
			if l.Tag == "zh-Hans" || l.Tag == "ja" {
				note("the chooser", other.Name)
			}
		}
		if len(said) < 60 {
			t.Fatalf("%s: only %d characters were found", l.Tag, len(said))
		}
		for weight, font := range map[string][]byte{"regular": noto.For(l.Tag)[0].Regular, "bold": noto.For(l.Tag)[0].Bold} {
			has := coverage(t, font)
			for r, where := range said {
				if !unicode.IsControl(r) && !has(r) {
					t.Errorf("%s, %s: no glyph for %q of %s: run build/fonts", l.Tag, weight, r, where)
				}
			}
		}
	}
}

func collect(node any, lang string, inside bool, note func(string)) {
	switch node := node.(type) {
	case map[string]any:
		for key, below := range node {
			collect(below, lang, inside || key == lang, note)
		}
	case []map[string]any:
		for _, below := range node {
			collect(below, lang, inside, note)
		}
	case []any:
		for _, below := range node {
			collect(below, lang, inside, note)
		}
	case string:
		if inside {
			note(node)
		}
	}
}

func coverage(t *testing.T, font []byte) func(rune) bool {
	t.Helper()
	f, err := sfnt.Parse(font)
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	return func(r rune) bool {
		i, err := f.GlyphIndex(&buf, r)
		return err == nil && i != 0
	}
}

// What people, hospitals and towns are called, and what is typed every day.
func TestNamesCanBeWritten(t *testing.T) {
	for lang, names := range map[string]string{
		"zh-Hans": "王伟 李娜 张昊睿 欧阳婷 诸葛瑾 邢璐瑶 冯鑫 郝晔 北京协和医院 复旦大学附属中山医院 深圳市第三人民医院 检验科 ，。、；：？！（）《》“”‘’…—①℃㎡ＡＢＣ０１２",
		"ja":      "髙橋 山﨑 渡邊 齋藤 濱田 櫻井 廣瀬 佐々木 凜 颯太 東京大学医学部附属病院 ㈱ 国立がん研究センター ヴァイオレット ・ー「」『』【】、。？！（）〜々〇①℃㎡ＡＢＣｱｲｳ",
	} {
		for _, font := range [][]byte{noto.For(lang)[0].Regular, noto.For(lang)[0].Bold} {
			has := coverage(t, font)
			for _, r := range names {
				if r != '\u3000' && !has(r) && !halfWidth(r) {
					t.Errorf("%s: no glyph for %q", lang, r)
				}
			}
		}
	}
}

// halfWidth katakana come from old systems; what shows them falls back.
func halfWidth(r rune) bool { return r >= 0xFF61 && r <= 0xFF9F }

// Both weights of a face hold the same characters, stand on one base line and
// need one height of a line: a bold name can never be a box.
func TestWeightsAreAlike(t *testing.T) {
	metrics := map[string]bool{}
	for _, f := range noto.For("en") {
		regular, bold := coverage(t, f.Regular), coverage(t, f.Bold)
		for r := rune(0x20); r < 0x10000; r++ {
			if regular(r) != bold(r) {
				t.Errorf("%s: %q is in one weight only", f.Name, r)
			}
			if regular(r) != f.Covers(r) {
				t.Errorf("%s: Covers(%q) is %v", f.Name, r, f.Covers(r))
			}
		}
		for _, raw := range [][]byte{f.Regular, f.Bold} {
			font, err := sfnt.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			var buf sfnt.Buffer
			m, err := font.Metrics(&buf, 1000*64, 0)
			if err != nil {
				t.Fatal(err)
			}
			metrics[m.Ascent.String()+m.Descent.String()] = true
		}
	}
	if len(metrics) != 1 {
		t.Errorf("heights of a line: %v", metrics)
	}
}

func TestWholeAndRuns(t *testing.T) {
	for _, row := range []struct{ lang, text, whole, runs string }{
		{"en", "Dr. O’Brien", "NotoSans", "NotoSans"},
		{"de", "王伟", "NotoSans-zh-Hans", "NotoSans-zh-Hans"},
		{"de", "Engineer 王伟", "NotoSans-zh-Hans", "NotoSans NotoSans-zh-Hans"},
		{"en", "さくら病院", "NotoSans-ja", "NotoSans-ja"},
		{"en", "髙橋", "NotoSans-ja", "NotoSans-ja"},
		{"zh-Hans", "工程师 Müller", "NotoSans-zh-Hans", "NotoSans-zh-Hans"},
		{"zh-Hans", "髙橋", "NotoSans-ja", "NotoSans-ja"},
		{"zh-Hans", "髙先生", "NotoSans-ja", "NotoSans-ja NotoSans-zh-Hans"},
		{"ja", "Ünal Žižek", "NotoSans-ja", "NotoSans-ja"},
		{"ja", "\U0001F600", "NotoSans-ja", "NotoSans-ja"}, // nobody has it
		{"ja", "", "NotoSans-ja", ""},
	} {
		if got := noto.Whole(row.lang, row.text).Name; got != row.whole {
			t.Errorf("%s %q: whole in %s", row.lang, row.text, got)
		}
		var runs []string
		for _, r := range noto.Runs(row.lang, row.text) {
			if n := len(runs); n == 0 || runs[n-1] != r.Face.Name {
				runs = append(runs, r.Face.Name)
			}
		}
		if got := strings.Join(runs, " "); got != row.runs {
			t.Errorf("%s %q: runs %q", row.lang, row.text, got)
		}
	}
}

// The runs of a text are the text, and each neighbour has another face.
func TestRunsAreTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("aß王髙さЖ😀 \u00a0\n\ufffd。"), unicode.Han)).Draw(t, "text")
		lang := rapid.SampledFrom([]string{"en", "zh-Hans", "ja"}).Draw(t, "lang")
		var all strings.Builder
		var faces []*noto.Face
		for _, r := range noto.Runs(lang, s) {
			if r.Text == "" {
				t.Fatal("an empty run")
			}
			all.WriteString(r.Text)
			faces = append(faces, r.Face)
		}
		if all.String() != s {
			t.Fatalf("%q became %q", s, all.String())
		}
		if len(slices.Compact(slices.Clone(faces))) != len(faces) {
			t.Fatal("two runs of one face side by side")
		}
	})
}
