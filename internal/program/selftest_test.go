package program

import (
	"bytes"
	"errors"
	"testing"

	"beckmanconnect/internal/version"
)

func TestSelfTest(t *testing.T) {
	for name, tt := range map[string]struct {
		test     func() error
		code     int
		out, err string
	}{
		"well":     {func() error { return nil }, ExitOK, "demo " + version.Version() + ": self-test passed\n", ""},
		"not well": {func() error { return errors.New("no texts") }, ExitFailed, "", "demo: self-test: no texts\n"},
	} {
		var out, errs bytes.Buffer
		code := Execute(t.Context(), Invocation{Info: Info{Name: "demo", SelfTest: tt.test}, Args: []string{SelfTestFlag}, Out: &out, Err: &errs})
		if code != tt.code || out.String() != tt.out || errs.String() != tt.err {
			t.Errorf("%s: exit code %d, %q, %q", name, code, &out, &errs)
		}
	}
	var errs bytes.Buffer
	if code := Execute(t.Context(), Invocation{Info: Info{Name: "demo"}, Args: []string{SelfTestFlag}, Err: &errs}); code != ExitUsage {
		t.Errorf("a program without one: exit code %d", code)
	}
}
