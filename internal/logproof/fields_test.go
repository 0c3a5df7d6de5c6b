package logproof

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The quick look never accepts what the full one refuses, and takes all that
// entries usually hold (B4).
func TestCheckFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,6}`), rapid.StringMatching(`[a-c]{0,2}`), rapid.String())
		fields := rapid.MapOfN(text.Filter(func(s string) bool { return s != "" }), text, 0, 4).Draw(t, "fields")
		b, err := EncodeFields(fields)
		if err != nil {
			return
		}
		if err := CheckFields(b); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		// One change anywhere, as damage or a forger would make it.
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		changed := slices.Clone(b)
		switch rapid.IntRange(0, 2).Draw(t, "change") {
		case 0:
			changed[at] = rapid.SampledFrom([]byte(`{}":,\<> a`)).Draw(t, "byte")
		case 1:
			changed = slices.Delete(changed, at, at+1)
		case 2:
			changed = slices.Insert(changed, at, rapid.SampledFrom([]byte(`{}":,\<> a`)).Draw(t, "byte"))
		}
		_, want := DecodeFields(changed)
		if got := CheckFields(changed); (got == nil) != (want == nil) {
			t.Fatalf("%s: %v, want %v", changed, got, want)
		}
	})
}

func TestPlainFields(t *testing.T) {
	for text, want := range map[string]bool{
		`{"capability":"view","minutes":"15"}`: true,
		`{"a":""}`:                             true,
		`{}`:                                   false, // the full look takes it
		``:                                     false,
		`{`:                                    false,
		`{"a":"b"`:                             false,
		`{"a":"b",}`:                           false,
		`{"a" :"b"}`:                           false,
		`{"":"b"}`:                             false,
		`{"b":"1","a":"2"}`:                    false,
		`{"a":"1","a":"2"}`:                    false,
		`{"a":"1"}}`:                           false,
		`{"a":"1""b":"2"}`:                     false,
		`{"a":"<"}`:                            false, // written as \u003c
		`{"a":"\u0041"}`:                       false,
		"{\"a\":\"\x7f\"}":                     false, // the full look takes it
		`{"a":1}`:                              false,
		`{"a":{"b":"c"}}`:                      false,
	} {
		if got := plainFields([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
