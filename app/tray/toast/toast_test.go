package toast

import (
	"encoding/xml"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile are texts that try to become more than a text.
var hostile = map[string]string{
	"plain":               "Disk nearly full",
	"umlauts":             "Fläche 2 % übrig, “Probe” läuft",
	"subexpression":       "$(Start-Process calc)",
	"variable":            "$env:USERNAME ${x}",
	"end of here-string":  "a\n\"@\nStart-Process calc",
	"end of CDATA":        "]]></text><action activationType=\"protocol\" arguments=\"calc:\"/>",
	"escape":              "`e[31m `$(x) ``",
	"quotes":              `"'‘’‚‛“”„`,
	"entities":            "&lt;x&gt; &#36;(calc) &amp;amp;",
	"right to left":       "safe\u202egpj.exe\u2066x\u2069",
	"NUL and controls":    "a\x00b\x07c\x1b[31m",
	"line separators":     "a\u2028b\u2029c\u0085d\r\ne",
	"template":            "{{.AppID}} {{range}}",
	"invalid UTF-8":       "a\xff\xfeb",
	"not a character":     "a\ufffe\uffffb\U0001fffe",
	"ten kilobytes":       strings.Repeat("$(calc)\n\"@\n", 1000),
	"emoji and astral":    "🧪 sample 𝔘",
	"surrogate lookalike": "\ud7ff\ue000",
}

// safe is everything that may stand in a text's place.
var safe = regexp.MustCompile(`^(\]\]>([A-Za-z0-9 ]|&#[0-9]{1,7};)+<!\[CDATA\[)?$`)

// read is what Windows makes of a text's place.
func read(t testing.TB, placed string) string {
	t.Helper()
	var text string
	if err := xml.Unmarshal([]byte("<text><![CDATA["+placed+"]]></text>"), &text); err != nil {
		t.Fatalf("%q: %v", placed, err)
	}
	return text
}

// Scenario 49: no text can leave its place in the script that go-toast writes,
// and people read what was written.
func TestWords(t *testing.T) {
	for name, s := range hostile {
		placed := words(s, maxBody)
		if !safe.MatchString(placed) {
			t.Errorf("%s: %q", name, placed)
		}
		got := read(t, placed)
		if utf8.RuneCountInString(got) > maxBody+1 {
			t.Errorf("%s: %d characters", name, utf8.RuneCountInString(got))
		}
		if name == "plain" || name == "umlauts" || name == "subexpression" || name == "quotes" || name == "entities" || name == "end of CDATA" {
			if got != s {
				t.Errorf("%s: people read %q", name, got)
			}
		}
	}
	if got := read(t, words("safe\u202egpj.exe", maxTitle)); got != "safegpj.exe" {
		t.Errorf("%q", got)
	}
	if words("\x00\u202e", 10) != "" {
		t.Error("nothing makes something")
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		placed := words(s, maxTitle)
		if !safe.MatchString(placed) {
			t.Fatalf("%q became %q", s, placed)
		}
		read(t, placed)
		if strings.ContainsAny(attribute(s), "$`\"'<>@\r\n\x00{}\u2028\u2029") {
			t.Errorf("%q in an attribute: %q", s, attribute(s))
		}
	})
}
