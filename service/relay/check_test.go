package relay

import (
	"strings"
	"testing"

	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

func wireCode(code string) wire.Message { return wire.Message{Type: "code", Code: code} }

func TestPlainCheck(t *testing.T) {
	code, err := support.NewCode(strings.NewReader("\x00\x01\x02\x03\x04\x05\x06\x07"))
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]bool{
		"ABCDEFGH": true, "abcd efgh": true, "ABCD-EFGH": true,
		"": false, "ABCDEFG": false, "ABCDEFGHA": false, "ABCDEFGJ": false, "***": false,
		strings.Repeat("A", 1<<20): false,
	} {
		if got, err := (PlainCheck{}).Check(t.Context(), code, wireCode(typed), nil); got != want || err != nil {
			t.Errorf("%.20q: %v, %v", typed, got, err)
		}
	}
}
