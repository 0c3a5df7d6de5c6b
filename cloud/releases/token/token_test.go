package token

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const module = "?module-path=/usr/lib/libx.so"
	for ref, want := range map[string]Key{
		"pkcs11:token=root-1;object=tuf" + module:                              {Token: "root-1", Object: "tuf", Module: "/usr/lib/libx.so"},
		"pkcs11:object=a%20b;token=A%3BB" + module + "&pin-source=file:/r/pin": {Token: "A;B", Object: "a b", Module: "/usr/lib/libx.so", PINFile: "/r/pin"},
	} {
		if got, err := Parse(ref); err != nil || got != want {
			t.Errorf("%s: %+v, %v", ref, got, err)
		}
	}
	for ref, say := range map[string]string{
		"/keys/root.key":                                        "is named",
		"pkcs11:object=tuf" + module:                            "token is missing",
		"pkcs11:token=x" + module:                               "object is missing",
		"pkcs11:token=x;object=y":                               "module-path is missing",
		"pkcs11:token=x;object=y;colour=red":                    "not known",
		"pkcs11:token=x;token=y;object=z" + module:              "twice",
		"pkcs11:token=x;object=y" + module + "&pin-value=1234":  "does not belong in an argument",
		"pkcs11:token=x;object=y" + module + "&pin-source=|cat": "must be file",
		"pkcs11:token=%zz;object=y" + module:                    "invalid URL escape",
	} {
		if _, err := Parse(ref); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v, want %q", ref, err, say)
		}
	}
}
