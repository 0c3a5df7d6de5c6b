package support

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"beckmanconnect/session/proof"
)

// P23, scenario 25: at least 8 characters, at least 40 bits, evenly spread.
func TestCode(t *testing.T) {
	if bits := float64(CodeLength) * math.Log2(float64(len(Alphabet))); CodeLength < 8 || bits < 40 {
		t.Fatalf("%.1f bits", bits)
	}
	if strings.ContainsAny(Alphabet, "01OI") {
		t.Error("the alphabet can be misread")
	}
	seen := map[byte]int{}
	codes := map[string]bool{}
	const n = 8000
	for range n {
		c, err := NewCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		codes[c.Reveal()] = true
		for i := range CodeLength {
			seen[c.Reveal()[i]]++
		}
	}
	if len(codes) != n {
		t.Error("the same code twice")
	}
	chi := 0.0
	want := float64(n*CodeLength) / float64(len(Alphabet))
	for i := range len(Alphabet) {
		d := float64(seen[Alphabet[i]]) - want
		chi += d * d / want
	}
	if chi > 100 { // 31 degrees of freedom: by chance less than once in 10⁹
		t.Errorf("not evenly spread: χ² = %.1f", chi)
	}
	if _, err := NewCode(strings.NewReader("short")); err == nil {
		t.Error("a code without randomness")
	}
}

// Scenario 25: however it is printed, the code does not come out.
func TestSecretDoesNotPrint(t *testing.T) {
	c := SecretOf("CANARY77")
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "code", c, "help", Help{Code: c}, "p", &c)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "code", c, "help", Help{Code: c})
	fmt.Fprintf(&b, "%v %+v %#v %s %q %x %d %v", c, c, c, c, c, c, c, Help{Code: c})
	fmt.Fprint(&b, c, &c, []Secret{c}, request{code: c})
	raw, err := json.Marshal(map[string]any{"c": c, "h": Help{Code: c}})
	if err != nil {
		t.Fatal(err)
	}
	b.Write(raw)
	if s := b.String(); strings.Contains(s, "CANARY") || strings.Contains(s, fmt.Sprintf("%x", "CANARY")) {
		t.Error(s)
	}
	if Grouped(c).Reveal() != "CANA RY77" || proof.NormalizeCode(" cana-ry77 ") != "CANARY77" {
		t.Error("grouping and typing do not fit together")
	}
}

// Scenarios 15, 49.
func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Anna Weber":               "Anna Weber",
		"  a \r\n b\t\tc ":         "a b c",
		"evil\u202egnp.exe":        "evilgnp.exe",
		"zero\u200bwidth\u00ad":    "zerowidth",
		"a\x00b\x1b[31mc":          "ab[31mc",
		"\xff\xfe":                 "",
		"tag\U000e0041s":           "tags",
		"Jürgen Müller, 東京":        "Jürgen Müller, 東京",
		strings.Repeat("x", 10000): strings.Repeat("x", 80) + "…",
	} {
		if got := Clean(in, 80); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\u202eb\n")
	f.Fuzz(func(t *testing.T, in string) {
		got := Clean(in, 40)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 42 || strings.ContainsAny(got, "\n\r\x00\x1b\u202e\u200b") || got != strings.TrimSpace(got) && utf8.RuneCountInString(got) < 40 {
			t.Errorf("%q", got)
		}
	})
}
