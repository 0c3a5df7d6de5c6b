package linebreak

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-text/typesetting/segmenter"
	"pgregory.net/rapid"
)

func TestPieces(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"two words":             "two |words",
		"a  b":                  "a  |b",
		"C:/very/long-path.log": "C:/very/long-path.log",
		"5\u00a0MB 1\u202f234":  "5\u00a0MB |1\u202f234",
		"仪器报告错误。请联系支持。":           "仪|器|报|告|错|误。|请|联|系|支|持。",
		"（注意）“运行中”……":             "（注|意）|“运|行|中”……",
		"请按DxI 9000上的按钮":          "请|按|DxI |9000|上|的|按|钮",
		"キャンセルしました。":              "キャ|ン|セ|ル|し|ま|し|た。",
		"「サポート」を依頼、ください！":         "「サ|ポー|ト」|を|依|頼、|く|だ|さ|い！",
		"佐々木様の15:04までの50%分":       "佐々|木|様|の|15:04|ま|で|の|50%|分",
		"版本0.2.0（共3项）":            "版|本|0.2.0|（共|3|项）",
		"か\u3099き":                "か\u3099|き",
		"约￥300元":                  "约|￥300|元",
		"温度37℃以上":                 "温|度|37℃|以|上",
		"BeckmanConnect サポート":     "BeckmanConnect |サ|ポー|ト",
		"Zugriff auf王伟übertragen": "Zugriff |auf|王|伟|übertragen",
	} {
		if got := strings.Join(Pieces(text), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Chinese and Japanese break where Unicode's line breaking (UAX 14) says, as
// the text shaper of the windows implements it.
func TestBreaksAsUnicodeSays(t *testing.T) {
	alphabet := []rune("检验仪器使用中請依頼さくらサポートっャュー々、。，．！？：；（）「」『』【】《》〈〉・〜")
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 12).Draw(t, "runes")
		var s segmenter.Segmenter
		s.Init(runes)
		var want []string
		for it := s.LineIterator(); it.Next(); {
			want = append(want, string(it.Line().Text))
		}
		if got := Pieces(string(runes)); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, Unicode says %q", string(runes), got, want)
		}
	})
}

// Nothing that is seen as one character is cut through (UAX 29).
func TestClustersAsUnicodeSays(t *testing.T) {
	alphabet := []rune("aé王か\u0301\u3099\u0308\u200d\U0001F469\U0001F3FD\U0001F1E9\U0001F1EA \n️")
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 10).Draw(t, "runes")
		text := string(runes)
		var s segmenter.Segmenter
		s.Init([]rune(text))
		unicodes := map[int]bool{}
		for it := s.GraphemeIterator(); it.Next(); {
			g := it.Grapheme()
			unicodes[len(string(runes[:g.Offset+len(g.Text)]))] = true
		}
		for _, end := range clusters(text) {
			if !unicodes[end] {
				t.Fatalf("%q is cut at %d; Unicode cuts at %v", text, end, unicodes)
			}
		}
	})
}

// width counts columns: wide characters take two.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; Wide(r) {
			n++
		}
	}
	return n
}

func TestWrap(t *testing.T) {
	for _, row := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two  ", 7, []string{"one two"}},
		{"one\n\ntwo", 7, []string{"one", "", "two"}},
		{"0123456789abc de", 6, []string{"012345", "6789ab", "c de"}},
		{"操作已完成。好的呀", 12, []string{"操作已完成。", "好的呀"}},
		{"操作已完成。好", 10, []string{"操作已", "完成。好"}},        // the stop takes the character before it along
		{"操作已完成。好", 12, []string{"操作已", "完成。好"}},        // one character is no last line
		{"操作已完成。好", 4, []string{"操作", "已完", "成。", "好"}}, // there is no room to do better
		{"サポートを依頼しました。", 22, []string{"サポートを", "依頼しました。"}},
		{"接続できませんでした。後でもう一度お試しください。", 24, []string{"接続できませんでした。", "後でもう一度お試し", "ください。"}},
		{"按（注意）", 4, []string{"按", "（注", "意）"}},
		{"王", 1, []string{"王"}}, // no room at all
		{"いいえ", 1, []string{"い", "い", "え"}},
	} {
		if got := Wrap(row.text, row.width, width); !slices.Equal(got, row.want) {
			t.Errorf("%q in %d: %q, want %q", row.text, row.width, got, row.want)
		}
	}
}

var letters = rapid.StringOf(rapid.RuneFrom([]rune("ab cd.,仪器。（）サーっ「」 \u00a0か\u3099"), unicode.Han, unicode.Hiragana))

// Whatever the text and the width: nothing is lost but spaces at the ends, no
// line is too wide unless it is one character, there are no more lines than it
// takes, and without Chinese or Japanese as much stands on a line as fits.
func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, room := letters.Draw(t, "text"), rapid.IntRange(1, 30).Draw(t, "width")
		lines := Wrap(text, room, width)
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(text, " ", ""); got != want {
			t.Fatalf("%q became %q", text, lines)
		}
		for _, line := range lines {
			if width(line) > room && len(clusters(line)) > 1 {
				t.Fatalf("%q is wider than %d", line, room)
			}
		}
		want := onePieceAtATime(text, room)
		if len(lines) != len(want) || !strings.ContainsFunc(text, Wide) && !slices.Equal(lines, want) {
			t.Fatalf("%q in %d: %q, want %q", text, room, lines, want)
		}
	})
}

// onePieceAtATime is Wrap without any haste.
func onePieceAtATime(text string, room int) []string {
	var lines []string
	line := ""
	for _, piece := range Pieces(text) {
		if line != "" && width(strings.TrimRight(line+piece, " ")) > room {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		for line += piece; width(strings.TrimRight(line, " ")) > room && len(clusters(line)) > 1; {
			end := 0
			for _, e := range clusters(line) {
				if end == 0 || width(line[:e]) <= room {
					end = e
				}
			}
			if end == len(line) {
				break
			}
			lines, line = append(lines, strings.TrimRight(line[:end], " ")), line[end:]
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

func TestShorten(t *testing.T) {
	for _, row := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"}, {"a longer one", 8, "a longe…"}, {"a longer one", 3, "a…"}, {"操作已完成", 7, "操作已…"}, {"操作", 1, "…"}, {"", 0, ""},
		{"xe\u0301y12", 3, "x…"}, // the letter and its accent go together
	} {
		if got := Shorten(row.text, row.width, width); got != row.want {
			t.Errorf("%q in %d: %q, want %q", row.text, row.width, got, row.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text, room := letters.Draw(t, "text"), rapid.IntRange(1, 30).Draw(t, "width")
		got := Shorten(text, room, width)
		if width(got) > room {
			t.Fatalf("%q is wider than %d", got, room)
		}
		if got != text && (!strings.HasSuffix(got, "…") || !strings.HasPrefix(text, strings.TrimSuffix(got, "…"))) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
