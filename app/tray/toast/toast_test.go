package toast

import (
	"strings"
	"testing"
)

// Scenario 49: no text can leave its place in the script that go-toast writes.
// What would run, end the text or end the script is never left in it.
func TestInert(t *testing.T) {
	for in, want := range map[string]string{
		"Disk nearly full":              "Disk nearly full",
		"Fläche 2 % übrig":              "Fläche 2 % übrig",
		"$(Start-Process calc)":         "＄(Start-Process calc)",
		"a\n\"@\nStart-Process calc":    "a ”＠ Start-Process calc",
		"]]></text><action arguments=1": "］］›‹/text›‹action arguments=1",
		"`e[31m":                        "ˋe[31m",
	} {
		if got := inert(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzInert(f *testing.F) {
	f.Add("$(x)\n\"@`")
	f.Fuzz(func(t *testing.T, s string) {
		if out := inert(s); strings.ContainsAny(out, "$`\"'<>&]@\r\n\x00\u2028\u2029\u0085{}") {
			t.Errorf("%q became %q", s, out)
		}
	})
}
