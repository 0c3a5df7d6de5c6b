package safename

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// Scenario 30.
func TestOf(t *testing.T) {
	for in, want := range map[string]string{
		"report.pdf":                      "report.pdf",
		"Bericht (2) – März.txt":          "Bericht (2) – März.txt",
		"検査.txt":                          "検査.txt",
		"../../etc/passwd":                "passwd",
		`..\..\evil.exe`:                  "evil.exe",
		`\\server\share\x.txt`:            "x.txt",
		`\\?\C:\x.txt`:                    "x.txt",
		"C:evil.txt":                      "C_evil.txt",
		"a.txt:stream:$DATA":              "a.txt_stream_$DATA",
		"..":                              "",
		"...":                             "",
		".":                               "",
		"":                                "",
		"dir/":                            "",
		"/":                               "",
		".bashrc":                         "bashrc",
		"a.txt.":                          "a.txt",
		"a.txt . . ":                      "a.txt",
		"  a.txt  ":                       "a.txt",
		"CON":                             "_CON",
		"con.txt":                         "_con.txt",
		"Aux .tar.gz":                     "_Aux .tar.gz",
		"COM1.log":                        "_COM1.log",
		"LPT³":                            "_LPT³",
		"COM10":                           "COM10",
		"CONIN$":                          "_CONIN$",
		"CON\u200b.txt":                   "_CON.txt",
		"invoice\u202efdp.exe":            "invoicefdp.exe",
		"a\x00b\r\nc":                     "ab  c",
		"a<b>c|d?e*f\"g":                  "a_b_c_d_e_f_g",
		"u\u0308.txt":                     "ü.txt",
		"u\u200d\u0308.txt":               "ü.txt",
		"a\u2215b\uff0fc\uff0e.md":        "a_b_c_.md",
		"\xff\xfe":                        "",
		strings.Repeat("x", 300) + ".pdf": strings.Repeat("x", maxFileName-4) + ".pdf",
		strings.Repeat("ü", 300):          strings.Repeat("ü", maxFileName/2),
		strings.Repeat("x", 5000):         "",
		"a" + strings.Repeat(".", 300):    "a",
		strings.Repeat("x", 119) + ". a":  strings.Repeat("x", 117) + ". a",
	} {
		if got := Of(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// checkSafe holds a name against what no received file may be called.
func checkSafe(t *testing.T, in, got string) {
	t.Helper()
	if got == "" {
		return
	}
	bad := func(why string) { t.Errorf("%q became %q: %s", in, got, why) }
	switch {
	case len(got) > maxFileName:
		bad("too long")
	case got != filepath.Base(got) || strings.ContainsAny(got, `/\:*?"<>|`) || got == "." || got == "..":
		bad("not one plain name")
	case strings.TrimRight(got, " .") != got || strings.TrimLeft(got, " .") != got:
		bad("dots or spaces at an end")
	case !utf8.ValidString(got) || !norm.NFC.IsNormalString(got):
		bad("not normal")
	case reserved(got):
		bad("a device")
	case Of(got) != got:
		bad("not stable")
	}
	for _, r := range got {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			bad("hidden characters")
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range []string{"../a", `\\?\x`, "CON.", "a\u202eb", "u\u0308", "a:b", strings.Repeat("é", 200) + ".x", ". .", "_CON", "\u1100\u1161\u11a8", "COM¹.a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) { checkSafe(t, in, Of(in)) })
}

// Scenario 30 asks for 20,000 names: parts of the dangerous ones, put together
// in every order of three, each really made on the disk.
func TestManyNames(t *testing.T) {
	parts := []string{"..", ".", "/", `\`, ":", "CON", "nul", "a", "ü", "u\u0308", "\u202e", "\u200b", " ", "\x00", "\n", "COM1", "$DATA", "~1", "．", "／", "？", "%2e%2e", "\\\\?\\", "|", "\U0001f9ea", "LPT9", strings.Repeat("n", 90), ".txt"}
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tried := 0
	made := map[string]bool{}
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				in := a + b + c
				got := Of(in)
				checkSafe(t, in, got)
				tried++
				if got == "" || made[got] {
					continue
				}
				made[got] = true
				f, err := root.OpenFile(got, os.O_CREATE|os.O_WRONLY, 0o600)
				if err != nil {
					t.Errorf("%q: %v", got, err)
					continue
				}
				f.Close()
			}
		}
	}
	if tried < 20_000 {
		t.Errorf("only %d names", tried)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !made[e.Name()] || e.IsDir() {
			t.Errorf("%q appeared", e.Name())
		}
	}
}

// Every generated name stays what it is, and numbered it stays one.
func TestAnyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Repeat("ü", rapid.IntRange(0, 80).Draw(t, "before")) + rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("./\\:CONul1*?\"<>|\u202e\u200b\u0308aü\x00 ")))).Draw(t, "name")
		got := Of(in)
		if got == "" {
			return
		}
		if Of(got) != got || got != filepath.Base(got) || strings.ContainsAny(got, `/\:*?"<>|`) || !filepath.IsLocal(got) {
			t.Fatalf("%q became %q", in, got)
		}
		for _, n := range []string{"2", "999"} {
			if next := Numbered(got, n); Of(next) != next || next == got || len(next) > 255 {
				t.Fatalf("%q numbered is %q, made safe %q", got, next, Of(next))
			}
		}
	})
}
