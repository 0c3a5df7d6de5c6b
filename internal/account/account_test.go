package account

import (
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) { // scenario 27
	for in, want := range map[string]string{
		"anna.weber@vendor.example":             "anna.weber@vendor.example",
		"Anna.WEBER@Vendor.Example":             "anna.weber@vendor.example",
		"anna+x@vendor.example":                 "anna+x@vendor.example", // another account, not an alias
		"":                                      "",
		"anna":                                  "",
		"@vendor.example":                       "",
		"anna@":                                 "",
		"anna@b@vendor.example":                 "",
		"аnna@vendor.example":                   "", // Cyrillic a
		"anna@vendor.example\u200b":             "",
		"anna @vendor.example":                  "",
		"anna@vendor.example\n":                 "",
		"*@vendor.example":                      "",
		"\"anna\"@vendor.example":               "",
		"ＡＮＮＡ@vendor.example":                   "", // full width
		"anna@K" + "\u212a" + ".example":        "", // Kelvin sign folds to k
		strings.Repeat("a", 250) + "@b.example": "",
		"anna@xn--vendor-example":               "anna@xn--vendor-example",
	} {
		got, ok := Canonical(in)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
}
